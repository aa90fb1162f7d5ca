//! What is left out of a chart, and why, in as few lines as say it all.

use crate::measured::{ArmMeasured, Figure};
use crate::{CellSeen, Ending};

use super::names::shown;

/// Something of an arm in a scenario that a chart doesn't show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    arm: String,
    scenario: String,
    /// Why, with the blocks that it is said of.
    why: String,
}

/// Why a figure of an arm doesn't count in some blocks of a scenario; nothing where it counts
/// in all.
pub(crate) fn left_out(arm: &ArmMeasured<'_>, scenario: &str, figure: &Figure) -> Vec<LeftOut> {
    because(arm, scenario, |cell| match cell.ending {
        Ending::Carried(trial) if figure.value(trial).is_some() => None,
        Ending::Carried(trial) if figure.kind.counts(trial) => Some(match figure.withheld(trial) {
            Some(gate) => format!("{} withheld by {} {}", figure.title, gate.id, gate.name),
            None => format!("{} absent", figure.title),
        }),
        _ => Some(cell.ending.standing().to_owned()),
    })
}

/// Why something of an arm isn't shown of some blocks of a scenario.
pub(super) fn because(
    arm: &ArmMeasured<'_>,
    scenario: &str,
    why: impl Fn(&CellSeen<'_>) -> Option<String>,
) -> Vec<LeftOut> {
    let mut reasons: Vec<(String, Vec<u32>)> = Vec::new();
    for cell in &arm.cells {
        let Some(why) = why(cell) else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, blocks)) => blocks.push(cell.block),
            None => reasons.push((why, vec![cell.block])),
        }
    }
    let of_reason = |(why, blocks): (String, Vec<u32>)| {
        let is_all = blocks.len() == arm.cells.len() && blocks.len() > 1;
        let when = if is_all { "all blocks".to_owned() } else { in_words(&blocks) };
        altogether(arm, scenario, &format!("{why} in {when}"))
    };
    reasons.into_iter().map(of_reason).collect()
}

/// An arm of which nothing is shown of a scenario, whatever the block.
pub(super) fn altogether(arm: &ArmMeasured<'_>, scenario: &str, why: &str) -> LeftOut {
    LeftOut { arm: shown(arm.name), scenario: shown(scenario), why: why.to_owned() }
}

/// Blocks in words.
fn in_words(blocks: &[u32]) -> String {
    let numbers: Vec<String> = blocks.iter().map(u32::to_string).collect();
    format!("block{} {}", if blocks.len() == 1 { "" } else { "s" }, numbers.join(", "))
}

/// Adds what isn't there yet.
pub(crate) fn note(notes: &mut Vec<LeftOut>, more: impl IntoIterator<Item = LeftOut>) {
    for note in more {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// Values under keys, in the order of first sight.
type Under<K, V> = Vec<(K, V)>;

/// A line for each reason: the arms and scenarios that it is said of, those arms together
/// that have the same scenarios.
pub(crate) fn lines(notes: &[LeftOut]) -> Vec<String> {
    let mut reasons: Under<&str, Under<&str, Vec<&str>>> = Vec::new();
    for LeftOut { arm, scenario, why } in notes {
        let arms = entry(&mut reasons, why.as_str());
        entry(arms, arm.as_str()).push(scenario);
    }
    let line = |(why, arms): (&str, Under<&str, Vec<&str>>)| {
        let mut alike: Under<Vec<&str>, Vec<&str>> = Vec::new();
        for (arm, scenarios) in arms {
            entry(&mut alike, scenarios).push(arm);
        }
        let parts: Vec<String> = alike
            .into_iter()
            .map(|(scenarios, arms)| format!("{} in {}", arms.join(", "), scenarios.join(", ")))
            .collect();
        format!("Left out, {why}: {}.", parts.join("; "))
    };
    reasons.into_iter().map(line).collect()
}

/// What stands under a key; nothing yet where it is seen first.
fn entry<K: PartialEq, V: Default>(all: &mut Under<K, V>, key: K) -> &mut V {
    let place = all.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        all.push((key, V::default()));
        all.len() - 1
    });
    &mut all[place].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_for_one_reason_is_one_line() {
        let left = |arm: &str, scenario: &str, why: &str| LeftOut {
            arm: arm.to_owned(),
            scenario: scenario.to_owned(),
            why: why.to_owned(),
        };
        let absent = "TTFT p99 absent in all blocks";
        let mut notes = Vec::new();
        for (arm, scenarios) in [("a", ["c1", "c4"]), ("b", ["c1", "c4"]), ("c", ["c4", "c4"])] {
            note(&mut notes, scenarios.map(|scenario| left(arm, scenario, absent)));
        }
        note(&mut notes, [left("a", "c8", "saturated in block 2")]);
        assert_eq!(
            lines(&notes),
            [
                "Left out, TTFT p99 absent in all blocks: a, b in c1, c4; c in c4.",
                "Left out, saturated in block 2: a in c8."
            ]
        );
    }
}
