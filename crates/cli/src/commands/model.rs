//! `tokenometer model`.

use indicatif::HumanBytes;
use serde_json::json;
use tokenometer_engine::tiny_model::{MadeFile, TinyModel};
use tokenometer_workload::Tokenizer;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::ModelToMake;

/// Makes a tiny model with our own tokenizer, and prints where it lies.
pub(crate) fn make_model(
    to_make: &ModelToMake,
    json: bool,
    printer: Printer,
) -> Result<Exit, Failure> {
    let ModelToMake { ref folder, seed, gguf } = *to_make;
    let [(_, tokenizer), (_, tokenizer_config)] = Tokenizer::builtin_files();
    let model = TinyModel { seed, tokenizer, tokenizer_config, gguf };
    let made = model.make(folder).map_err(|error| Failure::new(error, Exit::USAGE))?;
    let text = if json { json!(made).to_string() } else { made.folder.display().to_string() };
    printer.data(&format!("{text}\n"))?;
    printer.say(&format!("{} parameters, seed {seed}", made.parameters));
    for file in &made.files {
        printer.say(&line(file));
    }
    Ok(Exit::DONE)
}

/// What is said of a file.
fn line(file: &MadeFile) -> String {
    let MadeFile { name, bytes, sha256, was_there } = file;
    let state = if *was_there { "was there" } else { "made" };
    format!("{state} {name}: {}, SHA-256 {sha256}", HumanBytes(*bytes))
}
