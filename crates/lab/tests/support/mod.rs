//! Both sides of the wire: the embedded engine on a thread of its own, which
//! knows what it did, and a load client that says what it saw.

#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod crafted;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokenometer_core::{
    Address, Arrival, Chunk, Close, Dialect, Nanos, Observer, Outcome, OutputLength, Pace, Phase,
    Prompt, Record, Request, Schedule, Target, Window,
};
use tokenometer_engine::{Access, Control};
use tokenometer_load::{
    Client, Finished, Limits, Prepared, Rendering, Stop, Trust, prepare, request_id,
};
use tokenometer_sim::{Script, Server, Settings, Truth};

/// Records in the order in which their requests ended.
pub type Kept = Vec<(Record, Vec<Chunk>)>;

/// How long to wait for the other side before a test fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// The embedded engine, serving on a thread.
pub struct Sim {
    pub address: Address,
    control: Control,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sim {
    pub fn start(settings: Settings) -> Sim {
        let mut server = Server::bind(settings).unwrap();
        let address = server.address().clone();
        let control = Control::new(&address, Access::default()).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || server.run(&stopped).unwrap());
        Sim { address, control, stop, thread: Some(thread) }
    }

    /// A server whose script is set in words: `ttft=20ms gap=5ms`.
    pub fn scripted(words: &str) -> Sim {
        Sim::start(Settings { script: script(words), ..Settings::default() })
    }

