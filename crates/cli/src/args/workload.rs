//! The arguments that say what is sent. `bench` and `dataset` share them.
//! Where vLLM's `bench serve` and SGLang's `bench_serving` have a flag for the
//! same thing, it has their name.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use tokenometer_core::Rules;
use tokenometer_lab::study::grammar::DatasetKind;

use super::Given;
use super::given::Ratios;

/// What is sent.
#[derive(Clone, Debug, Args)]
pub(crate) struct WorkloadArgs {
    /// Follow another tool: its defaults, its draws, its bodies and its meaning of every flag
    #[arg(long, value_name = "TOOL", help_heading = "What is sent")]
    pub(crate) rules: Option<RulesName>,

    /// How requests are written and answers read: openai-completions, openai-chat,
    /// sglang-generate, triton-generate-stream or tgi, or the name that vLLM's or SGLang's tool
    /// has for it [default: openai-completions]
    #[arg(long, value_name = "BACKEND", help_heading = "Target")]
    pub(crate) backend: Option<String>,

    /// The model to ask for [default: the only one that the server lists]
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub(crate) model: Option<String>,

    /// The model's tokenizer, which makes prompts of exact lengths and counts answers: a
    /// tokenizer.json, a folder that holds one, a name in the Hugging Face cache, or `builtin`
    #[arg(long, value_name = "TOKENIZER", help_heading = "Target")]
    pub(crate) tokenizer: Option<String>,

    /// Refuse a server that counts prompts otherwise than the tokenizer does
    #[arg(long, help_heading = "Target")]
    pub(crate) strict_tokenizer: bool,

    /// Where the prompts come from [default: builtin]
    #[arg(long, value_name = "DATASET", help_heading = "What is sent")]
    pub(crate) dataset_name: Option<DatasetName>,

    /// The dataset's file, or `builtin` for conversations that this project wrote
    #[arg(long, visible_alias = "dataset", value_name = "FILE", help_heading = "What is sent")]
    pub(crate) dataset_path: Option<PathBuf>,

    /// Measure so many requests
    #[arg(long, value_name = "COUNT", help_heading = "Load")]
    pub(crate) num_prompts: Option<Given<u32>>,

    /// From which everything random follows: the same seed sends the same bytes [default: 1]
    #[arg(long, value_name = "NUMBER", help_heading = "What is sent")]
    pub(crate) seed: Option<Given<u64>>,

    /// Ask for exactly the output lengths, and have the model go on past its own end
    #[arg(long, help_heading = "What is sent")]
    pub(crate) ignore_eos: bool,

    /// Let the model end where it wants, under rules that don't
    #[arg(long, conflicts_with = "ignore_eos", help_heading = "What is sent")]
    pub(crate) disable_ignore_eos: bool,

    /// The length of every answer, in tokens, by the dataset's own flag or this one
    #[arg(long, value_name = "TOKENS", help_heading = "What is sent")]
    pub(crate) output_len: Option<Given<u32>>,

    /// The length of every prompt, likewise
    #[arg(long, value_name = "TOKENS", help_heading = "What is sent")]
    pub(crate) input_len: Option<Given<u32>>,

    /// Put each prompt into the model's chat template, and send the text
    #[arg(long, help_heading = "What is sent")]
    pub(crate) apply_chat_template: bool,

    /// Send the prompts as token ids
    #[arg(long, help_heading = "What is sent")]
    pub(crate) tokenize_prompt: bool,

    /// What is special to a dataset.
    #[command(flatten)]
    pub(crate) datasets: DatasetArgs,
}

/// What is special to a dataset.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Datasets")]
pub(crate) struct DatasetArgs {
    /// random, random-ids: tokens in a prompt [default: 1024]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) random_input_len: Option<Given<u32>>,

    /// random, random-ids: tokens to generate [default: 128]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) random_output_len: Option<Given<u32>>,

    /// random, random-ids: how far the lengths spread about these; 0.5 draws from half to one and a
    /// half times; under SGLang's rules the least share instead [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub(crate) random_range_ratio: Option<Given<Ratios>>,

    /// random: tokens that all prompts begin with, beside their length [default: 0]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) random_prefix_len: Option<Given<u32>>,

    /// sharegpt: the length of every answer [default: that of the conversation's]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) sharegpt_output_len: Option<Given<u32>>,

    /// sharegpt: the most tokens of prompt and answer together
    #[arg(long, value_name = "TOKENS")]
    pub(crate) sharegpt_context_len: Option<Given<u32>>,

    /// sharegpt: put behind every prompt
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt_suffix: Option<String>,

