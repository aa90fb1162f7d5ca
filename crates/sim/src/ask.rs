//! What a request asks for: its JSON body, whichever of the dialects it is in,
//! and the wishes for the sim that it may bring. Fields that no answer depends
//! on (temperature, stop …) are passed over, as the real servers' clients
//! expect.

mod body;
mod wishes;

use body::{Body, StreamOptions};
use wishes::Wishes;

use crate::entry::Entry;
use crate::{Dialect, Fault, Script, SimError};

/// When a stream says how many tokens it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageWish {
    Never,
    /// In an event of its own, or in the whole answer.
    AtEnd,
    /// On every event, and at the end.
    Always,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) dialect: Dialect,
    /// The prompt's tokens.
    pub(crate) prompt: Vec<u32>,
    /// The most tokens to generate.
    pub(crate) limit: Option<u32>,
    /// Whether to generate exactly that many.
    pub(crate) exact: bool,
    pub(crate) stream: bool,
    pub(crate) usage: UsageWish,
    pub(crate) ids: bool,
    /// The faults it names; `None` where it leaves them to the server.
    pub(crate) faults: Option<Vec<Fault>>,
    /// The server's script with the request's own wishes in it.
    pub(crate) script: Script,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The field that is to blame.
    pub(crate) param: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>, param: Option<&'static str>) -> Refusal {
        Refusal { status: 400, message: message.into(), param }
    }
}

/// What an ask is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) model: &'a str,
    pub(crate) check_model: bool,
    pub(crate) max_model_len: u32,
    pub(crate) prompt_count_offset: u32,
    pub(crate) script: Script,
    /// Whether a simulated machine decides when tokens leave.
    pub(crate) simulated: bool,
}

impl Ask {
    /// Reads a request's body, and the value of its `x-sim` header, whose
    /// wishes go before those of the body.
    pub(crate) fn read(
        entry: Entry,
        body: &[u8],
        x_sim: Option<&str>,
        offer: Offer<'_>,
    ) -> Result<Ask, Refusal> {
        let mut body = Body::parse(body)?;
        check_model(body.model.as_deref(), offer)?;
        check_choices(&body)?;
        let mut wishes = Wishes { script: offer.script, simulated: offer.simulated, faults: None };
        wishes.read_object(body.sim.take()).map_err(|e| refused(&e, Some("sim")))?;
        wishes.read_header(x_sim).map_err(|e| refused(&e, Some("x-sim")))?;

        // Two servers have this path; their bodies tell them apart.
        let is_tgi = entry.dialect == Dialect::SglangGenerate && body.inputs.is_some();
        let dialect = if is_tgi { Dialect::Tgi } else { entry.dialect };
        let asked = body.stream == Some(true);
        let stream = if is_tgi { false } else { entry.streams.unwrap_or(asked) };
        let usage = usage_wish(dialect, stream, &body);
        let (limit, exact) = length(dialect, &body);
        let ids = match dialect {
            Dialect::SglangGenerate => true,
            // Each frame of a stream has one.
            Dialect::Tgi => stream,
            Dialect::TritonGenerateStream => false,
            _ => body.return_token_ids == Some(true),
        };
        let prompt = body.prompt(dialect, offer.prompt_count_offset)?;
        check_length(prompt.len(), limit, offer.max_model_len)?;
        Ok(Ask {
            dialect,
            prompt,
            limit,
            exact: exact && limit.is_some(),
            stream,
            usage,
            ids,
            faults: wishes.faults,
            script: wishes.script,
        })
    }
}

