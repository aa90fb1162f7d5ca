//! Finds the sentence in an error body. Servers wrap it in at least four
//! shapes; people should see the sentence, not the wrapping.

use serde_json::Value;

/// The most that is kept of a server's words, in bytes. Validation errors may
/// quote a whole prompt back.
const LIMIT: usize = 500;

/// The message in the body of an HTTP error, or in the error frame of a
/// stream: from `{"error": {"message": …}}`, `{"error": "…"}`, the flat
/// `{"object": "error", "message": …}`, `{"detail": "…"}` or the list of
/// `{"loc": …, "msg": …}` that FastAPI gives, or plain text. Whitespace is
/// collapsed, and about 500 bytes are kept.
pub fn error_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return "no message".to_owned();
    }
    let found = serde_json::from_str(text)
        .ok()
        .as_ref()
        .and_then(message)
        .or_else(|| frames(text).find_map(|frame| frame_error(&frame)));
    let text = match &found {
        Some(message) => sentence(message),
        None if is_html(text) => "an HTML page",
        None => text,
    };
    shorten(text)
}

/// The message without what follows it: SGLang and llama-cpp-python append
/// the place in their own source. Without the full stop, too, since the
/// sentence goes on in ours.
fn sentence(message: &str) -> &str {
    let message = message.split("\n\n  File \"").next().unwrap_or(message);
    message.trim_end().trim_end_matches('.')
}

/// The JSON values of a stream's `data:` lines.
pub fn frames(text: &str) -> impl Iterator<Item = Value> + '_ {
    text.lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .filter_map(|data| serde_json::from_str(data.trim()).ok())
}

/// The message of a frame, if it is an error frame. A frame with choices is
/// none, whatever else it carries.
pub fn frame_error(frame: &Value) -> Option<String> {
    let is_error = frame.get("error").is_some_and(|error| !error.is_null())
        || frame.get("object").is_some_and(|object| object == "error");
    if is_error && frame.get("choices").is_none() { message(frame) } else { None }
}

/// The message in an error body, whichever shape it has.
fn message(value: &Value) -> Option<String> {
    let error = &value["error"];
    let detail = &value["detail"];
    [&error["message"], error, &value["message"], &detail["message"], detail]
        .into_iter()
        .find_map(Value::as_str)
        .map(str::to_owned)
        .or_else(|| detail.as_array().map(|problems| join_problems(problems)))
        .or_else(|| error.is_object().then(|| error.to_string()))
}

/// `body.max_tokens: Input should be …`, one after the other.
fn join_problems(problems: &[Value]) -> String {
    let one = |problem: &Value| {
        let place: Vec<String> = problem["loc"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
            .collect();
        match problem["msg"].as_str() {
            Some(why) if place.is_empty() => why.to_owned(),
            Some(why) => format!("{}: {why}", place.join(".")),
            None => problem.to_string(),
        }
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn is_html(text: &str) -> bool {
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Collapses whitespace, drops control characters (a terminal would obey
/// them), and keeps about 500 bytes, on a character's border.
pub fn shorten(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let words: Vec<String> = clean
        .split_ascii_whitespace()
        .map(|word| word.chars().filter(|c| !c.is_control()).collect())
        .collect();
    let joined = words.join(" ");
    if joined.len() <= LIMIT {
        return joined;
    }
    let kept = joined.char_indices().map(|(start, _)| start).take_while(|start| *start <= LIMIT);
    format!("{}…", &joined[..kept.last().unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_shape_gives_its_sentence() {
        for (body, sentence) in [
            (
                r#"{"error":{"message":"The model `nope` does not exist","code":404}}"#,
                "The model `nope` does not exist",
            ),
            (r#"{"error":"cb worker dead"}"#, "cb worker dead"),
            (
                r#"{"object":"error","message":"Prompt cannot be empty","param":null}"#,
                "Prompt cannot be empty",
            ),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (
                r#"{"detail":[{"loc":["body","max_tokens"],"msg":"not an integer"},{"loc":["body",9],"msg":"cut"}]}"#,
                "body.max_tokens: not an integer; body.9: cut",
            ),
            (r#"{"detail":{"message":"busy"}}"#, "busy"),
            ("{\"message\":\"wrong type\\n\\n  File \\\"server.py\\\", line 1\"}", "wrong type"),
            (r#"{"error":{"code":500}}"#, r#"{"code":500}"#),
            ("Internal Server Error", "Internal Server Error"),
            ("two\n  lines\t", "two lines"),
            ("  ", "no message"),
            ("<!DOCTYPE html><html><body>login</body></html>", "an HTML page"),
            (
                "data: {\"error\": {\"message\": \"out of vocabulary\"}}\n\ndata: [DONE]\n\n",
                "out of vocabulary",
            ),
            ("\u{1b}[31mred", "[31mred"),
        ] {
            assert_eq!(error_text(body.as_bytes()), sentence, "{body}");
        }
    }

    #[test]
    fn a_frame_with_choices_is_no_error_frame() {
        let frame = serde_json::json!({"choices": [], "error": null, "message": "no"});
        assert_eq!(frame_error(&frame), None);
        let frame = serde_json::json!({"error": "cut"});
        assert_eq!(frame_error(&frame).as_deref(), Some("cut"));
    }

    proptest! {
        #[test]
        fn any_body_gives_a_short_text(body in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let text = error_text(&body);
            prop_assert!(text.len() <= LIMIT + '…'.len_utf8());
            prop_assert!(!text.contains('\n'));
        }
    }
}
