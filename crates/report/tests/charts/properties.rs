//! What holds of every chart of every study.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use tokenometer_core::Standing;
use tokenometer_report::chart::{Body, Chart, csv, spec};

use crate::made::{Scenario, Study, digest};

/// What may become of a trial.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Stands(Standing),
    Interrupted,
    Missing,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Stands(Standing::Valid)),
        1 => Just(Fate::Stands(Standing::Saturated)),
        1 => Just(Fate::Stands(Standing::Invalid)),
        1 => Just(Fate::Stands(Standing::Failed)),
        1 => Just(Fate::Interrupted),
        1 => Just(Fate::Missing),
    ]
}

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::closed("c1", 1),
        Scenario::closed("c8", 8),
        Scenario::closed("c8-long", 8).of_lengths([512, 1024]),
        Scenario::open("r4", 4.0),
        Scenario::open("r9", 9.0),
    ]
}

/// A number that no sum, mean or share of other numbers comes near.
const POISON: f64 = 1e30;

/// A study whose trials met these fates. The numbers of all that don't count are poisoned.
fn study(fates: &[Fate]) -> Study {
    let mut study = Study::of(&["vllm", "sglang"], scenarios(), 3);
    for ((place, (id, trial)), fate) in study.trials.iter_mut().enumerate().zip(fates) {
        let on = |on: usize| json!((place + on).is_multiple_of(2));
        trial.options.insert("prefix-cache".to_owned(), on(usize::from(id.arm == "vllm")));
        match fate {
            Fate::Stands(standing) => trial.validity.standing = *standing,
            Fate::Interrupted => trial.interrupted = true,
            Fate::Missing => {}
        }
        let is_void = !matches!(fate, Fate::Stands(Standing::Valid | Standing::Saturated));
        let is_slow = !matches!(fate, Fate::Stands(Standing::Valid));
        let summary = &mut trial.summary;
        if is_void {
            summary.output_throughput = Some(POISON);
        }
        if is_slow {
            for latency in [
                &mut summary.ttft_ms,
                &mut summary.tpot_ms,
                &mut summary.itl_ms,
                &mut summary.e2e_ms,
            ] {
                for value in [&mut latency.mean, &mut latency.p50, &mut latency.p99] {
                    *value = Some(POISON);
                }
            }
        }
    }
    let mut study = study.with_digest(digest);
    let all: Vec<_> = study.trials.keys().cloned().collect();
    for (id, fate) in all.iter().zip(fates) {
        if !matches!(fate, Fate::Stands(Standing::Valid | Standing::Saturated)) {
            let of_trial = study.digest.trials.get_mut(id).unwrap();
            for reading in &mut of_trial.readings {
                reading.points = vec![[0.0, POISON]];
                (reading.mean, reading.max) = (Some(POISON), Some(POISON));
            }
        }
        if matches!(fate, Fate::Missing) {
            study.trials.remove(id);
        }
    }
    study
}

/// Every number of a chart.
fn numbers(chart: &Chart) -> Vec<f64> {
    let of_interval = |interval: Option<[f64; 2]>| interval.into_iter().flatten();
    match &chart.body {
        Body::Curves(curves) => curves
            .lines
            .iter()
            .flat_map(|line| &line.points)
            .flat_map(|point| [point.x, point.y].into_iter().chain(of_interval(point.interval)))
            .collect(),
        Body::Bars(bars) => bars
            .groups
            .iter()
            .flat_map(|group| group.bars.iter().flatten())
            .flat_map(|bar| std::iter::once(bar.height).chain(of_interval(bar.interval)))
            .collect(),
        Body::Heat(heat) => heat.cells.iter().flatten().flatten().copied().collect(),
        Body::Spans(_) | Body::Forest(_) => Vec::new(),
    }
}

/// The colours of the series of a chart, by the arm whose name they begin with.
fn colours(spec: &Value) -> Vec<(String, String)> {
    let traces = spec["data"].as_array().unwrap().iter();
    let named = traces.filter_map(|trace| {
        let name = trace["name"].as_str()?;
        let arm = name.split(',').next().unwrap();
        Some((arm.to_owned(), trace["marker"]["color"].as_str()?.to_owned()))
    });
    named.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn only_what_counts_is_drawn(fates in prop::collection::vec(fate(), 30)) {
        let charts = study(&fates).charts();
        let mut ids = BTreeSet::new();
        for chart in &charts {
            prop_assert!(ids.insert(&chart.id), "two are called {}", chart.id);
            for number in numbers(chart) {
                prop_assert!(number.is_finite() && number.abs() < 1e15, "{number} in {chart:?}");
            }
        }
    }

    #[test]
    fn what_is_left_out_is_said(fates in prop::collection::vec(fate(), 30)) {
        let is_whole = fates.iter().all(|fate| matches!(fate, Fate::Stands(Standing::Valid)));
        let charts = study(&fates).charts();
        let heat = charts.iter().find(|chart| chart.id == "latency-heat-map");
        if let Some(heat) = heat {
            prop_assert_eq!(is_whole, heat.notes.is_empty());
        }
    }

    #[test]
    fn an_arm_looks_the_same_everywhere(fates in prop::collection::vec(fate(), 30)) {
        let mut looks: BTreeMap<String, String> = BTreeMap::new();
        for chart in &study(&fates).charts() {
            for (arm, colour) in colours(&spec(chart)) {
                let known = looks.entry(arm).or_insert_with(|| colour.clone());
                prop_assert_eq!(&*known, &colour, "{}", chart.id);
            }
        }
    }

    #[test]
    fn every_form_can_be_had_of_every_chart(fates in prop::collection::vec(fate(), 30)) {
        for chart in &study(&fates).charts() {
            prop_assert!(csv(chart).lines().count() > 1, "{chart:?}");
            let text = spec(chart).to_string();
            prop_assert!(!text.contains("NaN") && !text.contains("inf\""), "{text}");
        }
    }
}

#[test]
fn a_number_that_has_no_place_is_left_out_and_that_is_said() {
    let mut study = Study::of(
        &["vllm"],
        vec![Scenario::closed("c1", 1), Scenario::closed("c8", 8), Scenario::closed("c9", 9)],
        1,
    );
    // Nobody waits for nothing at all, but a file may say so.
    study.change("vllm", "c8", |trial| trial.summary.tpot_ms.p50 = Some(0.0));
    let charts = study.charts();
    let chart = charts.iter().find(|chart| chart.id == "throughput-by-interactivity").unwrap();
    assert_eq!(numbers(chart).len(), 4, "{chart:?}");
    assert_eq!(chart.notes, ["One number isn't finite, and isn't drawn."]);
}
