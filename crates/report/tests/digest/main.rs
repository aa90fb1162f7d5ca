//! Digests of made-up trials against what adding up all of their rows comes to.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod made;

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use tokenometer_core::{ChunkKind, Outcome, Phase, Record, Validity};
use tokenometer_core::{Gate, GateClass, GateStatus, Nanos, Standing};
use tokenometer_report::digest::{Digest, TrialDigest};
use tokenometer_results::{Reading, Start, Trial};

use self::made::{Made, OPENS, id, keep, made, new_run, window};

/// The digest of a trial that has been kept and read again.
fn digest_of(made: &Made) -> TrialDigest {
    let (_guard, run) = new_run();
    keep(&run, made);
    let digest = Digest::read(&run, &[id(1)]).unwrap();
    assert_eq!(digest.troubles, Vec::<String>::new());
    digest.trials[&id(1)].clone()
}

/// The requests of the cohort.
fn cohort(made: &Made) -> Vec<&Record> {
    let records = made.rows.iter().map(|(record, _)| record);
    records.filter(|record| record.phase == Phase::Measure).collect()
}

/// The value at a share of sorted values, between its neighbours (M15).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (lower, upper) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    lower + (upper - lower) * place.fract()
}

/// Asserts that a curve is that of these values, off by no more than a share of each.
fn assert_is_curve(curve: &[[f64; 2]], values: impl Iterator<Item = Nanos>, share: f64) {
    let mut values: Vec<f64> = values.map(Nanos::as_millis_f64).collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(curve.len(), values.len().clamp(2, 201));
    for &[level, value] in curve {
        let exact = quantile(&values, level);
        assert!((value - exact).abs() <= share * exact, "{value} for {exact} at {level}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_digest_is_what_all_rows_add_up_to(seed: u64, requests in 30_u32..700) {
        let made = made(&id(1), seed, requests);
        let digest = digest_of(&made);
        check_latencies(&made, &digest);
        check_course(&made, &digest);
        check_outcomes(&made, &digest);
        check_waterfall(&made, &digest);
    }
}

fn check_latencies(made: &Made, digest: &TrialDigest) {
    let rows = made.rows.iter();
    let ok: Vec<_> = rows
        .filter(|(record, _)| record.phase == Phase::Measure && record.outcome == Outcome::Ok)
        .collect();
    if ok.iter().filter(|(record, _)| record.streamed).count() < 2 {
        return;
    }
    let since_sent = |instant: fn(&Record) -> Option<Nanos>| {
        ok.iter().filter_map(move |(record, _)| Some(instant(record)? - record.sent?))
    };
    assert_is_curve(&digest.quantiles["ttft_ms"], since_sent(|record| record.first), 1e-9);
    assert_is_curve(&digest.quantiles["e2e_ms"], since_sent(|record| record.last), 1e-9);
    let gaps = || {
        ok.iter().flat_map(|(_, chunks)| {
            let texts: Vec<_> =
                chunks.iter().filter(|chunk| chunk.kind == ChunkKind::Text).collect();
            let gap = |pair: &[&tokenometer_core::Chunk]| pair[1].received - pair[0].received;
            texts.windows(2).map(gap).collect::<Vec<_>>()
        })
    };
    assert_eq!(digest.gaps.counts.iter().sum::<u64>(), gaps().count() as u64);
    if gaps().count() == 0 {
        return;
    }
    assert_is_curve(&digest.quantiles["icl_ms"], gaps(), 0.0012);
    let borders = digest.gaps.borders_ms.windows(2);
    for (border, &count) in borders.zip(&digest.gaps.counts) {
        // A gap that lies on a border may be counted on either side of it.
        let inside = |slack: f64| {
            let millis = gaps().map(Nanos::as_millis_f64);
            let (low, high) = (border[0] * (1.0 + slack), border[1] * (1.0 - slack));
            millis.filter(|gap| low <= *gap && *gap < high).count() as u64
        };
        assert!(inside(1e-9) <= count && count <= inside(-1e-9), "{border:?}");
    }
}

fn check_course(made: &Made, digest: &TrialDigest) {
    let (course, summary) = (&digest.course, &made.trial.summary);
    let seconds = summary.duration_s;
    assert!((course.bin_s * course.in_flight.len() as f64 - seconds).abs() < 1e-9);
    let mean = |bins: &[f64]| bins.iter().sum::<f64>() / bins.len() as f64;
    let concurrency = summary.concurrency.unwrap();
    let in_flight = mean(&course.in_flight);
    assert!((in_flight - concurrency).abs() < 1e-6 * concurrency, "{in_flight} {concurrency}");
    let throughput = summary.output_throughput.unwrap();
    let tokens = mean(&course.tokens_per_s);
    assert!((tokens - throughput).abs() < 1e-6 * throughput, "{tokens} {throughput}");
    let due = mean(&course.due_per_s) * seconds;
    assert!((due - cohort(made).len() as f64).abs() < 1e-6, "{due}");
    let end = |record: &Record| record.end.unwrap_or(Nanos::MAX);
    let answered = |record: &Record| {
        let first = if record.streamed { record.first } else { record.last };
        first.unwrap_or(end(record))
    };
    assert_is_laid_over(made, &course.in_flight, end);
    assert_is_laid_over(made, &course.waiting_first, answered);
}

/// Asserts that bins hold what the stretches from each request's sending to this instant of it
/// cover of them.
fn assert_is_laid_over(made: &Made, bins: &[f64], until: impl Fn(&Record) -> Nanos) {
    let loaded = made.rows.iter().filter(|(record, _)| record.phase != Phase::WarmUp);
    let stretches: Vec<(Nanos, Nanos)> =
        loaded.filter_map(|(record, _)| Some((record.sent?, until(record)))).collect();
    let width = window().length().0 as f64 / bins.len() as f64;
    let since = |instant: Nanos| (instant - OPENS).0 as f64;
    for (bin, average) in bins.iter().enumerate() {
        let (begins, ends) = (bin as f64 * width, (bin + 1) as f64 * width);
        let covered = stretches
            .iter()
            .map(|&(from, to)| (since(to).min(ends) - since(from).max(begins)).max(0.0));
        let exact = covered.sum::<f64>() / width;
        assert!((average - exact).abs() < 1e-6, "{average} for {exact} in bin {bin}");
    }
}

fn check_outcomes(made: &Made, digest: &TrialDigest) {
    let told: BTreeMap<&str, u64> =
        digest.outcomes.iter().map(|seen| (&*seen.outcome, seen.requests)).collect();
    let counted = made.trial.summary.outcomes.iter().filter(|(_, count)| **count > 0);
    assert_eq!(told, counted.map(|(name, count)| (&**name, *count)).collect());
    assert!(digest.outcomes.is_sorted_by(|one, next| one.requests >= next.requests));
    for seen in &digest.outcomes {
        let said = (seen.outcome == "reset").then_some("the connection was reset");
        assert_eq!(seen.example.as_deref(), said);
    }
}

fn check_waterfall(made: &Made, digest: &TrialDigest) {
    let mut cohort = cohort(made);
    cohort.sort_by_key(|record| (record.intended, record.request));
    let shown = &digest.waterfall;
    assert_eq!(shown.of, cohort.len() as u64);
    assert!(shown.rows.len() <= 200 && (shown.every == 1) == (cohort.len() <= 200));
    let chosen: Vec<&&Record> = cohort.iter().step_by(shown.every as usize).collect();
    assert_eq!(shown.rows.len(), chosen.len());
    for (row, record) in shown.rows.iter().zip(chosen) {
        let since = |instant: Nanos| (instant - OPENS).as_secs_f64();
        assert_eq!((row.request, row.intended_s), (record.request, since(record.intended)));
        assert_eq!([row.sent_s, row.end_s], [record.sent.map(since), record.end.map(since)]);
        assert_eq!([row.first_s, row.last_s], [record.first.map(since), record.last.map(since)]);
        assert_eq!((&*row.outcome, &row.error), (record.outcome.name(), &record.error));
        assert_eq!((row.input, row.output), (record.input.best(), record.output.best()));
        assert!(record.text.starts_with(&row.text) && row.text.chars().count() <= 200);
    }
}

#[test]
fn it_is_the_same_every_time() {
    let made = made(&id(1), 7, 3000);
    let (one, other) = (digest_of(&made), digest_of(&made));
    assert_eq!(one, other);
    assert!(one.waterfall.every > 1 && !one.waterfall.rows.is_empty());
}

#[test]
fn what_the_summary_withholds_has_no_curve() {
    let mut made = made(&id(1), 3, 200);
    let withheld = BTreeMap::from([("all".to_owned(), "too much came at once".to_owned())]);
    made.trial.summary.icl_ms.withheld.clone_from(&withheld);
    made.trial.summary.tpot_ms.withheld = withheld;
    made.trial.summary.output_throughput = None;
    let digest = digest_of(&made);
    assert_eq!(digest.quantiles.keys().copied().collect::<Vec<_>>(), ["e2e_ms", "ttft_ms"]);
    assert!(digest.gaps.counts.is_empty() && digest.course.tokens_per_s.is_empty());
    assert!(!digest.course.in_flight.is_empty());
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_shown() {
    let (_guard, run) = new_run();
    for block in 1..=4 {
        keep(&run, &made(&id(block), u64::from(block), 100));
    }
    let file = |block: u32, name: &str| run.trial(&id(block)).unwrap().path().join(name);
    let whole = fs::read(file(1, "chunks.parquet")).unwrap();
    fs::write(file(1, "chunks.parquet"), &whole[..whole.len() / 2]).unwrap();
    fs::remove_file(file(2, "requests.parquet")).unwrap();
    fs::write(file(3, "telemetry.parquet"), "no table").unwrap();
    fs::write(run.path().join("environment.json"), "{}").unwrap();
    let five = [1, 2, 3, 4, 5].map(id);
    let digest = Digest::read(&run, &five).unwrap();
    assert_eq!(digest.trials.keys().collect::<Vec<_>>(), [&five[3]]);
    assert_eq!(digest.troubles.len(), 4, "{:#?}", digest.troubles);
    let named = ["chunks.parquet", "requests.parquet", "telemetry.parquet", "environment.json"];
    for (trouble, file) in digest.troubles.iter().zip(named) {
        assert!(trouble.contains(file), "{trouble}");
    }
    assert!(digest.troubles[0].starts_with("chat on one in block 1: "), "{}", digest.troubles[0]);
}

#[test]
fn a_trial_that_was_stopped_before_its_window_is_told() {
    let (_guard, run) = new_run();
    let mut made = made(&id(1), 1, 10);
    made.trial.phases.measure = None;
    keep(&run, &made);
    let digest = Digest::read(&run, &[id(1)]).unwrap();
    assert!(digest.trials.is_empty());
    assert_eq!(
        digest.troubles,
        ["chat on one in block 1: it was stopped before its measured window"]
    );
}

#[test]
fn starts_readings_and_what_was_put_aside_are_shown() {
    let (_guard, run) = new_run();
    let void = Validity {
        standing: Standing::Invalid,
        gates: vec![
            gate("I1", "lateness", GateClass::Instrument, GateStatus::Failed, "9 ms, allowed 1"),
            gate("W5", "steady", GateClass::Work, GateStatus::Failed, "it was not"),
        ],
    };
    let made = made(&id(1), 1, 40);
    let trial = Trial { validity: void, ..made.trial.clone() };
    keep(&run, &Made { trial, rows: Vec::new() });
    run.void_trial(&id(1), 1).unwrap();
    keep(&run, &made);
    let running = |second: i64, value| Reading {
        time: OPENS + Nanos::from_millis(second * 1000),
        source: "engine".to_owned(),
        device: None,
        name: "running".to_owned(),
        unit: "requests".to_owned(),
        value,
    };
    let readings = [running(-1, 90.0), running(1, 4.0), running(2, 8.0)];
    run.trial(&id(1)).unwrap().write_telemetry(readings).unwrap();
    let start = Start::new(["serve".to_owned()], [], Vec::new());
    run.create_engine(1, "one").unwrap().write_start(&start).unwrap();
    run.create_engine_for(&id(1)).unwrap().write_start(&start).unwrap();

    let digest = Digest::read(&run, &[id(1), id(2)]).unwrap();
    assert_eq!(digest.troubles, Vec::<String>::new());
    assert_eq!(
        digest.voids,
        [("1-one-chat~1".to_owned(), "I1 lateness: 9 ms, allowed 1".to_owned())]
    );
    let seen = &digest.trials[&id(1)].readings[0];
    assert_eq!((&*seen.name, seen.mean, seen.max), ("running", Some(6.0), Some(8.0)));
    assert_eq!(seen.points, [[-1.0, 90.0], [1.0, 4.0], [2.0, 8.0]]);
    let starts: Vec<_> = digest.starts.iter().map(|seen| seen.scenario.as_deref()).collect();
    assert_eq!(starts, [None, Some("chat")]);
    assert!(digest.environment.is_none());
}

fn gate(id: &str, name: &str, class: GateClass, status: GateStatus, saw: &str) -> Gate {
    let (id, name, saw) = (id.to_owned(), name.to_owned(), saw.to_owned());
    Gate { id, name, class, status, saw, advice: None, withholds: Vec::new() }
}
