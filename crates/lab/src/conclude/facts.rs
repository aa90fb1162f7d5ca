//! What is known of how a trial was set up, field by field: what arms are compared in.
//!
//! A fact is only what was seen or surely asked. What neither the engine nor we can say
//! stays unknown, and is said to be: nothing is taken for alike because nobody looked.

use std::path::Path;

use serde_json::Value;
use tokenometer_core::GateStatus;
use tokenometer_core::metric::counts::CountSource;
use tokenometer_core::roofline::Model;
use tokenometer_results::{Environment, Start, Trial};
use tokenometer_verdict::comparability::Facts;

use super::model::{self, ModelFolder};
use crate::cache_state::CacheState;

/// Where a trial stands in its run, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup<'a> {
    /// What its arm's engine was started with, as the lock has it.
    pub arm: Option<&'a Value>,
    /// How its cell was sent to that arm, as the lock has it.
    pub sent: Option<&'a Value>,
    /// How its engine was started.
    pub start: Option<&'a Start>,
    /// The host of the client, which is also the engine's where we started it.
    pub environment: Option<&'a Environment>,
    /// The hash of the program that measured.
    pub program: Option<&'a str>,
}

/// What is known of a trial's set-up. The prompt tokens, which are compared request by
/// request, are the pair's.
pub fn facts(trial: &Trial, setup: Setup<'_>) -> Facts {
    let mut facts = Facts::default();
    identity(trial, setup, &mut facts);
    model(trial, setup, &mut facts);
    budget(trial, setup, &mut facts);
    strategy(trial, &mut facts);
    facts
}

/// What must be the same for the question to make sense.
fn identity(trial: &Trial, setup: Setup<'_>, facts: &mut Facts) {
    let known = |value: &Value| (!value.is_null()).then(|| value.to_string());
    let traffic = serde_json::json!([trial.load.traffic, trial.load.extent]);
    facts.word("workload", Some(&trial.workload_sha256));
    facts.word("load", known(&traffic));
    facts.word("sampling", setup.sent.and_then(sampling));
    facts.word("stop-rule", Some(if trial.workload.exact { "exact length" } else { "natural" }));
    facts.word("cache-state", trial.serving.cache.as_deref().and_then(cache_state));
    facts.word("streaming", Some(if trial.load.streamed { "streamed" } else { "whole" }));
    facts.word("route", Some(trial.target.dialect.name()));
    facts.word("counting-rule", counting_rule(trial));
    facts.word("window-rule", Some(format!("{} {}", trial.tool.name, trial.tool.version)));
    facts.word("stamp-source", Some(stamp_source(trial)));
    let host = setup.environment.and_then(|environment| environment.hostname.clone());
    let program = setup.program.map(|hash| hash.chars().take(16).collect::<String>());
    let client = host.zip(program).map(|(host, program)| format!("{program} on {host}"));
    facts.word("client", client);
}

/// Fields of a request that choose no token.
const NO_SAMPLING: [&str; 4] = ["stream_options", "ignore_eos", "min_tokens", "user"];

/// Values that change nothing: they switch off what an engine does by itself, and are left
/// out where another engine doesn't.
const NEUTRAL: [(&str, f64); 8] = [
    ("repeat_penalty", 1.0),
    ("repetition_penalty", 1.0),
    ("presence_penalty", 0.0),
    ("frequency_penalty", 0.0),
    ("top_p", 1.0),
    ("min_p", 0.0),
    ("top_k", 0.0),
    ("top_k", -1.0),
];

/// Temperature, and all else that was put into every request.
fn sampling(sent: &Value) -> Option<String> {
    let temperature = sent.get("temperature")?;
    let extra = sent.get("extra-request-body").and_then(Value::as_object);
    let samples = |(name, value): &(&String, &Value)| {
        let is_neutral =
            |(field, neutral): &(&str, f64)| name == field && value.as_f64() == Some(*neutral);
        // A field that an engine doesn't know is removed for it, by `null`.
        !value.is_null() && !NO_SAMPLING.contains(&name.as_str()) && !NEUTRAL.iter().any(is_neutral)
    };
    let more = extra.into_iter().flatten().filter(samples);
    let more: Vec<String> = more.map(|(name, value)| format!(", {name}: {value}")).collect();
    Some(format!("temperature: {temperature}{}", more.concat()))
}

