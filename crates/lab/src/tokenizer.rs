//! Which tokenizer makes prompts and counts answers, and whether the server
//! has the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokenometer_core::Prompt;
use tokenometer_engine::Control;
use tokenometer_workload::{LoadSettings, Tokenizer, Workload};

use crate::meeting::{Met, access};
use crate::settings::{Host, TargetSettings, TokenizerChoice, TrialSettings};
use crate::{LabError, meeting};

/// How many prompts the server is asked to count.
const COMPARED: usize = 16;

/// The longest that counting one of them may take.
const COUNT_LIMIT: Duration = Duration::from_secs(60);

/// Loads the tokenizer that was chosen.
pub(crate) fn choose(
    settings: &TrialSettings,
    target: &TargetSettings,
    host: &Host,
) -> Result<Option<Arc<Tokenizer>>, LabError> {
    let tokenizer = match &settings.tokenizer {
        TokenizerChoice::None => return Ok(None),
        TokenizerChoice::OfPrompts => Tokenizer::builtin(),
        TokenizerChoice::Named { name, caches } => Tokenizer::find(name, caches)?,
        TokenizerChoice::OfServer { caches } => of_server(settings, target, host, caches)?,
    };
    Ok(Some(Arc::new(tokenizer)))
}

/// The tokenizer that was chosen, where no server has to be asked for it: the
/// outer `None` says that one has to.
pub(crate) fn without_server(
    settings: &TrialSettings,
) -> Result<Option<Option<Arc<Tokenizer>>>, LabError> {
    match &settings.tokenizer {
        TokenizerChoice::None => Ok(Some(None)),
        TokenizerChoice::OfPrompts => Ok(Some(Some(Arc::new(Tokenizer::builtin())))),
        TokenizerChoice::Named { name, caches } => {
            Ok(Some(Some(Arc::new(Tokenizer::find(name, caches)?))))
        }
        TokenizerChoice::OfServer { .. } => Ok(None),
    }
}

/// The tokenizer that the server names: its path on this machine, or its name
/// in a cache. The embedded engine's is the one that comes with this program.
fn of_server(
    settings: &TrialSettings,
    target: &TargetSettings,
    host: &Host,
    caches: &[PathBuf],
) -> Result<Tokenizer, LabError> {
    let TargetSettings::Running { address, model, ready_within } = target else {
        return Ok(Tokenizer::builtin());
    };
    let control = Control::new(address, access(settings, host))?;
    meeting::wait(*ready_within, &control)?;
    let names = named(&control, model.as_deref());
    for name in &names {
        if let Ok(tokenizer) = Tokenizer::find(name, caches) {
            return Ok(tokenizer);
        }
    }
    Err(LabError::NoTokenizerOfServer { address: address.to_string(), names })
}

/// What the server calls its tokenizer, or its model, the closest word first.
fn named(control: &Control, model: Option<&str>) -> Vec<String> {
    let info = ["/model_info", "/get_model_info"].iter().find_map(|route| {
        let answer = control.get(route).ok()?;
        answer.is_success().then(|| answer.json()).flatten()
    });
    let told = |field: &str| Some(info.as_ref()?[field].as_str()?.to_owned());
    let listed = control.get("/v1/models").ok().and_then(|answer| answer.json());
    let first = |field: &str| Some(listed.as_ref()?["data"][0][field].as_str()?.to_owned());
    let mut names: Vec<String> = [
        told("tokenizer_path"),
        told("model_path"),
        first("root"),
        model.map(str::to_owned),
        first("id"),
    ]
    .into_iter()
    .flatten()
    .collect();
    names.dedup();
    names
}

/// Asks the server to count the first prompts, and fails where it counts
/// otherwise than our tokenizer does, or can't be asked.
pub(crate) fn compare(
    tokenizer: &Tokenizer,
    workload: &Workload,
    load: &LoadSettings,
    met: &Met,
) -> Result<(), LabError> {
    let schedule = workload.schedule(load, None)?;
    let mut compared = 0;
    for request in schedule.requests.iter().take(COMPARED) {
        let Prompt::Text(text) = &request.prompt else { continue };
        let ours = tokenizer.count(text)? + tokenizer.added_tokens();
        let theirs = counted_there(met, text)?;
        if theirs != ours {
            return Err(LabError::OtherTokenizer {
                tokenizer: tokenizer.path().display().to_string(),
                ours,
                theirs,
                text: text.chars().take(60).collect(),
            });
        }
        compared += 1;
    }
    if compared == 0 { Err(LabError::NothingToCompare) } else { Ok(()) }
}

/// What the server counts in a text, by its `/tokenize`.
fn counted_there(met: &Met, text: &str) -> Result<u32, LabError> {
    let body = json!({ "model": met.target.model, "prompt": text });
    let answer = met.control.post("/tokenize", &body, COUNT_LIMIT)?;
    let count = answer.json().filter(|_| answer.is_success()).and_then(|said| {
        let counted = said["tokens"].as_array().map(|tokens| tokens.len() as u64);
        said["count"].as_u64().or(counted)
    });
    count.map(|count| count as u32).ok_or_else(|| LabError::NoCounting {
        address: met.target.address.to_string(),
        said: format!("HTTP {}: {}", answer.status, met.control.complaint(&answer)),
    })
}
