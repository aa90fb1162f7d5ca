//! Renders a schedule for one target: every byte of every body, before the
//! clock starts.
//!
//! Bodies lie behind one another in one piece of memory, so that ten thousand
//! of them cost what their bytes cost.

mod error;
mod head;

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokenometer_core::{Close, Dialect, Pace, Phase, Request, Schedule, Target};

pub use error::PrepareError;

use crate::{Rendering, Wording, dialect, rules};

/// A schedule, rendered for one target.
#[derive(Debug)]
pub struct Prepared {
    /// All of a head but the request's id and what follows it.
    pub(crate) head: String,
    bytes: Vec<u8>,
    rows: Vec<Row>,
    pub(crate) pace: Pace,
    pub(crate) dialect: Dialect,
    streamed: bool,
    wire_sha256: String,
}

/// One request, rendered.
#[derive(Clone, Debug)]
struct Row {
    body: Range<usize>,
    asked: Asked,
}

/// What was asked of a request, as its record will say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) input: Option<u32>,
    pub(crate) output: u32,
    pub(crate) exact: bool,
}

impl Prepared {
    /// The SHA-256 of every byte of every body, in the order of the schedule's
    /// requests, in hexadecimal.
    pub fn wire_sha256(&self) -> &str {
        &self.wire_sha256
    }

    /// Whether the bodies ask for streams of events.
    pub fn is_streamed(&self) -> bool {
        self.streamed
    }

    /// How many connections to open before the window: as many as may be in
    /// flight; on an open loop without a cap, the arrivals of ten seconds, and
    /// at most 1024.
    pub fn connections(&self) -> usize {
        match &self.pace {
            Pace::Closed { starts, .. } => starts.len(),
            Pace::Open { cap: Some(cap), arrivals, .. } => arrivals.len().min(*cap as usize),
            Pace::Open { cap: None, arrivals, .. } => {
                let first = arrivals.first().map_or(Default::default(), |arrival| arrival.offset);
                let soon = first + Duration::from_secs(10).into();
                arrivals.iter().take_while(|arrival| arrival.offset <= soon).take(1024).count()
            }
        }
    }

    /// How many requests a phase will hold and how long it will last, where
    /// that is known.
    pub(crate) fn extent(&self, phase: Phase) -> (Option<u64>, Option<Duration>) {
        match (&self.pace, phase) {
            (Pace::Closed { measured, close, measured_as, .. }, _) if phase == *measured_as => {
                match close {
                    Close::AllEnded => (Some(measured.len() as u64), None),
                    Close::After(length) => (None, Some(*length)),
                }
            }
            (Pace::Open { arrivals, window, .. }, Phase::Measure) => {
                let measured = arrivals.iter().filter(|arrival| arrival.phase == phase).count();
                (Some(measured as u64), Some(window.length().as_duration()))
            }
            _ => (None, None),
        }
    }

    /// The body of a row.
    pub(crate) fn body(&self, row: u32) -> &[u8] {
        &self.bytes[self.rows[row as usize].body.clone()]
    }

    /// What a row asks for.
    pub(crate) fn asked(&self, row: u32) -> Asked {
        self.rows[row as usize].asked
    }

    /// Writes the head of a request that sends `row` into `head`.
    pub(crate) fn write_head(&self, head: &mut String, row: u32, request: u32, phase: Phase) {
        head.clear();
        head.push_str(&self.head);
        let length = self.rows[row as usize].body.len();
        let id = request_id(phase, request);
        write!(head, "{id}\r\ncontent-length: {length}\r\n\r\n")
            .expect("a string takes everything");
    }
}

/// The `x-request-id` of a request, after any prefix: a UUID, since some servers
/// take nothing else, that tells the phase (0 to 3, in the order of
/// [`Phase::ALL`]) and the number of the request:
/// `00000000-0000-4000-8002-000000000007` is request 7, in the window.
pub fn request_id(phase: Phase, request: u32) -> String {
    let phase = Phase::ALL.iter().position(|one| *one == phase).unwrap_or(0);
    format!("00000000-0000-4000-80{phase:02x}-{request:012x}")
}

