//! Which arms of a study were simulated, and what: said before any number.

use tokenometer_results::Trial;

use super::{Ending, StudySeen};
use crate::page::printable;

/// The lines that say so; none where no arm was simulated.
pub(super) fn lines(seen: &StudySeen<'_>) -> Vec<String> {
    let simulated: Vec<(&str, Vec<String>)> = seen
        .arms
        .iter()
        .filter(|arm| trials(seen, arm).next().is_some())
        .map(|arm| (*arm, simulations(seen, arm)))
        .collect();
    let Some((_, first)) = simulated.first() else { return Vec::new() };
    let is_whole = simulated.len() == seen.arms.len();
    let is_alike = simulated.iter().all(|(_, words)| words == first);
    let (who, each) = match (is_whole, is_alike) {
        (true, true) => (format!("every arm{}", in_brackets(first)), false),
        (true, false) => ("every arm".to_owned(), true),
        (false, _) => {
            let named = |(arm, words): &(&str, Vec<String>)| format!("{arm}{}", in_brackets(words));
            (simulated.iter().map(named).collect::<Vec<_>>().join(", "), false)
        }
    };
    let mut lines = vec![format!("SIMULATED: {who}; such numbers describe no real engine.")];
    if each {
        lines.extend(simulated.iter().map(|(arm, words)| match words.is_empty() {
            true => format!("{arm}: by a script"),
            false => format!("{arm}: {}", words.join("; ")),
        }));
    }
    lines
}

/// The trials of an arm whose engine was simulated.
fn trials<'a>(seen: &'a StudySeen<'_>, arm: &'a str) -> impl Iterator<Item = &'a Trial> {
    seen.cells.iter().filter(move |cell| cell.arm == arm).filter_map(|cell| match cell.ending {
        Ending::Carried(trial) if trial.simulated => Some(trial),
        _ => None,
    })
}

/// What an arm simulated, each said once: an arm may be started with several
/// options.
fn simulations(seen: &StudySeen<'_>, arm: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for simulation in trials(seen, arm).filter_map(|trial| trial.simulation.as_ref()) {
        let words = printable(&simulation.to_string());
        if !all.contains(&words) {
            all.push(words);
        }
    }
    all
}

fn in_brackets(words: &[String]) -> String {
    if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) }
}
