//! How long each arm takes from its command to its first token, stage by stage.

use crate::StudySeen;
use crate::chart::{Axis, Bar, Bars, Body, Chart, Group, Scale, Series};
use crate::digest::{Digest, StartSeen};
use crate::measured::Mean;

use super::names::shown;

/// The stage with which a start is over.
const LAST: &str = "first_token";

/// The stages of the cold start of each arm, one upon the other.
pub(super) fn charts(seen: &StudySeen<'_>, digest: &Digest) -> Vec<Chart> {
    let mut notes = Vec::new();
    let arms: Vec<(&str, Vec<&StartSeen>)> =
        seen.arms.iter().filter_map(|arm| whole_starts(arm, digest, &mut notes)).collect();
    if arms.is_empty() {
        return Vec::new();
    }
    let stages = stages(&arms);
    let group = |(place, stage): (usize, &&str)| Group {
        // After the arms' looks, so that a stage isn't taken for an arm.
        series: Series { name: shown(stage).replace('_', " "), look: seen.arms.len() + place },
        bars: arms.iter().map(|(_, starts)| bar(stage, starts)).collect(),
    };
    let groups = stages.iter().enumerate().map(group).collect();
    let names = arms.iter().map(|(arm, starts)| match starts.len() {
        1 => format!("{}, 1 start", shown(arm)),
        count => format!("{}, {count} starts", shown(arm)),
    });
    vec![Chart {
        id: "cold-start".to_owned(),
        title: "Cold start by stage".to_owned(),
        about: "How long each stage of a start took, the mean over an arm's starts that came to \
                their first token."
            .to_owned(),
        notes,
        body: Body::Bars(Bars {
            y: Axis::new("time since the command", "s", Scale::Linear),
            names: names.collect(),
            stacked: true,
            groups,
        }),
    }]
}

/// Every stage of some starts, in the order of the first that has it; the last one last.
fn stages<'d>(arms: &[(&str, Vec<&'d StartSeen>)]) -> Vec<&'d str> {
    let mut stages: Vec<&str> = Vec::new();
    for stage in arms.iter().flat_map(|(_, starts)| starts).flat_map(|seen| &seen.start.stages) {
        if stage.name != LAST && !stages.contains(&stage.name.as_str()) {
            stages.push(&stage.name);
        }
    }
    stages.push(LAST);
    stages
}

/// The starts of an arm that came to their first token, if any did: one that broke off before
/// would look fast.
fn whole_starts<'s, 'd>(
    arm: &'s str,
    digest: &'d Digest,
    notes: &mut Vec<String>,
) -> Option<(&'s str, Vec<&'d StartSeen>)> {
    let is_whole = |seen: &&StartSeen| seen.start.stages.iter().any(|stage| stage.name == LAST);
    let ours = || digest.starts.iter().filter(|seen| seen.arm == arm);
    let whole: Vec<&StartSeen> = ours().filter(is_whole).collect();
    let (all, broken) = (ours().count(), ours().count() - whole.len());
    if broken > 0 {
        notes.push(format!(
            "Left out: {broken} of {all} starts of {}, which came to no first token.",
            shown(arm)
        ));
    }
    (!whole.is_empty()).then_some((arm, whole))
}

/// How long a stage took in the mean; `None` where no start had it. One that a start didn't
/// have took it no time, so that the stages together are the mean of the whole.
fn bar(stage: &str, starts: &[&StartSeen]) -> Option<Bar> {
    let took = |seen: &&StartSeen| -> f64 {
        let ours = seen.start.stages.iter().filter(|known| known.name == stage);
        ours.map(|known| known.duration_s).sum()
    };
    let has = |seen: &&StartSeen| seen.start.stages.iter().any(|known| known.name == stage);
    let mean = Mean::of(&starts.iter().map(took).collect::<Vec<f64>>())?;
    starts.iter().any(has).then_some(Bar { height: mean.value, interval: None })
}
