//! How long each arm takes from its command to its first token, stage by stage.

use crate::StudySeen;
use crate::chart::{Axis, Bar, Bars, Body, Chart, Group, Scale, Series};
use crate::digest::{Digest, StartSeen};
use crate::measured::Mean;

use super::names::shown;

/// The stages of the cold start of each arm, one upon the other.
pub(super) fn charts(seen: &StudySeen<'_>, digest: &Digest) -> Vec<Chart> {
    let mut stages: Vec<&str> = Vec::new();
    let of_all = digest.starts.iter().flat_map(|seen| &seen.start.stages);
    for stage in of_all {
        if !stages.contains(&stage.name.as_str()) {
            stages.push(&stage.name);
        }
    }
    let mut notes = Vec::new();
    let arms: Vec<(&str, Vec<&StartSeen>)> =
        seen.arms.iter().filter_map(|arm| whole_starts(arm, digest, &mut notes)).collect();
    if stages.is_empty() || arms.is_empty() {
        return Vec::new();
    }
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
                their last stage."
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

/// The starts of an arm that have as many stages as the longest of them: a mean over others
/// would make a start that broke off look fast.
fn whole_starts<'s, 'd>(
    arm: &'s str,
    digest: &'d Digest,
    notes: &mut Vec<String>,
) -> Option<(&'s str, Vec<&'d StartSeen>)> {
    let ours: Vec<&StartSeen> = digest.starts.iter().filter(|seen| seen.arm == arm).collect();
    let most = ours.iter().map(|seen| seen.start.stages.len()).max().filter(|most| *most > 0)?;
    let (whole, cut): (Vec<_>, Vec<_>) =
        ours.into_iter().partition(|seen| seen.start.stages.len() == most);
    let left_out = cut.iter().map(|seen| {
        format!("Left out: {}: its start in block {} has fewer stages.", shown(arm), seen.block)
    });
    notes.extend(left_out);
    Some((arm, whole))
}

fn bar(stage: &str, starts: &[&StartSeen]) -> Option<Bar> {
    let stages = starts.iter().flat_map(|seen| &seen.start.stages);
    let ours: Vec<f64> =
        stages.filter(|known| known.name == stage).map(|known| known.duration_s).collect();
    Mean::of(&ours).map(|mean| Bar { height: mean.value, interval: None })
}
