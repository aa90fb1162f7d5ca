//! Trials to report on: a healthy one, and what may become of it.

use std::collections::BTreeMap;

use tokenometer_core::metric::counts::CountSource;
use tokenometer_core::summary::CountDisagreements;
use tokenometer_core::{
    Dialect, Distribution, Gate, GateClass, GateStatus, Instrument, Nanos, Outcome, Ranked,
    Standing, Summary, Tail, TokenRule, Validity,
};
use tokenometer_results::{
    EngineSeen, Extent, FailureSeen, Kept, Load, PhaseSpan, Phases, SCHEMA_VERSION, SimulationSeen,
    Span, TargetSeen, Tool, Traffic, Trial, WorkloadSeen,
};

/// The instant at which every sample began.
const START: i64 = 1_786_530_667_123_456_789;

/// A metric around `middle`, with a longer tail above.
fn metric(middle: f64, n: u64, requests: u64) -> Distribution {
    let quantiles = [("p50", 1.0), ("p90", 1.31), ("p95", 1.44), ("p99", 1.87)];
    let interval = |factor: f64| [middle * factor * 0.985, middle * factor * 1.02];
    let mut intervals: BTreeMap<String, [f64; 2]> =
        quantiles.iter().map(|(name, factor)| ((*name).to_owned(), interval(*factor))).collect();
    intervals.insert("mean".to_owned(), [middle * 1.02, middle * 1.07]);
    Distribution {
        mean: Some(middle * 1.045),
        std: Some(middle * 0.2),
        p50: Some(middle),
        p90: Some(middle * 1.31),
        p95: Some(middle * 1.44),
        p99: Some(middle * 1.87),
        max: Some(middle * 3.3),
        n,
        requests,
        intervals,
        ..Distribution::default()
    }
}

/// A metric without any value, for this reason.
fn nothing(why: &str) -> Distribution {
    let withheld = BTreeMap::from([("all".to_owned(), why.to_owned())]);
    Distribution { withheld, ..Distribution::default() }
}

/// A gate in a state.
fn gate(id: &str, name: &str, class: GateClass, status: GateStatus, saw: &str) -> Gate {
    Gate {
        id: id.to_owned(),
        name: name.to_owned(),
        class,
        status,
        saw: saw.to_owned(),
        advice: None,
        withholds: Vec::new(),
    }
}

/// Requests by outcome; the others are none.
fn outcomes(some: &[(Outcome, u64)]) -> BTreeMap<String, u64> {
    let mut all: BTreeMap<String, u64> =
        Outcome::ALL.map(|outcome| (outcome.name().to_owned(), 0)).into();
    all.extend(some.iter().map(|(outcome, number)| (outcome.name().to_owned(), *number)));
    all
}

/// A stretch of the trial, in seconds from its start.
fn span(from: f64, to: f64) -> Option<PhaseSpan> {
    let at = |seconds| Nanos(START) + Nanos::from_secs_f64(seconds);
    Some(PhaseSpan::between(at(from), at(to)))
}

/// The metrics of a healthy trial.
fn summary() -> Summary {
    Summary {
        outcomes: outcomes(&[(Outcome::Ok, 1000)]),
        requests: 1000,
        duration_s: 42.3125,
        makespan_s: Some(44.18),
        input_tokens: Some(412_345),
        input_source: Some(CountSource::Server),
        output_tokens: Some(128_000),
        output_source: Some(CountSource::Server),
        request_throughput: Some(23.59),
        input_throughput: Some(9741.37),
        output_throughput: Some(3019.84),
        total_throughput: Some(12_761.21),
        output_throughput_makespan: Some(2897.24),
        concurrency: Some(63.82),
        littles_error: Some(0.0031),
        pace_ms: Some(20.61),
        ttft_ms: metric(71.2, 1000, 1000),
        ttft_intended_ms: metric(71.3, 1000, 1000),
        ttfo_ms: metric(71.2, 1000, 1000),
        tpot_ms: metric(20.43, 1000, 1000),
        itl_ms: metric(20.17, 127_000, 1000),
        icl_ms: metric(20.21, 126_612, 1000),
        e2e_ms: metric(2671.0, 1000, 1000),
        e2e_intended_ms: metric(2671.1, 1000, 1000),
        e2e_stream_ms: metric(2671.9, 1000, 1000),
        lateness_ms: metric(0.0213, 1000, 1000),
        tokens_per_arrival: metric(1.003, 126_612, 1000),
        ranked: BTreeMap::from(["ttft_ms", "tpot_ms", "e2e_ms"].map(|name| {
            let at = |value| Tail::At(value);
            let ranked = Ranked {
                p50: at(71.2),
                p90: at(93.3),
                p95: at(102.5),
                p99: at(133.1),
                ..Ranked::default()
            };
            (name.to_owned(), ranked)
        })),
        token_rules: BTreeMap::from([(TokenRule::OneEach, 1000)]),
        token_rule: TokenRule::OneEach,
        coalesced_share: Some(0.0031),
        coalesced_gap_p99_ms: Some(0.118),
        textless_share: Some(0.0),
        ..Summary::default()
    }
}

