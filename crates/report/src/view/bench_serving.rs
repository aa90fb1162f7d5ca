//! What SGLang's and vLLM's tools show of what they noted: their page, their
//! object, their file.

use serde_json::Value as Json;

use super::asked::Asked;
use super::figures::{Figures, Noted};
use super::python::Value;
use super::reading::Output;
use super::stamp::Stamp;
use super::{Family, ResultFile, View, sglang, vllm};

/// A run of one of these tools, once all requests are done.
pub(super) struct Run<'a> {
    pub(super) view: View,
    pub(super) asked: &'a Asked,
    /// In the tool's order.
    pub(super) outputs: &'a [Output],
    /// In seconds.
    pub(super) duration: f64,
    /// When it writes its file.
    pub(super) at: Stamp,
    /// What the server told of itself.
    pub(super) server_info: Option<&'a Json>,
    /// Whether the lists of single requests are written.
    pub(super) details: bool,
    /// Whether the file may be there already.
    pub(super) append: bool,
}

/// What such a run shows.
pub(super) struct Page {
    pub(super) figures: Figures,
    pub(super) console: String,
    /// The keys of the object before the lists of requests.
    pub(super) keys: Vec<String>,
    pub(super) object: Value,
    pub(super) file: ResultFile,
}

impl Run<'_> {
    /// Works out everything and lays it out.
    pub(super) fn show(&self) -> Page {
        match self.view.family() {
            Family::Vllm => self.show_vllm(),
            Family::Sglang | Family::LlmInfraBench => self.show_sglang(),
        }
    }

    fn figures(&self) -> Figures {
        let Run { view, asked, outputs, duration, .. } = *self;
        Noted { view, asked, outputs, duration, accept_length: self.accept_length() }.figures()
    }

    fn show_vllm(&self) -> Page {
        let Run { view, asked, outputs, at, .. } = *self;
        let figures = self.figures();
        let object = vllm::object(view, asked, &figures, outputs, (at, self.details));
        let keys = keys(&object);
        let object = Value::Dict(object);
        Page {
            console: vllm::console(view, asked, &figures, outputs),
            file: vllm::file(view, asked, (at, self.append), &object.dumps()),
            figures,
            keys,
            object,
        }
    }

    fn show_sglang(&self) -> Page {
        let Run { view, asked, outputs, .. } = *self;
        let mut figures = self.figures();
        let server_info = self.server_info.map_or(Value::None, Value::from);
        sglang::put_asked(&mut figures, asked, server_info);
        let mut object = sglang::object(view, asked, &figures);
        let keys = keys(&object);
        if self.details && view == View::Sglang0523 {
            object.extend(sglang::details(outputs));
        }
        let object = Value::Dict(object);
        Page {
            console: sglang::console(view, asked, &figures),
            file: sglang::file(view, asked, self.at, &object.dumps()),
            figures,
            keys,
            object,
        }
    }

    /// How many tokens a step of speculative decoding brought, by the server's
    /// own word, of which SGLang's versions look in different places.
    fn accept_length(&self) -> Option<f64> {
        if !self.asked.backend.contains("sglang") {
            return None;
        }
        let info = self.server_info?;
        let state = match self.view {
            View::Sglang045 => info,
            View::Sglang0523 => {
                let server = info.get("decode").and_then(|decode| decode.get(0)).unwrap_or(info);
                server.get("internal_states")?.get(0)?
            }
            _ => return None,
        };
        state.get("avg_spec_accept_length")?.as_f64()
    }
}

fn keys(object: &[(String, Value)]) -> Vec<String> {
    object.iter().map(|(key, _)| key.clone()).collect()
}
