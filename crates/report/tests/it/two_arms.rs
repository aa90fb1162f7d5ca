//! A study of two arms whose every number is made up: the trials, and the verdict that
//! somebody came to.

use tokenometer_core::verdict::{
    Answer, Best, BlockValues, Comparison, DecisionRule, StudySize, Verdict,
};
use tokenometer_report::digest::{Digest, Reading, TrialDigest};
use tokenometer_report::{CellSeen, Ending, StudySeen};
use tokenometer_results::{Traffic, Trial, TrialId};

use crate::sample::healthy;

/// The arms.
pub const ARMS: [&str; 2] = ["vllm", "sglang"];
/// The scenarios, and how many requests are in flight in each.
pub const SCENARIOS: [(&str, u32); 2] = [("chat-c1", 1), ("chat-c64", 64)];

/// The trials of a study, and what is shown beside them.
pub struct Study {
    pub trials: Vec<Trial>,
    pub digest: Digest,
    pub verdict: Option<Verdict>,
}

impl Study {
    /// Three blocks of both arms in both scenarios. The second arm is a tenth faster.
    pub fn new() -> Study {
        let mut trials = Vec::new();
        for block in 1..=3 {
            for (scenario, concurrency) in SCENARIOS {
                for (place, arm) in ARMS.into_iter().enumerate() {
                    let drift = 1.0 + 0.002 * f64::from(block);
                    trials.push(trial(
                        block,
                        (scenario, concurrency),
                        arm,
                        (1.0 + 0.1 * place as f64) * drift,
                    ));
                }
            }
        }
        Study { trials, digest: Digest::default(), verdict: None }
    }

    /// With this verdict.
    pub fn concluded(comparisons: Vec<Comparison>, best: Vec<Best>) -> Study {
        Study { verdict: Some(verdict(comparisons, best)), ..Study::new() }
    }

    /// Changes every trial of an arm in a scenario.
    pub fn change(mut self, arm: &str, scenario: &str, change: impl Fn(&mut Trial)) -> Study {
        let theirs = |trial: &&mut Trial| trial.arm == arm && trial.scenario == scenario;
        self.trials.iter_mut().filter(theirs).for_each(change);
        self
    }

    /// Has the engine tell, in every block, how many requests waited on average.
    pub fn waiting(mut self, arm: &str, scenario: &str, mean: f64) -> Study {
        for block in 1..=3 {
            let id = TrialId { block, arm: arm.to_owned(), scenario: scenario.to_owned() };
            let reading = Reading {
                source: "engine".to_owned(),
                name: "waiting".to_owned(),
                unit: "requests".to_owned(),
                points: vec![[0.0, mean]],
                mean: Some(mean),
                max: Some(mean),
                ..Reading::default()
            };
            let digest = TrialDigest { readings: vec![reading], ..TrialDigest::default() };
            self.digest.trials.insert(id, digest);
        }
        self
    }

    /// As the report sees it.
    pub fn seen(&self) -> StudySeen<'_> {
        let cells = self.trials.iter().map(|trial| CellSeen {
            block: trial.block,
            arm: &trial.arm,
            scenario: &trial.scenario,
            ending: Ending::Carried(trial),
        });
        StudySeen {
            name: "two engines",
            run: "runs/two",
            arms: ARMS.to_vec(),
            scenarios: SCENARIOS.map(|(name, _)| name).to_vec(),
            blocks: 3,
            interrupted: false,
            report: None,
            rehearsal_of: None,
            estimate: None,
            verdict: self.verdict.as_ref(),
            cells: cells.collect(),
            notes: Vec::new(),
        }
    }
}

/// A trial that much faster than the sample.
fn trial(block: u32, (scenario, concurrency): (&str, u32), arm: &str, factor: f64) -> Trial {
    let mut trial = healthy();
    trial.block = block;
    trial.blocks = 3;
    trial.arm = arm.to_owned();
    trial.scenario = scenario.to_owned();
    trial.load.traffic = Traffic::Closed { concurrency };
    let busy = if concurrency == 1 { 0.02 } else { 1.0 };
    let faster = |value: &mut Option<f64>| *value = value.map(|value| value * factor * busy);
    let summary = &mut trial.summary;
    faster(&mut summary.output_throughput);
    faster(&mut summary.request_throughput);
    for latency in [&mut summary.ttft_ms, &mut summary.tpot_ms, &mut summary.e2e_ms] {
        latency.p50 = latency.p50.map(|value| value / factor);
    }
    // A client with time to spare.
    trial.instrument.cpu_busy_shares = vec![0.1];
    trial.instrument.run_queue_share = Some(0.0);
    trial
}

/// A verdict of these comparisons.
pub fn verdict(comparisons: Vec<Comparison>, best: Vec<Best>) -> Verdict {
    Verdict {
        study: "two engines".to_owned(),
        simulated: Vec::new(),
        rehearsal: false,
        rule: DecisionRule {
            alpha: 0.05,
            margin: 0.02,
            margin_points: 0.02,
            family: comparisons.len(),
            from: None,
            at_most: 3,
            blocks: 3,
        },
        twins: None,
        comparisons,
        others: Vec::new(),
        best,
        idle_declarations: Vec::new(),
        objectives: Vec::new(),
    }
}

/// What one comparison of the second arm with the first came to.
pub fn answered(scenario: &str, metric: &str, answer: Answer) -> Comparison {
    let effect = match answer {
        Answer::Better => Some((1.1, [1.09, 1.11])),
        Answer::Worse => Some((0.9, [0.89, 0.91])),
        Answer::Equivalent { .. } => Some((1.001, [0.995, 1.007])),
        Answer::Undecided => Some((1.03, [0.98, 1.08])),
        _ => None,
    };
    let more = StudySize { blocks: 9, range: [7, 14] };
    Comparison {
        scenario: scenario.to_owned(),
        metric: metric.to_owned(),
        higher_is_better: metric.ends_with("throughput"),
        in_points: false,
        arm: "sglang".to_owned(),
        reference: "vllm".to_owned(),
        sentence: format!("{scenario}: sglang against vllm by {metric}: {answer:?}."),
        effect: effect.map(|(effect, _)| effect),
        interval: effect.map(|(_, interval)| interval),
        alone: effect.map(|(_, interval)| interval),
        difference_p: None,
        equivalence_p: None,
        resolvable: None,
        more: (answer == Answer::Undecided).then_some(more),
        answer,
        blocks: (1..=3)
            .map(|block| BlockValues { block, arm: None, reference: None, left_out: None })
            .collect(),
        agreement: None,
        declared: Vec::new(),
        strategy: Vec::new(),
        unverified: Vec::new(),
        remarks: Vec::new(),
    }
}

/// The arms than which none is better.
pub fn best(scenario: &str, metric: &str, arms: &[&str]) -> Best {
    Best {
        scenario: scenario.to_owned(),
        metric: metric.to_owned(),
        arms: arms.iter().map(|arm| (*arm).to_owned()).collect(),
    }
}
