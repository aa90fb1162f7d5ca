//! What each metric is on two sides, and how far these lie apart: with an interval where
//! both have three blocks at least, and as a ratio of means alone where they haven't.

use std::collections::{BTreeMap, BTreeSet};

use tokenometer_core::{GateClass, GateStatus};
use tokenometer_report::compare::{BlockFigure, FigurePair, How};
use tokenometer_results::Trial;
use tokenometer_verdict::answer::{Metric, MetricClass};
use tokenometer_verdict::comparability::{Facts, field};
use tokenometer_verdict::decision::{LEAST_BLOCKS, Paired, Welch};

use super::ToCompare;
use super::side::ScenarioRead;

/// How often an interval that is shown misses.
const MISS: f64 = 0.05;
/// How much the mean lengths of answers may differ where these end of themselves and the
/// metric hangs on them.
const LENGTHS: f64 = 0.01;

/// Why shares of requests that meet objectives can't be compared.
pub(super) const OTHER_OBJECTIVES: &str = "no difference: the objectives are not the same";

/// The trials of a scenario that may count.
pub(super) struct Counted<'a> {
    trials: Vec<(u32, &'a Trial)>,
    /// Devices of the engine, where they are known.
    gpus: Option<f64>,
}

impl<'a> Counted<'a> {
    /// The trials of a scenario, and in words why others don't count: among them those of
    /// a workload that the other side hasn't sent, where `shared` names those that it has.
    pub(super) fn of(
        scenario: &'a ScenarioRead,
        shared: Option<&BTreeSet<&str>>,
    ) -> (Counted<'a>, Vec<String>) {
        let (mut trials, mut left_out) = (Vec::new(), LeftOut::default());
        for block in &scenario.blocks {
            let trial = block.came.as_ref().map(|came| &came.0).map_err(Clone::clone);
            let counts = trial.and_then(|trial| match whole(trial) {
                Err(why) => Err(why),
                Ok(()) if shared.is_some_and(|all| !all.contains(&*trial.workload_sha256)) => {
                    Err("the other side was never sent its workload".to_owned())
                }
                Ok(()) => Ok(trial),
            });
            match counts {
                Ok(trial) => trials.push((block.number, trial)),
                Err(why) => left_out.note(block.number, why),
            }
        }
        let gpus = scenario.trials().find_map(|(_, _, facts)| gpus(facts));
        (Counted { trials, gpus }, left_out.told())
    }

    /// The values of a metric, and in words why blocks have none, each reason once. Where
    /// engines have different numbers of GPUs, what is done in a time counts for each.
    fn values(&self, metric: &Metric, per_gpu: bool) -> (Vec<BlockFigure>, BTreeSet<String>) {
        let (mut values, mut reasons) = (Vec::new(), BTreeSet::new());
        let share = self.gpus.filter(|_| per_gpu && metric.class == MetricClass::Throughput);
        for (block, trial) in &self.trials {
            match metric.counting(&trial.validity, &trial.summary) {
                Ok(value) => {
                    values.push(BlockFigure { block: *block, value: value / share.unwrap_or(1.0) });
                }
                Err(why) => {
                    reasons.insert(why);
                }
            }
        }
        (values, reasons)
    }

    /// The mean length of answers, and whether any of them ended of itself.
    fn length(&self) -> Option<(f64, bool)> {
        let natural = self.trials.iter().any(|(_, trial)| !trial.workload.exact);
        let (mut tokens, mut requests) = (0, 0);
        for (_, trial) in &self.trials {
            tokens += trial.summary.output_tokens?;
            requests += trial.summary.outcomes.get("ok")?;
        }
        (requests > 0).then(|| (tokens as f64 / requests as f64, natural))
    }
}

/// Blocks that don't count, by why they don't.
#[derive(Default)]
pub(super) struct LeftOut {
    reasons: BTreeMap<String, Vec<u32>>,
}

impl LeftOut {
    /// Leaves a block out.
    pub(super) fn note(&mut self, block: u32, why: String) {
        self.reasons.entry(why).or_default().push(block);
    }

