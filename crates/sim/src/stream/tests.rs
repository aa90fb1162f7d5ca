//! What holds for every stream, whatever its script and its faults.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::ask::Ask;
use crate::render::{Generate, Openai, Voice};
use crate::{Dialect, Fault, Script, Settings, Simulation};

const ARRIVAL: Nanos = Nanos(1_000_000_000_000);

/// A stream as it would leave: every write with its bytes, and the end.
struct Left {
    writes: Vec<(Write, Vec<u8>)>,
    end: End,
    plan: Plan,
}

fn stream(ask: &Ask, plan: &Plan) -> Stream {
    let voice =
        Voice { key: 1, model: "\"m\"".into(), created: 1, ids: ask.ids, prompt: vec![1, 2] };
    let frames: Box<dyn Frames> = match ask.dialect {
        Dialect::SglangGenerate => Box::new(Generate::new(&voice)),
        dialect => Box::new(Openai::new(dialect, voice)),
    };
    Stream::new(plan.clone(), frames, "r", ARRIVAL, false)
}

fn run(ask: &Ask) -> Left {
    let plan = Plan::new(ask, &Settings::default(), 0);
    let mut stream = stream(ask, &plan);
    let mut writes = Vec::new();
    let mut out = Vec::new();
    while let Next::Write(write) = stream.next(&mut out) {
        writes.push((write, std::mem::take(&mut out)));
    }
    Left { writes, end: stream.end(), plan }
}

/// The same stream on a simulated machine that hands out so many tokens at a
/// time, a millisecond after each other, and each time only once all that could
/// be said before has been.
fn run_fed(ask: &Ask, portions: &[u32]) -> Left {
    let simulation = Simulation::new("h100", "llama-3.1-8b", None).unwrap();
    let settings = Settings { simulation: Some(simulation), ..Settings::default() };
    let mut plan = Plan::new(ask, &settings, 0);
    let mut stream = stream(ask, &plan);
    let (mut writes, mut out) = (Vec::new(), Vec::new());
    let mut owed = plan.total.max(1);
    let mut sizes = portions.iter().cycle();
    let mut due = ARRIVAL;
    loop {
        match stream.next(&mut out) {
            Next::Write(write) => writes.push((write, std::mem::take(&mut out))),
            Next::Over => break,
            Next::Later => {
                assert!(owed > 0, "it waits for more than it was promised");
                assert!(out.is_empty(), "nothing is said while there is nothing to say");
                let tokens = owed.min(*sizes.next().unwrap());
                (owed, due) = (owed - tokens, due + Nanos::from_millis(1));
                stream.feed().unwrap().push(Portion { due, tokens, last: owed == 0 });
            }
        }
    }
    plan.outcome = stream.outcome(plan.outcome);
    Left { writes, end: stream.end(), plan }
}