/// Renders `schedule` for `target`.
pub fn prepare(
    schedule: Schedule,
    target: &Target,
    rendering: &Rendering,
) -> Result<Prepared, PrepareError> {
    let by_route = matches!(target.dialect, Dialect::TritonGenerateStream | Dialect::Tgi);
    // The tools that know those two only know their streams.
    let tool = rendering.wording.as_ref().is_some_and(Wording::has_bodies);
    let asks_for_stream = rendering.stream || tool && by_route;
    let head = head::head(target, rendering, target.dialect.route(asks_for_stream))?;
    let mut bytes = Vec::new();
    let mut rows = Vec::with_capacity(schedule.requests.len());
    let mut streamed = asks_for_stream;
    for request in &schedule.requests {
        let start = bytes.len();
        let body = write_body(&mut bytes, target, request, rendering)?;
        check_choices(&body)?;
        if !by_route {
            // The user's own fields may have the last word on this, too.
            streamed = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
        }
        let asked = Asked {
            input: request.input_tokens,
            output: request.output.tokens,
            exact: request.output.exact,
        };
        rows.push(Row { body: start..bytes.len(), asked });
    }
    bytes.shrink_to_fit();
    let wire_sha256 = hexadecimal(&Sha256::digest(&bytes));
    Ok(Prepared {
        head,
        bytes,
        rows,
        pace: schedule.pace,
        dialect: target.dialect,
        streamed,
        wire_sha256,
    })
}

/// Appends a body: another tool's, or ours with the user's fields merged over
/// it.
fn write_body(
    bytes: &mut Vec<u8>,
    target: &Target,
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    let Target { dialect, model, .. } = target;
    if let Some(wording) = &rendering.wording
        && let Some(body) = rules::body(*dialect, model, request, (rendering, wording))?
    {
        rules::dump(bytes, &body);
        return Ok(body);
    }
    let mut body = dialect::body(*dialect, model, request, rendering)?;
    merge(&mut body, &request.fields);
    merge(&mut body, &rendering.extra);
    serde_json::to_writer(bytes, &body).expect("a JSON value can be written to memory");
    Ok(body)
}

/// Merges `patch` over `body` (RFC 7396): objects are merged, `null` removes.
fn merge(body: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                body.remove(key);
            }
            Value::Object(inner) => {
                let field = body.entry(key).or_insert_with(|| Value::Object(Map::new()));
                if !field.is_object() {
                    *field = Value::Object(Map::new());
                }
                if let Value::Object(field) = field {
                    merge(field, inner);
                }
            }
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