/// What the client saw of itself in a healthy trial.
fn instrument() -> Instrument {
    Instrument {
        reads_stamped: 128_034,
        reads_unstamped: 0,
        backlog_p99_ns: Some(31_400),
        backlog_max_ns: Some(412_000),
        cpu_busy_shares: vec![0.31, 0.33, 0.41, 0.32],
        run_queue_share: Some(0.0021),
        clock_samples: 43,
        clock_step_ns: 0,
        segments_retransmitted: Some(0),
        segments_sent: Some(131_072),
        ..Instrument::default()
    }
}

/// The gates of a healthy trial.
fn gates() -> Vec<Gate> {
    use GateClass::{Arm, Environment, Instrument, Work};
    use GateStatus::{Passed, Unknown, Waived};
    let mut throttling = gate("E1", "throttling", Environment, Unknown, "no GPU counters");
    throttling.advice = Some("Run it on the engine's machine to read them.".to_owned());
    vec![
        throttling,
        gate("I1", "client lateness", Instrument, Passed, "p99 0.04 ms, allowed 1 ms"),
        gate("I2", "client CPU", Instrument, Passed, "41 %, allowed 70 %"),
        gate("A2", "failures", Arm, Passed, "0.0 %, allowed 1 %"),
        gate("W4", "enough samples", Work, Waived, "a rehearsal needs none"),
    ]
}

/// A healthy trial of a real engine.
pub fn healthy() -> Trial {
    Trial {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "tokenometer".into(),
            version: "0.1.0".into(),
            build: Some("release, x86_64-unknown-linux-gnu".into()),
        },
        block: 1,
        arm: "vllm".into(),
        scenario: "chat-c64".into(),
        blocks: 1,
        simulated: false,
        simulation: None,
        interrupted: false,
        started_ns: START,
        pass: 1,
        target: TargetSeen {
            address: "http://gpu-7.example.org:8000".into(),
            dialect: Dialect::OpenaiChat,
            model: "meta-llama/Llama-3.1-8B-Instruct".into(),
            engine: Some(EngineSeen { name: "vllm".into(), version: Some("0.11.0".into()) }),
        },
        workload: WorkloadSeen {
            name: "chat".into(),
            dataset: "builtin".into(),
            requests: 1000,
            input_tokens: Some(Span { min: 12, mean: 412.345, max: 2048 }),
            output_tokens: Some(Span { min: 128, mean: 128.0, max: 128 }),
            exact: true,
        },
        workload_sha256: "5f".repeat(32),
        wire_sha256: "a1".repeat(32),
        load: Load {
            traffic: Traffic::Closed { concurrency: 64 },
            extent: Extent::Requests(1000),
            streamed: true,
            connections: 64,
            drain_limit_s: 60.0,
        },
        seeds: BTreeMap::from([("arrival".into(), 1), ("choice".into(), 2), ("lengths".into(), 3)]),
        tokenizer: None,
        phases: Phases {
            warm_up: span(0.0, 10.2),
            ramp_in: span(10.2, 13.31),
            measure: span(13.31, 55.6225),
            drain: span(55.6225, 57.49),
        },
        instrument: instrument(),
        summary: summary(),
        validity: Validity { standing: Standing::Valid, gates: gates() },
        failures: Vec::new(),
        finish_reasons: BTreeMap::from([("length".into(), 1000)]),
        invocation: Default::default(),
        server_info: None,
        options: BTreeMap::new(),
        serving: Default::default(),
        warnings: Vec::new(),
        files: BTreeMap::from([
            ("chunks.parquet".into(), Kept { rows: 131_000, bytes: 1_310_000 }),
            ("requests.parquet".into(), Kept { rows: 1128, bytes: 612_345 }),
        ]),
    }
}

