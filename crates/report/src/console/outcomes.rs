//! How the requests ended. Failures are never hidden.

use tokenometer_core::Outcome;
use tokenometer_results::{FailureSeen, Trial};

use crate::number::{count, percent};
use crate::page::{Page, printable};

/// The length of the bar of all requests.
const BAR: f64 = 40.0;

/// The most ways of failing that are shown; the file has more.
const MOST_SHOWN: usize = 6;

/// The most characters of a server's words that are shown.
const WORDS_SHOWN: usize = 160;

/// Writes the outcomes.
pub(super) fn write(page: &mut Page, trial: &Trial) {
    let requests = trial.summary.requests;
    page.heading("Outcomes", &format!("of the {} requests due in the window", count(requests)));
    if requests == 0 {
        page.line("  none: no request was due in it");
        return;
    }
    // The good ones first, then in the order in which outcomes are tested.
    let order = Outcome::ALL.into_iter().rev().filter(|outcome| outcome.is_ok());
    for outcome in order.chain(Outcome::ALL.into_iter().filter(|outcome| !outcome.is_ok())) {
        let number = trial.summary.outcomes.get(outcome.name()).copied().unwrap_or(0);
        if number > 0 || outcome.is_ok() {
            one(page, outcome, number, requests);
        }
    }
    said(page, &trial.failures);
}

/// One outcome, as a number, a share and a bar.
fn one(page: &mut Page, outcome: Outcome, number: u64, requests: u64) {
    let share = number as f64 / requests as f64;
    let bar = bar(share);
    let bar = if outcome.is_ok() { page.style.good(&bar) } else { page.style.bad(&bar) };
    page.line(&format!(
        "  {:<12}{:>9}  {:>8}  {bar}",
        outcome.name(),
        count(number),
        percent(share)
    ));
}

/// A bar in eighths of a column; whatever exists can be seen.
fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * BAR * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// What was said of the failures.
fn said(page: &mut Page, failures: &[FailureSeen]) {
    for failure in failures.iter().take(MOST_SHOWN) {
        let status = failure.status.map(|status| format!(" (HTTP {status})")).unwrap_or_default();
        let words = match &failure.error {
            Some(error) => format!("“{}”", shortened(&printable(error))),
            None => "nothing was said".to_owned(),
        };
        let text = format!(
            "{} {}{status}: {words}, first in request {}",
            count(failure.requests),
            failure.outcome,
            failure.first_request
        );
        page.item("·", &text);
    }
    if failures.len() > MOST_SHOWN {
        let more = failures.len() - MOST_SHOWN;
        page.item("·", &format!("{more} more ways of failing stand in trial.json"));
    }
}

/// The first of a server's words.
fn shortened(words: &str) -> String {
    match words.char_indices().nth(WORDS_SHOWN) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}
