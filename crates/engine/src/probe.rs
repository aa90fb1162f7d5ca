//! Is something there, and what is it?

use tokenometer_core::Address;

use crate::error::EngineError;
use crate::http::{Answer, Control};
use crate::identity::{Identity, identify};
use crate::model::{self, ServedModel, read_models};

/// What a running server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Where it is.
    pub address: Address,
    /// Which engine it is, as far as it can be told.
    pub identity: Identity,
    /// The models that it serves, or why it does not say.
    pub models: Result<Vec<ServedModel>, String>,
    /// Whether `/health` answers with success; asked only where the models are
    /// not listed, since SGLang's takes a second.
    pub healthy: Option<bool>,
}

impl Probed {
    /// Settles which model is meant: `wanted` if it is served, without it the
    /// only one that is served.
    ///
    /// # Errors
    /// Several models and none wanted; one wanted that is not served (the most
    /// similar served names come first); none wanted and no list to choose
    /// from. A server that can't list its models is believed to serve the
    /// wanted one.
    pub fn choose(&self, wanted: Option<&str>) -> Result<String, EngineError> {
        model::choose(&self.address, &self.models, wanted)
    }

    /// What the server says of a model, if it lists it.
    pub fn served(&self, id: &str) -> Option<&ServedModel> {
        self.models.iter().flatten().find(|model| model.id == id)
    }
}

/// Asks a running server who it is and what it serves.
///
/// `/v1/models` comes first, since every server here has it, and answers it at
/// once. Whatever answers in HTTP counts as there, even without that route.
///
/// # Errors
/// Only if nothing can be had from the address at all: nobody listens, the
/// wrong scheme, no HTTP, a key missing, a redirect.
pub fn probe(control: &Control) -> Result<Probed, EngineError> {
    let answer = control.get("/v1/models")?;
    if matches!(answer.status, 401 | 403) {
        return Err(control.refusal(&answer));
    }
    let mut models = listed(control, &answer);
    let identity = identify(control, answer.json().as_ref());
    match identity.name.as_deref() {
        // Its list is of what lies in its cache folder; the model that it was
        // started with need not be among them.
        Some("transformers") if models.is_ok() => {
            models = Err("transformers lists its cache, not what it serves".to_owned());
        }
        Some("sglang") => add_model_path(control, &mut models),
        _ => {}
    }
    let healthy = match models {
        Ok(_) => None,
        Err(_) => control.get("/health").ok().map(|answer| answer.is_success()),
    };
    Ok(Probed { address: control.address().clone(), identity, models, healthy })
}

/// The models in an answer of `/v1/models`, or why there are none.
fn listed(control: &Control, answer: &Answer) -> Result<Vec<ServedModel>, String> {
    if !answer.is_success() {
        return Err(format!(
            "/v1/models answered HTTP {}: {}",
            answer.status,
            control.complaint(answer)
        ));
    }
    answer
        .json()
        .as_ref()
        .and_then(read_models)
        .ok_or_else(|| "what /v1/models answered is no list of models".to_owned())
}

/// SGLang lists a model's name as its root; its real origin stands elsewhere.
fn add_model_path(control: &Control, models: &mut Result<Vec<ServedModel>, String>) {
    let Ok([model]) = models.as_deref_mut() else { return };
    let info = control.get("/get_model_info").ok().and_then(|answer| answer.json());
    if let Some(path) = info.as_ref().and_then(|info| info["model_path"].as_str()) {
        model.root = Some(path.to_owned());
    }
}
