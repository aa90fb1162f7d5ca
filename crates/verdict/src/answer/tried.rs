//! One comparison of the family: a metric of two arms in a scenario, on its way to a word.

use tokenometer_core::verdict::{
    Agreement, Answer, BlockValues, Comparison, FieldDifference, OtherMetric, StudySize,
};

use super::contrast::{BlockSeen, Contrasted};
use super::metric::{Metric, MetricClass};
use super::seen::{StudySeen, TrialSeen};
use super::sentence::sentence;
use crate::comparability::{Difference, Refusal};
use crate::decision::{Better, Decision, Paired, Question, Word};

/// How much the mean lengths of answers may differ where these end of themselves and the
/// metric hangs on them.
const LENGTHS: f64 = 0.01;
/// How far below the margin the client's own error must stay for *equivalent*.
const FLOOR_OF_MARGIN: f64 = 0.5;
/// How far below the difference it must stay for *better* and *worse*.
const FLOOR_OF_DIFFERENCE: f64 = 0.25;

/// A comparison.
pub(super) struct Tried<'a> {
    pub(super) contrasted: Contrasted<'a>,
    pub(super) metric: &'static Metric,
    values: Vec<BlockValues>,
    margin: f64,
    /// Whether what isn't known refuses.
    strict: bool,
}

/// What stands among what could not be verified where the client's own error isn't known.
const NOISE_FLOOR: &str = "I8 noise floor";

