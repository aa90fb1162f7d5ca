//! Errors as real servers write them: whole bodies in their five shapes, and
//! frames inside a stream.

use serde_json::{Value, json};

use super::Dialect;
use crate::ErrorShape;

/// The body of an error and its content type.
pub(crate) fn error_body(
    shape: ErrorShape,
    status: u16,
    message: &str,
    param: Option<&str>,
) -> (Vec<u8>, &'static str) {
    let kind = kind_of(status);
    let body = match shape {
        ErrorShape::Openai => {
            json!({"error": {"message": message, "type": kind, "param": param, "code": status}})
        }
        ErrorShape::Flat => json!({
            "object": "error", "message": message, "type": kind, "param": param, "code": status
        }),
        ErrorShape::Detail => json!({ "detail": message }),
        ErrorShape::DetailList => {
            json!({"detail": [{"type": "value_error", "loc": ["body", param], "msg": message}]})
        }
        ErrorShape::Text => return (message.as_bytes().to_vec(), "text/plain; charset=utf-8"),
    };
    (body.to_string().into_bytes(), "application/json")
}

/// The body of a refusal, as the servers of this dialect write it, and its
/// content type.
pub(crate) fn refusal_body(
    dialect: Dialect,
    status: u16,
    message: &str,
    param: Option<&str>,
) -> (Vec<u8>, &'static str) {
    let body = match dialect {
        Dialect::TritonGenerateStream => json!({ "error": message }),
        Dialect::Tgi => json!({"error": message, "error_type": "validation"}),
        _ => return error_body(ErrorShape::Openai, status, message, param),
    };
    (body.to_string().into_bytes(), "application/json")
}

/// The name that vLLM has for errors of this status.
fn kind_of(status: u16) -> &'static str {
    match status {
        404 => "NotFoundError",
        429 => "RateLimitError",
        503 => "ServiceUnavailableError",
        500.. => "InternalServerError",
        _ => "BadRequestError",
    }
}

/// A frame that says, inside a stream that began well, that it failed: with an
/// object in it, or with a bare string.
pub(crate) fn error_frame(dialect: Dialect, as_text: bool, message: &str) -> Value {
    match (dialect, as_text) {
        (Dialect::Tgi, _) => json!({"error": message, "error_type": "generation"}),
        (Dialect::TritonGenerateStream, _) | (_, true) => json!({ "error": message }),
        (Dialect::SglangGenerate, false) => json!({"error": {
            "message": message, "type": "internal_error", "code": 500, "retryable": false
        }}),
        (_, false) => json!({"error": {
            "message": message, "type": kind_of(500), "param": null, "code": 500
        }}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_holds_the_message() {
        for (shape, pointer) in [
            (ErrorShape::Openai, "/error/message"),
            (ErrorShape::Flat, "/message"),
            (ErrorShape::Detail, "/detail"),
            (ErrorShape::DetailList, "/detail/0/msg"),
        ] {
            let (body, content_type) = error_body(shape, 429, "too \"many\"", None);
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body.pointer(pointer).unwrap(), "too \"many\"");
            assert_eq!(content_type, "application/json");
        }
        assert_eq!(error_body(ErrorShape::Text, 500, "no", None).0, b"no");
    }
}
