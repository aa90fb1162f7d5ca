//! `tokenometer dataset sample`.

use std::path::Path;

use tokenometer_lab::dataset::{self, SampleSettings};

use super::output::write;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Takes the sample, and writes it.
pub(crate) fn sample(
    settings: &SampleSettings,
    out: Option<&Path>,
    printer: Printer,
) -> Result<Exit, Failure> {
    let sampled = write(out, printer, |path, file| Ok(dataset::sample(settings, path, file)?))?;
    let (taken, of, all) = (settings.count, sampled.passed, sampled.all);
    let where_to = out.map_or("to stdout".to_owned(), |path| format!("to {}", path.display()));
    printer.say(&format!(
        "{taken} prompts {where_to}, of the {of} that could be taken from {all} conversations"
    ));
    Ok(Exit::DONE)
}
