//! Schedules as their users see them: what is in them, and what they must not
//! depend on.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;
use tokenometer_core::{Arrival, Close, Nanos, Pace, Phase, Prompt, Request, Schedule, Window};
use tokenometer_workload::{
    DatasetSettings, Extent, LoadSettings, Pattern, PromptShape, Ramp, RampShape, RandomSettings,
    Settled, Workload, WorkloadError, WorkloadSettings, workload_sha256,
};

fn builtin(seed: u64) -> Workload {
    let settings = WorkloadSettings {
        seed,
        exact: true,
        ..WorkloadSettings::new(DatasetSettings::Builtin, PromptShape::Text)
    };
    Workload::open(&settings, None).unwrap()
}

fn random_ids(seed: u64) -> Workload {
    let random = RandomSettings {
        input_ratio: 0.25,
        output_ratio: 0.25,
        vocabulary_size: Some(1000),
        ..RandomSettings::fixed(32, 8)
    };
    let settings = WorkloadSettings {
        seed,
        ..WorkloadSettings::new(DatasetSettings::RandomIds(random), PromptShape::TokenIds)
    };
    Workload::open(&settings, None).unwrap()
}

/// A custom workload of `lines` prompts, each asking for as many tokens as its
/// number.
fn custom(lines: usize, seed: u64) -> Workload {
    let file = tempfile::NamedTempFile::new().unwrap();
    let contents: String = (1..=lines)
        .map(|n| format!("{{\"prompt\": \"prompt {n}\", \"output_tokens\": {n}}}\n"))
        .collect();
    std::fs::write(file.path(), contents).unwrap();
    let dataset = DatasetSettings::Custom { path: file.path().to_owned() };
    let settings =
        WorkloadSettings { seed, ..WorkloadSettings::new(dataset, PromptShape::Messages) };
    Workload::open(&settings, None).unwrap()
}

fn load(pattern: Pattern, extent: Extent) -> LoadSettings {
    LoadSettings { pattern, extent, drain_limit: None, warm_up_requests: None, pool: None }
}

fn closed(concurrency: u32, extent: Extent) -> LoadSettings {
    load(Pattern::Closed { concurrency }, extent)
}

fn poisson(rate: f64, extent: Extent) -> LoadSettings {
    load(Pattern::Open { rate, burstiness: 1.0, cap: None }, extent)
}

fn settled(mean: u64, p99: u64) -> Option<Settled> {
    let [mean_e2e, p99_e2e] = [mean, p99].map(Duration::from_millis);
    Some(Settled { mean_e2e, p99_e2e })
}

fn seconds(seconds: u64) -> Extent {
    Extent::Duration(Duration::from_secs(seconds))
}

fn open_pace(schedule: &Schedule) -> (&[Arrival], Window) {
    match &schedule.pace {
        Pace::Open { arrivals, window, .. } => (arrivals, *window),
        Pace::Closed { .. } => panic!("an open loop was asked for"),
    }
}

/// What is measured: the requests in the order of sending, with their offsets
/// from the window's opening where they have any.
fn measured(schedule: &Schedule) -> Vec<(Option<Nanos>, &Request)> {
    match &schedule.pace {
        Pace::Closed { measured, .. } => schedule.requests
            [measured.start as usize..measured.end as usize]
            .iter()
            .map(|request| (None, request))
            .collect(),
        Pace::Open { arrivals, window, .. } => arrivals
            .iter()
            .filter(|arrival| arrival.phase == Phase::Measure)
            .map(|a| (Some(a.offset - window.opens), &schedule.requests[a.request as usize]))
            .collect(),
    }
}

#[test]
fn a_closed_loop_spreads_its_slots_over_one_mean() {
    let load = closed(4, Extent::Requests(100));
    let schedule = builtin(1).schedule(&load, settled(1000, 3000)).unwrap();
    let Pace::Closed { starts, ramp_in, measured, drain, close, measured_as } = &schedule.pace
    else {
        panic!("a closed loop was asked for");
    };
    assert_eq!(*starts, [0, 250, 500, 750].map(Nanos::from_millis));
    assert_eq!((measured.clone(), *close, *measured_as), (0..100, Close::AllEnded, Phase::Measure));
    assert!(ramp_in.len() > 4 && drain.len() >= 8);
    assert_eq!(drain.end as usize, schedule.requests.len());
    assert!(measured.end == ramp_in.start && ramp_in.end == drain.start);
}

