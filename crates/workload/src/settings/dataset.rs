//! Where prompts come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokenometer_core::Request;

/// Where prompts come from (`--dataset-name`).
#[derive(Clone, Debug, PartialEq)]
pub enum DatasetSettings {
    /// Written by this project: English-like text with the lengths of real
    /// conversations (ShareGPT's, as benchmarks filter them: 4 to 1024 tokens,
    /// prompts 197 and answers 199 in the mean).
    Builtin,
    /// The first turns of conversations; the lengths of the second are what is
    /// asked for.
    ShareGpt(ConversationSettings),
    /// Text of as many tokens as is drawn.
    Random(RandomSettings),
    /// Token ids, drawn at random.
    RandomIds(RandomSettings),
    /// Groups of prompts that begin alike, as the questions to one system
    /// prompt do.
    SharedPrefix(SharedPrefixSettings),
    /// Prompts that begin with one of a few prefixes.
    PrefixRepetition(PrefixRepetitionSettings),
    /// Lines of a poem.
    Sonnet(SonnetSettings),
    /// A file of the user's (`--dataset-path`) with one JSON object a line:
    /// `{"prompt": …, "output_tokens": …}`, `{"messages": […]}` or
    /// `{"conversations": […]}`.
    Custom {
        /// The file.
        path: PathBuf,
    },
    /// A file of recorded bodies of chats (`--dataset-path`), one a line, whose
    /// other fields are sent as they are.
    OpenAi {
        /// The file.
        path: PathBuf,
    },
    /// A workload that was made before: the very same requests.
    Frozen(FrozenSettings),
}

/// A workload that was made before.
#[derive(Clone, PartialEq)]
pub struct FrozenSettings {
    /// The file that it was read from.
    pub path: PathBuf,
    /// The SHA-256 of the workload, as it was computed when that was made.
    pub sha256: String,
    /// Its requests, in the order of sending.
    pub requests: Arc<Vec<Request>>,
}

impl fmt::Debug for FrozenSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrozenSettings")
            .field("path", &self.path)
            .field("sha256", &self.sha256)
            .field("requests", &self.requests.len())
            .finish()
    }
}

/// Where conversations are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Those that this project writes: the same ones always.
    Builtin,
    /// A JSON file of them, as ShareGPT's is written.
    File(PathBuf),
}

/// How conversations are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationSettings {
    /// Where they are read from.
    pub source: Source,
    /// The most tokens of prompt and answer together
    /// (`--sharegpt-context-len`); `None` sets the usual limits.
    pub context_tokens: Option<u32>,
    /// Put behind every prompt (`--prompt-suffix`).
    pub prompt_suffix: String,
    /// Whether they are taken in an order drawn from the seed, rather than in
    /// that of the file (`--disable-shuffle` says no).
    pub shuffle: bool,
    /// Whether some are sent again where there are too few of them
    /// (`--no-oversample` says no).
    pub oversample: bool,
}

/// The lengths of random prompts, and what they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomSettings {
    /// The length of a prompt, in tokens (`--random-input-len`).
    pub input_tokens: u32,
    /// The length of an answer, in tokens (`--random-output-len`).
    pub output_tokens: u32,
    /// How far the lengths of prompts spread (`--random-range-ratio`). By our
    /// rules and vLLM's about the length given, on both sides: 0 not at all,
    /// and below 1. By SGLang's, the least share of the length given: 1 not at
    /// all, 0 down to nothing.
    pub input_ratio: f64,
    /// How far those of answers spread, likewise.
    pub output_ratio: f64,
    /// Tokens that all prompts begin with, beside their length
    /// (`--random-prefix-len`).
    pub prefix_tokens: u32,
    /// How many ids there are, where no tokenizer says it: all below this one
    /// may be drawn. Only for ids.
    pub vocabulary_size: Option<u32>,
    /// The conversations from whose text prompts are made, where they are made
    /// of text: SGLang's `random`.
    pub source: Option<Source>,
}

/// Groups of prompts that begin alike (`--gsp-…`).
#[derive(Clone, Debug, PartialEq)]
pub struct SharedPrefixSettings {
    /// How many groups.
    pub groups: u32,
    /// How many prompts in each.
    pub prompts_per_group: u32,
    /// The length of what a group shares, in tokens.
    pub system_tokens: u32,
    /// The length of what follows it, in tokens.
    pub question_tokens: u32,
    /// The length of an answer, in tokens.
    pub output_tokens: u32,
    /// The least share of these lengths that is drawn: 1 is fixed lengths.
    pub range_ratio: f64,
    /// Whether group follows group, rather than in an order drawn at random.
    pub ordered: bool,
    /// How often each group is asked.
    pub distribution: GroupDistribution,
}

/// How often each group is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GroupDistribution {
    /// Each equally often.
    Uniform,
    /// The k-th as often as k^−alpha says.
    Zipf {
        /// How steeply it falls.
        alpha: f64,
    },
}

/// Prompts that begin with one of a few prefixes (`--prefix-repetition-…`).
#[derive(Clone, Debug, PartialEq)]
pub struct PrefixRepetitionSettings {
    /// The length of a prefix, in tokens.
    pub prefix_tokens: u32,
    /// The length of what follows it, in tokens.
    pub suffix_tokens: u32,
    /// How many prefixes.
    pub prefixes: u32,
    /// The length of an answer, in tokens.
    pub output_tokens: u32,
}

/// Lines of a poem (`--sonnet-…`).
#[derive(Clone, Debug, PartialEq)]
pub struct SonnetSettings {
    /// The poem: a text file, line by line.
    pub path: PathBuf,
    /// The most tokens in a prompt.
    pub input_tokens: u32,
    /// The length of an answer, in tokens.
    pub output_tokens: u32,
    /// Tokens that all prompts begin with, of `input_tokens`.
    pub prefix_tokens: u32,
}

impl Default for SharedPrefixSettings {
    /// What the tools that have this dataset take where nothing is said.
    fn default() -> SharedPrefixSettings {
        SharedPrefixSettings {
            groups: 64,
            prompts_per_group: 16,
            system_tokens: 2048,
            question_tokens: 128,
            output_tokens: 256,
            range_ratio: 1.0,
            ordered: false,
            distribution: GroupDistribution::Uniform,
        }
    }
}

impl Default for PrefixRepetitionSettings {
    /// What vLLM's tool takes where nothing is said.
    fn default() -> PrefixRepetitionSettings {
        PrefixRepetitionSettings {
            prefix_tokens: 256,
            suffix_tokens: 256,
            prefixes: 10,
            output_tokens: 128,
        }
    }
}

impl SonnetSettings {
    /// The poem in this file, with what vLLM's tool takes where nothing is said.
    pub fn of(path: PathBuf) -> SonnetSettings {
        SonnetSettings { path, input_tokens: 550, output_tokens: 150, prefix_tokens: 200 }
    }
}

impl GroupDistribution {
    /// Zipf's, as steep as the tools take it where nothing is said.
    pub const ZIPF: GroupDistribution = GroupDistribution::Zipf { alpha: 1.0 };
}

impl RandomSettings {
    /// Prompts and answers of fixed lengths, in tokens.
    pub fn fixed(input_tokens: u32, output_tokens: u32) -> RandomSettings {
        RandomSettings {
            input_tokens,
            output_tokens,
            input_ratio: 0.0,
            output_ratio: 0.0,
            prefix_tokens: 0,
            vocabulary_size: None,
            source: None,
        }
    }
}
