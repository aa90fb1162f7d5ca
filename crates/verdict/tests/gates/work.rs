//! What the gates of the work are to find.

use std::time::Duration;

use tokenometer_verdict::Load;

use crate::sound::climb;
use crate::{Case, Failed, Passed, Unknown, Waived};

pub const CASES: &[Case] = &[
    ("W1", "always", |_| (), Waived),
    ("W2", "nearly the same", |_| (), Passed),
    ("W2", "different", |e| e.tokenizer.as_mut().unwrap().output_counted = Some(71_000), Failed),
    (
        "W2",
        "none by the server, some by us",
        |e| {
            e.tokenizer.as_mut().unwrap().output_server = Some(0);
        },
        Failed,
    ),
    ("W2", "no server counts", |e| e.tokenizer.as_mut().unwrap().output_server = None, Unknown),
    ("W2", "no tokenizer", |e| e.tokenizer = None, Unknown),
    ("W3", "as expected", |_| (), Passed),
    ("W3", "too warm", |e| e.cache.hit_share = Some(0.6), Failed),
    ("W3", "too cold", |e| e.cache.expected_share = Some(0.3), Failed),
    (
        "W3",
        "as cold as prompts that come together find it",
        |e| {
            e.cache.cold = true;
            e.cache.expected_share = Some(0.3);
        },
        Passed,
    ),
    (
        "W3",
        "as much as a cold one may hold",
        |e| {
            e.cache.cold = true;
            e.cache.hit_share = Some(0.119);
        },
        Passed,
    ),
    (
        "W3",
        "not cold",
        |e| {
            e.cache.cold = true;
            e.cache.hit_share = Some(0.13);
        },
        Failed,
    ),
    ("W3", "a template, and no hits", |e| e.cache.unknown_template = true, Passed),
    (
        "W3",
        "a template, and hits",
        |e| {
            e.cache.unknown_template = true;
            e.cache.hit_share = Some(0.3);
        },
        Unknown,
    ),
    ("W3", "nothing to expect", |e| e.cache.expected_share = None, Unknown),
    ("W3", "not told", |e| e.cache.hit_share = None, Unknown),
    ("W4", "enough", |_| (), Passed),
    ("W4", "a short window", |e| e.summary.duration_s = 29.0, Failed),
    ("W4", "a short window for long answers", |e| e.summary.e2e_ms.p50 = Some(7000.0), Failed),
    ("W4", "a small cohort", |e| e.summary.requests = 99, Failed),
    ("W4", "a small cohort for so many in flight", |e| e.summary.concurrency = Some(64.0), Failed),
    (
        "W4",
        "a rehearsal",
        |e| {
            e.summary.duration_s = 5.0;
            e.rehearsal = true;
        },
        Waived,
    ),
    ("W4", "a rehearsal that is long enough", |e| e.rehearsal = true, Passed),
    ("W4", "no answer to measure by", |e| e.summary.e2e_ms.p50 = None, Unknown),
    ("W5", "steady", |_| (), Passed),
    (
        "W5",
        "output rises",
        |e| e.steadiness.as_mut().unwrap().tokens_per_second = climb(1e3),
        Failed,
    ),
    (
        "W5",
        "load falls",
        |e| {
            e.steadiness.as_mut().unwrap().in_flight = climb(5.0).into_iter().rev().collect();
        },
        Failed,
    ),
    (
        "W5",
        "a small rise",
        |e| {
            e.steadiness.as_mut().unwrap().in_flight =
                (0..20).map(|i| 5.0 + 0.005 * f64::from(i)).collect();
        },
        Passed,
    ),
    ("W5", "too few bins", |e| e.steadiness.as_mut().unwrap().in_flight.truncate(5), Unknown),
    (
        "W5",
        "too few bins, but output rises",
        |e| {
            let bins = e.steadiness.as_mut().unwrap();
            bins.in_flight.truncate(5);
            bins.tokens_per_second = climb(1e3);
        },
        Failed,
    ),
    ("W5", "a burst", |e| e.load = Load::Burst { capped: true }, Waived),
    ("W5", "course not known", |e| e.steadiness = None, Unknown),
    ("W6", "warm", |_| (), Passed),
    (
        "W6",
        "still changing",
        |e| {
            e.warm_up.as_mut().unwrap().batches[4].tokens_per_second = Some(1100.0);
        },
        Failed,
    ),
    (
        "W6",
        "lengths not seen",
        |e| e.warm_up.as_mut().unwrap().saw_every_class = Some(false),
        Failed,
    ),
    (
        "W6",
        "compiling",
        |e| e.warm_up.as_mut().unwrap().compiled = Some(Some("INFO Compiling a graph".to_owned())),
        Failed,
    ),
    ("W6", "log not read", |e| e.warm_up.as_mut().unwrap().compiled = None, Passed),
    (
        "W6",
        "prompts of its own measured",
        |e| e.warm_up.as_mut().unwrap().repeated = Some(3),
        Failed,
    ),
    (
        "W6",
        "prompts of its own measured, and no cache",
        |e| {
            e.warm_up.as_mut().unwrap().repeated = Some(3);
            e.cache.hit_share = Some(0.0);
        },
        Passed,
    ),
    ("W6", "lengths not known", |e| e.warm_up.as_mut().unwrap().saw_every_class = None, Unknown),
    ("W6", "too few batches", |e| e.warm_up.as_mut().unwrap().batches.truncate(2), Unknown),
    ("W6", "too short", |e| e.warm_up.as_mut().unwrap().length = Duration::from_secs(3), Unknown),
    ("W6", "no warm-up", |e| e.warm_up = None, Unknown),
    ("W7", "within two", |e| e.server_concurrency = Some(3.1), Passed),
    ("W7", "apart", |e| e.server_concurrency = Some(9.0), Failed),
    (
        "W7",
        "within 5 %",
        |e| {
            e.summary.concurrency = Some(100.0);
            e.server_concurrency = Some(95.5);
        },
        Passed,
    ),
    ("W7", "not scraped", |e| e.server_concurrency = None, Unknown),
    ("W7", "not measured", |e| e.summary.concurrency = None, Unknown),
    ("W8", "the same", |_| (), Passed),
    (
        "W8",
        "a template",
        |e| {
            e.tokenizer.as_mut().unwrap().input_server = Some(6600);
            e.summary.count_disagreements.input_server_counted = 600;
        },
        Failed,
    ),
    (
        "W8",
        "differing, but the same in all",
        |e| {
            e.summary.count_disagreements.input_server_counted = 2;
        },
        Failed,
    ),
    ("W8", "no server counts", |e| e.tokenizer.as_mut().unwrap().input_server = None, Unknown),
    ("W8", "no tokenizer", |e| e.tokenizer = None, Unknown),
];
