//! Studies whose every number is made up.

use std::collections::BTreeMap;

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{
    Agreement, Answer, Attained, Best, BlockValues, Comparison, DecisionRule, FieldDifference,
    Noise, OtherMetric, StudySize, Twins,
};
use tokenometer_report::digest::{
    Course, Digest, GapCounts, Reading, RequestSeen, StartSeen, TrialDigest, Waterfall,
};
use tokenometer_report::{CellSeen, Ending, StudySeen, html};
use tokenometer_results::{End, Environment, Software, Stage, Start, Tool, Trial, TrialId};

use crate::sample::healthy;

/// A study and what is shown beside it.
pub struct Study {
    pub name: String,
    pub run: String,
    pub arms: Vec<String>,
    pub scenarios: Vec<String>,
    pub blocks: u32,
    pub interrupted: bool,
    pub cells: Vec<(TrialId, Came)>,
    pub verdict: Option<Verdict>,
    pub notes: Vec<(String, String)>,
    pub digest: Digest,
}

/// What came of a trial.
pub enum Came {
    Carried(Box<Trial>),
    Failed { phase: String, why: String },
    Missing,
}

impl Study {
    /// Every arm in every scenario in so many blocks, all valid.
    pub fn of(arms: &[&str], scenarios: &[&str], blocks: u32) -> Study {
        let mut cells = Vec::new();
        for block in 1..=blocks {
            for scenario in scenarios {
                for (place, arm) in arms.iter().enumerate() {
                    let id = id(block, arm, scenario);
                    let factor = 1.0 + 0.1 * place as f64 + 0.002 * f64::from(block);
                    cells.push((id.clone(), Came::Carried(Box::new(trial(&id, factor)))));
                }
            }
        }
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Study {
            name: "two engines".to_owned(),
            run: "runs/two".to_owned(),
            arms: owned(arms),
            scenarios: owned(scenarios),
            blocks,
            interrupted: false,
            cells,
            verdict: None,
            notes: Vec::new(),
            digest: Digest::default(),
        }
    }

    /// The same with a digest of every trial.
    pub fn digested(mut self, digest: impl Fn(&TrialId) -> TrialDigest) -> Study {
        let trials = self.cells.iter().map(|(id, _)| (id.clone(), digest(id)));
        self.digest.trials = trials.collect();
        self
    }

    /// The trial of this cell.
    pub fn trial(&mut self, block: u32, arm: &str, scenario: &str) -> &mut Trial {
        let wanted = id(block, arm, scenario);
        let cell = self.cells.iter_mut().find(|(id, _)| *id == wanted).unwrap();
        match &mut cell.1 {
            Came::Carried(trial) => trial,
            Came::Failed { .. } | Came::Missing => panic!("{wanted} was not carried out"),
        }
    }

    /// Its page.
    pub fn page(&self) -> String {
        let cells = self.cells.iter().map(|(id, came)| cell_seen(id, came)).collect();
        let seen = StudySeen {
            name: &self.name,
            run: &self.run,
            arms: self.arms.iter().map(String::as_str).collect(),
            scenarios: self.scenarios.iter().map(String::as_str).collect(),
            blocks: self.blocks,
            interrupted: self.interrupted,
            report: None,
            rehearsal_of: None,
            estimate: None,
            verdict: self.verdict.as_ref(),
            cells,
            notes: self.notes.iter().map(|(arm, note)| (arm.as_str(), note.as_str())).collect(),
        };
        html(&seen, &self.digest)
    }
}

fn cell_seen<'a>(id: &'a TrialId, came: &'a Came) -> CellSeen<'a> {
    let ending = match came {
        Came::Carried(trial) => Ending::Carried(trial),
        Came::Failed { phase, why } => Ending::Failed { phase, why },
        Came::Missing => Ending::Missing,
    };
    CellSeen { block: id.block, arm: &id.arm, scenario: &id.scenario, ending }
}

