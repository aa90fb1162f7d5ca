//! What doesn't count, and what can't be said: trials that are invalid, failed, saturated or
//! missing, arms that can't be compared, and what nobody could check. Nothing is left out
//! for looking bad.

use std::collections::BTreeSet;

use tokenometer_core::verdict::Answer;
use tokenometer_core::{GateStatus, Standing};
use tokenometer_results::Trial;

use super::heading;
use super::words::text;
use crate::digest::Digest;
use crate::{Ending, StudySeen};

/// Writes it; where there is nothing it says so.
pub(super) fn write(out: &mut String, seen: &StudySeen<'_>, digest: &Digest) {
    heading(out, "What doesn't count");
    let mut lines = trials(seen);
    lines.extend(comparisons(seen));
    lines.extend(
        digest
            .voids
            .iter()
            .map(|(folder, why)| format!("{folder} was void and measured again: {why}")),
    );
    lines.extend(digest.troubles.iter().cloned());
    if lines.is_empty() {
        out.push_str("Every trial counts, and everything that was compared could be.\n");
    }
    for line in lines {
        out.push_str(&format!("- {}\n", text(&line)));
    }
    let unverified: BTreeSet<&str> = seen
        .verdict
        .iter()
        .flat_map(|verdict| &verdict.comparisons)
        .flat_map(|comparison| comparison.unverified.iter().map(String::as_str))
        .collect();
    if !unverified.is_empty() {
        let all: Vec<&str> = unverified.into_iter().collect();
        out.push_str(&format!("\nNot verified: {}.\n", text(&all.join(", "))));
    }
}

/// A line for each way in which an arm's trials of a scenario don't count, with the blocks.
fn trials(seen: &StudySeen<'_>) -> Vec<String> {
    let mut said: Vec<(String, String, Vec<String>)> = Vec::new();
    for cell in &seen.cells {
        let why = match &cell.ending {
            Ending::Carried(trial) => match why(trial) {
                Some(why) => why,
                None => continue,
            },
            Ending::Failed { phase, why } => {
                let lines: Vec<&str> = why.lines().collect();
                format!("failed in {phase}: {}", lines.join("; "))
            }
            Ending::Missing => "missing: it was never come to".to_owned(),
        };
        let who = format!("{}, {}", cell.arm, cell.scenario);
        match said.iter_mut().find(|(known, words, _)| *known == who && *words == why) {
            Some((_, _, blocks)) => blocks.push(cell.block.to_string()),
            None => said.push((who, why, vec![cell.block.to_string()])),
        }
    }
    said.into_iter()
        .map(|(who, why, blocks)| {
            let word = if blocks.len() == 1 { "block" } else { "blocks" };
            format!("{who} ({word} {}): {why}", blocks.join(", "))
        })
        .collect()
}

/// Why a trial doesn't count, or counts only in part.
fn why(trial: &Trial) -> Option<String> {
    if trial.interrupted {
        return Some("interrupted: it was stopped before its end".to_owned());
    }
    let word = match trial.validity.standing {
        Standing::Valid => return None,
        Standing::Invalid => "invalid",
        Standing::Failed => "failed",
        Standing::Saturated => "saturated, so that its latencies don't count",
    };
    let failed = trial.validity.gates.iter().filter(|gate| gate.status == GateStatus::Failed);
    let gates: Vec<String> =
        failed.map(|gate| format!("{} {}: {}", gate.id, gate.name, gate.saw)).collect();
    Some(match gates.is_empty() {
        true => word.to_owned(),
        false => format!("{word}; {}", gates.join("; ")),
    })
}

/// The arms that can't be compared, each pair once with its reasons.
fn comparisons(seen: &StudySeen<'_>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for comparison in seen.verdict.iter().flat_map(|verdict| &verdict.comparisons) {
        let Answer::NotComparable { reasons } = &comparison.answer else { continue };
        let line = format!(
            "{}: {} and {} are not comparable: {}",
            comparison.scenario,
            comparison.arm,
            comparison.reference,
            reasons.join("; ")
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
