//! Writes the body of `POST /generate`. It names no model: a server of this
//! kind has one.

use serde_json::{Map, Value, json};
use tokenometer_core::{Prompt, Request};

use crate::{PrepareError, Rendering};

/// The prompt as text or as token ids, and what SGLang calls sampling
/// parameters.
pub(crate) fn body(
    request: &Request,
    rendering: &Rendering,
) -> Result<Map<String, Value>, PrepareError> {
    let (field, prompt) = match &request.prompt {
        Prompt::Text(text) => ("text", json!(text)),
        Prompt::TokenIds(ids) => ("input_ids", json!(ids)),
        Prompt::Messages(_) => {
            return Err(PrepareError::Prompt {
                dialect: "sglang-generate",
                shape: "messages",
                cure: "use --backend openai-chat",
            });
        }
    };
    let mut sampling = Map::new();
    sampling.insert("max_new_tokens".into(), json!(request.output.tokens));
    if let Some(temperature) = rendering.temperature {
        sampling.insert("temperature".into(), json!(temperature));
    }
    if request.output.exact {
        sampling.insert("ignore_eos".into(), json!(true));
        sampling.insert("min_new_tokens".into(), json!(request.output.tokens));
        // A token that is generated and hidden would shift the first and the
        // last arrival (M1).
        sampling.insert("skip_special_tokens".into(), json!(false));
    }
    let mut body = Map::new();
    body.insert(field.into(), prompt);
    body.insert("sampling_params".into(), Value::Object(sampling));
    body.insert("stream".into(), json!(rendering.stream));
    Ok(body)
}
