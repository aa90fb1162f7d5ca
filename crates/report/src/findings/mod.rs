//! What a study has found, in words: which arm is best and for what, where nothing has won
//! and why, where the order flips, how much each arm reached, and what limits it.
//!
//! Words that rank arms come from the verdict and from nothing else: no mean of any block
//! is looked at for them. What an arm reached is a number and is called one. What limits it
//! is told from evidence that the finding names, by the rules in `limits`, and is unknown
//! where the evidence is missing. Nothing here may be said that no [`Ground`] stands for.

mod flips;
mod limits;
mod peaks;
mod question;
mod scenarios;
mod sweep;
mod uses;

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_core::Verdict;
use tokenometer_core::verdict::Comparison;
use tokenometer_verdict::decision::LEAST_BLOCKS;

use crate::StudySeen;
use crate::digest::Digest;
use crate::measured::Measured;
use crate::page::{Page, printable};

/// What a study has found, in the order in which it is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Findings {
    /// Each finding.
    pub all: Vec<Finding>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// What kind of finding it is.
    pub kind: Kind,
    /// What it is about, in a word: of a use `interactive`, `throughput` or `power_limited`,
    /// of a limit `client`, `queueing`, `prefill` or `decode`; absent elsewhere.
    pub topic: Option<&'static str>,
    /// The scenarios that it speaks of; of a finding about the whole study none.
    pub scenarios: Vec<String>,
    /// The arms that it speaks of. Of a best arm and of a use that has one, that arm alone.
    pub arms: Vec<String>,
    /// The finding as a sentence.
    pub sentence: String,
    /// What it rests on.
    pub rests_on: Vec<Ground>,
}

/// What kind of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An arm is best by a metric in a scenario.
    Best,
    /// No arm is, and why.
    NoWinner,
    /// An arm is the one for a use.
    Use,
    /// No arm is, or the study doesn't say, and why.
    OpenUse,
    /// Two arms change places from one scenario to another.
    Flip,
    /// The most that an arm reached: a number.
    Peak,
    /// What limits an arm.
    Limit,
    /// It isn't known what does, and why.
    UnknownLimit,
}

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "ground")]
pub enum Ground {
    /// A comparison of the verdict.
    Comparison {
        /// The scenario.
        scenario: String,
        /// The metric.
        metric: String,
        /// The arm.
        arm: String,
        /// What it is compared with.
        reference: String,
    },
    /// The arms that the verdict found none better than.
    Best {
        /// The scenario.
        scenario: String,
        /// The metric.
        metric: String,
    },
    /// A figure, as the mean over the blocks that count.
    Figure {
        /// The scenario.
        scenario: String,
        /// The arm.
        arm: String,
        /// The figure's name.
        figure: &'static str,
        /// Its mean.
        value: f64,
        /// Its 95 % interval; absent with fewer than three blocks.
        interval: Option<[f64; 2]>,
        /// How many blocks count.
        blocks: usize,
    },
    /// Something seen in one trial.
    Seen {
        /// The scenario.
        scenario: String,
        /// The arm.
        arm: String,
        /// The block, from 1.
        block: u32,
        /// What was seen: `engine waiting, mean`, `lateness p99, share of its limit` …
        what: String,
        /// The number.
        value: f64,
    },
}

impl Finding {
    /// A finding that rests on nothing yet.
    fn new(kind: Kind, sentence: String) -> Finding {
        Finding {
            kind,
            topic: None,
            scenarios: Vec::new(),
            arms: Vec::new(),
            sentence,
            rests_on: Vec::new(),
        }
    }

    fn about(mut self, topic: &'static str) -> Finding {
        self.topic = Some(topic);
        self
    }

    fn of_scenarios<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Finding {
        add_new(&mut self.scenarios, names);
        self
    }

    fn of_arms<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Finding {
        add_new(&mut self.arms, names);
        self
    }

    fn resting_on(mut self, grounds: impl IntoIterator<Item = Ground>) -> Finding {
        for ground in grounds {
            if !self.rests_on.contains(&ground) {
                self.rests_on.push(ground);
            }
        }
        self
    }
}

impl Ground {
    /// A comparison of the verdict.
    fn comparison(comparison: &Comparison) -> Ground {
        let Comparison { scenario, metric, arm, reference, .. } = comparison.clone();
        Ground::Comparison { scenario, metric, arm, reference }
    }
}

impl Findings {
    /// The findings of these kinds, in their order.
    pub fn of_kinds<'a>(&'a self, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Finding> {
        self.all.iter().filter(move |finding| kinds.contains(&finding.kind))
    }
}

/// What a study has found.
pub fn findings(seen: &StudySeen<'_>, measured: &Measured<'_>, digest: &Digest) -> Findings {
    let mut all = Vec::new();
    if let Some(verdict) = seen.verdict {
        all.extend(of_verdict(verdict, measured, digest));
    }
    all.extend(peaks::peaks(measured));
    all.extend(limits::limits(measured, digest));
    Findings { all }
}

/// What the verdict has to say.
fn of_verdict(verdict: &Verdict, measured: &Measured<'_>, digest: &Digest) -> Vec<Finding> {
    if verdict.comparisons.is_empty() {
        return Vec::new();
    }
    if (verdict.rule.at_most as usize) < LEAST_BLOCKS {
        let sentence = format!(
            "No winner anywhere: a verdict needs {LEAST_BLOCKS} blocks at least, and {} planned. \
             There are only numbers.",
            if verdict.rule.at_most == 1 { "one was" } else { "two were" },
        );
        return vec![Finding::new(Kind::NoWinner, sentence)];
    }
    let questions = question::questions(verdict, measured);
    let mut found = scenarios::best_by_scenario(&questions, verdict);
    found.extend(uses::uses(&questions, measured, digest));
    found.extend(flips::flips(verdict));
    found
}

/// Writes what says more than the verdict's own lines, and than the tables, as a part of a
/// page: of a single scenario the table shows what was reached.
pub(crate) fn write(page: &mut Page, findings: &Findings, scenarios: usize) {
    let telling: &[Kind] = match scenarios {
        0 | 1 => &[Kind::Use, Kind::Flip, Kind::Limit],
        _ => &[Kind::Use, Kind::Flip, Kind::Peak, Kind::Limit],
    };
    let mut telling = findings.of_kinds(telling).peekable();
    if telling.peek().is_none() {
        return;
    }
    page.heading("Findings", "what ranks arms is the verdict's; the rest are numbers and causes");
    for finding in telling {
        page.item("·", &printable(&finding.sentence));
    }
}

/// Adds the names that aren't there yet.
fn add_new<'a>(known: &mut Vec<String>, names: impl IntoIterator<Item = &'a str>) {
    for name in names {
        if !known.iter().any(|one| one == name) {
            known.push(name.to_owned());
        }
    }
}

/// Names as a sentence has them: `a`, `a and b`, `a, b and c`.
fn joined<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}