    /// custom: the length of every answer; -1 for each line's own
    #[arg(long, value_name = "TOKENS")]
    pub(crate) custom_output_len: Option<Given<i64>>,

    /// custom: send the prompts as they are, under rules that put them into the chat template
    #[arg(long)]
    pub(crate) skip_chat_template: bool,

    /// sharegpt, custom: send no conversation again where there are too few
    #[arg(long)]
    pub(crate) no_oversample: bool,

    /// sharegpt, custom: take them in the order of the file
    #[arg(long)]
    pub(crate) disable_shuffle: bool,

    /// generated-shared-prefix: groups [default: 64]
    #[arg(long, value_name = "COUNT")]
    pub(crate) gsp_num_groups: Option<Given<u32>>,

    /// generated-shared-prefix: prompts in a group [default: 16]
    #[arg(long, value_name = "COUNT")]
    pub(crate) gsp_prompts_per_group: Option<Given<u32>>,

    /// generated-shared-prefix: tokens that a group shares [default: 2048]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) gsp_system_prompt_len: Option<Given<u32>>,

    /// generated-shared-prefix: tokens after them [default: 128]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) gsp_question_len: Option<Given<u32>>,

    /// generated-shared-prefix: tokens to generate [default: 256]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) gsp_output_len: Option<Given<u32>>,

    /// generated-shared-prefix: the least share of these lengths that is drawn [default: 1]
    #[arg(long, value_name = "SHARE")]
    pub(crate) gsp_range_ratio: Option<Given<f64>>,

    /// generated-shared-prefix: group after group, instead of in a random order
    #[arg(long)]
    pub(crate) gsp_ordered: bool,

    /// generated-shared-prefix: how often each group is asked: uniform or zipf [default: uniform]
    #[arg(long, value_name = "KIND")]
    pub(crate) gsp_group_distribution: Option<GroupDistributionName>,

    /// generated-shared-prefix: how steeply zipf falls [default: 1]
    #[arg(long, value_name = "ALPHA")]
    pub(crate) gsp_zipf_alpha: Option<Given<f64>>,

    /// prefix-repetition: tokens in a prefix [default: 256]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) prefix_repetition_prefix_len: Option<Given<u32>>,

    /// prefix-repetition: tokens after it [default: 256]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) prefix_repetition_suffix_len: Option<Given<u32>>,

    /// prefix-repetition: prefixes [default: 10]
    #[arg(long, value_name = "COUNT")]
    pub(crate) prefix_repetition_num_prefixes: Option<Given<u32>>,

    /// prefix-repetition: tokens to generate [default: 128]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) prefix_repetition_output_len: Option<Given<u32>>,

    /// sonnet: the most tokens in a prompt [default: 550]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) sonnet_input_len: Option<Given<u32>>,

    /// sonnet: tokens to generate [default: 150]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) sonnet_output_len: Option<Given<u32>>,

    /// sonnet: tokens that all prompts begin with [default: 200]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) sonnet_prefix_len: Option<Given<u32>>,
}

/// Rules, as they are chosen on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RulesName(pub(crate) Rules);

impl ValueEnum for RulesName {
    fn value_variants<'a>() -> &'a [RulesName] {
        const ALL: [RulesName; Rules::ALL.len()] = {
            let mut all = [RulesName(Rules::ALL[0]); Rules::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = RulesName(Rules::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// Where prompts come from. (What is written at a variant here would become a
/// part of the help, and make all of it twice as long.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatasetName {
    Builtin,
    Sharegpt,
    Random,
    RandomIds,
    GeneratedSharedPrefix,
    #[value(alias = "prefix_repetition")]
    PrefixRepetition,
    Sonnet,
    Custom,
    Openai,
    Frozen,
}

/// How often each group is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupDistributionName {
    Uniform,
    Zipf,
}

impl DatasetName {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl From<DatasetKind> for DatasetName {
    fn from(kind: DatasetKind) -> DatasetName {
        match kind {
            DatasetKind::Builtin => DatasetName::Builtin,
            DatasetKind::Sharegpt => DatasetName::Sharegpt,
            DatasetKind::Random => DatasetName::Random,
            DatasetKind::RandomIds => DatasetName::RandomIds,
            DatasetKind::GeneratedSharedPrefix => DatasetName::GeneratedSharedPrefix,
            DatasetKind::PrefixRepetition => DatasetName::PrefixRepetition,
            DatasetKind::Sonnet => DatasetName::Sonnet,
            DatasetKind::Custom => DatasetName::Custom,
            DatasetKind::Openai => DatasetName::Openai,
            DatasetKind::Frozen => DatasetName::Frozen,
        }
    }
}
