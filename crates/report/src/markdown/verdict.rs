//! The verdict of a study as Markdown: its sentences as they are, and the rule behind them.

use std::collections::BTreeSet;

use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Answer, Comparison};

use super::heading;
use super::words::text;
use crate::StudySeen;

/// Writes the verdict; where nothing was compared it says so.
pub(super) fn write(out: &mut String, seen: &StudySeen<'_>) {
    heading(out, "Verdict");
    let Some(verdict) = seen.verdict else {
        out.push_str("None: nothing was compared. All that follows are numbers.\n");
        return;
    };
    if let Some(why) = crate::verdict::nothing_decided(verdict) {
        out.push_str(&format!("{}\n", text(&why)));
        attained(out, verdict);
        return;
    }
    let mut said = BTreeSet::new();
    for comparison in &verdict.comparisons {
        if said.insert(&comparison.sentence) {
            out.push_str(&item(comparison));
        }
    }
    out.push_str(&format!("\n{}.\n", text(&crate::verdict::rule(verdict))));
    beside(out, verdict);
}

fn item(comparison: &Comparison) -> String {
    let mut beside = comparison.remarks.clone();
    if let Some(agreement) = comparison.agreement {
        beside.push(format!(
            "their answers are the same in {} of {} requests that both answered",
            agreement.same, agreement.of
        ));
    }
    let beside = match beside.is_empty() {
        true => String::new(),
        false => format!(" ({})", text(&beside.join("; "))),
    };
    format!("- {} {}{beside}\n", mark(&comparison.answer), text(&comparison.sentence))
}

/// The mark before an answer, which says nothing that its words don't.
fn mark(answer: &Answer) -> &'static str {
    match answer {
        Answer::Better => "▲",
        Answer::Worse => "▼",
        Answer::Equivalent { .. } => "=",
        Answer::Undecided => "?",
        _ => "!",
    }
}

/// What a reader has to know beside the answers.
fn beside(out: &mut String, verdict: &Verdict) {
    attained(out, verdict);
    if let Some(twins) = &verdict.twins {
        out.push_str(&format!("\n{}.\n", text(&crate::verdict::noise(twins))));
    }
    for name in &verdict.idle_declarations {
        let line = format!("{name} is said to differ, and doesn't anywhere");
        out.push_str(&format!("\n{}.\n", text(&line)));
    }
}

/// Which arms met the objectives.
fn attained(out: &mut String, verdict: &Verdict) {
    for line in crate::verdict::attainments(verdict) {
        out.push_str(&format!("\nObjectives, {}.\n", text(&line)));
    }
}
