//! The set-up: engines with their commands, workloads with their hashes, the machine, and
//! what the arms differ in.

use std::collections::BTreeSet;

use tokenometer_results::{Environment, Trial};

use super::heading;
use super::words::{block, code_in_cell, table, text};
use crate::StudySeen;
use crate::console::workload_words;
use crate::digest::Digest;
use crate::measured::{ArmMeasured, Measured};
use crate::number::short;

/// What stands where nothing is known.
const UNKNOWN: &str = "–";

/// Writes the set-up.
pub(super) fn write(
    out: &mut String,
    seen: &StudySeen<'_>,
    measured: &Measured<'_>,
    digest: &Digest,
) {
    heading(out, "Set-up");
    arms(out, seen, measured);
    commands(out, seen, digest);
    workloads(out, measured);
    differences(out, seen);
    if let Some(environment) = &digest.environment {
        machine(out, environment);
    }
}

fn arms(out: &mut String, seen: &StudySeen<'_>, measured: &Measured<'_>) {
    let rows: Vec<Vec<String>> = seen
        .arms
        .iter()
        .map(|arm| {
            let of_arm = measured.scenarios.iter().flat_map(|scenario| &scenario.arms);
            let trial = of_arm.filter(|one| one.name == *arm).flat_map(ArmMeasured::carried).next();
            let engine = trial.and_then(|trial| trial.target.engine.as_ref());
            let known = |words: Option<&str>| words.map_or(UNKNOWN.to_owned(), text);
            vec![
                text(arm),
                known(engine.map(|engine| engine.name.as_str())),
                known(engine.and_then(|engine| engine.version.as_deref())),
                known(trial.map(|trial| trial.target.model.as_str())),
                known(trial.map(served)),
            ]
        })
        .collect();
    out.push_str(&table(&["arm", "engine", "version", "model", "served"], 5, &rows));
}

/// By what an arm's answers came.
fn served(trial: &Trial) -> &'static str {
    if trial.simulated { "simulated" } else { "by the engine" }
}

/// How each arm was started, as far as we started it.
fn commands(out: &mut String, seen: &StudySeen<'_>, digest: &Digest) {
    for arm in &seen.arms {
        let Some(start) = digest.starts.iter().find(|start| start.arm == *arm) else { continue };
        let words: Vec<String> =
            start.start.command.iter().map(|word| crate::console::shell_word(word)).collect();
        out.push_str(&format!("\n{}, as it was started in block {}:\n\n", text(arm), start.block));
        out.push_str(&block("sh", &words.join(" ")));
    }
}

fn workloads(out: &mut String, measured: &Measured<'_>) {
    let rows: Vec<Vec<String>> = measured
        .scenarios
        .iter()
        .filter_map(|scenario| {
            let carried = scenario.arms.iter().flat_map(ArmMeasured::carried);
            let hashes: BTreeSet<(u32, &str)> =
                carried.map(|trial| (trial.block, trial.workload_sha256.as_str())).collect();
            let hashes: Vec<String> = hashes
                .iter()
                .map(|(block, sha)| format!("block {block} {}", code_in_cell(&begun(sha))))
                .collect();
            let words = workload_words(scenario.workload?);
            Some(vec![text(scenario.name), text(&words), hashes.join("<br>")])
        })
        .collect();
    if !rows.is_empty() {
        out.push_str(&format!(
            "\n{}",
            table(&["scenario", "workload", "SHA-256 (its first digits)"], 3, &rows)
        ));
    }
}

/// A hash, as far as it takes to tell it from others.
fn begun(sha256: &str) -> String {
    sha256.chars().take(16).collect()
}

/// What arms differ in, once for each pair: as declared, and as their engines chose.
fn differences(out: &mut String, seen: &StudySeen<'_>) {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for comparison in seen.verdict.iter().flat_map(|verdict| &verdict.comparisons) {
        let declared = comparison.declared.iter().map(|field| ("declared", field));
        let chosen = comparison.strategy.iter().map(|field| ("chosen by the engines", field));
        for (how, field) in declared.chain(chosen) {
            let row = vec![
                text(&field.field),
                format!("{}: {}", text(&comparison.arm), text(&field.arm)),
                format!("{}: {}", text(&comparison.reference), text(&field.reference)),
                how.to_owned(),
            ];
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    if !rows.is_empty() {
        let header = ["differs in", "arm", "reference", ""];
        out.push_str(&format!("\n{}", table(&header, 4, &rows)));
    }
}

fn machine(out: &mut String, environment: &Environment) {
    let gigabytes = |bytes: u64| format!("{} GB of memory", short(bytes as f64 / 1e9));
    let parts = [
        environment.cpu_model.clone(),
        environment.cores.map(|cores| format!("{cores} logical cores")),
        environment.memory_bytes.map(gigabytes),
        environment.os.clone(),
        environment.kernel.clone(),
        environment.governor.as_ref().map(|governor| format!("governor {governor}")),
        environment.clocksource.as_ref().map(|clock| format!("clock {clock}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    out.push_str(&format!("\nThe client's machine: {}.\n", text(&parts.join(" · "))));
    let versions: Vec<String> =
        environment.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    if !versions.is_empty() {
        out.push_str(&format!("Versions: {}.\n", text(&versions.join(", "))));
    }
}
