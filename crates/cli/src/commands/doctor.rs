//! `tokenometer doctor`.

use std::path::Path;

use serde_json::json;
use tokenometer_lab::{Check, Status, examine, judge_noise, noise_floor};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::prose::beside;

/// Where what was seen begins.
const MARGIN: usize = 18;

/// Examines this machine, and prints what it saw.
pub(crate) fn doctor(json: bool, printer: Printer) -> Result<Exit, Failure> {
    let mut checks = examine(Path::new("/"));
    let noise = noise_floor(&super::host(None)?, &std::env::temp_dir());
    checks.push(judge_noise(&noise));
    let text = if json {
        format!("{}\n", json!({ "checks": checks, "noise_floor": noise.ok().flatten() }))
    } else {
        checks.iter().map(entry).collect()
    };
    printer.data(&text)?;
    Ok(Exit::DONE)
}

/// What is said of one check.
fn entry(check: &Check) -> String {
    let mark = match check.status {
        Status::Good => '✓',
        Status::Doubtful => '!',
        Status::Bad => '✗',
        Status::Unknown => '?',
    };
    let mut text = format!("{mark} {:<1$}", check.name, MARGIN - 2);
    text.push_str(&beside(MARGIN, &check.saw));
    let fix = check.fix.as_ref().map(|fix| format!("fix: {fix}"));
    for line in [Some(&check.means), fix.as_ref()].into_iter().flatten() {
        text.push_str(&" ".repeat(MARGIN));
        text.push_str(&beside(MARGIN, line));
    }
    text
}
