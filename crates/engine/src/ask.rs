//! Asks a model something and takes its whole answer: for what is written
//! before anything is measured, never for what is.

use std::time::Duration;

use serde_json::json;
use tokenometer_core::Message;
use tokenometer_core::complaint::shorten;

use crate::error::EngineError;
use crate::http::Control;

/// The route of a chat.
const CHAT: &str = "/v1/chat/completions";

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question<'a> {
    /// Which model.
    pub model: &'a str,
    /// The conversation up to the answer wanted.
    pub messages: &'a [Message],
    /// The sampling temperature.
    pub temperature: f64,
    /// The most tokens of the answer.
    pub max_tokens: u32,
    /// The longest to wait for it.
    pub limit: Duration,
}

/// The text of the answer.
///
/// # Errors
///
/// What keeps an answer from coming, the server's refusal, or
/// [`EngineError::Unreadable`] where the answer holds no text.
pub fn ask(control: &Control, question: &Question<'_>) -> Result<String, EngineError> {
    let body = json!({
        "model": question.model,
        "messages": question.messages,
        "temperature": question.temperature,
        "max_tokens": question.max_tokens,
    });
    let answer = control.post(CHAT, &body, question.limit)?;
    if !answer.is_success() {
        return Err(control.refusal(&answer));
    }
    let said = answer.json();
    let content = said.as_ref().and_then(|said| said["choices"][0]["message"]["content"].as_str());
    content.map(str::to_owned).ok_or_else(|| EngineError::Unreadable {
        url: control.url(CHAT),
        expected: "a chat completion with text in it",
        text: control.hide(&shorten(&answer.text())),
    })
}
