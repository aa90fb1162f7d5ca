//! `tokenometer doctor`.

use std::path::Path;

use serde_json::json;
use tokenometer_lab::{Check, Status, examine, judge_noise, noise_floor};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// The widest that a line gets.
const WIDTH: usize = 92;
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
    text.push_str(&beside(&check.saw));
    let fix = check.fix.as_ref().map(|fix| format!("fix: {fix}"));
    for line in [Some(&check.means), fix.as_ref()].into_iter().flatten() {
        text.push_str(&" ".repeat(MARGIN));
        text.push_str(&beside(line));
    }
    text
}

/// Prose that is wrapped to the right of the margin.
fn beside(prose: &str) -> String {
    let mut text = String::new();
    let mut column = MARGIN;
    for word in prose.split(' ') {
        let width = word.chars().count();
        if column > MARGIN {
            let (gap, at) = if column + 1 + width > WIDTH {
                (format!("\n{:MARGIN$}", ""), MARGIN)
            } else {
                (" ".to_owned(), column + 1)
            };
            text.push_str(&gap);
            column = at;
        }
        text.push_str(word);
        column += width;
    }
    text + "\n"
}
