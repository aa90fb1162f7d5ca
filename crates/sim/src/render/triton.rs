//! The frames of Triton's generate extension: the outputs of a model, by name.
//! Nothing in them counts tokens or says why they stopped.

use super::{Frames, Said, Usage};

/// The frames of one answer of a model behind Triton.
#[derive(Default)]
pub(crate) struct Triton {
    /// All text so far, where each frame holds it.
    so_far: Option<Vec<u8>>,
}

impl Triton {
    /// `accumulates` says whether each frame holds everything so far.
    pub(crate) fn new(accumulates: bool) -> Triton {
        Triton { so_far: accumulates.then(Vec::new) }
    }
}

impl Frames for Triton {
    fn opening(&mut self, _: &mut Vec<u8>) -> bool {
        false
    }

    fn event(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"model_name":"ensemble","model_version":"1","#);
        out.extend_from_slice(br#""sequence_end":false,"sequence_id":0,"sequence_index":0,"#);
        out.extend_from_slice(br#""sequence_start":false,"text_output":""#);
        match &mut self.so_far {
            Some(so_far) => {
                so_far.extend_from_slice(said.text);
                out.extend_from_slice(so_far);
            }
            None => out.extend_from_slice(said.text),
        }
        out.extend_from_slice(b"\"}");
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
    use serde_json::Value;

    use super::*;

    #[test]
    fn frames_hold_what_is_new_or_everything() {
        for (accumulates, second) in [(false, " w2"), (true, " w1 w2")] {
            let mut frames = Triton::new(accumulates);
            let said = |text| Said { text, ids: &[1], finish: None, usage: None };
            let mut out = Vec::new();
            frames.event(said(b" w1"), &mut out);
            out.clear();
            frames.event(said(b" w2"), &mut out);
            let frame: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(frame["text_output"], second);
        }
    }
}