impl Left {
    fn bytes(&self) -> Vec<u8> {
        self.writes.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    /// The body without its chunks' framing, and whether its last chunk came.
    fn body(&self) -> (String, bool) {
        let bytes = String::from_utf8(self.bytes()).unwrap();
        let (_, mut rest) = bytes.split_once("\r\n\r\n").unwrap();
        let mut body = String::new();
        while let Some((digits, after)) = rest.split_once("\r\n") {
            let length = usize::from_str_radix(digits, 16).unwrap();
            body += &after[..length];
            assert_eq!(&after[length..length + 2], "\r\n");
            rest = &after[length + 2..];
            if length == 0 {
                assert_eq!(rest, "", "nothing follows the last chunk");
                return (body, true);
            }
        }
        (body, false)
    }

    fn events(&self) -> Vec<Value> {
        let body = self.body().0.replace("\r\n", "\n");
        let payloads = body.split("\n\n").filter_map(|event| event.strip_prefix("data: "));
        payloads
            .filter(|payload| *payload != "[DONE]")
            .map(|payload| serde_json::from_str(payload).unwrap())
            .collect()
    }

    /// The tokens that a reader of the events finds.
    fn found(&self) -> usize {
        let events = self.events();
        if self.plan.dialect == Dialect::SglangGenerate {
            let last = events.iter().rev().find_map(|event| event["text"].as_str());
            return last.map_or(0, words::count);
        }
        let texts = events.iter().map(|event| {
            let choice = &event["choices"][0];
            choice["text"].as_str().or(choice["delta"]["content"].as_str()).map_or(0, words::count)
        });
        texts.sum()
    }
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let words = prop::sample::subsequence(
        vec![
            "error-after:5",
            "error-text-after:2",
            "cut-after:3",
            "silence-after:0",
            "half-close",
            "no-finish",
            "no-done",
            "slow-headers:7ms",
            "huge-event:999",
            "wrong-usage:+4",
            "bundled-first:6",
            "no-usage",
            "usage-in-finish",
            "finish-apart",
            "comments",
            "crlf",
            "split",
            "empty:bare",
            "empty:finished",
            "stop-at:4",
            "overrun:3",
        ],
        0..5,
    );
    words.prop_map(|words| words.into_iter().map(|word| word.parse().unwrap()).collect())
}

prop_compose! {
    fn asks()(
        faults in faults(),
        dialect in prop::sample::select(vec![
            Dialect::OpenaiCompletions, Dialect::OpenaiChat, Dialect::SglangGenerate,
        ]),
        usage in prop::sample::select(vec![UsageWish::Never, UsageWish::AtEnd, UsageWish::Always]),
        (chunk, per_write, limit) in (1_u32..5, 1_u32..4, 1_u32..30),
        gap in prop::sample::select(vec!["0", "3ms", "uniform:0s:9ms"]),
        headers in prop::sample::select(vec![Headers::Early, Headers::Late]),
    ) -> Ask {
        let script = Script {
            ttft: "5ms".parse().unwrap(),
            gap: gap.parse().unwrap(),
            tokens_per_chunk: chunk,
            chunks_per_write: per_write,
            headers,
            ..Script::default()
        };
        Ask {
            dialect, prompt: vec![1, 2], limit: Some(limit), exact: true, stream: true, usage,
            ids: false, faults: Some(faults), script,
        }
    }
}

proptest! {
    /// The account is exact: the tokens of the writes are those of the plan,
    /// and those that a reader finds.
    #[test]
    fn tokens_are_accounted_for(ask in asks()) {
        let left = run(&ask);
        let accounted: u32 = left.writes.iter().map(|(write, _)| write.tokens).sum();
        prop_assert_eq!(accounted, left.plan.leaving());
        prop_assert_eq!(accounted as usize, left.found());
        let bearing = left.writes.iter().filter(|(write, _)| write.tokens > 0).count();
        if !left.plan.bends.split {
            prop_assert_eq!(bearing, left.plan.writes() as usize);
        }
    }

    /// A body is closed exactly where the plan doesn't say otherwise.
    #[test]
    fn bodies_end_as_planned(ask in asks()) {
        let left = run(&ask);
        prop_assert_eq!(left.body().1, left.end == End::KeepAlive);
    }

    /// Writes never overtake each other, and where nothing holds them up they
    /// are due at arrival + ttft + k·gap.
    #[test]
    fn deadlines_are_absolute(ask in asks()) {
        let left = run(&ask);
        prop_assert!(left.writes.is_sorted_by_key(|(write, _)| write.due));
        let mut last = Nanos(i64::MIN);
        for (write, _) in &left.writes {
            prop_assert_eq!(write.timed, write.due > last);
            last = write.due;
        }
        let bends = &left.plan.bends;
        if let (Some(gap), false, Nanos::ZERO) = (ask.script.gap.fixed(), bends.split, bends.headers_after) {
            let bearing = left.writes.iter().filter(|(write, _)| write.tokens > 0);
            for (index, (write, _)) in bearing.enumerate() {
                let after = Nanos::from_millis(5) + Nanos(gap.0 * index as i64);
                prop_assert_eq!(write.due, ARRIVAL + after);
            }
        }
    }

    /// Whoever hands out the tokens, and however many at a time, the same is said
    /// in the end.
    #[test]
    fn a_fed_stream_says_what_a_scripted_one_says(
        ask in asks(), portions in prop::collection::vec(1_u32..6, 1..5),
    ) {
        let (fed, scripted) = (run_fed(&ask, &portions), run(&ask));
        let accounted: u32 = fed.writes.iter().map(|(write, _)| write.tokens).sum();
        prop_assert_eq!(accounted, fed.plan.leaving());
        prop_assert_eq!(accounted as usize, fed.found());
        prop_assert_eq!((fed.end, fed.body().1), (scripted.end, scripted.body().1));
        prop_assert_eq!(fed.plan.outcome, scripted.plan.outcome);
        prop_assert!(fed.writes.is_sorted_by_key(|(write, _)| write.due));
        let text = |left: &Left| -> String {
            let texts = left.events();
            let of = |event: &Value| {
                let choice = &event["choices"][0];
                choice["text"].as_str().or(choice["delta"]["content"].as_str()).map(str::to_owned)
            };
            texts.iter().filter_map(of).collect()
        };
        prop_assert_eq!(text(&fed), text(&scripted));
    }

    /// Splitting changes where writes end, and nothing else.
    #[test]
    fn split_writes_add_up(ask in asks()) {
        let mut split = ask.clone();
        let faults = split.faults.get_or_insert_default();
        // Padding makes up for the longer words, by one byte a word.
        faults.retain(|fault| !matches!(fault, Fault::Split | Fault::HugeEvent(_)));
        let plain = Ask { faults: Some(faults.clone()), ..ask };
        faults.push(Fault::Split);
        let (plain, split) = (run(&plain), run(&split));
        prop_assert_eq!(split.body().0.replace('é', "w"), plain.body().0);
        let inside = split.writes.iter().filter(|(_, bytes)| bytes.last() == Some(&0xc3)).count();
        prop_assert!(inside >= usize::from(plain.plan.leaving() > 0));
        prop_assert!(split.writes.iter().all(|(_, bytes)| bytes.len() <= PIECE));
    }
}

#[test]
fn a_portion_is_a_write_with_one_event() {
    let ask = Ask {
        dialect: Dialect::OpenaiCompletions,
        prompt: vec![1],
        limit: Some(9),
        exact: true,
        stream: true,
        usage: UsageWish::Never,
        ids: false,
        faults: Some(Vec::new()),
        script: Script { headers: Headers::Late, ..Script::default() },
    };
    let left = run_fed(&ask, &[1, 4]);
    let writes: Vec<(i64, u32)> = left
        .writes
        .iter()
        .map(|(write, _)| ((write.due - ARRIVAL).0 / 1_000_000, write.tokens))
        .collect();
    assert_eq!(writes, [(1, 1), (2, 4), (3, 1), (4, 3)]);
    assert_eq!(left.events().len(), 4);
}

#[test]
fn a_stream_renders_without_growing_its_buffers() {
    let ask = Ask {
        dialect: Dialect::OpenaiCompletions,
        prompt: vec![1],
        limit: Some(1000),
        exact: true,
        stream: true,
        usage: UsageWish::AtEnd,
        ids: false,
        faults: None,
        script: Script::default(),
    };
    let plan = Plan::new(&ask, &Settings::default(), 0);
    let mut stream = stream(&ask, &plan);
    let mut out = Vec::new();
    let mut capacities = Vec::new();
    for index in 0..1000 {
        out.clear();
        assert!(matches!(stream.next(&mut out), Next::Write(_)));
        if index == 100 || index == 900 {
            let buffers = [&out, &stream.json, &stream.event, &stream.text];
            capacities.push(buffers.map(Vec::capacity));
        }
    }
    assert_eq!(capacities[0], capacities[1]);
}