pub fn id(block: u32, arm: &str, scenario: &str) -> TrialId {
    TrialId { block, arm: arm.to_owned(), scenario: scenario.to_owned() }
}

/// A trial that much faster than the sample.
fn trial(id: &TrialId, factor: f64) -> Trial {
    let mut trial = healthy();
    trial.block = id.block;
    trial.blocks = 3;
    trial.arm.clone_from(&id.arm);
    trial.scenario.clone_from(&id.scenario);
    let summary = &mut trial.summary;
    summary.output_throughput = summary.output_throughput.map(|value| value * factor);
    for latency in [&mut summary.ttft_ms, &mut summary.tpot_ms, &mut summary.e2e_ms] {
        latency.p50 = latency.p50.map(|value| value / factor);
    }
    trial
}

/// What one comparison came to. Its sentence says only which it is.
pub fn answered(scenario: &str, [arm, reference]: [&str; 2], answer: Answer) -> Comparison {
    let effect = match answer {
        Answer::Better => Some((1.1, [1.09, 1.11])),
        Answer::Worse => Some((0.9, [0.89, 0.91])),
        Answer::Equivalent { .. } => Some((1.001, [0.995, 1.007])),
        Answer::Undecided => Some((1.03, [0.98, 1.08])),
        _ => None,
    };
    let interval = effect.map(|(_, interval)| interval);
    let value = |block: u32, factor: f64| Some(3000.0 * factor + f64::from(block));
    Comparison {
        scenario: scenario.to_owned(),
        metric: "output_throughput".to_owned(),
        higher_is_better: true,
        in_points: false,
        arm: arm.to_owned(),
        reference: reference.to_owned(),
        sentence: format!("{scenario}: what is said of {arm} and {reference}."),
        effect: effect.map(|(effect, _)| effect),
        interval,
        alone: interval,
        difference_p: effect.map(|_| 0.000_03),
        equivalence_p: effect.map(|_| 0.25),
        resolvable: effect.map(|_| 1.012),
        more: (answer == Answer::Undecided).then_some(StudySize { blocks: 9, range: [7, 14] }),
        answer,
        blocks: (1..=3)
            .map(|block| BlockValues {
                block,
                arm: value(block, 1.1),
                reference: value(block, 1.0),
                left_out: None,
            })
            .collect(),
        agreement: Some(Agreement { same: 998, of: 1000 }),
        declared: Vec::new(),
        strategy: vec![difference("max-num-seqs", "256", "128")],
        unverified: vec!["driver".to_owned()],
        remarks: Vec::new(),
    }
}

pub fn difference(field: &str, arm: &str, reference: &str) -> FieldDifference {
    let owned = str::to_owned;
    FieldDifference { field: owned(field), arm: owned(arm), reference: owned(reference) }
}

/// A verdict of these comparisons.
pub fn verdict(comparisons: Vec<Comparison>) -> Verdict {
    let first = comparisons.first().cloned();
    let other = first.clone().map(|one| OtherMetric {
        scenario: one.scenario,
        metric: "ttft_p50".to_owned(),
        arm: one.arm,
        reference: one.reference,
        effect: 0.91,
        alone: [0.85, 0.97],
        blocks: 3,
    });
    let best = first.clone().map(|one| Best {
        scenario: one.scenario,
        metric: one.metric,
        arms: vec![one.arm],
    });
    let attained = first.clone().map(|one| Attained {
        scenario: one.scenario,
        arm: one.arm,
        asked: 0.99,
        least: Some(0.997),
        met: Some(true),
    });
    let twins = first.map(|one| Twins {
        arms: [one.arm, one.reference],
        noise: Noise::Noisy,
        resolvable_ratio: Some(1.031),
    });
    Verdict {
        study: "two engines".to_owned(),
        simulated: Vec::new(),
        rehearsal: false,
        rule: DecisionRule {
            alpha: 0.05,
            margin: 0.02,
            margin_points: 0.01,
            family: comparisons.len(),
            from: None,
            at_most: 3,
            blocks: 3,
        },
        twins,
        comparisons,
        others: other.into_iter().collect(),
        best: best.into_iter().collect(),
        idle_declarations: vec!["speculation".to_owned()],
        objectives: attained.into_iter().collect(),
    }
}

