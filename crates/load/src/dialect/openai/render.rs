//! Writes the bodies of the two routes.
//!
//! Every field beside the prompt, the model and the lengths is optional for
//! some server: what a server refuses is left out with a `null` in the user's
//! own fields, which are merged over what stands here.

use serde_json::{Map, Value, json};
use tokenometer_core::{Prompt, Request};

use crate::{PrepareError, Rendering};

/// `POST /v1/completions`: the prompt as text or as token ids.
pub(crate) fn completions_body(
    model: &str,
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    let prompt = match &request.prompt {
        Prompt::Text(text) => json!(text),
        Prompt::TokenIds(ids) => json!(ids),
        Prompt::Messages(_) => {
            return Err(PrepareError::Prompt {
                dialect: "openai-completions",
                shape: "messages",
                cure: "use --backend openai-chat",
            });
        }
    };
    let mut body = common(model, request, rendering);
    body.insert("prompt".into(), prompt);
    Ok(body)
}

/// `POST /v1/chat/completions`: the prompt as messages; a text is what the
/// user says.
pub(crate) fn chat_body(
    model: &str,
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    let messages = match &request.prompt {
        Prompt::Text(text) => json!([{ "role": "user", "content": text }]),
        Prompt::Messages(messages) => json!(messages),
        Prompt::TokenIds(_) => {
            return Err(PrepareError::Prompt {
                dialect: "openai-chat",
                shape: "token ids",
                cure: "use --backend openai-completions, or prompts of text",
            });
        }
    };
    let mut body = common(model, request, rendering);
    body.insert("messages".into(), messages);
    Ok(body)
}

fn common(model: &str, request: &Request, rendering: &Rendering) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model));
    body.insert("max_tokens".into(), json!(request.output.tokens));
    if let Some(temperature) = rendering.temperature {
        body.insert("temperature".into(), json!(temperature));
    }
    body.insert("stream".into(), json!(rendering.stream));
    if rendering.stream {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    if request.output.exact {
        // `min_tokens` holds where a server knows no `ignore_eos`. Special
        // tokens are shown, since an end-of-sequence token that is generated
        // and hidden would shift the first and the last arrival (M1).
        body.insert("ignore_eos".into(), json!(true));
        body.insert("min_tokens".into(), json!(request.output.tokens));
        body.insert("skip_special_tokens".into(), json!(false));
    }
    body
}
