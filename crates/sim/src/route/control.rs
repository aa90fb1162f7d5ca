//! The routes that generate nothing: what the server says of itself, what it
//! counts, and the switches that real servers have.

use serde_json::json;

use super::{State, as_json, info, not_allowed, plain, refuse};
use crate::answer::Answer;
use crate::ask;
use crate::http::Request;
use crate::simulated::Simulated;

impl State {
    /// The answer to a request that generates nothing.
    pub(super) fn control(&mut self, request: &Request) -> Answer {
        let path = &*request.path;
        let method = match path {
            "/health" | "/v1/models" | "/metrics" | "/version" | "/truth" | "/get_model_info"
            | "/model_info" | "/get_server_info" | "/server_info" => "GET",
            "/tokenize"
            | "/truth/reset"
            | "/flush_cache"
            | "/reset_prefix_cache"
            | "/start_profile"
            | "/stop_profile" => "POST",
            _ => return plain(request, 404, "application/json", br#"{"detail":"Not Found"}"#),
        };
        if request.method != method {
            return not_allowed(request);
        }
        match path {
            "/health" | "/truth/reset" => {
                if path == "/truth/reset" {
                    self.truths.clear();
                    self.asked.clear();
                    self.counters.reset_punctuality();
                }
                plain(request, 200, "application/json", b"")
            }
            "/metrics" => {
                let readings = self.simulated.as_ref().map(Simulated::readings);
                let text = self.counters.exposition(&self.settings.model, readings.as_ref());
                plain(request, 200, "text/plain; version=0.0.4; charset=utf-8", text.as_bytes())
            }
            "/truth" => plain(request, 200, "application/x-ndjson", &self.truth_lines()),
            "/tokenize" => self.tokenize(request),
            "/v1/models" => as_json(request, &self.models()),
            "/get_model_info" | "/model_info" | "/get_server_info" | "/server_info" => {
                as_json(request, &self.info())
            }
            "/flush_cache" | "/reset_prefix_cache" | "/start_profile" | "/stop_profile" => {
                *self.counters.switched.entry(path.to_owned()).or_default() += 1;
                self.switch(request)
            }
            _ => as_json(request, &json!({ "version": env!("CARGO_PKG_VERSION") })),
        }
    }

    /// Empties the prefix cache, if there is one; what else can be switched does
    /// nothing. While there are requests the cache is left alone, which SGLang
    /// tells by the status, and vLLM in the body.
    fn switch(&mut self, request: &Request) -> Answer {
        let text = |status, text: &str| {
            plain(request, status, "text/plain; charset=utf-8", text.as_bytes())
        };
        match (&mut self.simulated, &*request.path) {
            (Some(simulated), "/flush_cache") => match simulated.flush() {
                true => text(200, "Cache flushed.\n"),
                false => text(400, "Not flushed: there are requests.\n"),
            },
            (Some(simulated), "/reset_prefix_cache") => {
                as_json(request, &json!({ "success": simulated.flush() }))
            }
            _ => text(200, "done\n"),
        }
    }

    fn models(&self) -> serde_json::Value {
        json!({"object": "list", "data": [{
            "id": self.settings.model,
            "object": "model",
            "owned_by": "tokenometer",
            "root": self.settings.model,
            "max_model_len": self.settings.max_model_len,
        }]})
    }

    /// What SGLang says of itself, as far as it is true here. There is no
    /// tokenizer behind it, so it names the one that any client has.
    fn info(&self) -> serde_json::Value {
        json!({
            "model_path": self.settings.model,
            "tokenizer_path": "builtin",
            "served_model_name": self.settings.model,
            "context_length": self.settings.max_model_len,
            "is_generation": true,
            "version": env!("CARGO_PKG_VERSION"),
            "simulated": match &self.settings.simulation {
                Some(simulation) => info::simulated(simulation),
                None => json!({ "script": true }),
            },
            "options": match &self.settings.simulation {
                Some(simulation) => info::options(simulation),
                None => info::script(&self.settings.script),
            },
        })
    }

    fn tokenize(&self, request: &Request) -> Answer {
        match ask::tokenize(&request.body, self.settings.prompt_count_offset) {
            Ok(tokens) => as_json(
                request,
                &json!({
                    "count": tokens.len(),
                    "max_model_len": self.settings.max_model_len,
                    "tokens": tokens,
                    "token_strs": null,
                }),
            ),
            Err(refusal) => refuse(&refusal, request, None),
        }
    }

    /// Every closed account, a line each.
    fn truth_lines(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        for truth in &self.truths {
            serde_json::to_writer(&mut lines, truth)
                .expect("a vector takes every byte, and a truth has only plain fields");
            lines.push(b'\n');
        }
        lines
    }
}
