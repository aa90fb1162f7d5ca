//! The frames of SGLang's own route, each of which holds all that was said so
//! far.

use super::{Frames, Said, Usage, Voice};
use crate::words::push_decimal;

/// The frames of one answer to `/generate`.
pub(crate) struct Generate {
    key: u64,
    /// All text so far.
    text: Vec<u8>,
    /// All ids so far, separated by commas.
    ids: Vec<u8>,
    tokens: u32,
}

impl Generate {
    pub(crate) fn new(voice: &Voice) -> Generate {
        Generate { key: voice.key, text: Vec::new(), ids: Vec::new(), tokens: 0 }
    }

    fn take_in(&mut self, said: Said<'_>) {
        self.text.extend_from_slice(said.text);
        for id in said.ids {
            if self.tokens > 0 {
                self.ids.push(b',');
            }
            push_decimal(&mut self.ids, u64::from(*id));
            self.tokens += 1;
        }
    }
}

impl Frames for Generate {
    fn opening(&mut self, _: &mut Vec<u8>) -> bool {
        false
    }

    fn event(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        self.take_in(said);
        out.extend_from_slice(br#"{"text":""#);
        out.extend_from_slice(&self.text);
        out.extend_from_slice(br#"","output_ids":["#);
        out.extend_from_slice(&self.ids);
        out.extend_from_slice(br#"],"meta_info":{"id":""#);
        out.extend_from_slice(format!("{:032x}", self.key).as_bytes());
        out.extend_from_slice(br#"","finish_reason":"#);
        match said.finish {
            Some(finish) => {
                out.extend_from_slice(br#"{"type":""#);
                out.extend_from_slice(finish.name().as_bytes());
                out.extend_from_slice(br#"","length":"#);
                push_decimal(out, u64::from(self.tokens));
                out.push(b'}');
            }
            None => out.extend_from_slice(b"null"),
        }
        if let Some(Usage { prompt, output, .. }) = said.usage {
            out.extend_from_slice(br#","prompt_tokens":"#);
            push_decimal(out, u64::from(prompt));
            out.extend_from_slice(br#","completion_tokens":"#);
            push_decimal(out, u64::from(output));
        }
        out.extend_from_slice(br#","weight_version":"default","cached_tokens":"#);
        // It says zero where nothing is cached at all.
        let cached = said.usage.and_then(|usage| usage.cached).unwrap_or(0);
        push_decimal(out, u64::from(cached));
        out.extend_from_slice(b"}}");
    }

    fn usage(&mut self, _: Usage, _: &mut Vec<u8>) -> bool {
        false
    }

    fn whole(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        self.event(said, out);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::render::Finish;

    #[test]
    fn frames_are_cumulative() {
        let voice =
            Voice { key: 7, model: "\"m\"".into(), created: 1, ids: false, prompt: vec![5, 6] };
        let mut frames = Generate::new(&voice);
        let mut out = Vec::new();
        assert!(
            !frames.opening(&mut out)
                && !frames.usage(Usage { prompt: 1, output: 1, cached: None }, &mut out)
        );
        let said = |text, ids, finish, output| Said {
            text,
            ids,
            finish,
            usage: Some(Usage { prompt: 2, output, cached: Some(1) }),
        };
        frames.event(said(b" w1", &[1], None, 1), &mut out);
        out.clear();
        frames.event(said(b" w2 w3", &[2, 3], Some(Finish::Length), 3), &mut out);
        let frame: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(frame["text"], " w1 w2 w3");
        assert_eq!(frame["output_ids"], json!([1, 2, 3]));
        assert_eq!(frame["meta_info"]["finish_reason"], json!({"type": "length", "length": 3}));
        assert_eq!(frame["meta_info"]["completion_tokens"], 3);
        assert_eq!(frame["meta_info"]["cached_tokens"], 1);
    }
}
