//! `tokenometer compare`.

use tokenometer_lab::compare::{compare as compared, has_an_effect};
use tokenometer_report::compare::{Finding, compare as page, compare_json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Compare;

/// Prints runs beside one another. With a limit the exit code says whether it was kept;
/// without one, whether anything could be compared.
pub(crate) fn compare(compare: &Compare, printer: Printer) -> Result<Exit, Failure> {
    let Compare { sides, asked, json } = compare;
    let seen = compared(sides, asked)?;
    let text = if *json { compare_json(&seen) + "\n" } else { page(&seen, printer.style()) };
    printer.data(&text)?;
    Ok(match seen.limit.as_ref().map(|limit| limit.finding) {
        Some(Finding::Beyond) => Exit::LIMIT,
        Some(Finding::Open) => Exit::INVALID,
        Some(Finding::Within) => Exit::DONE,
        None if has_an_effect(&seen) => Exit::DONE,
        None => Exit::INVALID,
    })
}