    /// Ends it as a server that is killed ends: its sockets are closed, whatever
    /// they carry.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// What it did, by `x-request-id`, once it has ended this many answers. No
    /// request may have come twice.
    pub fn truths(&self, count: usize) -> Truths {
        let began = Instant::now();
        loop {
            let lines = self.control.get("/truth").unwrap().text();
            let truths: Vec<Truth> =
                lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            if truths.len() >= count {
                return by_request(truths);
            }
            assert!(began.elapsed() < PATIENCE, "{} of {count} answers have ended", truths.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Forgets what it did.
    pub fn forget(&self) {
        let answer = self.control.post("/truth/reset", &json!({}), PATIENCE).unwrap();
        assert!(answer.is_success());
    }

    /// A client with this many connections to it, which gives up within a
    /// second or so.
    pub fn client(&self, connections: usize) -> Client {
        connect(&self.address, patient(), connections)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a server did, by `x-request-id`.
pub type Truths = BTreeMap<String, Truth>;

fn by_request(truths: Vec<Truth>) -> Truths {
    let count = truths.len();
    let by_request: Truths =
        truths.into_iter().map(|truth| (truth.request.clone(), truth)).collect();
    assert_eq!(by_request.len(), count, "a request came twice");
    by_request
}

/// A script set in words: `ttft=20ms gap=5ms`.
pub fn script(words: &str) -> Script {
    let mut script = Script::default();
    for (key, value) in words.split_whitespace().map(|word| word.split_once('=').unwrap()) {
        script.set(key, value).unwrap();
    }
    script
}

/// Limits that no healthy answer of these tests comes near, and that end a
/// test in which something hangs.
pub fn patient() -> Limits {
    Limits {
        connect: PATIENCE,
        first: PATIENCE,
        idle: PATIENCE,
        total: 2 * PATIENCE,
        drain: 2 * PATIENCE,
    }
}

/// A client with this many connections.
pub fn connect(address: &Address, limits: Limits, connections: usize) -> Client {
    let target = Questions::default().target(address);
    Client::connect(&target, &Trust::default(), limits, connections).unwrap()
}

/// What is asked, and how.
#[derive(Clone, Debug)]
pub struct Questions {
    pub dialect: Dialect,
    pub stream: bool,
    /// What every prompt begins with; the row's number follows.
    pub prompt: String,
    pub tokens: u32,
    /// Whether exactly that many.
    pub exact: bool,
    /// Merged into every body.
    pub extra: Value,
    /// What every `x-request-id` begins with.
    pub prefix: String,
}

impl Default for Questions {
    fn default() -> Questions {
        Questions {
            dialect: Dialect::OpenaiCompletions,
            stream: true,
            prompt: "count up from".to_owned(),
            tokens: 8,
            exact: true,
            extra: json!({}),
            prefix: String::new(),
        }
    }
}

impl Questions {
    pub fn target(&self, address: &Address) -> Target {
        Target { address: address.clone(), dialect: self.dialect, model: "sim".to_owned() }
    }

    /// Rendered for this address, one row for each that the pace names.
    pub fn prepare(&self, address: &Address, pace: Pace) -> Prepared {
        self.render(address, pace, None)
    }

    /// The same, for another route than the dialect's own.
    pub fn prepare_at(&self, address: &Address, pace: Pace, route: &str) -> Prepared {
        self.render(address, pace, Some(route.to_owned()))
    }

    fn render(&self, address: &Address, pace: Pace, route: Option<String>) -> Prepared {
        let output = OutputLength { tokens: self.tokens, exact: self.exact };
        let request =
            |row| Request::new(Prompt::Text(format!("{} {row}", self.prompt)), None, output);
        let requests = (0..rows(&pace)).map(request).collect();
        let Value::Object(extra) = self.extra.clone() else { panic!("not an object") };
        let rendering = Rendering {
            stream: self.stream,
            extra,
            id_prefix: self.prefix.clone(),
            route,
            ..Rendering::default()
        };
        prepare(Schedule { requests, pace }, &self.target(address), &rendering).unwrap()
    }

    /// With wishes for the embedded engine, as `{"fault": "crlf"}`, instead of
    /// those it had.
    pub fn wishing(&self, wishes: Value) -> Questions {
        let mut questions = self.clone();
        let extra = questions.extra.as_object_mut().unwrap();
        extra.insert("sim".to_owned(), wishes);
        questions
    }

    /// With this before every `x-request-id`.
    pub fn named(&self, prefix: &str) -> Questions {
        Questions { prefix: prefix.to_owned(), ..self.clone() }
    }

    /// The `x-request-id` of a record.
    pub fn id(&self, record: &Record) -> String {
        format!("{}{}", self.prefix, request_id(record.phase, record.request))
    }
}

/// The number of rows that a pace refers to.
fn rows(pace: &Pace) -> u32 {
    match pace {
        Pace::Open { arrivals, .. } => {
            arrivals.iter().map(|arrival| arrival.request + 1).max().unwrap_or(0)
        }
        Pace::Closed { ramp_in, measured, drain, .. } => {
            ramp_in.end.max(measured.end).max(drain.end)
        }
    }
}

/// A closed loop of so many slots that start at once, and ends with so many
/// requests.
pub fn closed(slots: usize, count: u32) -> Pace {
    Pace::Closed {
        starts: vec![Nanos::ZERO; slots],
        ramp_in: 0..0,
        measured: 0..count,
        drain: count..count,
        close: Close::AllEnded,
        measured_as: Phase::Measure,
    }
}

/// A closed loop whose slots start this many milliseconds apart, with rows for
/// its three phases.
pub fn spread(
    slots: i64,
    apart_ms: i64,
    rows: (Range<u32>, Range<u32>, Range<u32>),
    close: Close,
) -> Pace {
    let (ramp_in, measured, drain) = rows;
    let starts = (0..slots).map(|slot| Nanos::from_millis(slot * apart_ms)).collect();
    Pace::Closed { starts, ramp_in, measured, drain, close, measured_as: Phase::Measure }
}

/// An open loop, measured from its start to just after its last arrival.
pub fn open(offsets: &[Nanos], cap: Option<u32>) -> Pace {
    let arrival =
        |(request, &offset): (u32, &Nanos)| Arrival { offset, request, phase: Phase::Measure };
    let closes = offsets.last().map_or(Nanos::ZERO, |&last| last + Nanos(1));
    Pace::Open {
        arrivals: (0..).zip(offsets).map(arrival).collect(),
        window: Window { opens: Nanos::ZERO, closes },
        cap,
    }
}

/// Offsets at equal distances, from zero.
pub fn every(gap_ms: i64, count: i64) -> Vec<Nanos> {
    (0..count).map(|index| Nanos::from_millis(index * gap_ms)).collect()
}

/// Carries a load to its end. Every record must be kept once.
pub fn carry(client: &mut Client, prepared: &Prepared) -> Finished<Kept> {
    carry_watched(client, prepared, &(), &Stop::default())
}

/// As [`carry`], watched by somebody who may stop it.
pub fn carry_watched(
    client: &mut Client,
    prepared: &Prepared,
    observer: &dyn Observer,
    stop: &Stop,
) -> Finished<Kept> {
    let finished = client.run(prepared, Kept::new(), observer, stop).unwrap();
    let mut numbers: Vec<u32> = finished.sink.iter().map(|(record, _)| record.request).collect();
    numbers.sort_unstable();
    let first = numbers.first().copied().unwrap_or(0);
    let expected: Vec<u32> = (first..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "a request was kept twice or lost");
    finished
}

/// Records in the order in which their requests were due.
pub fn in_order(kept: &Kept) -> Vec<&Record> {
    let mut records: Vec<&Record> = kept.iter().map(|(record, _)| record).collect();
    records.sort_unstable_by_key(|record| record.request);
    records
}

/// How many records have each outcome.
pub fn outcomes(kept: &Kept) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for (record, _) in kept {
        *counts.entry(record.outcome).or_default() += 1;
    }
    counts
}

/// The chunks that bear tokens.
pub fn bearing(chunks: &[Chunk]) -> Vec<&Chunk> {
    chunks.iter().filter(|chunk| chunk.bears_tokens()).collect()
}

/// The most requests that the server had in hand at once: from the arrival of
/// each to its last write with tokens.
pub fn most_at_once(truths: &Truths) -> usize {
    let mut steps = Vec::new();
    for truth in truths.values() {
        let end = truth.writes.last().map_or(truth.arrival_ns, |write| write.0);
        steps.extend([(truth.arrival_ns, 1_i64), (end, -1)]);
    }
    steps.sort_unstable();
    let (mut now, mut most) = (0_i64, 0);
    for (_, step) in steps {
        now += step;
        most = most.max(now);
    }
    usize::try_from(most).unwrap()
}

/// The middle of some spans; of an even number the upper of two.
pub fn median(mut spans: Vec<Nanos>) -> Nanos {
    spans.sort_unstable();
    spans[spans.len() / 2]
}

/// The distance between two spans.
pub fn distance(one: Nanos, other: Nanos) -> Nanos {
    Nanos((one - other).0.abs())
}

/// A JSON object from its members.
pub fn object(members: &[(&str, &str)]) -> Value {
    let member = |&(key, value): &(&str, &str)| (key.to_owned(), Value::from(value));
    Value::Object(members.iter().map(member).collect::<Map<_, _>>())
}

/// The error of a record must say this, in whatever case; nothing means that
/// there must be none.
pub fn check_error(record: &Record, says: &str) {
    match (&record.error, says) {
        (None, "") => {}
        (Some(error), says) if !says.is_empty() => {
            assert!(error.to_lowercase().contains(&says.to_lowercase()), "{error}");
        }
        (error, _) => panic!("the error is {error:?}, expected {says:?}"),
    }
}

/// An error and its causes, in one line.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
