//! Tells which engine answers, and in which version, from what its control
//! plane gives away. What is not told stays unknown: nothing measured depends
//! on it.

use std::time::Duration;

use serde_json::Value;

use crate::http::Control;

/// The longest that one clue may take to come. All of these routes answer
/// within milliseconds where they exist.
const CLUE_LIMIT: Duration = Duration::from_secs(5);

/// Which engine it is, as far as it can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `vllm`, `sglang`, `llama.cpp`, `llama-cpp-python`, `transformers` or
    /// `tokenometer-sim`.
    pub name: Option<String>,
    /// Its version, in its own words.
    pub version: Option<String>,
    /// What told so: a route and what it said, one line each.
    pub evidence: Vec<String>,
}

/// What one route gave away.
#[derive(Default)]
struct Finding {
    name: Option<String>,
    version: Option<String>,
}

/// A route that gives an engine away, or its version.
struct Clue {
    route: &'static str,
    /// The engines whose version it tells; asked as well while the engine is
    /// unknown.
    engines: &'static [&'static str],
    read: fn(&Value) -> Finding,
}

/// Asked in this order, cheap ones first.
const CLUES: &[Clue] = &[
    Clue { route: "/version", engines: &["vllm", "tokenometer-sim"], read: read_version },
    Clue { route: "/get_server_info", engines: &["sglang"], read: read_server_info },
    Clue { route: "/server_info", engines: &["sglang"], read: read_server_info },
    Clue { route: "/props", engines: &["llama.cpp"], read: read_props },
    Clue { route: "/openapi.json", engines: &["llama-cpp-python"], read: read_openapi },
];

/// `owned_by` in a list of models, where it names the engine. vLLM and SGLang
/// write it whatever name the model is served under.
const OWNERS: &[(&str, &str)] = &[
    ("vllm", "vllm"),
    ("sglang", "sglang"),
    ("llamacpp", "llama.cpp"),
    ("tokenometer", "tokenometer-sim"),
];

/// Follows the clues until name and version are known, or no clue is left.
pub(crate) fn identify(control: &Control, models: Option<&Value>) -> Identity {
    let mut identity = Identity::default();
    if let Some((owner, name)) = models.and_then(owner) {
        identity.name = Some(name.to_owned());
        identity.evidence.push(format!("/v1/models: owned_by `{owner}`"));
    }
    for clue in CLUES {
        let wanted = match &identity.name {
            None => true,
            Some(name) => identity.version.is_none() && clue.engines.contains(&name.as_str()),
        };
        if wanted {
            follow(control, clue, &mut identity);
        }
    }
    identity
}

/// Asks one route. A route that is missing, silent or broken tells nothing.
fn follow(control: &Control, clue: &Clue, identity: &mut Identity) {
    let answer = match control.get_within(clue.route, CLUE_LIMIT) {
        Ok(answer) if answer.is_success() => answer,
        _ => return,
    };
    let finding = answer.json().map(|value| (clue.read)(&value)).unwrap_or_default();
    let mut note = |what: &str, known: &mut Option<String>, found: Option<String>| {
        if let (None, Some(found)) = (known.as_ref(), found) {
            identity.evidence.push(format!("{}: {what} `{found}`", clue.route));
            *known = Some(found);
        }
    };
    note("engine", &mut identity.name, finding.name);
    note("version", &mut identity.version, finding.version);
}

fn owner(models: &Value) -> Option<(&'static str, &'static str)> {
    let owned_by = models["data"][0]["owned_by"].as_str()?;
    OWNERS.iter().copied().find(|(owner, _)| *owner == owned_by)
}

/// vLLM gives a version alone, which others do too, so it names no engine.
fn read_version(value: &Value) -> Finding {
    Finding { name: None, version: text(&value["version"]) }
}

/// SGLang gives every argument that it was started with.
fn read_server_info(value: &Value) -> Finding {
    let keys = ["mem_fraction_static", "chunked_prefill_size", "tokenizer_path"];
    match keys.iter().all(|key| value.get(key).is_some()) {
        true => Finding { name: Some("sglang".to_owned()), version: text(&value["version"]) },
        false => Finding::default(),
    }
}

/// llama.cpp's own server: `build_info` is as `b4242-abcdef0`.
fn read_props(value: &Value) -> Finding {
    match text(&value["build_info"]) {
        Some(build) => Finding { name: Some("llama.cpp".to_owned()), version: Some(build) },
        None => Finding::default(),
    }
}

/// The description of its own routes that a FastAPI server gives. transformers
/// has no title in it, but two routes that no other engine here has.
fn read_openapi(value: &Value) -> Finding {
    let title = value["info"]["title"].as_str().unwrap_or_default();
    let has_route = |route: &str| value["paths"].get(route).is_some();
    if title.contains("llama.cpp Python API") {
        let version = text(&value["info"]["version"]);
        Finding { name: Some("llama-cpp-python".to_owned()), version }
    } else if has_route("/load_model") && has_route("/reset") {
        Finding { name: Some("transformers".to_owned()), version: None }
    } else {
        Finding::default()
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