/// The most tokens to generate, and whether to generate exactly as many.
fn length(dialect: Dialect, body: &Body) -> (Option<u32>, bool) {
    let (limit, ignores_eos) = match dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat => {
            (body.max_completion_tokens.or(body.max_tokens), body.ignore_eos)
        }
        Dialect::SglangGenerate => match &body.sampling_params {
            Some(given) => (given.max_new_tokens, given.ignore_eos),
            None => (None, None),
        },
        // It has no field that ignores the end, but one that forbids it for
        // so long.
        Dialect::TritonGenerateStream => {
            let forbids = body.min_length.zip(body.max_tokens).map(|(least, most)| least >= most);
            (body.max_tokens, forbids)
        }
        Dialect::Tgi => match &body.parameters {
            Some(given) => (given.max_new_tokens, given.ignore_eos_token),
            None => (None, None),
        },
    };
    (limit, ignores_eos == Some(true))
}

/// When the server is to say how many tokens there are. OpenAI's whole answers
/// always say it, and their streams only where it was asked for: on every event
/// only where the final count was asked for too, as in vLLM.
fn usage_wish(dialect: Dialect, stream: bool, body: &Body) -> UsageWish {
    let wants = |wish: fn(&StreamOptions) -> Option<bool>| {
        body.stream_options.as_ref().is_some_and(|options| wish(options) == Some(true))
    };
    match dialect {
        Dialect::SglangGenerate => UsageWish::Always,
        Dialect::TritonGenerateStream => UsageWish::Never,
        // Its details ride on the last frame.
        Dialect::Tgi => match body.parameters.as_ref().is_some_and(|given| given.details) {
            true => UsageWish::Always,
            false => UsageWish::Never,
        },
        _ if !stream => UsageWish::AtEnd,
        _ if !wants(|options| options.include_usage) => UsageWish::Never,
        _ if wants(|options| options.continuous_usage_stats) => UsageWish::Always,
        _ => UsageWish::AtEnd,
    }
}

fn check_model(model: Option<&str>, offer: Offer<'_>) -> Result<(), Refusal> {
    match model {
        Some(model) if offer.check_model && model != offer.model => Err(Refusal {
            status: 404,
            message: format!("The model `{model}` does not exist. There is `{}`.", offer.model),
            param: Some("model"),
        }),
        _ => Ok(()),
    }
}

fn check_choices(body: &Body) -> Result<(), Refusal> {
    let sampled = body.sampling_params.as_ref().and_then(|sampling| sampling.n);
    match body.n.or(sampled) {
        Some(n) if n != 1 => Err(Refusal::new("n must be 1: one answer a request", Some("n"))),
        _ => Ok(()),
    }
}

fn check_length(prompt: usize, limit: Option<u32>, most: u32) -> Result<(), Refusal> {
    if limit == Some(0) {
        return Err(Refusal::new("max_tokens must be at least 1", Some("max_tokens")));
    }
    let asked = prompt as u64 + u64::from(limit.unwrap_or(1));
    if asked > u64::from(most) {
        return Err(Refusal::new(
            format!("prompt and output would have {asked} tokens, but the model holds {most}"),
            Some("max_tokens"),
        ));
    }
    Ok(())
}

/// The tokens that `/tokenize` is to count.
pub(crate) fn tokenize(body: &[u8], prompt_count_offset: u32) -> Result<Vec<u32>, Refusal> {
    Body::parse(body)?.tokens(prompt_count_offset)
}

