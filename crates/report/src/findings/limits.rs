//! What limits each arm under the highest load of each sweep: the client, a queue, the
//! prompts, or the answers. The first that the evidence shows in every block that counts is
//! named, with that evidence; where it is missing or blocks disagree, it is unknown.
//!
//! Two arms are never held against each other here.

mod evidence;
mod growth;

use tokenometer_results::Trial;

use self::evidence::{ClientSign, QueueSign, client_sign, queue_sign, waiting};
use super::sweep::{Sweep, sweeps};
use super::{Finding, Ground, Kind as Told, joined};
use crate::digest::Digest;
use crate::measured::{ArmMeasured, Kind, Measured, ScenarioMeasured};
use crate::number::{percent, short};

/// One arm under the highest load of a sweep at which any block of it counts.
struct Case<'a> {
    arm: &'a str,
    sweep: &'a Sweep<'a>,
    /// The place of that load in the sweep.
    place: usize,
    /// The trials that count there, in the order of blocks.
    trials: Vec<&'a Trial>,
    digest: &'a Digest,
}

/// What is found out of a limit.
struct Found {
    topic: &'static str,
    words: String,
    grounds: Vec<Ground>,
}

/// One finding for each arm and sweep in which any block of it counts.
pub(super) fn limits(measured: &Measured<'_>, digest: &Digest) -> Vec<Finding> {
    let sweeps = sweeps(measured);
    let mut arms: Vec<(usize, &str)> = Vec::new();
    for arm in measured.scenarios.iter().flat_map(|scenario| &scenario.arms) {
        if !arms.contains(&(arm.look, arm.name)) {
            arms.push((arm.look, arm.name));
        }
    }
    arms.sort_unstable();
    let cases =
        arms.iter().flat_map(|(_, arm)| sweeps.iter().filter_map(|sweep| case(arm, sweep, digest)));
    cases.map(|case| finding(&case)).collect()
}

fn case<'a>(arm: &'a str, sweep: &'a Sweep<'a>, digest: &'a Digest) -> Option<Case<'a>> {
    let places = (0..sweep.scenarios.len()).rev();
    places
        .map(|place| (place, counting(sweep.scenarios[place], arm)))
        .find(|(_, trials)| !trials.is_empty())
        .map(|(place, trials)| Case { arm, sweep, place, trials, digest })
}

/// The trials of an arm that count, even if only as more than the engine can carry.
fn counting<'a>(scenario: &ScenarioMeasured<'a>, arm: &str) -> Vec<&'a Trial> {
    let of_arm = scenario.arms.iter().filter(|one| one.name == arm);
    of_arm.flat_map(ArmMeasured::carried).filter(|trial| Kind::Rate.counts(trial)).collect()
}

impl Case<'_> {
    fn scenario(&self) -> &str {
        self.sweep.scenarios[self.place].name
    }

    fn ground(&self, trial: &Trial, what: impl Into<String>, value: f64) -> Ground {
        Ground::Seen {
            scenario: trial.scenario.clone(),
            arm: self.arm.to_owned(),
            block: trial.block,
            what: what.into(),
            value,
        }
    }
}

fn finding(case: &Case<'_>) -> Finding {
    let found = client(case).or_else(|| queueing(case)).map_or_else(|| growth::found(case), Ok);
    let (arm, scenario) = (case.arm, case.scenario());
    let finding = match found {
        Ok(Found { topic, words, grounds }) => {
            let sentence = format!("What limits {arm} in {scenario}: {words}.");
            Finding::new(Told::Limit, sentence).about(topic).resting_on(grounds)
        }
        Err(why) => {
            let sentence = format!("What limits {arm} in {scenario} is not known: {why}.");
            Finding::new(Told::UnknownLimit, sentence)
        }
    };
    finding.of_arms([arm]).of_scenarios([scenario])
}

/// The client, where in every block it came near to what one of its gates allows.
fn client(case: &Case<'_>) -> Option<Found> {
    let signs: Vec<ClientSign> =
        case.trials.iter().map(|trial| client_sign(trial)).collect::<Option<_>>()?;
    let least = signs.iter().map(|sign| sign.share).fold(f64::INFINITY, f64::min);
    let mut names: Vec<&str> = Vec::new();
    for sign in &signs {
        if !names.contains(&sign.what) {
            names.push(sign.what);
        }
    }
    let words = format!(
        "the client; in every block it came to {} or more of what its gates allow ({})",
        percent(least),
        joined(&names)
    );
    let grounds = case.trials.iter().zip(&signs);
    let grounds = grounds
        .map(|(trial, sign)| {
            case.ground(trial, format!("{}, share of its limit", sign.what), sign.share)
        })
        .collect();
    Some(Found { topic: "client", words, grounds })
}

/// A queue, where in every block requests waited in one.
fn queueing(case: &Case<'_>) -> Option<Found> {
    let signs: Vec<QueueSign> =
        case.trials.iter().map(|trial| queue_sign(trial, case.digest)).collect::<Option<_>>()?;
    let least = |of: fn(&QueueSign) -> Option<f64>| -> Option<f64> {
        signs.iter().filter_map(of).reduce(f64::min)
    };
    let mut parts = Vec::new();
    if signs.contains(&QueueSign::Saturated) {
        parts.push("it couldn't keep up with the load".to_owned());
    }
    if let Some(requests) = least(QueueSign::waiting) {
        parts.push(format!("{} requests or more waited in the engine on average", short(requests)));
    }
    if let Some(share) = least(QueueSign::in_client) {
        parts.push(format!(
            "requests waited in the client, behind the cap, for {} or more of their time",
            percent(share)
        ));
    }
    let where_seen = match parts.len() {
        1 => "in every block",
        _ => "in every block one of these:",
    };
    let grounds = case.trials.iter().zip(&signs);
    let grounds = grounds.map(|(trial, sign)| case.ground(trial, sign.what(), sign.value()));
    Some(Found {
        topic: "queueing",
        words: format!("queueing; {where_seen} {}", parts.join(", ")),
        grounds: grounds.collect(),
    })
}

/// Whether requests waited in the engine, by block; absent where an engine doesn't tell.
fn waited(case: &Case<'_>) -> Option<Vec<f64>> {
    case.trials.iter().map(|trial| waiting(trial, case.digest)).collect()
}
