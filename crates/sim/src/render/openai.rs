//! The events of OpenAI's two routes, written as vLLM writes them.

use super::{Dialect, Finish, Frames, Said, Usage, Voice, push_ids};
use crate::words::push_decimal;

/// The frames of one answer to `/v1/completions` or `/v1/chat/completions`.
pub(crate) struct Openai {
    chat: bool,
    voice: Voice,
    /// An event up to its choices.
    head: Vec<u8>,
    /// An event up to its text.
    open: Vec<u8>,
    /// Whether the prompt's ids are still to be said: on the first event of a
    /// completion.
    owes_prompt: bool,
}

impl Openai {
    /// `dialect` must be one of OpenAI's.
    pub(crate) fn new(dialect: Dialect, voice: Voice) -> Openai {
        let chat = dialect == Dialect::OpenaiChat;
        let head =
            head(chat, if chat { "chat.completion.chunk" } else { "text_completion" }, &voice);
        let mut open = head.clone();
        open.extend_from_slice(if chat {
            br#","choices":[{"index":0,"delta":{"content":""#.as_slice()
        } else {
            br#","choices":[{"index":0,"text":""#
        });
        let owes_prompt = voice.ids && !chat;
        Openai { chat, voice, head, open, owes_prompt }
    }

    /// Appends `"token_ids":…`, and before it `"prompt_token_ids":…` in a
    /// completion.
    fn push_token_ids(&mut self, ids: &[u32], out: &mut Vec<u8>) {
        if !self.chat {
            out.extend_from_slice(br#","prompt_token_ids":"#);
            if std::mem::take(&mut self.owes_prompt) {
                push_ids(out, &self.voice.prompt);
            } else {
                out.extend_from_slice(b"null");
            }
        }
        out.extend_from_slice(br#","token_ids":"#);
        if self.voice.ids {
            push_ids(out, ids);
        } else {
            out.extend_from_slice(b"null");
        }
    }
}

impl Frames for Openai {
    fn opening(&mut self, out: &mut Vec<u8>) -> bool {
        if self.chat {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(
                br#","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}"#,
            );
        }
        self.chat
    }

    fn event(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.open);
        out.extend_from_slice(said.text);
        out.extend_from_slice(if self.chat { b"\"}".as_slice() } else { b"\"" });
        out.extend_from_slice(br#","logprobs":null,"finish_reason":"#);
        push_finish(out, said.finish);
        if said.finish.is_some() || !self.chat {
            out.extend_from_slice(br#","stop_reason":null"#);
        }
        self.push_token_ids(said.ids, out);
        out.extend_from_slice(b"}]");
        push_usage(out, said.usage);
        out.push(b'}');
    }

    fn usage(&mut self, usage: Usage, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#","choices":[]"#);
        push_usage(out, Some(usage));
        out.push(b'}');
        true
    }

    fn whole(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        let object = if self.chat { "chat.completion" } else { "text_completion" };
        out.extend_from_slice(&head(self.chat, object, &self.voice));
        out.extend_from_slice(if self.chat {
            br#","choices":[{"index":0,"message":{"role":"assistant","content":""#.as_slice()
        } else {
            br#","choices":[{"index":0,"text":""#
        });
        out.extend_from_slice(said.text);
        out.extend_from_slice(if self.chat { b"\"}".as_slice() } else { b"\"" });
        out.extend_from_slice(br#","logprobs":null,"finish_reason":"#);
        push_finish(out, said.finish);
        out.extend_from_slice(br#","stop_reason":null"#);
        self.push_token_ids(said.ids, out);
        out.extend_from_slice(b"}]");
        push_whole_usage(out, said.usage);
        out.push(b'}');
    }
}

/// An object up to its choices.
fn head(chat: bool, object: &str, voice: &Voice) -> Vec<u8> {
    let prefix = if chat { "chatcmpl" } else { "cmpl" };
    let Voice { key, model, created, .. } = voice;
    format!(
        r#"{{"id":"{prefix}-{key:016x}","object":"{object}","created":{created},"model":{model}"#
    )
    .into_bytes()
}

fn push_finish(out: &mut Vec<u8>, finish: Option<Finish>) {
    match finish {
        Some(finish) => {
            out.push(b'"');
            out.extend_from_slice(finish.name().as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
}

fn push_usage(out: &mut Vec<u8>, usage: Option<Usage>) {
    let Some(usage) = usage else { return };
    push_counts(out, usage);
    if usage.cached.is_some() {
        push_details(out, usage);
    }
    out.push(b'}');
}

/// The usage of an answer that isn't streamed, which says of what it doesn't know
/// that it doesn't.
fn push_whole_usage(out: &mut Vec<u8>, usage: Option<Usage>) {
    let Some(usage) = usage else { return };
    push_counts(out, usage);
    push_details(out, usage);
    out.push(b'}');
}

/// A usage up to its counts.
fn push_counts(out: &mut Vec<u8>, Usage { prompt, output, .. }: Usage) {
    out.extend_from_slice(br#","usage":{"prompt_tokens":"#);
    push_decimal(out, u64::from(prompt));
    out.extend_from_slice(br#","total_tokens":"#);
    push_decimal(out, u64::from(prompt) + u64::from(output));
    out.extend_from_slice(br#","completion_tokens":"#);
    push_decimal(out, u64::from(output));
}

/// What the prefix cache held of the prompt.
fn push_details(out: &mut Vec<u8>, Usage { cached, .. }: Usage) {
    out.extend_from_slice(br#","prompt_tokens_details":"#);
    match cached {
        Some(cached) => {
            out.extend_from_slice(br#"{"cached_tokens":"#);
            push_decimal(out, u64::from(cached));
            out.push(b'}');
        }
        None => out.extend_from_slice(b"null"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn voice(ids: bool) -> Voice {
        Voice { key: 7, model: "\"m\"".into(), created: 1, ids, prompt: vec![5, 6] }
    }

    fn said(finish: Option<Finish>, usage: Option<Usage>) -> Said<'static> {
        Said { text: b" w1 w2", ids: &[1, 2], finish, usage }
    }

    fn json_of(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn a_completion_event_says_what_it_was_told_and_the_prompt_once() {
        let mut frames = Openai::new(Dialect::OpenaiCompletions, voice(true));
        let mut out = Vec::new();
        frames.event(said(None, Some(Usage { prompt: 2, output: 2, cached: Some(1) })), &mut out);
        let event = json_of(&out);
        assert_eq!(event["choices"][0]["text"], " w1 w2");
        assert_eq!(event["choices"][0]["finish_reason"], Value::Null);
        assert_eq!(event["choices"][0]["prompt_token_ids"], json!([5, 6]));
        assert_eq!(event["choices"][0]["token_ids"], json!([1, 2]));
        assert_eq!(event["usage"]["total_tokens"], 4);
        assert_eq!(event["usage"]["prompt_tokens_details"], json!({"cached_tokens": 1}));
        out.clear();
        frames.event(said(Some(Finish::Length), None), &mut out);
        assert_eq!(json_of(&out)["choices"][0]["prompt_token_ids"], Value::Null);
        assert_eq!(json_of(&out)["choices"][0]["finish_reason"], "length");
        assert!(json_of(&out).get("usage").is_none());
    }

    #[test]
    fn a_chat_opens_with_its_role_and_closes_with_its_usage() {
        let mut frames = Openai::new(Dialect::OpenaiChat, voice(false));
        let mut out = Vec::new();
        assert!(frames.opening(&mut out));
        let delta = json!({"role": "assistant", "content": ""});
        assert_eq!(json_of(&out)["choices"][0]["delta"], delta);
        out.clear();
        frames.event(said(None, None), &mut out);
        assert_eq!(json_of(&out)["choices"][0]["delta"], json!({"content": " w1 w2"}));
        assert_eq!(json_of(&out)["choices"][0]["token_ids"], Value::Null);
        out.clear();
        assert!(frames.usage(Usage { prompt: 2, output: 3, cached: None }, &mut out));
        assert_eq!(json_of(&out)["choices"], json!([]));
        assert_eq!(json_of(&out)["usage"]["completion_tokens"], 3);
        assert_eq!(json_of(&out)["usage"].get("prompt_tokens_details"), None);
        out.clear();
        let usage = Usage { prompt: 2, output: 3, cached: None };
        frames.whole(said(Some(Finish::Stop), Some(usage)), &mut out);
        assert_eq!(json_of(&out)["object"], "chat.completion");
        assert_eq!(json_of(&out)["usage"].get("prompt_tokens_details"), Some(&Value::Null));
        assert_eq!(json_of(&out)["choices"][0]["message"]["content"], " w1 w2");
    }
}