impl<'a> Tried<'a> {
    pub(super) fn of(
        contrasted: Contrasted<'a>,
        metric: &'static Metric,
        study: &StudySeen<'_>,
    ) -> Tried<'a> {
        let per_gpu = contrasted.comparability.has_declared("gpu-count");
        let mut values: Vec<BlockValues> =
            contrasted.blocks.iter().map(|block| values(block, metric, per_gpu)).collect();
        if has_too_few_good(&contrasted, metric) {
            values
                .iter_mut()
                .for_each(|block| *block = left_out(block.block, too_few_good(metric)));
        }
        let margin =
            if metric.in_points { study.plan.margin_points } else { study.plan.margin.ln_1p() };
        Tried { contrasted, metric, values, margin, strict: study.rules.strict }
    }

    /// What the numbers are asked. Without comparable arms they are not asked at all, and
    /// the family counts it as a result that is missing.
    pub(super) fn question(&self) -> Question {
        let asks = self.refusal().is_none();
        let difference = |values: &BlockValues| self.difference(values).filter(|_| asks);
        Question {
            differences: self.values.iter().map(difference).collect(),
            margin: self.margin,
            better: if self.metric.higher_is_better { Better::Higher } else { Better::Lower },
        }
    }

    fn difference(&self, values: &BlockValues) -> Option<f64> {
        let (arm, reference) = (values.arm?, values.reference?);
        let difference =
            if self.metric.in_points { arm - reference } else { (arm / reference).ln() };
        difference.is_finite().then_some(difference)
    }

    /// The comparison with its answer.
    pub(super) fn comparison(
        &self,
        study: &StudySeen<'_>,
        decision: &Decision,
        is_biased: bool,
    ) -> Comparison {
        let answer = self.answer(study, decision, is_biased);
        let shown = answer.is_verdict();
        let effect = |value: f64| if self.metric.in_points { value } else { value.exp() };
        let interval = |ends: [f64; 2]| ends.map(effect);
        let differences = |from: &[Difference]| from.iter().map(told).collect();
        let mut comparison = Comparison {
            scenario: self.contrasted.scenario.name.clone(),
            metric: self.metric.name.to_owned(),
            higher_is_better: self.metric.higher_is_better,
            in_points: self.metric.in_points,
            arm: self.contrasted.contrast.arm.clone(),
            reference: self.contrasted.contrast.reference.clone(),
            effect: decision.paired.filter(|_| shown).map(|paired| effect(paired.mean())),
            interval: decision.interval.filter(|_| shown).map(interval),
            alone: decision.alone.filter(|_| shown).map(interval),
            difference_p: decision.difference_p.filter(|_| shown),
            equivalence_p: decision.equivalence_p.filter(|_| shown),
            resolvable: decision.resolvable().filter(|_| shown).map(effect),
            more: decision
                .more()
                .filter(|_| answer == Answer::Undecided)
                .map(|more| StudySize { blocks: more.blocks, range: more.range }),
            blocks: self.values.clone(),
            agreement: self.agreement(study),
            declared: differences(&self.contrasted.comparability.declared),
            strategy: differences(&self.contrasted.comparability.strategy),
            unverified: self.unverified(),
            remarks: self.remarks(study, &answer),
            answer,
            sentence: String::new(),
        };
        comparison.sentence = sentence(&comparison, self.metric);
        comparison
    }

    /// The number of a metric outside the family; nothing where there is no interval.
    pub(super) fn number(&self, alpha: f64) -> Option<OtherMetric> {
        let differences: Vec<f64> =
            self.values.iter().filter_map(|values| self.difference(values)).collect();
        let paired = Paired::of_differences(&differences)?;
        let effect = |value: f64| if self.metric.in_points { value } else { value.exp() };
        Some(OtherMetric {
            scenario: self.contrasted.scenario.name.clone(),
            metric: self.metric.name.to_owned(),
            arm: self.contrasted.contrast.arm.clone(),
            reference: self.contrasted.contrast.reference.clone(),
            effect: effect(paired.mean()),
            alone: paired.interval(alpha).map(effect),
            blocks: paired.blocks(),
        })
    }

    /// The answer: the first that applies.
    fn answer(&self, study: &StudySeen<'_>, decision: &Decision, is_biased: bool) -> Answer {
        if let Some(reasons) = self.refusal() {
            return Answer::NotComparable { reasons };
        }
        let failed = self.contrasted.failed();
        if !failed.is_empty() {
            return Answer::Failed { arms: failed };
        }
        let saturated = self.contrasted.saturated();
        if !saturated.is_empty() && self.metric.is_a_latency() {
            return Answer::Saturated { arms: saturated };
        }
        if let Some(reason) = self.contrasted.numbers_only() {
            return Answer::NoVerdict { reason: reason.to_owned() };
        }
        if is_biased {
            let reason = "the same arm twice came out different: the study is biased";
            return Answer::NoVerdict { reason: reason.to_owned() };
        }
        match decision.word {
            Word::NoVerdict => self.too_few(study, decision),
            word => self.seen_by_the_client(word, decision),
        }
    }

    /// What could not be verified, the client's own error among it.
    fn unverified(&self) -> Vec<String> {
        let floor = self.noise_floor().is_none().then(|| NOISE_FLOOR.to_owned());
        floor.into_iter().chain(self.contrasted.unverified()).collect()
    }

    /// Why blocks don't count, each reason once, in the order of the blocks.
    fn left_out(&self) -> String {
        let mut reasons: Vec<&str> = Vec::new();
        for reason in self.values.iter().filter_map(|block| block.left_out.as_deref()) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        match reasons.is_empty() {
            true => String::new(),
            false => format!(" ({})", reasons.join("; ")),
        }
    }

    /// Why there are too few blocks.
    fn too_few(&self, study: &StudySeen<'_>, decision: &Decision) -> Answer {
        let void = self.contrasted.void();
        if !void.is_empty() && study.plan.at_most as usize >= crate::decision::LEAST_BLOCKS {
            return Answer::Invalid { arms: void };
        }
        let reason = format!(
            "{} {} count, and a verdict needs {} at least{}",
            decision.blocks,
            if decision.blocks == 1 { "block" } else { "blocks" },
            crate::decision::LEAST_BLOCKS,
            self.left_out()
        );
        Answer::NoVerdict { reason }
    }

    /// The word, unless the client's own error is too coarse for it.
    fn seen_by_the_client(&self, word: Word, decision: &Decision) -> Answer {
        let answer = match word {
            Word::Equivalent { real } => Answer::Equivalent { differ: real },
            Word::Better => Answer::Better,
            Word::Worse => Answer::Worse,
            Word::Undecided | Word::NoVerdict => Answer::Undecided,
        };
        let allowed = match word {
            Word::Equivalent { .. } => FLOOR_OF_MARGIN * self.margin,
            Word::Better | Word::Worse => {
                FLOOR_OF_DIFFERENCE * decision.paired.map_or(0.0, |paired| paired.mean().abs())
            }
            Word::Undecided | Word::NoVerdict => return answer,
        };
        match self.noise_floor() {
            Some(floor) if floor > allowed => Answer::NoVerdict {
                reason: format!(
                    "the client itself is off by {:.2} % of this metric on this schedule, and {:.2} \
                     % is allowed here",
                    100.0 * floor,
                    100.0 * allowed
                ),
            },
            _ => answer,
        }
    }

    /// The client's own error as a share of the metric, the largest of all trials.
    fn noise_floor(&self) -> Option<f64> {
        let share = |trial: &TrialSeen<'_>| {
            let floor = trial.noise_floor.get(self.metric.name)?;
            Some(floor / self.metric.of(trial.summary).ok()?)
        };
        let trials = self.contrasted.blocks.iter().filter_map(BlockSeen::trials);
        trials
            .flat_map(|(arm, reference)| [share(arm), share(reference)])
            .flatten()
            .reduce(f64::max)
    }

    /// Whether what is compared is each GPU's share.
    fn is_per_gpu(&self) -> bool {
        self.contrasted.comparability.has_declared("gpu-count")
            && self.metric.class == MetricClass::Throughput
    }

    /// Why the arms must not be ranked by this metric.
    fn refusal(&self) -> Option<Vec<String>> {
        let refusals = &self.contrasted.comparability.refusals;
        let told = |refusal: &Refusal| format!("{refusal}; {}", refusal.cure());
        let mut reasons: Vec<String> = refusals.iter().map(told).collect();
        let per_gpu = self.contrasted.comparability.has_declared("gpu-count");
        if per_gpu && self.metric.class != MetricClass::Throughput {
            reasons.push(
                "gpu-count: arms of different numbers of GPUs are ranked by throughput per GPU alone"
                    .to_owned(),
            );
        }
        if self.contrasted.scenario.is_burst && self.metric.is_a_latency() {
            reasons.push(
                "load: all requests are due at once, so that a latency is a place in the queue; rank \
                 by throughput, or send them at a rate"
                    .to_owned(),
            );
        }
        if self.strict {
            let unknown = self.contrasted.unknown_gates().into_iter();
            let told = |gate| format!("{gate}: it could not be evaluated; leave out `strict`");
            reasons.extend(unknown.map(told));
        }
        reasons.extend(self.lengths());
        (!reasons.is_empty()).then_some(reasons)
    }

    /// Whether answers that ended of themselves are of different lengths, where that
    /// decides the metric.
    fn lengths(&self) -> Option<String> {
        if self.metric.class != MetricClass::PerRequest {
            return None;
        }
        let mean = |trial: &TrialSeen<'_>| {
            let ok = *trial.summary.outcomes.get("ok")?;
            (ok > 0).then_some(trial.summary.output_tokens? as f64 / ok as f64)
        };
        let trials = self.contrasted.blocks.iter().filter_map(BlockSeen::trials);
        let natural =
            trials.filter(|(arm, reference)| arm.natural_stops || reference.natural_stops);
        let apart = natural.filter_map(|(arm, reference)| Some(mean(arm)? / mean(reference)?));
        let worst = apart.max_by(|one, other| one.ln().abs().total_cmp(&other.ln().abs()))?;
        (worst.ln().abs() > LENGTHS.ln_1p()).then(|| {
            format!(
                "lengths: answers end of themselves, and those of one arm are {:.1} % longer; ask for \
                 an exact length, or rank by tokens",
                100.0 * (worst.max(1.0 / worst) - 1.0)
            )
        })
    }

    /// How far the answers of both agree, over all blocks.
    fn agreement(&self, study: &StudySeen<'_>) -> Option<Agreement> {
        let ours = study.agreements.iter().filter(|agreement| {
            agreement.scenario == self.contrasted.scenario.name
                && agreement.contrast == *self.contrasted.contrast
        });
        let (same, of) = ours.fold((0, 0), |(same, of), one| (same + one.same, of + one.of));
        (of > 0).then_some(Agreement { same, of })
    }

    fn remarks(&self, study: &StudySeen<'_>, answer: &Answer) -> Vec<String> {
        let mut remarks = Vec::new();
        let contrast = self.contrasted.contrast;
        for arm in [&contrast.arm, &contrast.reference] {
            remarks.extend(study.prompt_offsets.get(arm).map(|offset| {
                format!("{arm} counts {offset:+} tokens in every prompt, as declared")
            }));
        }
        if self.is_per_gpu() {
            remarks.push(Comparison::PER_GPU.to_owned());
        }
        let declared = &self.contrasted.comparability.declared;
        if declared.len() > 1 && answer.is_verdict() {
            remarks.push("the effect belongs to all the declared differences together".to_owned());
        }
        remarks
    }
}

