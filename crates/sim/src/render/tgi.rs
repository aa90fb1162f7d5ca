//! The frames of Text Generation Inference: a token each, and in the last one
//! the whole text and, where they were asked for, the details.

use super::{Finish, Frames, Said, Usage};
use crate::words::push_decimal;

/// The frames of one answer.
#[derive(Default)]
pub(crate) struct Tgi {
    /// All text so far.
    text: Vec<u8>,
    /// Frames so far.
    index: u32,
}

impl Frames for Tgi {
    fn opening(&mut self, _: &mut Vec<u8>) -> bool {
        false
    }

    fn event(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        self.index += 1;
        self.text.extend_from_slice(said.text);
        out.extend_from_slice(br#"{"index":"#);
        push_decimal(out, u64::from(self.index));
        out.extend_from_slice(br#","token":{"id":"#);
        match said.ids.last() {
            Some(id) => {
                push_decimal(out, u64::from(*id));
                out.extend_from_slice(br#","text":""#);
                out.extend_from_slice(said.text);
                out.extend_from_slice(br#"","logprob":-0.5,"special":false}"#);
            }
            // An answer that ends before its first token still has a frame:
            // that of the token that ended it.
            None => out.extend_from_slice(br#"2,"text":"</s>","logprob":-0.5,"special":true}"#),
        }
        out.extend_from_slice(br#","generated_text":"#);
        match said.finish {
            Some(_) => {
                out.push(b'"');
                out.extend_from_slice(&self.text);
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(br#","details":"#);
        match said.finish.zip(said.usage) {
            Some((finish, usage)) => {
                push_counts(finish, usage, out);
                out.extend_from_slice(br#","input_length":"#);
                push_decimal(out, u64::from(usage.prompt));
                out.push(b'}');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }

    fn usage(&mut self, _: Usage, _: &mut Vec<u8>) -> bool {
        false
    }

    fn whole(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        let Some(finish) = said.finish else {
            // It answers whole, or not at all.
            out.extend_from_slice(b"{}");
            return;
        };
        out.extend_from_slice(br#"{"generated_text":""#);
        out.extend_from_slice(said.text);
        out.push(b'"');
        if let Some(usage) = said.usage {
            out.extend_from_slice(br#","details":"#);
            push_counts(finish, usage, out);
            out.extend_from_slice(br#","prefill":[],"tokens":[]}"#);
        }
        out.push(b'}');
    }
}

/// Appends details as far as streamed and whole answers share them.
fn push_counts(finish: Finish, usage: Usage, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"finish_reason":""#);
    out.extend_from_slice(match finish {
        Finish::Length => b"length".as_slice(),
        Finish::Stop => b"eos_token",
    });
    out.extend_from_slice(br#"","generated_tokens":"#);
    push_decimal(out, u64::from(usage.output));
    out.extend_from_slice(br#","seed":null"#);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_last_frame_holds_everything() {
        let mut frames = Tgi::default();
        let mut frame = |text: &'static [u8], ids: &'static [u32], finish: Option<Finish>| {
            let usage = Some(Usage { prompt: 4, output: 2, cached: None });
            let mut out = Vec::new();
            frames.event(Said { text, ids, finish, usage }, &mut out);
            serde_json::from_slice::<Value>(&out).unwrap()
        };
        let first = frame(b" w1", &[1], None);
        assert_eq!(first["token"]["text"], " w1");
        assert_eq!((&first["generated_text"], &first["details"]), (&json!(null), &json!(null)));
        let last = frame(b" w2", &[2], Some(Finish::Stop));
        assert_eq!((&last["index"], &last["generated_text"]), (&json!(2), &json!(" w1 w2")));
        let details = json!({"finish_reason": "eos_token", "generated_tokens": 2, "seed": null,
            "input_length": 4});
        assert_eq!(last["details"], details);
    }

    #[test]
    fn without_a_token_the_end_is_a_special_one() {
        let mut out = Vec::new();
        let said = Said { text: b"", ids: &[], finish: Some(Finish::Stop), usage: None };
        Tgi::default().event(said, &mut out);
        let frame: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            (&frame["token"]["special"], &frame["generated_text"]),
            (&json!(true), &json!(""))
        );
    }
}