#[test]
fn with_nothing_settled_slots_start_together() {
    let load = closed(3, seconds(10));
    let schedule = builtin(1).schedule(&load, None).unwrap();
    let Pace::Closed { starts, ramp_in, close, .. } = &schedule.pace else { panic!() };
    assert_eq!(*starts, [Nanos::ZERO; 3]);
    assert!(ramp_in.is_empty(), "the window opens at once");
    assert_eq!(*close, Close::After(Duration::from_secs(10)));
}

#[test]
fn every_prompt_of_a_schedule_is_another() {
    for load in [
        closed(16, Extent::Requests(300)),
        poisson(50.0, Extent::Requests(300)),
        closed(16, seconds(5)),
    ] {
        for workload in [builtin(5), random_ids(5)] {
            let schedule = workload.schedule(&load, settled(500, 2000)).unwrap();
            let mut prompts: BTreeSet<String> =
                schedule.requests.iter().map(|request| format!("{:?}", request.prompt)).collect();
            let mut count = schedule.requests.len();
            for batch in 0..3 {
                let warm_up = workload.warm_up(&load, batch).unwrap().unwrap();
                count += warm_up.requests.len();
                prompts.extend(warm_up.requests.iter().map(|r| format!("{:?}", r.prompt)));
            }
            assert_eq!(prompts.len(), count);
        }
    }
}

/// Long workloads are made by several threads; nothing may show of that.
#[test]
fn a_row_is_the_same_in_a_short_workload_and_a_long_one() {
    for workload in [builtin(9), random_ids(9), custom(40, 9)] {
        let requests = |count| {
            let schedule = workload.schedule(&closed(1, Extent::Requests(count)), None).unwrap();
            schedule.requests[..count as usize].to_vec()
        };
        let long = requests(2500);
        for count in [1, 255, 256, 513] {
            assert_eq!(requests(count), long[..count as usize]);
        }
    }
}

#[test]
fn the_pool_of_a_duration_fits_what_will_be_sent() {
    let pool = |workload: &Workload, load: &LoadSettings, settled| {
        let schedule = workload.schedule(load, settled).unwrap();
        let Pace::Closed { measured, .. } = schedule.pace else { panic!() };
        measured.len()
    };
    let workload = builtin(2);
    let load = closed(8, seconds(60));
    assert_eq!(pool(&workload, &load, settled(2000, 4000)), 60 / 2 * 8 * 3 / 2 + 8);
    assert_eq!(pool(&workload, &load, settled(600_000, 600_000)), 64, "the least");
    assert_eq!(pool(&workload, &load, None), 60 * 4 * 8 * 3 / 2 + 8);
    assert_eq!(pool(&custom(70, 0), &load, settled(1000, 2000)), 70, "all there is");
    let fixed = LoadSettings { pool: NonZeroU32::new(99), ..load };
    assert_eq!(pool(&workload, &fixed, settled(2000, 4000)), 99);
}

#[test]
fn an_open_loop_flows_before_and_after_its_window() {
    let schedule = builtin(3).schedule(&poisson(100.0, seconds(10)), settled(500, 2000)).unwrap();
    let (arrivals, window) = open_pace(&schedule);
    assert_eq!(window.opens, Nanos::from_millis(2000));
    assert_eq!(window.length(), Nanos::from_millis(10_000));
    let count = |phase| arrivals.iter().filter(|arrival| arrival.phase == phase).count();
    assert_eq!(count(Phase::RampIn), 200);
    assert_eq!(count(Phase::Measure), 1000);
    assert_eq!(count(Phase::Drain), 400, "two p99s at the same rate");
    assert!(arrivals.is_sorted_by_key(|arrival| arrival.offset));
    for arrival in arrivals {
        assert_eq!(window.contains(arrival.offset), arrival.phase == Phase::Measure);
    }
}