/// The start of an engine, with all that may be known of it.
pub fn start(block: u32, arm: &str) -> StartSeen {
    let owned = |text: &str| Some(text.to_owned());
    let stage = |name: &str, duration_s| Stage { name: name.to_owned(), duration_s };
    let command = ["vllm", "serve", "a model", "--port", "8000"].map(str::to_owned);
    let variables = [("OMP_NUM_THREADS", "4"), ("HF_TOKEN", "hidden")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut start =
        Start::new(command, variables, vec![stage("weights", 3.25), stage("ready", 21.5)]);
    start.software = Some(Software {
        profile: "vllm".to_owned(),
        version: owned("0.11.0"),
        provision: "environment".to_owned(),
        place: owned("/opt/vllm"),
    });
    start.cores = owned("1-7");
    start.end =
        Some(End { exit: Some(0), signal: None, how: "it was stopped, in 1.2 s".to_owned() });
    start.error_lines = vec!["ERROR: an example".to_owned()];
    StartSeen { block, arm: arm.to_owned(), scenario: None, start }
}

/// A machine.
pub fn environment() -> Environment {
    let owned = |text: &str| Some(text.to_owned());
    Environment {
        schema_version: 1,
        tool: Tool { name: "tokenometer".to_owned(), version: "0.1.0".to_owned(), build: None },
        os: owned("Debian 12"),
        kernel: owned("Linux 6.12"),
        hostname: owned("gpu-7"),
        cpu_model: owned("a processor"),
        cores: Some(64),
        memory_bytes: Some(512 << 30),
        governor: owned("performance"),
        clocksource: None,
        versions: BTreeMap::from([("driver".to_owned(), "580.1".to_owned())]),
    }
}

/// What is shown of a trial with so many requests, each of which says this.
pub fn digest(requests: u32, says: &str) -> TrialDigest {
    let row = |request: u32| RequestSeen {
        request,
        intended_s: f64::from(request) * 0.1,
        sent_s: Some(f64::from(request) * 0.1 + 0.001),
        first_s: Some(f64::from(request) * 0.1 + 0.0713),
        last_s: Some(f64::from(request) * 0.1 + 2.7),
        end_s: Some(f64::from(request) * 0.1 + 2.701),
        outcome: "ok".to_owned(),
        error: None,
        input: Some(412),
        output: Some(128),
        text: says.to_owned(),
    };
    let points: Vec<[f64; 2]> = (0..240).map(|s| [f64::from(s), f64::from(s % 17)]).collect();
    let quantiles = (0..=200).map(|step| [f64::from(step) / 200.0, 70.0 + f64::from(step) / 7.0]);
    TrialDigest {
        quantiles: BTreeMap::from([("ttft_ms", quantiles.collect())]),
        gaps: GapCounts { borders_ms: vec![1.0, 10.0, 100.0], counts: vec![5, 995] },
        waterfall: Waterfall {
            rows: (0..requests).map(row).collect(),
            of: 1000,
            every: 1000 / u64::from(requests.max(1)),
        },
        course: Course {
            bin_s: 1.0,
            in_flight: points.iter().map(|[_, y]| *y).collect(),
            waiting_first: vec![0.5; 240],
            tokens_per_s: vec![3019.8; 240],
            due_per_s: vec![24.0; 240],
        },
        readings: vec![Reading {
            source: "engine".to_owned(),
            device: None,
            name: "running".to_owned(),
            unit: "requests".to_owned(),
            points,
            mean: Some(7.9),
            max: Some(16.0),
        }],
        outcomes: Vec::new(),
    }
}
