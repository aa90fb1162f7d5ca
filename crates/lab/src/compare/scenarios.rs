//! Which scenarios of two runs are the same work: those that were sent alike, by the hash
//! of the workload and the load, whatever they are called.

use std::collections::BTreeSet;

use tokenometer_core::verdict::FieldDifference;
use tokenometer_report::compare::{How, ScenarioPair};
use tokenometer_results::{Extent, Traffic, Trial, TrialId};
use tokenometer_verdict::comparability::{
    Comparability, Declared, Difference, Facts, Refusal, Rules, compare,
};

use super::ToCompare;
use super::figures::{Counted, figures, without_shares};
use super::side::{ArmRead, RunRead, ScenarioRead};
use crate::LabError;
use crate::conclude::{Work, prompt_tokens};

/// Which scenarios of two arms belong together.
pub(super) struct Matched<'a> {
    /// Those of both, the reference's first.
    pub(super) both: Vec<[&'a ScenarioRead; 2]>,
    /// What nothing of the other side is like.
    pub(super) only_reference: Vec<String>,
    /// What nothing of the reference is like.
    pub(super) only_compared: Vec<String>,
}

/// Finds for each scenario the one that was sent alike; where there is none, the one of
/// the same name, of which it can then be said why they are not comparable.
pub(super) fn matched<'a>(one: &'a ArmRead, two: &'a ArmRead) -> Matched<'a> {
    let mut free: Vec<&ScenarioRead> = two.scenarios.iter().collect();
    let mut partners: Vec<Option<&ScenarioRead>> = vec![None; one.scenarios.len()];
    let rules: [fn(&ScenarioRead, &ScenarioRead) -> bool; 3] = [
        |one, two| one.name == two.name && are_alike(one, two),
        are_alike,
        |one, two| one.name == two.name,
    ];
    for rule in rules {
        for (scenario, partner) in one.scenarios.iter().zip(&mut partners) {
            let found = free.iter().position(|other| partner.is_none() && rule(scenario, other));
            if let Some(at) = found {
                *partner = Some(free.remove(at));
            }
        }
    }
    let (mut both, mut only_reference) = (Vec::new(), Vec::new());
    for (scenario, partner) in one.scenarios.iter().zip(partners) {
        match partner {
            Some(partner) => both.push([scenario, partner]),
            None => only_reference.push(scenario.name.clone()),
        }
    }
    let only_compared = free.iter().map(|scenario| scenario.name.clone()).collect();
    Matched { both, only_reference, only_compared }
}

/// Whether two scenarios are the same work: the same load, and a workload at least that
/// both have sent.
fn are_alike(one: &ScenarioRead, two: &ScenarioRead) -> bool {
    let load = |trial: &Trial| (trial.load.traffic, trial.load.extent, trial.load.streamed);
    let loads: Option<[(Traffic, Extent, bool); 2]> =
        one.first().zip(two.first()).map(|(one, two)| [load(one), load(two)]);
    loads.is_some_and(|[one, two]| one == two) && !shared_workloads(one, two).is_empty()
}

/// The hashes of the workloads that both have sent.
fn shared_workloads<'a>(one: &'a ScenarioRead, two: &'a ScenarioRead) -> BTreeSet<&'a str> {
    let hashes = |scenario: &'a ScenarioRead| -> BTreeSet<&'a str> {
        scenario.trials().map(|(_, trial, _)| trial.workload_sha256.as_str()).collect()
    };
    hashes(one).intersection(&hashes(two)).copied().collect()
}