#[test]
fn the_drain_has_a_least_and_a_most() {
    let drained = |limit: Option<u64>, settled| {
        let load = LoadSettings {
            drain_limit: limit.map(Duration::from_secs),
            ..poisson(100.0, seconds(2))
        };
        let schedule = builtin(3).schedule(&load, settled).unwrap();
        let (arrivals, _) = open_pace(&schedule);
        arrivals.iter().filter(|arrival| arrival.phase == Phase::Drain).count()
    };
    assert_eq!(drained(None, None), 500);
    assert_eq!(drained(Some(1), None), 100);
    assert_eq!(drained(None, settled(10, 20)), 100);
    assert_eq!(drained(Some(3), settled(1000, 8000)), 300);
}

#[test]
fn a_number_of_requests_closes_the_window_after_the_last() {
    let load = poisson(200.0, Extent::Requests(400));
    let schedule = builtin(4).schedule(&load, settled(100, 500)).unwrap();
    let (arrivals, window) = open_pace(&schedule);
    let last = arrivals.iter().rfind(|arrival| arrival.phase == Phase::Measure).unwrap();
    assert_eq!(last.offset + Nanos(1), window.closes);
    let rate = 400.0 / window.length().as_secs_f64();
    assert!((rate / 200.0 - 1.0).abs() < 0.02, "{rate}");
}

#[test]
fn a_duration_offers_the_rate_exactly() {
    for (rate, duration, count) in [(7.3, 10, 73), (0.7, 1, 1), (0.2, 1, 1), (333.3, 3, 1000)] {
        let schedule = builtin(4).schedule(&poisson(rate, seconds(duration)), None).unwrap();
        let measured = measured(&schedule);
        assert_eq!(measured.len(), count, "{rate}/s over {duration} s");
        assert!(
            measured
                .iter()
                .all(|(offset, _)| offset.unwrap() < Nanos::from_millis(duration as i64 * 1000))
        );
    }
}

#[test]
fn an_infinite_rate_is_a_burst_or_a_closed_loop() {
    let at_once =
        |cap, extent| load(Pattern::Open { rate: f64::INFINITY, burstiness: 1.0, cap }, extent);
    let burst = at_once(None, Extent::Requests(9));
    let schedule = builtin(6).schedule(&burst, settled(100, 500)).unwrap();
    let (arrivals, window) = open_pace(&schedule);
    assert_eq!(window, Window { opens: Nanos::ZERO, closes: Nanos(1) });
    assert_eq!(arrivals.len(), 9);
    assert!(arrivals.iter().all(|a| a.offset == Nanos::ZERO && a.phase == Phase::Measure));
    let capped = builtin(6).schedule(&at_once(Some(4), seconds(1)), None).unwrap();
    assert_eq!(capped, builtin(6).schedule(&closed(4, seconds(1)), None).unwrap());
    let endless = builtin(6).schedule(&at_once(None, seconds(1)), None).unwrap_err();
    assert!(matches!(endless, WorkloadError::Mistakes(mistakes) if mistakes.len() == 1));
}

#[test]
fn a_cap_is_handed_on() {
    let load =
        load(Pattern::Open { rate: 10.0, burstiness: 0.5, cap: Some(3) }, Extent::Requests(20));
    let schedule = builtin(6).schedule(&load, None).unwrap();
    assert!(matches!(schedule.pace, Pace::Open { cap: Some(3), .. }));
}

#[test]
fn warm_up_passes_every_length_class_that_is_measured() {
    let load = closed(4, Extent::Requests(500));
    let class = |request: &Request| match &request.prompt {
        Prompt::TokenIds(ids) => ids.len().ilog2(),
        other => panic!("ids were asked for, not {other:?}"),
    };
    let random = RandomSettings {
        input_ratio: 0.99,
        output_ratio: 0.99,
        vocabulary_size: Some(100),
        ..RandomSettings::fixed(200, 4)
    };
    let workload = Workload::open(
        &WorkloadSettings {
            seed: 1,
            exact: true,
            ..WorkloadSettings::new(DatasetSettings::RandomIds(random), PromptShape::TokenIds)
        },
        None,
    )
    .unwrap();
    let schedule = workload.schedule(&load, None).unwrap();
    let wanted: BTreeSet<u32> = measured(&schedule).iter().map(|(_, r)| class(r)).collect();
    assert!(wanted.len() >= 6, "{wanted:?}");
    for batch in 0..3 {
        let warm_up = workload.warm_up(&load, batch).unwrap().unwrap();
        assert_eq!(warm_up.requests.len(), 20);
        let seen: BTreeSet<u32> = warm_up.requests.iter().map(class).collect();
        assert_eq!(seen, wanted);
    }
    // Batches smaller than the number of classes share them out.
    let small = LoadSettings { warm_up_requests: Some(2), ..load };
    let seen: BTreeSet<u32> = (0..wanted.len() as u32)
        .flat_map(|batch| workload.warm_up(&small, batch).unwrap().unwrap().requests)
        .map(|request| class(&request))
        .collect();
    assert_eq!(seen, wanted);
}