/// What the prefix cache held before the warm-up, whichever way that was brought about.
fn cache_state(said: &str) -> Option<&'static str> {
    let is_empty = CacheState::read(said)?.is_empty()?;
    Some(if is_empty { "empty" } else { "used" })
}

fn counting_rule(trial: &Trial) -> Option<String> {
    let whose = match trial.summary.output_source? {
        CountSource::Server => "the server's",
        CountSource::Counted => "counted again",
    };
    Some(format!("{whose}, chunks by {}", trial.summary.token_rule.name()))
}

fn stamp_source(trial: &Trial) -> &'static str {
    let (stamped, unstamped) = (trial.instrument.reads_stamped, trial.instrument.reads_unstamped);
    // A few reads in ten thousand go without a stamp everywhere.
    if unstamped.saturating_mul(1000) <= stamped { "kernel" } else { "kernel and program" }
}

/// The model, its weights and its tokenizer.
fn model(trial: &Trial, setup: Setup<'_>, facts: &mut Facts) {
    if let Some(simulated) = &trial.simulation {
        facts.word("model", Some(&simulated.model));
        facts.word("weights", Some(format!("none: {} is simulated", simulated.model)));
        facts.word("tokenizer", Some("words"));
        facts.word("gpu", Some(&simulated.machine));
        facts.word("gpu-count", devices(trial).map(|count| count.to_string()));
        return;
    }
    if trial.simulated {
        facts.word("model", Some("a script"));
        facts.word("weights", Some("none: a script"));
        facts.word("tokenizer", Some("words"));
        return;
    }
    let arm = |key: &str| setup.arm.and_then(|arm| arm.get(key)).and_then(Value::as_str);
    let Some(model) = arm("model") else { return };
    let revision = arm("revision").map(|revision| format!(" at {revision}")).unwrap_or_default();
    let folder = ModelFolder::at(Path::new(model));
    let by_revision = arm("revision").map(|revision| format!("{model} at {revision}"));
    facts.word("model", Some(format!("{model}{revision}")));
    facts.word(
        "weights",
        folder.as_ref().and_then(|folder| folder.weights.clone()).or(by_revision.clone()),
    );
    facts.word("tokenizer", folder.and_then(|folder| folder.tokenizer).or(by_revision));
}

/// What no arm may have more of.
fn budget(trial: &Trial, setup: Setup<'_>, facts: &mut Facts) {
    let option = |name: &str| option(trial, name);
    if trial.simulation.is_none() {
        match has_no_gpu(trial) && setup.start.is_some() {
            true => {
                for field in ["gpu", "gpu-count", "power-limit", "driver"] {
                    facts.word(field, Some("none"));
                }
            }
            false => drop(facts.word("gpu-count", devices(trial).map(|count| count.to_string()))),
        }
    }
    facts.word("lora", setup.start.and_then(adapters));
    let stored = option("quantization").or_else(|| option("precision"));
    let simulated = trial.simulation.as_ref();
    let shape = simulated.and_then(|simulated| Model::named(&simulated.model));
    facts.word("precision", stored.or(shape.map(|model| model.weights.name().to_owned())));
    facts.word("activation-precision", option("precision"));
    facts.word("kv-precision", option("kv-precision"));
    facts.word("context", option("max-model-len"));
    facts.number("kv-capacity", kv_capacity(trial));
    facts.word("speculation", speculation(trial));
    facts.word("dummy-weights", option("dummy-weights"));
    if option("dummy-weights").as_deref() == Some("true") && has_experts(setup) {
        facts.unfit("dummy-weights", MADE_UP_EXPERTS);
    }
    facts.word("host", setup.start.zip(setup.environment).and_then(host));
    facts.word("grammar", setup.sent.map(grammar));
}

/// Why made-up weights of a mixture of experts are not ranked, though both arms had them.
const MADE_UP_EXPERTS: &str = "the weights of a mixture of experts are made up, and they decide \
    which experts a token is sent to, and so how much work there is";

/// Whether an arm's model is known to be a mixture of experts.
fn has_experts(setup: Setup<'_>) -> bool {
    let arm = setup.arm.and_then(|arm| arm.get("model")).and_then(Value::as_str);
    arm.is_some_and(|model| {
        let by_name = || Model::named(model).map(|model| model.experts.is_some());
        model::has_experts(Path::new(model)).or_else(by_name).unwrap_or(false)
    })
}

/// Whether the machine has no GPU, so that the gates which look after one were waived.
fn has_no_gpu(trial: &Trial) -> bool {
    let gates = &trial.validity.gates;
    gates.iter().any(|gate| gate.id == "E1" && gate.status == GateStatus::Waived)
}