/// A scenario of two runs.
pub(super) struct Sent<'a> {
    pub(super) runs: [&'a RunRead; 2],
    pub(super) scenarios: [&'a ScenarioRead; 2],
    pub(super) how: How,
}

impl<'a> Sent<'a> {
    /// Both sides of it, with every metric.
    pub(super) fn pair(&self, asked: &ToCompare) -> Result<ScenarioPair, LabError> {
        let [one, two] = self.scenarios;
        let comparability = self.comparability()?;
        let refusals: Vec<String> = comparability.refusals.iter().map(refused).collect();
        let shared = shared_workloads(one, two);
        let mut left_out = Vec::new();
        // Where nothing is shared there is a refusal, and all numbers may be seen.
        let of_shared = (!shared.is_empty() && self.how == How::Observational).then_some(&shared);
        let counted = [(one, "reference"), (two, "compared")].map(|(scenario, side)| {
            let (counted, out) = Counted::of(scenario, of_shared);
            left_out.extend(out.into_iter().map(|why| format!("{side}: {why}")));
            counted
        });
        let mut figures = figures(&counted, self.how, refusals.is_empty(), asked);
        if self.runs[0].objectives != self.runs[1].objectives {
            without_shares(&mut figures);
        }
        let sent = one.first().or(two.first());
        Ok(ScenarioPair {
            name: one.name.clone(),
            compared_name: two.name.clone(),
            load: sent.map(|trial| trial.load.clone()),
            asked: None,
            primary: sent.map(primary).unwrap_or_default(),
            figures,
            refusals,
            budget: comparability.declared.iter().map(difference).collect(),
            strategy: comparability.strategy.iter().map(difference).collect(),
            unknown: comparability.unknown.iter().map(|field| field.name.to_owned()).collect(),
            left_out,
        })
    }

    /// Whether both may be compared, over all pairs of trials that were sent the same. A
    /// difference of budget is shown beside the ratio, as everything that a study could
    /// have declared.
    fn comparability(&self) -> Result<Comparability, LabError> {
        let rules = Rules { differs: Declared::All, ..Rules::default() };
        let mut all = Comparability::default();
        for [one, two] in self.trials() {
            let (mut ours, mut theirs) = (two.1.clone(), one.1.clone());
            let done = [self.work(0, one.0)?, self.work(1, two.0)?];
            if let [one, two] = prompt_tokens(&done).as_slice() {
                theirs.word("prompt-tokens", one.clone());
                ours.word("prompt-tokens", two.clone());
            }
            all.absorb(compare(&ours, &theirs, &rules));
        }
        Ok(all)
    }

    /// What a trial did of the workload.
    fn work(&self, side: usize, trial: &Trial) -> Result<Work, LabError> {
        let id = TrialId {
            block: trial.block,
            arm: trial.arm.clone(),
            scenario: trial.scenario.clone(),
        };
        Work::of(&self.runs[side].run.trial(&id)?)
    }

    /// For each trial of the reference one of the other side that was sent the same;
    /// where there are none at all, the first of either.
    fn trials(&self) -> Vec<[(&'a Trial, &'a Facts); 2]> {
        let [one, two] = self.scenarios;
        let mut pairs = Vec::new();
        for (_, trial, facts) in one.trials() {
            let alike = two.trials().find(|(_, other, _)| {
                other.workload_sha256 == trial.workload_sha256
                    && (self.how != How::OneStudy || other.block == trial.block)
            });
            pairs.extend(alike.map(|(_, other, known)| [(trial, facts), (other, known)]));
        }
        if pairs.is_empty() {
            let first = |scenario: &'a ScenarioRead| scenario.trials().next();
            let firsts = first(one).zip(first(two));
            pairs.extend(
                firsts.map(|((_, one, of_one), (_, two, of_two))| [(one, of_one), (two, of_two)]),
            );
        }
        pairs
    }
}

/// The metrics that a limit is of where none is named: how many requests meet their
/// objectives where there are any; of an open loop how long requests take, since it
/// decides itself how many there are; else the throughput.
fn primary(trial: &Trial) -> Vec<String> {
    let names: &[&str] = match (&trial.summary.goodput, trial.load.traffic) {
        (Some(_), _) => &["attainment"],
        (None, Traffic::Open { rate: Some(_), .. } | Traffic::Ramp { .. }) => {
            &["ttft_p50", "tpot_p50"]
        }
        (None, Traffic::Open { rate: None, .. } | Traffic::Closed { .. }) => &["output_throughput"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A refusal in words; what could be done about it is another measurement.
pub(super) fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Differs(Difference { field, arm, reference }) => {
            let [arm, reference] = [arm, reference].map(|fact| brief(&fact.to_string()));
            format!("{} differs: {arm} against the reference's {reference}", field.name)
        }
        Refusal::Unknown(field) => format!("{} isn't known of both", field.name),
        Refusal::Unfit(..) => refusal.to_string(),
    }
}

/// A fact, of which a hash is known by its beginning.
fn brief(fact: &str) -> String {
    let is_hash = fact.len() == 64 && fact.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { fact[..12].to_owned() } else { fact.to_owned() }
}

/// A difference as it is shown.
pub(super) fn difference(one: &Difference) -> FieldDifference {
    FieldDifference {
        field: one.field.name.to_owned(),
        arm: brief(&one.arm.to_string()),
        reference: brief(&one.reference.to_string()),
    }
}
