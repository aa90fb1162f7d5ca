//! `tokenometer dataset make`.

use std::path::Path;

use serde_json::json;
use tokenometer_core::{Address, Endpoint};
use tokenometer_lab::dataset::{self, Category, Made, MadeList, PromptSettings};
use tokenometer_workload::write_builtin_conversations;

use super::output::{unwritable, write};
use crate::commands::roots;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::ToMake;

/// Makes it, and says what it made.
pub(crate) fn make(
    to_make: ToMake,
    out: &Path,
    json: bool,
    printer: Printer,
) -> Result<Exit, Failure> {
    let path = out.display();
    let (said, object) = match to_make {
        ToMake::Frozen(work) => of_workload(&dataset::freeze(&work, out)?),
        ToMake::Lines(work) => of_workload(&write(Some(out), printer, |path, file| {
            Ok(dataset::write_lines(&work, path, file)?)
        })?),
        ToMake::Conversations(count) => {
            write(Some(out), printer, |path, file| {
                write_builtin_conversations(file, count as usize)
                    .map_err(|error| unwritable(path, error))
            })?;
            of_list("conversations", count, out)
        }
        ToMake::Prompts(settings) => {
            let count = prompts(settings, out, printer)?;
            of_list("prompts", count, out)
        }
    };
    if json {
        printer.data(&format!("{object}\n"))?;
    } else {
        printer.data(&format!("{path}\n"))?;
    }
    printer.say(&said);
    Ok(Exit::DONE)
}

/// What is said of a workload.
fn of_workload(made: &Made) -> (String, serde_json::Value) {
    let input = made.input_tokens.map_or("uncounted".to_owned(), |tokens| tokens.to_string());
    let said = format!(
        "{} requests, {input} tokens of prompts and {} of answers; SHA-256 {}",
        made.requests, made.output_tokens, made.workload_sha256
    );
    (said, json!(made))
}

/// What is said of a list.
fn of_list(what: &str, count: u32, out: &Path) -> (String, serde_json::Value) {
    (format!("{count} {what}"), json!(MadeList { path: out.to_owned(), count }))
}

/// Has a server write prompts.
fn prompts(mut settings: PromptSettings, out: &Path, printer: Printer) -> Result<u32, Failure> {
    if let Address { endpoint: Endpoint::Tcp { tls: true, .. }, .. } = settings.address {
        settings.access.roots = roots()?;
    }
    let mut notice =
        |category: &Category, number: u32| printer.say(&format!("{} {number}", category.name));
    write(Some(out), printer, |path, file| {
        Ok(dataset::write_prompts(&settings, &mut notice, path, file)?)
    })
}