/// The adapters of an engine that we started: none, where its command says nothing of any.
fn adapters(start: &Start) -> Option<&'static str> {
    let says = |word: &String| word.to_lowercase().contains("lora");
    (!start.command.iter().any(says)).then_some("none")
}

/// The processors of an engine that we started here.
fn host((start, environment): (&Start, &Environment)) -> Option<String> {
    let model = environment.cpu_model.as_deref()?;
    let of = environment.cores?;
    Some(match &start.cores {
        Some(cores) => format!("{} of {of} cores, {model}", count_of(cores)?),
        None => format!("{of} cores, {model}"),
    })
}

/// How many cores a list such as `0-3,8` names.
fn count_of(cores: &str) -> Option<u64> {
    let range = |part: &str| -> Option<u64> {
        match part.split_once('-') {
            Some((first, last)) => {
                Some(last.trim().parse::<u64>().ok()? - first.trim().parse::<u64>().ok()? + 1)
            }
            None => part.trim().parse::<u64>().ok().map(|_| 1),
        }
    };
    cores.split(',').map(range).sum()
}

fn grammar(sent: &Value) -> &'static str {
    const FIELDS: [&str; 4] =
        ["response_format", "guided_json", "guided_regex", "structured_outputs"];
    let extra = &sent["extra-request-body"];
    if FIELDS.iter().any(|field| !extra[*field].is_null()) { "held to one" } else { "none" }
}

fn kv_capacity(trial: &Trial) -> Option<f64> {
    let around = trial.serving.counters.get("measure")?;
    around.after.values.get("kv_capacity").copied().filter(|tokens| *tokens > 0.0)
}

/// What guesses ahead; known to be nothing only where the engine tells that.
fn speculation(trial: &Trial) -> Option<String> {
    let names = ["speculation", "speculative-model", "num-speculative-tokens"];
    let set = names.iter().filter_map(|name| {
        trial.options.get(*name).map(|value| format!("{name}: {}", plain(value)))
    });
    let set: Vec<String> = set.collect();
    let counts = trial.serving.counters.get("measure").map(|around| &around.after.values);
    let drafted = counts.and_then(|values| values.get("draft_tokens").copied());
    match (set.is_empty(), drafted) {
        (false, _) => Some(set.join(", ")),
        (true, Some(drafted)) if drafted > 0.0 => Some("tokens are drafted".to_owned()),
        (true, Some(_)) => Some("none".to_owned()),
        (true, None) => None,
    }
}

/// The devices that a model is shared out over, where that is told or asked.
pub(super) fn devices(trial: &Trial) -> Option<u64> {
    trial.devices()
}

/// What is the engine's own business.
fn strategy(trial: &Trial, facts: &mut Facts) {
    let option = |name: &str| option(trial, name);
    facts.word("parallel-layout", layout(trial));
    for (field, name) in [
        ("max-num-seqs", "max-num-seqs"),
        ("max-num-batched-tokens", "max-num-batched-tokens"),
        ("chunked-prefill", "chunked-prefill"),
        ("prefix-cache", "prefix-cache"),
        ("attention-backend", "attention-backend"),
        ("stream-interval", "stream-interval"),
        ("compilation", "torch-compile"),
    ] {
        facts.word(field, option(name));
    }
    facts.word("graphs", option("eager").map(|eager| format!("eager: {eager}")));
    facts.word("scheduler", option("policy").or_else(|| option("schedule-policy")));
}

/// How a model is shared out: the ways of more than one device.
fn layout(trial: &Trial) -> Option<String> {
    let names = ["tensor-parallel", "pipeline-parallel", "data-parallel", "expert-parallel"];
    let known = names.iter().filter_map(|name| Some((*name, trial.options.get(*name)?)));
    let known: Vec<(&str, &Value)> = known.collect();
    let shared = known.iter().filter(|(_, value)| **value != 1 && **value != false);
    let shared: Vec<String> =
        shared.map(|(name, value)| format!("{name}: {}", plain(value))).collect();
    match (known.is_empty(), shared.is_empty()) {
        (true, _) => None,
        (false, true) => Some("one device".to_owned()),
        (false, false) => Some(shared.join(", ")),
    }
}

fn option(trial: &Trial, name: &str) -> Option<String> {
    trial.options.get(name).map(plain)
}

/// A value as it would be written in a study.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