#[test]
fn a_warm_up_is_a_closed_loop_of_its_own_phase() {
    let batch = |load: &LoadSettings| builtin(1).warm_up(load, 0).unwrap();
    let warm_up = batch(&closed(32, Extent::Requests(10))).unwrap();
    assert_eq!(warm_up.requests.len(), 64);
    let Pace::Closed { starts, ramp_in, measured, drain, close, measured_as } = warm_up.pace else {
        panic!();
    };
    assert_eq!((starts.len(), ramp_in.len(), drain.len()), (32, 0, 0));
    assert_eq!((measured, close, measured_as), (0..64, Close::AllEnded, Phase::WarmUp));
    let asked = |count, load| batch(&LoadSettings { warm_up_requests: Some(count), ..load });
    assert_eq!(asked(7, closed(32, seconds(1))).unwrap().requests.len(), 7);
    assert_eq!(asked(0, closed(32, seconds(1))), None);
    assert_eq!(batch(&poisson(2.5, seconds(1))).unwrap().requests.len(), 20);
    assert_eq!(batch(&poisson(1000.0, seconds(1))).unwrap().requests.len(), 128);
}

#[test]
fn a_short_file_is_gone_round() {
    let workload = custom(5, 1);
    assert_eq!(workload.rows(), Some(5));
    let closed = workload.schedule(&closed(2, Extent::Requests(12)), None).unwrap();
    assert_eq!(measured(&closed).len(), 12);
    let open = workload.schedule(&poisson(10.0, Extent::Requests(12)), None).unwrap();
    let outputs = |schedule: &Schedule| -> Vec<u32> {
        measured(schedule).iter().map(|(_, request)| request.output.tokens).collect()
    };
    assert_eq!(outputs(&closed), outputs(&open));
    assert_eq!(outputs(&closed)[..5], outputs(&closed)[5..10]);
}

/// If one of these changes, published workloads can no longer be made again:
/// restore what was changed instead.
#[test]
fn published_workloads_can_be_made_again() {
    let hash = |workload: &Workload, load: &LoadSettings| {
        workload_sha256(&workload.schedule(load, settled(300, 900)).unwrap())
    };
    let count = Extent::Requests(50);
    let gamma = load(Pattern::Open { rate: 20.0, burstiness: 0.5, cap: None }, count);
    let hashes = [
        ("builtin, closed", hash(&builtin(0), &closed(4, count))),
        ("builtin, Poisson", hash(&builtin(0), &poisson(20.0, count))),
        ("random ids, gamma", hash(&random_ids(42), &gamma)),
        ("custom, closed", hash(&custom(20, 7), &closed(4, count))),
    ]
    .map(|(name, hash)| format!("{name}: {hash}"));
    insta::assert_snapshot!(hashes.join("\n"));
}

#[test]
fn the_hash_tells_any_two_workloads_apart() {
    let count = Extent::Requests(20);
    let of = |workload: Workload, load: LoadSettings| {
        workload_sha256(&workload.schedule(&load, None).unwrap())
    };
    let hashes = [
        of(builtin(0), closed(4, count)),
        of(builtin(1), closed(4, count)),
        of(builtin(0), closed(4, Extent::Requests(21))),
        of(builtin(0), poisson(4.0, count)),
        of(builtin(0), poisson(5.0, count)),
        of(random_ids(0), closed(4, count)),
    ];
    assert_eq!(hashes.iter().collect::<BTreeSet<_>>().len(), hashes.len());
    assert_eq!(of(builtin(0), closed(9, count)), hashes[0], "slots are no part of the work");
}

