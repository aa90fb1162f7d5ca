//! Calibrations: what share of the peaks an engine reaches, what its host adds, and
//! how it schedules.

use serde::{Deserialize, Serialize};

/// What makes a roofline credible: fitted to published figures of one engine, or
/// assumed, and then said to be uncalibrated.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What it is called.
    pub name: String,
    /// The stack that it describes, for people.
    pub title: String,
    /// Whether it was fitted to anything.
    pub calibrated: bool,
    /// The engine, by the name of its profile; absent where nothing was fitted.
    #[serde(default)]
    pub engine: Option<String>,
    /// The engine's version.
    #[serde(default)]
    pub version: Option<String>,
    /// Where it was fitted, or tried.
    #[serde(default)]
    pub stacks: Vec<Stack>,
    /// The figures that it was fitted to.
    #[serde(default)]
    pub fit: Option<String>,
    /// How far it was off where it wasn't.
    #[serde(default)]
    pub held_out: Option<String>,
    /// Where the figures were published.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The share of peak arithmetic that the layers reach (η_c).
    pub compute: f64,
    /// The share of the memory's bandwidth that is reached (η_m).
    pub bandwidth: f64,
    /// The share of peak arithmetic that attention reaches while decoding (η_a).
    pub attention: f64,
    /// The same over prompts (η_p).
    pub prefill_attention: f64,
    /// The share of the links' bandwidth that is reached (η_l).
    pub link: f64,
    /// What the host adds to every step (t_step), in seconds.
    #[serde(rename = "step_ms", deserialize_with = "milli")]
    pub step: f64,
    /// What it adds for every sequence that decodes (t_seq), in seconds.
    #[serde(rename = "sequence_us", deserialize_with = "micro")]
    pub sequence: f64,
    /// What it adds to a step with a prompt in it (t_pre), in seconds.
    #[serde(rename = "prefill_ms", deserialize_with = "milli")]
    pub prefill: f64,
    /// What a reduction over several devices takes before its first byte (α_c), in
    /// seconds.
    #[serde(rename = "all_reduce_us", deserialize_with = "micro")]
    pub all_reduce: f64,
    /// The share of `step` in the later steps of a run that is scheduled at once.
    #[serde(default = "whole")]
    pub inner_step: f64,
    /// The share of `sequence` in them.
    #[serde(default = "whole")]
    pub inner_sequence: f64,
    /// Memory of each device that neither weights nor cache may use, in bytes.
    #[serde(rename = "reserve_gb", deserialize_with = "super::machine::giga")]
    pub reserve: f64,
    /// How the engine schedules where nothing else is asked.
    pub scheduling: Scheduling,
}

/// A machine and the model on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The machine, by its name.
    pub machine: String,
    /// How many of its devices.
    pub gpus: u32,
    /// The model, by its name.
    pub model: String,
}

/// How an engine forms its steps.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduling {
    /// What goes into a step first.
    pub policy: Policy,
    /// When a sequence may begin.
    pub admission: Admission,
    /// The most sequences that run.
    pub max_num_seqs: u32,
    /// The most tokens of a step.
    pub token_budget: u32,
    /// Tokens of a block of the cache.
    pub block_size: u32,
    /// Whether blocks are kept for prompts that begin alike.
    pub prefix_cache: bool,
    /// Steps that are scheduled at once where nothing but decoding is to be done.
    pub decode_steps: u32,
    /// Tokens that are sent together, after the first.
    pub stream_interval: u32,
    /// The share of a device's memory that weights and cache may have.
    pub memory_share: f64,
    /// Tokens that the cache holds, where an engine said so itself.
    #[serde(default)]
    pub kv_tokens: Option<u64>,
}

/// What goes into a step first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// What decodes, and chunks of prompts in the rest of the budget.
    Mixed,
    /// Chunks of prompts, and nothing decodes while one can begin.
    PrefillFirst,
    /// Prompts that are never cut, and nothing decodes while one can begin.
    WholePrompt,
}

/// What must be free for a sequence to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// Room for its prompt.
    Prompt,
    /// Room for its prompt, and for half of what it may generate.
    PromptAndHalf,
    /// Room for its prompt, and for all that it may generate: nothing that runs ever
    /// has to give up its room.
    PromptAndOutput,
}

impl Policy {
    /// All of them.
    pub const ALL: [Policy; 3] = [Policy::Mixed, Policy::PrefillFirst, Policy::WholePrompt];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Mixed => "mixed",
            Policy::PrefillFirst => "prefill-first",
            Policy::WholePrompt => "whole-prompt",
        }
    }
}

impl Admission {
    /// All of them.
    pub const ALL: [Admission; 3] =
        [Admission::Prompt, Admission::PromptAndHalf, Admission::PromptAndOutput];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Admission::Prompt => "prompt",
            Admission::PromptAndHalf => "prompt-and-half",
            Admission::PromptAndOutput => "prompt-and-output",
        }
    }
}

fn whole() -> f64 {
    1.0
}

fn milli<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(f64::deserialize(deserializer)? / 1e3)
}

fn micro<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(f64::deserialize(deserializer)? / 1e6)
}