    /// In words, each reason once: `blocks 2, 3: the trial is void`.
    pub(super) fn told(self) -> Vec<String> {
        let told = |(why, blocks): (String, Vec<u32>)| {
            let numbers: Vec<String> = blocks.iter().map(u32::to_string).collect();
            let word = if blocks.len() == 1 { "block" } else { "blocks" };
            format!("{word} {}: {why}", numbers.join(", "))
        };
        self.reasons.into_iter().map(told).collect()
    }
}

/// Whether a trial counts, and has numbers that mean something beside a clock.
pub(super) fn whole(trial: &Trial) -> Result<(), String> {
    Metric::counts(&trial.validity).map_err(|why| {
        let failed = trial
            .validity
            .gates
            .iter()
            .filter(|gate| gate.status == GateStatus::Failed && gate.class != GateClass::Work);
        let gates: Vec<String> = failed.map(|gate| format!("{} {}", gate.id, gate.name)).collect();
        if gates.is_empty() { why } else { format!("{why} by {}", gates.join(", ")) }
    })?;
    let scale = trial.simulation.as_ref().and_then(|simulated| simulated.time_scale);
    match scale {
        _ if trial.interrupted => Err("it was stopped before its end".to_owned()),
        Some(scale) if scale != 1.0 => Err(format!("it was simulated at {scale} times the clock")),
        _ => Ok(()),
    }
}

/// How many devices an engine has, where that is known.
fn gpus(facts: &Facts) -> Option<f64> {
    let count = facts.of(field("gpu-count").expect("it is a field of arms"))?;
    count.to_string().parse().ok().filter(|count| *count > 0.0)
}