fn check_choices(body: &Map<String, Value>) -> Result<(), PrepareError> {
    match body.get("n") {
        None | Some(Value::Null) => Ok(()),
        Some(n) if n.as_u64() == Some(1) => Ok(()),
        Some(n) => Err(PrepareError::SeveralChoices(n.to_string())),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokenometer_core::{Message, Nanos, OutputLength, Prompt, Request};

    use super::*;
    use crate::Header;

    fn schedule(prompts: Vec<Prompt>, exact: bool) -> Schedule {
        let output = OutputLength { tokens: 16, exact };
        let requests: Vec<_> =
            prompts.into_iter().map(|prompt| Request::new(prompt, Some(3), output)).collect();
        let count = requests.len() as u32;
        let pace = Pace::Closed {
            starts: vec![Nanos::ZERO],
            ramp_in: count..count,
            measured: 0..count,
            drain: count..count,
            close: Close::AllEnded,
            measured_as: Phase::Measure,
        };
        Schedule { requests, pace }
    }

    fn target(dialect: Dialect) -> Target {
        let address = "http://127.0.0.1:8000/llm".parse().unwrap();
        Target { address, dialect, model: "tiny".into() }
    }

    fn extra(value: Value) -> Rendering {
        let Value::Object(extra) = value else { panic!("not an object") };
        Rendering { extra, ..Rendering::default() }
    }

    fn body(prompt: Prompt, exact: bool, dialect: Dialect, rendering: &Rendering) -> Value {
        let prepared = prepare(schedule(vec![prompt], exact), &target(dialect), rendering).unwrap();
        serde_json::from_slice(prepared.body(0)).unwrap()
    }

    #[test]
    fn the_shortest_body_holds_only_what_every_server_takes() {
        let bare = extra(json!({ "temperature": null, "stream_options": null }));
        let body = body(Prompt::Text("hi".into()), false, Dialect::OpenaiCompletions, &bare);
        assert_eq!(body, json!({"model":"tiny","prompt":"hi","max_tokens":16,"stream":true}));
    }

    #[test]
    fn an_exact_length_is_asked_for_in_every_way() {
        let rendering = Rendering::default();
        let body = body(Prompt::TokenIds(vec![1, 2]), true, Dialect::OpenaiCompletions, &rendering);
        assert_eq!(
            body,
            json!({"model":"tiny","prompt":[1,2],"max_tokens":16,"min_tokens":16,"stream":true,
                "ignore_eos":true,"skip_special_tokens":false,"temperature":0.0,
                "stream_options":{"include_usage":true}})
        );
    }

    #[test]
    fn chat_takes_a_text_as_what_the_user_says() {
        let rendering = Rendering { stream: false, ..extra(json!({"seed": 1})) };
        let given = body(Prompt::Text("hi".into()), false, Dialect::OpenaiChat, &rendering);
        let message = Message { role: "user".into(), content: "hi".into() };
        let same = body(Prompt::Messages(vec![message]), false, Dialect::OpenaiChat, &rendering);
        assert_eq!(given, same);
        assert_eq!((&given["stream"], &given["seed"]), (&json!(false), &json!(1)));
        assert_eq!(given.get("stream_options"), None);
    }

    #[test]
    fn the_users_fields_are_merged_and_not_put_in_place() {
        let rendering = extra(json!({"stream_options": {"continuous_usage_stats": true}}));
        let body = body(Prompt::Text("hi".into()), false, Dialect::OpenaiChat, &rendering);
        let both = json!({"include_usage": true, "continuous_usage_stats": true});
        assert_eq!(body["stream_options"], both);
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let text = || schedule(vec![Prompt::Text("hi".into())], false);
        let error = prepare(text(), &target(Dialect::OpenaiChat), &extra(json!({"n": 2})));
        assert_eq!(error.unwrap_err(), PrepareError::SeveralChoices("2".into()));
        let ids = schedule(vec![Prompt::TokenIds(vec![1])], false);
        let error = prepare(ids, &target(Dialect::OpenaiChat), &Rendering::default());
        assert!(error.unwrap_err().to_string().contains("openai-completions"));
        let split = Header { name: "a".into(), value: "b\r\nc: d".into() };
        let rendering = Rendering { headers: vec![split], ..Rendering::default() };
        let error = prepare(text(), &target(Dialect::OpenaiChat), &rendering);
        assert_eq!(error.unwrap_err(), PrepareError::Header("a".into()));
    }

    #[test]
    fn a_head_names_the_request_and_the_length_of_its_body() {
        let auth = Header { name: "Authorization".into(), value: "Bearer x".into() };
        let rendering =
            Rendering { headers: vec![auth], id_prefix: "t1-".into(), ..Rendering::default() };
        let schedule = schedule(vec![Prompt::Text("hi".into())], false);
        let prepared = prepare(schedule, &target(Dialect::OpenaiChat), &rendering).unwrap();
        let mut head = String::new();
        prepared.write_head(&mut head, 0, 7, Phase::Measure);
        let length = prepared.body(0).len();
        assert!(
            head.starts_with("POST /llm/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:8000\r\n")
        );
        assert!(head.contains("\r\nAuthorization: Bearer x\r\n"));
        let tail = format!(
            "x-request-id: t1-00000000-0000-4000-8002-000000000007\r\ncontent-length: {length}\r\n\r\n"
        );
        assert!(head.ends_with(&tail), "{head}");
    }

    #[test]
    fn the_same_bytes_have_the_same_hash() {
        let hash = |text: &str| {
            let schedule = schedule(vec![Prompt::Text(text.into())], false);
            let rendering = Rendering::default();
            let prepared = prepare(schedule, &target(Dialect::OpenaiChat), &rendering).unwrap();
            prepared.wire_sha256().to_owned()
        };
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
    }
}
