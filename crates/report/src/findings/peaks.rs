//! The most that each arm reached, and where: a number, which ranks nobody.

use super::{Finding, Ground, Kind};
use crate::measured::{Figure, Mean, Measured, figure};
use crate::number::short;

/// The figure that peaks are told of.
const FIGURE: &str = "output_throughput";

/// One finding for each arm that has any block that counts. Arms stand in the order of the
/// study, and none is held against another.
pub(super) fn peaks(measured: &Measured<'_>) -> Vec<Finding> {
    let figure = figure(FIGURE).expect("it is one of the figures");
    let mut arms: Vec<(usize, &str)> = Vec::new();
    for arm in measured.scenarios.iter().flat_map(|scenario| &scenario.arms) {
        if !arms.contains(&(arm.look, arm.name)) {
            arms.push((arm.look, arm.name));
        }
    }
    arms.sort_unstable();
    arms.into_iter().filter_map(|(_, arm)| peak(measured, arm, figure)).collect()
}

fn peak(measured: &Measured<'_>, arm: &str, figure: &Figure) -> Option<Finding> {
    let means: Vec<(&str, Mean)> = measured
        .scenarios
        .iter()
        .filter_map(|scenario| {
            let of_arm = scenario.arms.iter().find(|one| one.name == arm)?;
            Some((scenario.name, of_arm.mean(figure)?))
        })
        .collect();
    let (scenario, mean) =
        means.iter().copied().max_by(|(_, one), (_, other)| one.value.total_cmp(&other.value))?;
    let among = match means.len() {
        1 => "the only scenario in which it counts".to_owned(),
        count => format!("of {count} scenarios in which it counts"),
    };
    let sentence = format!(
        "{arm} reached at most {} output {}, in {scenario} ({among}): {}.",
        short(mean.value),
        figure.unit,
        sure(&mean)
    );
    let ground = Ground::Figure {
        scenario: scenario.to_owned(),
        arm: arm.to_owned(),
        figure: figure.name,
        value: mean.value,
        interval: mean.interval,
        blocks: mean.blocks,
    };
    Some(
        Finding::new(Kind::Peak, sentence)
            .of_scenarios([scenario])
            .of_arms([arm])
            .resting_on([ground]),
    )
}

/// How sure a mean is, in words.
fn sure(mean: &Mean) -> String {
    match (mean.interval, mean.blocks) {
        (Some([low, high]), blocks) => {
            format!("the mean of {blocks} blocks, 95 % interval {} to {}", short(low), short(high))
        }
        (None, 1) => "one block, which doesn't tell how sure that is".to_owned(),
        (None, blocks) => {
            format!("the mean of {blocks} blocks, too few to tell how sure that is")
        }
    }
}