/// Every metric that one side has, or that was asked for by name.
pub(super) fn figures(
    counted: &[Counted<'_>; 2],
    how: How,
    is_comparable: bool,
    asked: &ToCompare,
) -> Vec<FigurePair> {
    let per_gpu =
        matches!([counted[0].gpus, counted[1].gpus], [Some(one), Some(two)] if one != two);
    let mut figures = Vec::new();
    for metric in asked.metrics() {
        let [(one, of_one), (two, of_two)] =
            [&counted[0], &counted[1]].map(|side| side.values(metric, per_gpu));
        if one.is_empty() && two.is_empty() && !asked.names(metric) {
            continue;
        }
        let mut notes = told(&of_one, &of_two);
        let refused = lengths(counted, metric).or_else(|| devices(per_gpu, metric));
        let ranks = is_comparable && refused.is_none();
        notes.extend(refused);
        if per_gpu && ranks {
            notes.push("for each GPU".to_owned());
        }
        let beside = Beside { metric, how, ranks };
        let figure = beside.figure([one, two], notes);
        let is_there = figure.reference_mean.is_some() || figure.compared_mean.is_some();
        figures.extend((is_there || asked.names(metric)).then_some(figure));
    }
    figures
}

/// Why sides have no value, each reason once.
fn told(reference: &BTreeSet<String>, compared: &BTreeSet<String>) -> Vec<String> {
    let sides = |why: &String| match (reference.contains(why), compared.contains(why)) {
        (true, true) => "both",
        (true, false) => "reference",
        _ => "compared",
    };
    reference.union(compared).map(|why| format!("{}: {why}", sides(why))).collect()
}

/// Takes the differences of shares away, since those are of requests that were to meet
/// other objectives.
pub(super) fn without_shares(figures: &mut [FigurePair]) {
    for figure in figures.iter_mut().filter(|figure| figure.in_points) {
        figure.effect = None;
        figure.interval = None;
        figure.notes = vec![OTHER_OBJECTIVES.to_owned()];
    }
}

/// Whether sides of different numbers of GPUs may not be compared by a metric.
fn devices(per_gpu: bool, metric: &Metric) -> Option<String> {
    let is_refused = per_gpu && metric.class != MetricClass::Throughput;
    is_refused.then(|| "no ratio: of different numbers of GPUs only tokens/s for each".to_owned())
}

/// Whether answers that ended of themselves are of different lengths, where that decides
/// the metric.
fn lengths(counted: &[Counted<'_>; 2], metric: &Metric) -> Option<String> {
    if metric.class != MetricClass::PerRequest {
        return None;
    }
    let [(one, of_one), (two, of_two)] = [counted[0].length()?, counted[1].length()?];
    let apart = (two / one).max(one / two) - 1.0;
    ((of_one || of_two) && apart > LENGTHS).then(|| {
        format!(
            "no ratio: answers end of themselves, and those of one side are {:.1} % longer",
            100.0 * apart
        )
    })
}

/// A metric on its way to be put beside another.
pub(super) struct Beside {
    pub(super) metric: &'static Metric,
    pub(super) how: How,
    /// Whether a ratio may be given.
    pub(super) ranks: bool,
}

impl Beside {
    /// Both sides of a metric.
    pub(super) fn figure(
        &self,
        values: [Vec<BlockFigure>; 2],
        mut notes: Vec<String>,
    ) -> FigurePair {
        let Metric { name, title, unit, higher_is_better, in_points, .. } = *self.metric;
        let [one, two] = match self.how {
            How::OneStudy => of_both(values),
            How::Observational | How::NumbersOnly => values,
        };
        let apart = Apart { how: self.how, in_points, reference: &one, compared: &two };
        let effect = self.ranks.then(|| apart.effect()).flatten();
        let interval = effect.and_then(|_| apart.interval(MISS));
        if effect.is_some() && interval.is_none() && self.how != How::NumbersOnly {
            notes.push(format!(
                "numbers only: an interval needs {LEAST_BLOCKS} blocks on either side"
            ));
        }
        FigurePair {
            metric: name.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            higher_is_better,
            in_points,
            defined_otherwise: false,
            reference_mean: mean(&one, in_points),
            compared_mean: mean(&two, in_points),
            effect,
            interval,
            notes,
            reference: one,
            compared: two,
        }
    }
}

/// The blocks that both sides have.
fn of_both([one, two]: [Vec<BlockFigure>; 2]) -> [Vec<BlockFigure>; 2] {
    let has = |values: &[BlockFigure], block: u32| values.iter().any(|value| value.block == block);
    let [mut left, mut right] = [one.clone(), two.clone()];
    left.retain(|value| has(&two, value.block));
    right.retain(|value| has(&one, value.block));
    [left, right]
}

/// The values of two sides, and what these have to do with one another.
pub(super) struct Apart<'a> {
    how: How,
    in_points: bool,
    reference: &'a [BlockFigure],
    compared: &'a [BlockFigure],
}

impl<'a> Apart<'a> {
    /// Those of a figure.
    pub(super) fn of(figure: &'a FigurePair, how: How) -> Apart<'a> {
        Apart {
            how,
            in_points: figure.in_points,
            reference: &figure.reference,
            compared: &figure.compared,
        }
    }

    /// The ratio of the means, or their difference in points.
    fn effect(&self) -> Option<f64> {
        let (one, two) =
            (mean(self.reference, self.in_points)?, mean(self.compared, self.in_points)?);
        let effect = if self.in_points { two - one } else { two / one };
        (effect.is_finite() && (self.in_points || effect > 0.0)).then_some(effect)
    }

    /// The interval of that which misses with probability `miss`: of pairs where one study
    /// has both, of two separate means (Welch 1947) where none has. `None` with fewer than
    /// three blocks on either side.
    pub(super) fn interval(&self, miss: f64) -> Option<[f64; 2]> {
        let numbers = |values: &[BlockFigure]| -> Vec<f64> {
            values.iter().map(|figure| figure.value).collect()
        };
        let (one, two) = (numbers(self.reference), numbers(self.compared));
        let ends = match (self.how, self.in_points) {
            (How::NumbersOnly, _) => return None,
            (How::Observational, true) => Welch::of_differences(&two, &one)?.interval(miss),
            (How::Observational, false) => Welch::of(&two, &one)?.interval(miss),
            (How::OneStudy, true) => {
                let apart: Vec<f64> = two.iter().zip(&one).map(|(two, one)| two - one).collect();
                Paired::of_differences(&apart)?.interval(miss)
            }
            (How::OneStudy, false) => {
                let pairs: Vec<(f64, f64)> = two.into_iter().zip(one).collect();
                Paired::of_ratios(&pairs)?.interval(miss)
            }
        };
        Some(if self.in_points { ends } else { ends.map(f64::exp) })
    }
}

/// The geometric mean, whose ratio is what the interval is of; of shares the mean.
fn mean(values: &[BlockFigure], in_points: bool) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let sum =
        |of: fn(f64) -> f64| values.iter().map(|figure| of(figure.value)).sum::<f64>() / count;
    Some(if in_points { sum(|value| value) } else { sum(f64::ln).exp() })
}

#[cfg(test)]
mod tests {
    use tokenometer_verdict::answer::metric;

    use super::*;

    fn blocks(values: &[f64]) -> Vec<BlockFigure> {
        let numbered = (1..).zip(values);
        numbered.map(|(block, &value)| BlockFigure { block, value }).collect()
    }

    fn figure(name: &str, how: How, values: [&[f64]; 2]) -> FigurePair {
        let beside = Beside { metric: metric(name).unwrap(), how, ranks: true };
        beside.figure(values.map(blocks), Vec::new())
    }

    #[test]
    fn three_blocks_on_either_side_give_an_interval() {
        let values: [&[f64]; 2] = [&[100.0, 101.0, 99.0], &[110.0, 111.0, 109.0]];
        let seen = figure("output_throughput", How::Observational, values);
        let [low, high] = seen.interval.unwrap();
        assert!((seen.effect.unwrap() - 1.1).abs() < 1e-3, "{seen:?}");
        assert!(low > 1.07 && high < 1.13 && low < 1.1 && high > 1.1, "{low} {high}");
        assert!(seen.notes.is_empty());
    }

    #[test]
    fn fewer_give_a_ratio_of_means_and_say_so() {
        let seen = figure("ttft_p50", How::Observational, [&[10.0, 10.0], &[12.0, 12.0, 12.0]]);
        assert!((seen.effect.unwrap() - 1.2).abs() < 1e-12);
        assert_eq!((seen.interval, seen.notes.len()), (None, 1));
    }

    #[test]
    fn in_one_study_what_blocks_share_falls_out() {
        // Blocks that are twice as fast as others, and a ratio that never changes.
        let values: [&[f64]; 2] = [&[100.0, 200.0, 400.0, 50.0], &[105.0, 210.0, 420.0, 52.5]];
        let [low, high] = figure("output_throughput", How::OneStudy, values).interval.unwrap();
        assert!((low - 1.05).abs() < 0.003 && (high - 1.05).abs() < 0.003, "{low} {high}");
        let [low, high] = figure("output_throughput", How::Observational, values).interval.unwrap();
        assert!(low < 0.5 && high > 2.0, "{low} {high}");
    }

    #[test]
    fn in_one_study_only_blocks_of_both_count() {
        let mut values = [blocks(&[1.0, 2.0, 3.0, 4.0]), blocks(&[1.0, 2.0, 3.0, 4.0])];
        values[0].remove(1);
        let beside =
            Beside { metric: metric("e2e_mean").unwrap(), how: How::OneStudy, ranks: true };
        let seen = beside.figure(values, Vec::new());
        let blocks = |values: &[BlockFigure]| -> Vec<u32> {
            values.iter().map(|value| value.block).collect()
        };
        assert_eq!(blocks(&seen.reference), [1, 3, 4]);
        assert_eq!(blocks(&seen.compared), [1, 3, 4]);
    }

    #[test]
    fn shares_differ_by_points() {
        let seen =
            figure("attainment", How::Observational, [&[0.9, 0.92, 0.91], &[0.8, 0.82, 0.81]]);
        assert!((seen.effect.unwrap() + 0.1).abs() < 1e-12);
        let [low, high] = seen.interval.unwrap();
        assert!(low < -0.1 && high > -0.1 && high < 0.0, "{low} {high}");
    }

    #[test]
    fn nothing_is_said_of_what_has_no_ratio() {
        for values in [[&[0.0][..], &[1.0]], [&[1.0], &[0.0]], [&[], &[1.0]]] {
            let seen = figure("request_throughput", How::Observational, values);
            assert_eq!((seen.effect, seen.interval), (None, None), "{seen:?}");
        }
        let values: [&[f64]; 2] = [&[1.0; 5], &[2.0; 5]];
        assert_eq!(figure("tpot_p50", How::NumbersOnly, values).interval, None);
    }
}
