//! Two run folders beside one another: their arms, and what both were sent.

use tokenometer_core::Mistake;
use tokenometer_core::verdict::Comparison;
use tokenometer_report::compare::{How, PairSeen, SideSeen};

use super::scenarios::{self, Sent};
use super::side::{ArmRead, RunRead};
use super::{ToCompare, arms, how};

/// The arms of a run beside those of the reference.
pub(super) fn beside(
    reference: &RunRead,
    other: &RunRead,
    asked: &ToCompare,
) -> Result<Vec<PairSeen>, Vec<Mistake>> {
    let pairs = arms::pairs(reference, other).map_err(|mistake| vec![mistake])?;
    let how = how(reference.is(other));
    let pairs =
        pairs.into_iter().map(|[one, two]| pair(reference, other, [one, two], (how, asked)));
    pairs.collect()
}

fn pair(
    reference: &RunRead,
    other: &RunRead,
    arms: [&ArmRead; 2],
    (how, asked): (How, &ToCompare),
) -> Result<PairSeen, Vec<Mistake>> {
    let [one, two] = arms;
    let matched = scenarios::matched(one, two);
    let (mut both, mut unreadable) = (Vec::new(), Vec::new());
    for [one, two] in matched.both.iter().filter(|[one, _]| asked.wants(&one.name)) {
        let sent = Sent { runs: [reference, other], scenarios: [one, two], how };
        match sent.pair(asked) {
            Ok(pair) => both.push(pair),
            Err(why) => unreadable.push(Mistake::new(
                &other.named,
                format!("{}: {why}", two.name),
                "check that the run folder is whole",
            )),
        }
    }
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let wanted = |names: Vec<String>| -> Vec<String> {
        names.into_iter().filter(|name| asked.wants(name)).collect()
    };
    Ok(PairSeen {
        reference: side(reference, one),
        compared: side(other, two),
        how,
        could_end_early: how == How::OneStudy && reference.could_end_early,
        study_says: study_says(reference, arms, (how, asked)),
        scenarios: both,
        only_reference: wanted(matched.only_reference),
        only_compared: wanted(matched.only_compared),
        unchecked: Vec::new(),
        definitions: Vec::new(),
    })
}

/// An arm of a run, in words.
pub(super) fn side(run: &RunRead, arm: &ArmRead) -> SideSeen {
    let trials = || arm.scenarios.iter().flat_map(|scenario| scenario.trials());
    let blocks = arm.scenarios.iter().map(|scenario| scenario.blocks.len()).max().unwrap_or(0);
    let blocks = format!("{blocks} {}", if blocks == 1 { "block" } else { "blocks" });
    let engine = arm.first().and_then(|trial| trial.target.engine.as_ref());
    let engine = engine.map(|engine| match &engine.version {
        Some(version) => format!("{} {version}", engine.name),
        None => engine.name.clone(),
    });
    let study = run.study.as_ref().map(|study| format!("study {study}"));
    let what: Vec<String> =
        [study.or(Some("bench".to_owned())), engine, Some(blocks)].into_iter().flatten().collect();
    SideSeen {
        name: format!("{}:{}", run.named, arm.name),
        what: what.join(" · "),
        simulated: trials().any(|(_, trial, _)| trial.simulated),
        began_ns: trials().map(|(_, trial, _)| trial.started_ns).min(),
    }
}

/// What the study that holds both arms says of them itself, where it was concluded.
fn study_says(
    run: &RunRead,
    [one, two]: [&ArmRead; 2],
    (how, asked): (How, &ToCompare),
) -> Vec<String> {
    if how != How::OneStudy {
        return Vec::new();
    }
    // A verdict that can't be read is none that could be quoted.
    let Ok(Some(verdict)) = run.run.verdict() else {
        return vec![format!("none yet: tokenometer report {} tells how far it is", run.named)];
    };
    let names = [&one.name, &two.name];
    let is_of_both = |comparison: &&Comparison| {
        names.contains(&&comparison.arm)
            && names.contains(&&comparison.reference)
            && asked.wants(&comparison.scenario)
    };
    let of_both = verdict.comparisons.iter().filter(is_of_both);
    let said: Vec<String> = of_both.map(|comparison| comparison.sentence.clone()).collect();
    match said.is_empty() {
        true => vec!["the study doesn't compare these two arms".to_owned()],
        false => said,
    }
}