fn any_load() -> impl Strategy<Value = LoadSettings> {
    let extent = prop_oneof![
        (1_u32..60).prop_map(Extent::Requests),
        (1_u64..3000).prop_map(|millis| Extent::Duration(Duration::from_millis(millis))),
    ];
    let pattern = prop_oneof![
        (1_u32..20).prop_map(|concurrency| Pattern::Closed { concurrency }),
        (0.5_f64..40.0, 0.1_f64..4.0, proptest::option::of(1_u32..9))
            .prop_map(|(rate, burstiness, cap)| Pattern::Open { rate, burstiness, cap }),
    ];
    (pattern, extent).prop_map(|(pattern, extent)| LoadSettings {
        pool: NonZeroU32::new(80),
        ..load(pattern, extent)
    })
}

fn any_settled() -> impl Strategy<Value = Option<Settled>> {
    proptest::option::of((0_u64..2000, 0_u64..3000))
        .prop_map(|times| times.and_then(|(mean, more)| settled(mean, mean + more)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// All arms of a study replay the same work, however fast they are.
    #[test]
    fn what_is_measured_does_not_depend_on_what_has_settled(
        load in any_load(),
        seed: u64,
        (one, other) in (any_settled(), any_settled()),
        drain in proptest::option::of(0_u64..3000),
    ) {
        let limited = LoadSettings { drain_limit: drain.map(Duration::from_millis), ..load.clone() };
        for workload in [builtin(seed), random_ids(seed), custom(30, seed)] {
            let a = workload.schedule(&load, one).unwrap();
            let b = workload.schedule(&limited, other).unwrap();
            prop_assert_eq!(measured(&a), measured(&b));
            prop_assert_eq!(workload_sha256(&a), workload_sha256(&b));
        }
    }

    /// A schedule is whole: indices in range, times in order, windows open.
    #[test]
    fn every_schedule_can_be_carried_out(load in any_load(), settled in any_settled(), seed: u64) {
        let schedule = builtin(seed).schedule(&load, settled).unwrap();
        let len = schedule.requests.len() as u32;
        match &schedule.pace {
            Pace::Closed { starts, ramp_in, measured, drain, .. } => {
                prop_assert!(starts.is_sorted() && !starts.is_empty());
                prop_assert!(!measured.is_empty() && !drain.is_empty());
                prop_assert!(measured.end <= len && ramp_in.end <= len && drain.end <= len);
                prop_assert!(!ramp_in.is_empty() || *starts.last().unwrap() == Nanos::ZERO);
            }
            Pace::Open { arrivals, window, .. } => {
                prop_assert!(arrivals.is_sorted_by_key(|arrival| arrival.offset));
                prop_assert!(arrivals.iter().all(|arrival| arrival.request < len));
                prop_assert!(window.length() > Nanos::ZERO);
                prop_assert!(arrivals.iter().all(
                    |a| window.contains(a.offset) == (a.phase == Phase::Measure)
                ));
            }
        }
    }
}

#[test]
fn a_rate_that_rises_brings_each_share_of_the_requests_in_its_time() {
    for shape in [RampShape::Linear, RampShape::Exponential] {
        let ramp = Ramp { from: 10.0, to: 90.0, shape, burstiness: f64::INFINITY, cap: None };
        let load = LoadSettings {
            pattern: Pattern::Ramp(ramp),
            extent: Extent::Duration(Duration::from_secs(100)),
            drain_limit: None,
            warm_up_requests: None,
            pool: None,
        };
        let schedule = builtin(3).schedule(&load, None).unwrap();
        let Pace::Open { arrivals, window, .. } = &schedule.pace else { panic!("an open loop") };
        let measured: Vec<f64> = arrivals
            .iter()
            .filter(|arrival| arrival.phase == Phase::Measure)
            .map(|arrival| arrival.offset.as_secs_f64())
            .collect();
        assert_eq!(window.length(), Nanos::from_secs_f64(100.0));
        // The rate's integral, by hand: linear 10t + 0.4t², exponential 10·100·(9^(t/100)−1)/ln 9.
        let integral = |t: f64| match shape {
            RampShape::Linear => 10.0 * t + 0.4 * t * t,
            RampShape::Exponential => 1000.0 * (9.0_f64.powf(t / 100.0) - 1.0) / 9.0_f64.ln(),
        };
        assert_eq!(measured.len() as f64, integral(100.0).round());
        for (n, at) in measured.iter().enumerate() {
            assert!((integral(*at) - (n as f64 + 0.5)).abs() < 1.0, "{n} at {at}");
        }
        assert!(measured.is_sorted());
    }
}
