//! The closed loops of a study, by the requests that they keep in flight: the only loads
//! that `llm_infra_bench` knows.

use tokenometer_results::Traffic;

use crate::chart::{Line, Point, Series};
use crate::measured::{ArmMeasured, Mean, Measured, ScenarioMeasured};
use crate::page::printable;

/// An arm under one closed loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loaded<'m, 'a> {
    pub(super) concurrency: u32,
    pub(super) scenario: &'m ScenarioMeasured<'a>,
    pub(super) arm: &'m ArmMeasured<'a>,
    /// The name under which it served its model.
    pub(super) model: &'a str,
    /// What scenarios that differ in their concurrency alone have in common: the beginning
    /// of their names.
    pub(super) kind: &'a str,
}

/// Every arm under every closed loop, as far as any trial of it was carried out; in the
/// order of arms, and then of rising concurrency.
pub(super) fn loaded<'m, 'a>(measured: &'m Measured<'a>) -> Vec<Loaded<'m, 'a>> {
    let mut all: Vec<Loaded<'m, 'a>> = Vec::new();
    for scenario in &measured.scenarios {
        let Some(Traffic::Closed { concurrency }) = scenario.load.map(|load| load.traffic) else {
            continue;
        };
        let kind = kind(scenario.name, concurrency);
        all.extend(scenario.arms.iter().filter_map(|arm| {
            let model = arm.carried().next()?.target.model.as_str();
            Some(Loaded { concurrency, scenario, arm, model, kind })
        }));
    }
    all.sort_by_key(|one| (one.arm.look, one.concurrency));
    all
}

/// The name of a scenario without its concurrency: `chat` of `chat-c8`.
fn kind(name: &str, concurrency: u32) -> &str {
    match name.strip_suffix(&concurrency.to_string()) {
        Some(rest) => rest.strip_suffix('c').unwrap_or(rest).trim_end_matches(['-', '_']),
        None => name,
    }
}

/// What tells the lines of one arm apart: its model and the kind of its scenarios, where
/// there are several.
pub(super) fn label(one: &Loaded<'_, '_>, all: &[Loaded<'_, '_>]) -> String {
    let mut parts = Vec::new();
    if all.iter().any(|other| other.model != one.model) {
        parts.push(printable(one.model));
    }
    if all.iter().any(|other| other.kind != one.kind) {
        parts.push(printable(one.kind));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// Of each arm, model and kind the one of the greatest concurrency.
pub(super) fn greatest<'m, 'a>(all: &[Loaded<'m, 'a>]) -> Vec<Loaded<'m, 'a>> {
    let mut greatest: Vec<Loaded<'m, 'a>> = Vec::new();
    for one in all {
        match greatest.iter_mut().find(|known| is_alike(known, one)) {
            // They come by rising concurrency.
            Some(known) => *known = *one,
            None => greatest.push(*one),
        }
    }
    greatest
}

/// Whether two belong to one line.
fn is_alike(one: &Loaded<'_, '_>, other: &Loaded<'_, '_>) -> bool {
    (one.arm.look, one.model, one.kind) == (other.arm.look, other.model, other.kind)
}

/// A line over concurrency for each arm, model and kind.
pub(super) fn lines(
    all: &[Loaded<'_, '_>],
    mean: impl Fn(&Loaded<'_, '_>) -> Option<Mean>,
    mut point: impl FnMut(f64, &Mean) -> Point,
) -> Vec<Line> {
    let mut found: Vec<(&Loaded<'_, '_>, Vec<Point>)> = Vec::new();
    for one in all {
        let Some(mean) = mean(one) else { continue };
        let point = point(f64::from(one.concurrency), &mean);
        match found.iter_mut().find(|(first, _)| is_alike(first, one)) {
            Some((_, points)) => points.push(point),
            None => found.push((one, vec![point])),
        }
    }
    let line = |(first, points): (&Loaded<'_, '_>, Vec<Point>)| Line {
        series: series(first, all),
        joined: true,
        points,
    };
    found.into_iter().map(line).collect()
}

/// Whose a line is.
fn series(one: &Loaded<'_, '_>, all: &[Loaded<'_, '_>]) -> Series {
    let arm = printable(one.arm.name);
    let name = match label(one, all) {
        label if label.is_empty() => arm,
        label => format!("{arm}, {label}"),
    };
    Series { name, look: one.arm.look }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_of_one_kind_differ_in_a_number() {
        assert_eq!(kind("chat-c8", 8), "chat");
        assert_eq!(kind("chat_16", 16), "chat");
        assert_eq!(kind("c4", 4), "");
        assert_eq!(kind("answers-o4", 2), "answers-o4");
    }
}
