//! What is sent.

use std::path::{Path, PathBuf};

use tokenometer_core::{Dialect, Rules};
use tokenometer_lab::dataset::thaw;
use tokenometer_lab::{LLM_INFRA_BENCH_FILE, SHAREGPT_FILE, SONNET_FILE};
use tokenometer_workload::{
    ConversationSettings, DatasetSettings, GroupDistribution, PrefixRepetitionSettings,
    PromptShape, RandomSettings, SharedPrefixSettings, SonnetSettings, Source, WorkloadSettings,
};

use super::Mistakes;
use super::backend::rules;
use super::idle::{idle_flags, unfollowed};
use crate::args::{DatasetArgs, DatasetName, Given, GroupDistributionName, Ratios, WorkloadArgs};
use crate::environment::Environment;
use crate::rules::{Backend, Customs, EndOfSequence};

/// The workload. Where the embedded engine is measured, `vocabulary_size` says
/// which token ids it knows.
pub(crate) fn workload(
    args: &WorkloadArgs,
    backend: Backend,
    vocabulary_size: Option<u32>,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> WorkloadSettings {
    let rules = rules(args);
    let customs = Customs::of(rules);
    let name = dataset_name(args);
    if rules.is_none() {
        idle_flags(args, name, mistakes);
    }
    if rules.is_some() && name != DatasetName::Sharegpt {
        unfollowed(args, name, mistakes);
    }
    let reading = Reading { args, customs, vocabulary_size, environment };
    let dataset = reading.dataset(name, mistakes);
    let ids = name == DatasetName::RandomIds && rules.is_none() || args.tokenize_prompt;
    let workload = WorkloadSettings {
        rules,
        dataset,
        seed: mistakes.take("--seed", args.seed.clone()).unwrap_or(customs.seed),
        exact: exact(args, customs.end_of_sequence, name),
        output_tokens: reading.output_tokens(name, mistakes),
        prompt_shape: match backend.dialect {
            Dialect::OpenaiChat => PromptShape::Messages,
            _ if ids => PromptShape::TokenIds,
            _ => PromptShape::Text,
        },
        chat_template: args.apply_chat_template
            || rules == Some(Rules::Vllm033)
                && name == DatasetName::Custom
                && !args.datasets.skip_chat_template,
    };
    // A tokenizer is looked for where none is named; so its want is no mistake
    // as yet.
    mistakes.extend(workload.mistakes(true));
    workload
}

/// The dataset that is meant.
pub(crate) fn dataset_name(args: &WorkloadArgs) -> DatasetName {
    let usual = DatasetName::from(Customs::of(rules(args)).dataset);
    // That tool has no names: with a file it reads conversations from it.
    let reads_file = rules(args) == Some(Rules::VllmThroughput07Dstack)
        && args.dataset_path.is_some()
        && args.dataset_name.is_none();
    if reads_file { DatasetName::Sharegpt } else { args.dataset_name.unwrap_or(usual) }
}

fn exact(args: &WorkloadArgs, end: EndOfSequence, name: DatasetName) -> bool {
    match end {
        EndOfSequence::Ignored => !args.disable_ignore_eos,
        EndOfSequence::Heeded => args.ignore_eos,
        EndOfSequence::IgnoredWhereDrawn => args.ignore_eos || name == DatasetName::Random,
    }
}

/// A dataset as it was asked for, on the way to its settings.
struct Reading<'a> {
    args: &'a WorkloadArgs,
    customs: &'static Customs,
    vocabulary_size: Option<u32>,
    environment: &'a Environment,
}

