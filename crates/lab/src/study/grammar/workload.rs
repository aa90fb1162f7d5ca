//! What is sent. Where `tokenometer bench` has a flag for the same thing, the
//! key is that flag's name, without the name of the dataset before it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokenometer_core::Rules;

use super::{Length, Spread, WarmUpSpec};

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workload {
    /// Where the prompts come from; `builtin` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetKind>,
    /// The dataset's file, from the study's folder, or `builtin` for
    /// conversations that this project wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub path: Option<String>,
    /// Another tool whose rules are followed: its draws, its bodies, and its
    /// usual values of all that isn't said here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// Tokens in a prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub input_len: Option<u32>,
    /// Tokens to generate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub output_len: Option<u32>,
    /// Tokens that prompts begin with together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 10_000_000))]
    pub prefix_len: Option<u32>,
    /// How far lengths spread about those given: 0.5 draws from half to one and
    /// a half times; under SGLang's rules, and for generated-shared-prefix, the
    /// least share instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_ratio: Option<Spread>,
    /// Whether answers have exactly the lengths asked for, the model going on
    /// past its own end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_eos: Option<bool>,
    /// Measure so many requests; a scenario may say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub requests: Option<u32>,
    /// Measure for so long; a scenario may say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Length>,
    /// `fixed` sends the same bytes in each block, a number those of this seed;
    /// else each block draws its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<SeedSpec>,
    /// The tokenizer that makes prompts of exact lengths and counts answers; the
    /// model's where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub tokenizer: Option<String>,
    /// Refuse a server that counts prompts otherwise than the tokenizer does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_tokenizer: Option<bool>,
    /// Put each prompt into the model's chat template, and send the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_chat_template: Option<bool>,
    /// Send the prompts as token ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenize_prompt: Option<bool>,
    /// The sampling temperature; 0 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub temperature: Option<f64>,
    /// Whether answers are streamed; they are where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Merged into every request's body; `null` removes a field.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra_request_body: Map<String, Value>,
    /// What is sent before anything is measured, instead of what the study says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUpSpec>,
    /// sharegpt: the most tokens of prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub context_len: Option<u32>,
    /// sharegpt: put behind every prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_suffix: Option<String>,
    /// sharegpt: whether conversations are taken in a random order; they are
    /// where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle: Option<bool>,
    /// sharegpt: whether some are sent again where there are too few; they are
    /// where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oversample: Option<bool>,
    /// generated-shared-prefix: groups; 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub gsp_num_groups: Option<u32>,
    /// generated-shared-prefix: prompts in a group; 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub gsp_prompts_per_group: Option<u32>,
    /// generated-shared-prefix: tokens that a group shares; 2048.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub gsp_system_prompt_len: Option<u32>,
    /// generated-shared-prefix: tokens after them; 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub gsp_question_len: Option<u32>,
    /// generated-shared-prefix: group after group, instead of in a random order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gsp_ordered: Option<bool>,
    /// generated-shared-prefix: how often each group is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gsp_group_distribution: Option<GroupShape>,
    /// generated-shared-prefix: how steeply `zipf` falls; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub gsp_zipf_alpha: Option<f64>,
    /// prefix-repetition: tokens after the prefix; 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub suffix_len: Option<u32>,
    /// prefix-repetition: prefixes; 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub num_prefixes: Option<u32>,
}

/// Where prompts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetKind {
    /// Written by this project, with the lengths of real conversations.
    Builtin,
    /// Conversations, from a file as ShareGPT's.
    Sharegpt,
    /// Text of drawn lengths.
    Random,
    /// Token ids of drawn lengths.
    RandomIds,
    /// Groups of prompts that begin alike.
    GeneratedSharedPrefix,
    /// Prompts that begin with one of a few prefixes.
    PrefixRepetition,
    /// Lines of a poem.
    Sonnet,
    /// A file of prompts or conversations, one a line.
    Custom,
    /// A file of recorded bodies of chats, one a line.
    Openai,
    /// A workload that was made before.
    Frozen,
}

impl DatasetKind {
    /// The name in flags, files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            DatasetKind::Builtin => "builtin",
            DatasetKind::Sharegpt => "sharegpt",
            DatasetKind::Random => "random",
            DatasetKind::RandomIds => "random-ids",
            DatasetKind::GeneratedSharedPrefix => "generated-shared-prefix",
            DatasetKind::PrefixRepetition => "prefix-repetition",
            DatasetKind::Sonnet => "sonnet",
            DatasetKind::Custom => "custom",
            DatasetKind::Openai => "openai",
            DatasetKind::Frozen => "frozen",
        }
    }
}

/// How often each group is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GroupShape {
    /// Each equally often.
    #[default]
    Uniform,
    /// Some far more often than others.
    Zipf,
}

/// Which bytes a workload sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SeedSpec {
    /// The same in each block.
    Word(SeedWord),
    /// Those of this seed, in each block.
    Number(u64),
}

/// The word for bytes that are the same in each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SeedWord {
    /// The same in each block.
    Fixed,
}
