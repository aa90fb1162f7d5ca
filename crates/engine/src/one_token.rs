//! Tries a route with one token, in the very dialect and with the very fields
//! of the load to come, so that what the server objects to is said before the
//! load begins rather than in ten thousand failed requests.

mod answer;
mod body;
mod objection;

use std::time::Duration;

use serde_json::{Map, Value};
use tokenometer_core::Target;

use crate::error::EngineError;
use crate::http::Control;

/// Which of the optional things the load will ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Whether to ask for a stream, with a count of tokens at its end.
    pub stream: bool,
    /// Whether to ask that the end-of-sequence token be ignored.
    pub ignore_eos: bool,
    /// Whether the prompt is a list of token ids. Only the bodies of
    /// [`Dialect::OpenaiCompletions`](tokenometer_core::Dialect) and
    /// [`Dialect::SglangGenerate`](tokenometer_core::Dialect) can hold one;
    /// elsewhere it is no part of the question.
    pub token_ids: bool,
    /// The sampling temperature; `None` leaves it to the server.
    pub temperature: Option<f64>,
    /// The path to ask at, instead of the dialect's own.
    pub route: Option<String>,
    /// Merged into the body last, as a JSON merge patch (RFC 7396).
    pub extra: Map<String, Value>,
    /// The longest to wait: an engine may compile for minutes before its very
    /// first token.
    pub limit: Duration,
}

impl Default for Ask {
    fn default() -> Ask {
        Ask {
            stream: true,
            ignore_eos: false,
            token_ids: false,
            temperature: Some(0.0),
            route: None,
            extra: Map::new(),
            limit: Duration::from_secs(300),
        }
    }
}

/// What came of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneToken {
    /// The text, which may be empty: not every token has some.
    pub text: String,
    /// The prompt's tokens, by the server's count.
    pub input_tokens: Option<u32>,
    /// The generated tokens, by the server's count. More than one: the server
    /// does not keep to the length asked.
    pub output_tokens: Option<u32>,
    /// Why it stopped, in the server's word.
    pub finish_reason: Option<String>,
}

/// Asks `target` for one token over its dialect's route, or the one of the ask.
///
/// # Errors
/// What the server objects to, as closely as its words allow: the route, the
/// model, fields by name, the key; else its status and words. A success that
/// generates nothing, or carries an error frame, is an error too.
pub fn one_token(control: &Control, target: &Target, ask: &Ask) -> Result<OneToken, EngineError> {
    let route = ask.route.as_deref().unwrap_or(target.dialect.route(ask.stream));
    let answer = control.post(route, &body::body(target, ask), ask.limit)?;
    match answer.is_success() {
        true => answer::read(control, &answer, (target.dialect, ask.stream)),
        false => Err(objection::objection(control, &answer, target, ask)),
    }
}