/// What both arms have in a block, or why it doesn't count.
fn values(block: &BlockSeen<'_>, metric: &Metric, per_gpu: bool) -> BlockValues {
    let empty = |why: String| left_out(block.number, why);
    let Some((arm, reference)) = block.trials() else {
        return empty("an arm has no numbers in it".to_owned());
    };
    match (value(arm, metric, per_gpu), value(reference, metric, per_gpu)) {
        (Ok(arm), Ok(reference)) => BlockValues {
            block: block.number,
            arm: Some(arm),
            reference: Some(reference),
            left_out: None,
        },
        (Err(why), _) => empty(format!("the arm: {why}")),
        (_, Err(why)) => empty(format!("the reference: {why}")),
    }
}

/// A block that doesn't count.
fn left_out(block: u32, why: String) -> BlockValues {
    BlockValues { block, arm: None, reference: None, left_out: Some(why) }
}

/// Whether any trial has too few good requests for a ratio of them. Such a block can't just
/// be left out: those that stay would be the blocks in which things went well.
fn has_too_few_good(contrasted: &Contrasted<'_>, metric: &Metric) -> bool {
    let good = |trial: &TrialSeen<'_>| trial.summary.goodput.as_ref().and_then(|seen| seen.good);
    let trials = contrasted.blocks.iter().filter_map(BlockSeen::trials);
    metric.least_good > 0
        && trials
            .flat_map(|(arm, reference)| [good(arm), good(reference)])
            .any(|good| good.is_some_and(|good| good < metric.least_good))
}

fn too_few_good(metric: &Metric) -> String {
    format!(
        "a trial has fewer than {} requests that met every objective, and a ratio needs them in \
         both arms of every block",
        metric.least_good
    )
}

/// A trial's value, or why it has none.
fn value(trial: &TrialSeen<'_>, metric: &Metric, per_gpu: bool) -> Result<f64, String> {
    let value = metric.counting(trial.validity, trial.summary)?;
    // A latency has no share a GPU could have of it.
    match (per_gpu && metric.class == MetricClass::Throughput, trial.gpus) {
        (false, _) => Ok(value),
        (true, Some(gpus)) => Ok(value / gpus),
        (true, None) => Err("how many GPUs it has isn't known".to_owned()),
    }
}

fn told(difference: &Difference) -> FieldDifference {
    FieldDifference {
        field: difference.field.name.to_owned(),
        arm: difference.arm.to_string(),
        reference: difference.reference.to_string(),
    }
}