pub(crate) fn refused(error: &SimError, param: Option<&'static str>) -> Refusal {
    Refusal::new(format!("failed to {error}"), param)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delay;

    const OFFER: fn() -> Offer<'static> = || Offer {
        model: "sim",
        check_model: true,
        max_model_len: 100,
        prompt_count_offset: 0,
        script: Script::default(),
        simulated: false,
    };

    fn read(dialect: Dialect, body: &str, x_sim: Option<&str>) -> Result<Ask, Refusal> {
        let path = match dialect {
            Dialect::OpenaiCompletions => "/v1/completions",
            Dialect::OpenaiChat => "/v1/chat/completions",
            Dialect::SglangGenerate => "/generate",
            Dialect::TritonGenerateStream => "/v2/models/ensemble/generate_stream",
            Dialect::Tgi => "/generate_stream",
        };
        Ask::read(Entry::at(path).unwrap(), body.as_bytes(), x_sim, OFFER())
    }

    #[test]
    fn each_dialect_is_read_in_its_own_fields() {
        let ask = read(
            Dialect::OpenaiCompletions,
            r#"{"model":"sim","prompt":[1,2,3],"max_tokens":7,"stream":true,"ignore_eos":true,
                "stream_options":{"include_usage":true},"temperature":0.0,"return_token_ids":true}"#,
            None,
        )
        .unwrap();
        assert_eq!((ask.prompt, ask.limit, ask.exact), (vec![1, 2, 3], Some(7), true));
        assert_eq!((ask.usage, ask.stream, ask.ids), (UsageWish::AtEnd, true, true));

        let ask = read(
            Dialect::OpenaiChat,
            r#"{"messages":[{"role":"system","content":"be w1"},
                {"role":"user","content":[{"type":"text","text":"w2 w3"},{"type":"image_url"}]}],
                "max_tokens":5,"max_completion_tokens":6,"ignore_eos":null}"#,
            None,
        )
        .unwrap();
        assert_eq!((ask.prompt.len(), ask.limit, ask.exact), (6, Some(6), false));
        assert_eq!((ask.usage, ask.stream), (UsageWish::AtEnd, false));

        let ask = read(
            Dialect::SglangGenerate,
            r#"{"text":"w1 w2","sampling_params":{"max_new_tokens":4,"ignore_eos":true},"stream":true}"#,
            None,
        )
        .unwrap();
        assert_eq!((ask.prompt, ask.limit, ask.exact), (vec![1, 2], Some(4), true));
        assert_eq!((ask.usage, ask.ids), (UsageWish::Always, true));

        let body = r#"{"text_input":"w1 w2","max_tokens":4,"min_length":4,"stream":true}"#;
        let ask = read(Dialect::TritonGenerateStream, body, None).unwrap();
        assert_eq!((ask.prompt, ask.limit, ask.exact), (vec![1, 2], Some(4), true));
        assert_eq!((ask.usage, ask.ids, ask.stream), (UsageWish::Never, false, true));

        let body = r#"{"inputs":"w1 w2","parameters":{"max_new_tokens":4,"details":true}}"#;
        let ask = read(Dialect::Tgi, body, None).unwrap();
        assert_eq!((ask.prompt, ask.limit, ask.exact), (vec![1, 2], Some(4), false));
        assert_eq!((ask.usage, ask.ids, ask.stream), (UsageWish::Always, true, true));
        let whole = read(Dialect::SglangGenerate, body, None).unwrap();
        assert_eq!((whole.dialect, whole.ids, whole.stream), (Dialect::Tgi, false, false));
    }

    #[test]
    fn texts_are_counted_with_what_the_server_puts_before_them() {
        let offer = Offer { prompt_count_offset: 2, ..OFFER() };
        let prompt = |path: &str, body: &str| {
            Ask::read(Entry::at(path).unwrap(), body.as_bytes(), None, offer).unwrap().prompt
        };
        assert_eq!(prompt("/v1/completions", r#"{"prompt":"w7"}"#), [1, 1, 7]);
        assert_eq!(prompt("/v1/completions", r#"{"prompt":[7]}"#), [7]);
        let chat = r#"{"messages":[{"role":"w5","content":"w7"}]}"#;
        assert_eq!(prompt("/v1/chat/completions", chat), [1, 1, 5, 7]);
        assert_eq!(tokenize(br#"{"prompt":"w7"}"#, 2).unwrap(), [1, 1, 7]);
        let empty = Ask::read(Entry::at("/generate").unwrap(), br#"{"text":" "}"#, None, offer);
        assert_eq!(empty.unwrap_err().message, "text is empty");
    }

    #[test]
    fn wishes_come_from_header_and_body_and_the_header_wins() {
        let body =
            r#"{"prompt":"a","sim":{"ttft":"1ms","gap":"2ms","seed":9,"fault":["crlf","split"]}}"#;
        let ask = read(Dialect::OpenaiCompletions, body, Some("gap=3ms; fault=no-done,comments;"))
            .unwrap();
        assert_eq!(ask.script.ttft, "1ms".parse::<Delay>().unwrap());
        assert_eq!(ask.script.gap, "3ms".parse::<Delay>().unwrap());
        assert_eq!(ask.script.seed, 9);
        assert_eq!(ask.faults, Some(vec![Fault::NoDone, Fault::Comments]));
        let ask = read(Dialect::OpenaiCompletions, body, None).unwrap();
        assert_eq!(ask.faults, Some(vec![Fault::Crlf, Fault::Split]));
        let ask =
            read(Dialect::OpenaiCompletions, r#"{"prompt":"a"}"#, Some("fault=none")).unwrap();
        assert_eq!(ask.faults, Some(vec![]));
    }

    #[test]
    fn a_simulated_machine_keeps_its_own_time() {
        let offer = Offer { simulated: true, ..OFFER() };
        let entry = Entry::at("/v1/completions").unwrap();
        let read = |wish: &str| Ask::read(entry, br#"{"prompt":"a"}"#, Some(wish), offer);
        for key in Script::PACE {
            let message = read(&format!("{key}=1")).unwrap_err().message;
            assert!(message.contains(key), "{message}");
        }
        assert_eq!(read("output-tokens=7; seed=3").unwrap().script.output_tokens, 7);
    }

    #[test]
    fn what_is_refused_says_why() {
        use Dialect::{OpenaiChat, OpenaiCompletions, SglangGenerate, Tgi, TritonGenerateStream};
        for (dialect, body, x_sim, status, why) in [
            (OpenaiCompletions, "{", None, 400, "can't be read"),
            (OpenaiCompletions, "{}", None, 400, "prompt is missing"),
            (OpenaiCompletions, r#"{"prompt":"  "}"#, None, 400, "prompt is empty"),
            (OpenaiCompletions, r#"{"prompt":["a","b"]}"#, None, 400, "expected u32"),
            (OpenaiCompletions, r#"{"prompt":7}"#, None, 400, "one text or one list"),
            (OpenaiCompletions, r#"{"prompt":"a","max_tokens":"x"}"#, None, 400, "expected u32"),
            (OpenaiCompletions, r#"{"prompt":"a","max_tokens":0}"#, None, 400, "at least 1"),
            (OpenaiCompletions, r#"{"prompt":"a","max_tokens":100}"#, None, 400, "101 tokens"),
            (OpenaiCompletions, r#"{"prompt":"a","n":2}"#, None, 400, "n must be 1"),
            (OpenaiCompletions, r#"{"prompt":"a","model":"b"}"#, None, 404, "`b`"),
            (OpenaiCompletions, r#"{"prompt":"a"}"#, Some("fault=bang"), 400, "`bang`"),
            (OpenaiCompletions, r#"{"prompt":"a"}"#, Some("tempo=1"), 400, "`tempo`"),
            (OpenaiCompletions, r#"{"prompt":"a","sim":{"gap":true}}"#, None, 400, "`true`"),
            (OpenaiChat, r#"{"prompt":"a"}"#, None, 400, "messages is missing"),
            (SglangGenerate, r#"{"prompt":"a"}"#, None, 400, "text is missing"),
            (TritonGenerateStream, r#"{"text":"a"}"#, None, 400, "text_input is missing"),
            (Tgi, r#"{"inputs":["a"]}"#, None, 400, "expected u32"),
        ] {
            let refusal = read(dialect, body, x_sim).unwrap_err();
            assert_eq!(refusal.status, status, "{body}");
            assert!(refusal.message.contains(why), "{body}: {}", refusal.message);
        }
    }
}