/// A trial in which no request ended well.
pub fn all_failed() -> Trial {
    let why = "there is no value";
    let absent = BTreeMap::from([("not_sent".to_owned(), 96)]);
    let failure = |outcome, status, error: Option<&str>, requests, first_request| FailureSeen {
        outcome,
        status,
        error: error.map(str::to_owned),
        requests,
        first_request,
    };
    let tail = Ranked {
        p50: Tail::Unbounded,
        p90: Tail::Unbounded,
        p95: Tail::Unbounded,
        p99: Tail::Unbounded,
        ..Ranked::default()
    };
    let mut trial = healthy();
    trial.summary = Summary {
        outcomes: outcomes(&[(Outcome::Refused, 96), (Outcome::HttpError, 4)]),
        requests: 100,
        duration_s: 0.512,
        request_throughput: Some(0.0),
        concurrency: Some(0.02),
        ttft_ms: nothing(why),
        ttfo_ms: nothing(why),
        tpot_ms: nothing(why),
        itl_ms: nothing(why),
        icl_ms: nothing(why),
        e2e_ms: nothing(why),
        lateness_ms: Distribution { absent, ..metric(0.1, 4, 4) },
        ranked: BTreeMap::from(
            ["ttft_ms", "tpot_ms", "e2e_ms"].map(|name| (name.to_owned(), tail.clone())),
        ),
        ..Summary::default()
    };
    trial.workload.requests = 100;
    trial.load.extent = Extent::Requests(100);
    trial.phases = Phases { measure: span(0.0, 0.512), ..Phases::default() };
    trial.instrument = Instrument { clock_samples: 2, ..Instrument::default() };
    trial.finish_reasons = BTreeMap::new();
    trial.failures = vec![
        failure(Outcome::Refused, None, Some("Connection refused (os error 111)"), 96, 4),
        failure(
            Outcome::HttpError,
            Some(503),
            Some("The model is \u{1b}[31mloading\u{1b}[0m\nplease wait"),
            4,
            0,
        ),
    ];
    let mut failures =
        gate("A2", "failures", GateClass::Arm, GateStatus::Failed, "100.0 %, allowed 1 %");
    failures.advice =
        Some("The engine does not carry this load; the trial counts as failed.".into());
    trial.validity = Validity { standing: Standing::Failed, gates: vec![failures] };
    trial
}

/// A simulated trial of two requests at a time.
pub fn simulated() -> Trial {
    let mut trial = healthy();
    trial.simulated = true;
    trial.arm = "batched".into();
    trial.target.address = "http://127.0.0.1:45123".into();
    trial.target.engine = Some(EngineSeen { name: "sim".into(), version: None });
    trial.target.model = "scripted".into();
    trial
}

/// A trial on an engine that simulated a machine, faster than the clock.
pub fn on_a_machine() -> Trial {
    let mut trial = simulated();
    trial.simulation = Some(SimulationSeen {
        machine: "a100".into(),
        gpus: Some(1),
        model: "llama-3.1-8b".into(),
        calibration: Some("ideal".into()),
        calibrated: Some(false),
        time_scale: Some(50.0),
    });
    trial
}

/// A trial of a loaded open loop that was stopped with requests in flight.
pub fn interrupted() -> Trial {
    let mut trial = simulated();
    trial.interrupted = true;
    trial.load.traffic = Traffic::Open { rate: Some(40.0), burstiness: Some(1.0), cap: Some(64) };
    trial.load.extent = Extent::DurationS(120.0);
    trial.phases.ramp_in = None;
    trial.phases.drain = None;
    let summary = &mut trial.summary;
    summary.requests = 1056;
    summary.outcomes = outcomes(&[(Outcome::Ok, 1000), (Outcome::Cancelled, 56)]);
    summary.lateness_ms = metric(18.4, 1000, 1000);
    summary.e2e_intended_ms = metric(2690.0, 1000, 1000);
    summary.ttft_intended_ms = metric(90.0, 1000, 1000);
    summary.ttfo_ms = Distribution {
        absent: BTreeMap::from([("reasoning_only".to_owned(), 12)]),
        ..metric(812.0, 988, 988)
    };
    summary.connect_ms = metric(0.21, 3, 3);
    summary.connections_opened = 3;
    for tail in summary.ranked.values_mut() {
        *tail = Ranked { p95: Tail::Unbounded, p99: Tail::Unbounded, ..tail.clone() };
    }
    trial.instrument.connections_opened = 3;
    trial.failures = vec![FailureSeen {
        outcome: Outcome::Cancelled,
        status: Some(200),
        error: None,
        requests: 56,
        first_request: 1000,
    }];
    trial.warnings = vec!["The CPU governor is powersave; clocks may change in the window.".into()];
    trial
}