impl Reading<'_> {
    fn dataset(&self, name: DatasetName, mistakes: &mut Mistakes) -> DatasetSettings {
        match name {
            DatasetName::Builtin => DatasetSettings::Builtin,
            DatasetName::Sharegpt => DatasetSettings::ShareGpt(self.conversations(mistakes)),
            DatasetName::Random => DatasetSettings::Random(self.random(mistakes)),
            DatasetName::RandomIds => DatasetSettings::RandomIds(self.random(mistakes)),
            DatasetName::GeneratedSharedPrefix => {
                DatasetSettings::SharedPrefix(self.shared_prefix(mistakes))
            }
            DatasetName::PrefixRepetition => {
                DatasetSettings::PrefixRepetition(self.prefix_repetition(mistakes))
            }
            DatasetName::Sonnet => DatasetSettings::Sonnet(self.sonnet(mistakes)),
            DatasetName::Custom => DatasetSettings::Custom { path: self.file(name, mistakes) },
            DatasetName::Openai => DatasetSettings::OpenAi { path: self.file(name, mistakes) },
            DatasetName::Frozen => frozen(&self.file(name, mistakes), mistakes),
        }
    }

    /// The length of every answer, where one was asked for instead of the
    /// dataset's own.
    fn output_tokens(&self, name: DatasetName, mistakes: &mut Mistakes) -> Option<u32> {
        let datasets = &self.args.datasets;
        match name {
            DatasetName::Sharegpt => self.output_len(mistakes).or_else(|| {
                self.length("--sharegpt-output-len", &datasets.sharegpt_output_len, mistakes)
            }),
            DatasetName::Custom => self.custom_output_tokens(mistakes),
            DatasetName::Builtin | DatasetName::Openai => self.output_len(mistakes).or_else(|| {
                self.length("--random-output-len", &datasets.random_output_len, mistakes)
            }),
            _ => None,
        }
    }

    fn custom_output_tokens(&self, mistakes: &mut Mistakes) -> Option<u32> {
        const FLAG: &str = "--custom-output-len";
        let given = &self.args.datasets.custom_output_len;
        let general = self.output_len(mistakes);
        match mistakes.take(FLAG, given.clone()) {
            _ if general.is_some() => general,
            Some(-1) => None,
            Some(tokens) => u32::try_from(tokens).ok().or_else(|| {
                mistakes.add(
                    format_args!("{FLAG} {tokens}"),
                    "a length is a number from 1, or -1 for each line's own",
                    "give such a number",
                );
                None
            }),
            None => self.customs.custom_output_tokens,
        }
    }

    fn output_len(&self, mistakes: &mut Mistakes) -> Option<u32> {
        self.length("--output-len", &self.args.output_len, mistakes)
    }

    fn length(
        &self,
        flag: &str,
        given: &Option<Given<u32>>,
        mistakes: &mut Mistakes,
    ) -> Option<u32> {
        mistakes.take(flag, given.clone())
    }

    fn conversations(&self, mistakes: &mut Mistakes) -> ConversationSettings {
        let datasets = &self.args.datasets;
        ConversationSettings {
            source: self.source(),
            context_tokens: mistakes
                .take("--sharegpt-context-len", datasets.sharegpt_context_len.clone()),
            prompt_suffix: datasets.prompt_suffix.clone().unwrap_or_default(),
            shuffle: !datasets.disable_shuffle,
            oversample: !datasets.no_oversample,
        }
    }

    /// Where conversations come from: the file that is named, or ShareGPT's,
    /// where it can be found.
    fn source(&self) -> Source {
        match &self.args.dataset_path {
            Some(path) if path == Path::new("builtin") => Source::Builtin,
            Some(path) if !path.as_os_str().is_empty() => Source::File(path.clone()),
            _ => Source::File(
                self.environment
                    .find_dataset(SHAREGPT_FILE)
                    .unwrap_or_else(|| SHAREGPT_FILE.into()),
            ),
        }
    }

    fn random(&self, mistakes: &mut Mistakes) -> RandomSettings {
        let DatasetArgs { random_input_len, random_output_len, .. } = &self.args.datasets;
        // As in vLLM's tool, the general flag has the last word.
        let input = self
            .length("--input-len", &self.args.input_len, mistakes)
            .or_else(|| self.length("--random-input-len", random_input_len, mistakes));
        let output = self
            .output_len(mistakes)
            .or_else(|| self.length("--random-output-len", random_output_len, mistakes));
        let has_usual = rules(self.args) != Some(Rules::VllmThroughput07Dstack);
        if !has_usual && (input.is_none() || output.is_none()) {
            mistakes.add(
                format_args!("--rules {}", Rules::VllmThroughput07Dstack),
                "that tool has no usual lengths",
                "give --input-len and --output-len",
            );
        }
        let usual = self.customs.range_ratio;
        let ratios = mistakes
            .take("--random-range-ratio", self.args.datasets.random_range_ratio.clone())
            .unwrap_or(Ratios { input: usual, output: usual });
        RandomSettings {
            input_tokens: input.unwrap_or(self.customs.input_tokens),
            output_tokens: output.unwrap_or(self.customs.output_tokens),
            input_ratio: ratios.input,
            output_ratio: ratios.output,
            prefix_tokens: mistakes
                .take("--random-prefix-len", self.args.datasets.random_prefix_len.clone())
                .unwrap_or(0),
            vocabulary_size: self.vocabulary_size,
            source: rules(self.args).is_some_and(Rules::is_sglang).then(|| self.source()),
        }
    }

    fn shared_prefix(&self, mistakes: &mut Mistakes) -> SharedPrefixSettings {
        let datasets = &self.args.datasets;
        let mut number = |flag: &str, given: &Option<Given<u32>>, usual| {
            mistakes.take(flag, given.clone()).unwrap_or(usual)
        };
        let own = SharedPrefixSettings::default();
        SharedPrefixSettings {
            groups: number("--gsp-num-groups", &datasets.gsp_num_groups, own.groups),
            prompts_per_group: number(
                "--gsp-prompts-per-group",
                &datasets.gsp_prompts_per_group,
                own.prompts_per_group,
            ),
            system_tokens: number(
                "--gsp-system-prompt-len",
                &datasets.gsp_system_prompt_len,
                own.system_tokens,
            ),
            question_tokens: number(
                "--gsp-question-len",
                &datasets.gsp_question_len,
                own.question_tokens,
            ),
            output_tokens: number("--gsp-output-len", &datasets.gsp_output_len, own.output_tokens),
            range_ratio: mistakes
                .take("--gsp-range-ratio", datasets.gsp_range_ratio.clone())
                .unwrap_or(own.range_ratio),
            ordered: datasets.gsp_ordered,
            distribution: match datasets.gsp_group_distribution {
                Some(GroupDistributionName::Zipf) => mistakes
                    .take("--gsp-zipf-alpha", datasets.gsp_zipf_alpha.clone())
                    .map_or(GroupDistribution::ZIPF, |alpha| GroupDistribution::Zipf { alpha }),
                _ => GroupDistribution::Uniform,
            },
        }
    }

    fn prefix_repetition(&self, mistakes: &mut Mistakes) -> PrefixRepetitionSettings {
        let datasets = &self.args.datasets;
        let general = self.output_len(mistakes);
        let mut number = |flag: &str, given: &Option<Given<u32>>, usual| {
            mistakes.take(flag, given.clone()).unwrap_or(usual)
        };
        let own = PrefixRepetitionSettings::default();
        PrefixRepetitionSettings {
            prefix_tokens: number(
                "--prefix-repetition-prefix-len",
                &datasets.prefix_repetition_prefix_len,
                own.prefix_tokens,
            ),
            suffix_tokens: number(
                "--prefix-repetition-suffix-len",
                &datasets.prefix_repetition_suffix_len,
                own.suffix_tokens,
            ),
            prefixes: number(
                "--prefix-repetition-num-prefixes",
                &datasets.prefix_repetition_num_prefixes,
                own.prefixes,
            ),
            output_tokens: number(
                "--prefix-repetition-output-len",
                &datasets.prefix_repetition_output_len,
                general.unwrap_or(own.output_tokens),
            ),
        }
    }

    fn sonnet(&self, mistakes: &mut Mistakes) -> SonnetSettings {
        let datasets = &self.args.datasets;
        let fetched = self.environment.find_dataset(SONNET_FILE);
        let path = match (&self.args.dataset_path, fetched) {
            (None, Some(fetched)) => fetched,
            _ => self.file(DatasetName::Sonnet, mistakes),
        };
        let mut number = |flag: &str, given: &Option<Given<u32>>, usual| {
            mistakes.take(flag, given.clone()).unwrap_or(usual)
        };
        let own = SonnetSettings::of(path);
        SonnetSettings {
            input_tokens: number(
                "--sonnet-input-len",
                &datasets.sonnet_input_len,
                own.input_tokens,
            ),
            output_tokens: number(
                "--sonnet-output-len",
                &datasets.sonnet_output_len,
                own.output_tokens,
            ),
            prefix_tokens: number(
                "--sonnet-prefix-len",
                &datasets.sonnet_prefix_len,
                own.prefix_tokens,
            ),
            ..own
        }
    }

    /// The file of a dataset that has no other source.
    fn file(&self, name: DatasetName, mistakes: &mut Mistakes) -> PathBuf {
        if let Some(path) = &self.args.dataset_path {
            return path.clone();
        }
        if rules(self.args) == Some(Rules::LlmInfraBench) {
            return LLM_INFRA_BENCH_FILE.into();
        }
        let name = name.name();
        mistakes.add(
            format_args!("--dataset-name {name}"),
            "no file is named",
            "name it with --dataset-path",
        );
        PathBuf::new()
    }
}

/// A workload that was made before, read from its file.
fn frozen(path: &Path, mistakes: &mut Mistakes) -> DatasetSettings {
    // That no file was named is a mistake already.
    if !path.as_os_str().is_empty() {
        match thaw(path) {
            Ok(frozen) => return DatasetSettings::Frozen(frozen),
            Err(mistake) => mistakes.extend(vec![mistake]),
        }
    }
    DatasetSettings::Builtin
}