/// A small trial whose numbers are mostly withheld and whose gates fail.
pub fn doubtful() -> Trial {
    let mut trial = healthy();
    let few = |needed: u32| format!("it takes {needed} independent values; these are worth 24");
    let no_interval = "an interval takes 100 requests; there are 24".to_owned();
    let small = |middle: f64, n: u64| {
        let mut small = metric(middle, n, 24);
        small.intervals.clear();
        for name in ["mean", "p50"] {
            small.withheld.insert(format!("{name}_interval"), no_interval.clone());
        }
        for (name, needed) in [("p90", 36), ("p95", 72), ("p99", 368)] {
            small.withheld.insert(name.to_owned(), few(needed));
            small.withheld.insert(format!("{name}_interval"), few(needed));
        }
        Distribution { p90: None, p95: None, p99: None, ..small }
    };
    let unknown = "the tokens of the chunks are unknown in 20 of 24 requests";
    let tail = Ranked { p50: Tail::At(71.2), p90: Tail::At(99.0), ..Ranked::default() };
    trial.summary = Summary {
        outcomes: outcomes(&[(Outcome::Ok, 23), (Outcome::Censored, 1)]),
        requests: 24,
        duration_s: 3.2,
        makespan_s: Some(4.0),
        input_tokens: Some(9900),
        input_source: Some(CountSource::Server),
        input_throughput: Some(3093.75),
        output_throughput_bounds: Some([410.0, 655.5]),
        request_throughput: Some(7.1875),
        withheld: BTreeMap::from([
            ("output_throughput".to_owned(), unknown.to_owned()),
            ("total_throughput".to_owned(), unknown.to_owned()),
        ]),
        concurrency: Some(7.9),
        littles_error: Some(0.051),
        ttft_ms: small(71.2, 24),
        ttfo_ms: small(71.2, 24),
        tpot_ms: nothing(unknown),
        tpot_mean_bounds_ms: Some([20.4, 33.1]),
        itl_ms: nothing(unknown),
        icl_ms: small(38.8, 1480),
        e2e_ms: small(2671.0, 24),
        lateness_ms: small(2.41, 24),
        ranked: BTreeMap::from([(
            "ttft_ms".to_owned(),
            Ranked {
                kaplan_meier: BTreeMap::from([
                    ("p50".to_owned(), Some(71.9)),
                    ("p90".to_owned(), None),
                ]),
                ..tail
            },
        )]),
        token_rules: BTreeMap::from([(TokenRule::OneEach, 4), (TokenRule::Unknown, 20)]),
        coalesced_share: Some(0.21),
        coalesced_gap_p99_ms: Some(3.2),
        textless_share: Some(0.031),
        count_disagreements: CountDisagreements {
            input_server_asked: 24,
            output_server_missing: 20,
            ..CountDisagreements::default()
        },
        ..Summary::default()
    };
    trial.phases.ramp_in = None;
    trial.phases.warm_up = None;
    trial.phases.measure = span(0.0, 3.2);
    trial.workload.exact = false;
    trial.workload.input_tokens = None;
    trial.target.engine = None;
    trial.load.traffic = Traffic::Closed { concurrency: 8 };
    trial.load.extent = Extent::Requests(24);
    trial.instrument.reads_unstamped = 900;
    trial.instrument.reader_waits = 7;
    trial.instrument.prompts_repeated = 5;
    trial.instrument.clock_step_ns = 2_100_000;
    trial.instrument.run_queue_share = None;
    trial.finish_reasons = BTreeMap::from([("length".into(), 4), ("stop".into(), 19)]);
    trial.failures = Vec::new();
    let mut late = gate(
        "I1",
        "client lateness",
        GateClass::Instrument,
        GateStatus::Failed,
        "p99 4.50 ms, allowed 1 ms",
    );
    late.advice = Some("Requests left late: the load was not the one that was asked for. Give the client a core of its own, or lower --request-rate.".into());
    let mut coalesced = gate(
        "W9",
        "chunks apart",
        GateClass::Work,
        GateStatus::Failed,
        "21.0 % coalesced, allowed 5 %",
    );
    coalesced.advice = Some("Chunks came together, so their gaps are lost.".into());
    coalesced.withholds = vec!["itl_ms".into(), "icl_ms".into()];
    trial.validity.standing = Standing::Invalid;
    trial.validity.gates.extend([late, coalesced]);
    trial
}
