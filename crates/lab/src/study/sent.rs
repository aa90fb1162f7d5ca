//! What is sent: from a study's words to the settings of a workload.

use std::path::PathBuf;

use tokenometer_core::{Dialect, Rules};
use tokenometer_workload::{
    ConversationSettings, DatasetSettings, GroupDistribution, PrefixRepetitionSettings,
    PromptShape, RandomSettings, SharedPrefixSettings, SonnetSettings, Source, WorkloadSettings,
};

use super::World;
use super::found::Found;
use super::grammar::{DatasetKind, GroupShape, Spread, Workload};
use crate::customs::{LLM_INFRA_BENCH_FILE, SHAREGPT_FILE, SONNET_FILE};
use crate::dataset::thaw;
use crate::{Customs, EndOfSequence};

/// A workload on the way to its settings.
pub(super) struct Sent<'a> {
    /// Its words.
    pub(super) words: &'a Workload,
    /// Whose rules are followed.
    pub(super) rules: Option<Rules>,
    /// Where files lie.
    pub(super) world: &'a World<'a>,
}

impl Sent<'_> {
    /// The dataset that is meant.
    pub(super) fn kind(&self) -> DatasetKind {
        self.words.dataset.unwrap_or(self.customs().dataset)
    }

    fn customs(&self) -> &'static Customs {
        Customs::of(self.rules)
    }

    /// The settings for a dialect and a seed. What is wrong with the words
    /// themselves is noted at `path`.
    pub(super) fn settings(
        &self,
        dialect: Dialect,
        seed: u64,
        path: &[&str],
        found: &mut Found<'_>,
    ) -> WorkloadSettings {
        let kind = self.kind();
        let ids = kind == DatasetKind::RandomIds && self.rules.is_none()
            || self.words.tokenize_prompt == Some(true);
        WorkloadSettings {
            rules: self.rules,
            dataset: self.dataset(path, found),
            seed,
            exact: self.exact(),
            output_tokens: self.output_tokens(),
            prompt_shape: match dialect {
                Dialect::OpenaiChat => PromptShape::Messages,
                _ if ids => PromptShape::TokenIds,
                _ => PromptShape::Text,
            },
            chat_template: self
                .words
                .apply_chat_template
                .unwrap_or(self.rules == Some(Rules::Vllm033) && kind == DatasetKind::Custom),
        }
    }

    fn exact(&self) -> bool {
        self.words.ignore_eos.unwrap_or(match self.customs().end_of_sequence {
            EndOfSequence::Ignored => true,
            EndOfSequence::Heeded => false,
            EndOfSequence::IgnoredWhereDrawn => self.kind() == DatasetKind::Random,
        })
    }

    /// The length of every answer, instead of the dataset's own.
    fn output_tokens(&self) -> Option<u32> {
        match self.kind() {
            DatasetKind::Sharegpt | DatasetKind::Builtin | DatasetKind::Openai => {
                self.words.output_len
            }
            DatasetKind::Custom => self.words.output_len.or(self.customs().custom_output_tokens),
            _ => None,
        }
    }

    fn dataset(&self, path: &[&str], found: &mut Found<'_>) -> DatasetSettings {
        match self.kind() {
            DatasetKind::Builtin => DatasetSettings::Builtin,
            DatasetKind::Sharegpt => DatasetSettings::ShareGpt(ConversationSettings {
                source: self.source(path, found),
                context_tokens: self.words.context_len,
                prompt_suffix: self.words.prompt_suffix.clone().unwrap_or_default(),
                shuffle: self.words.shuffle.unwrap_or(true),
                oversample: self.words.oversample.unwrap_or(true),
            }),
            DatasetKind::Random => DatasetSettings::Random(self.random(path, found)),
            DatasetKind::RandomIds => DatasetSettings::RandomIds(self.random(path, found)),
            DatasetKind::GeneratedSharedPrefix => {
                DatasetSettings::SharedPrefix(self.shared_prefix())
            }
            DatasetKind::PrefixRepetition => {
                let usual = PrefixRepetitionSettings::default();
                DatasetSettings::PrefixRepetition(PrefixRepetitionSettings {
                    prefix_tokens: self.words.prefix_len.unwrap_or(usual.prefix_tokens),
                    suffix_tokens: self.words.suffix_len.unwrap_or(usual.suffix_tokens),
                    prefixes: self.words.num_prefixes.unwrap_or(usual.prefixes),
                    output_tokens: self.words.output_len.unwrap_or(usual.output_tokens),
                })
            }
            DatasetKind::Sonnet => {
                let usual = SonnetSettings::of(self.file(Some(SONNET_FILE), path, found));
                DatasetSettings::Sonnet(SonnetSettings {
                    input_tokens: self.words.input_len.unwrap_or(usual.input_tokens),
                    output_tokens: self.words.output_len.unwrap_or(usual.output_tokens),
                    prefix_tokens: self.words.prefix_len.unwrap_or(usual.prefix_tokens),
                    ..usual
                })
            }
            DatasetKind::Custom => {
                let usual =
                    (self.rules == Some(Rules::LlmInfraBench)).then_some(LLM_INFRA_BENCH_FILE);
                DatasetSettings::Custom { path: self.file(usual, path, found) }
            }
            DatasetKind::Openai => DatasetSettings::OpenAi { path: self.file(None, path, found) },
            DatasetKind::Frozen => self.frozen(path, found),
        }
    }

    fn random(&self, path: &[&str], found: &mut Found<'_>) -> RandomSettings {
        let customs = self.customs();
        let lengths = (self.words.input_len, self.words.output_len);
        if self.rules == Some(Rules::VllmThroughput07Dstack)
            && !matches!(lengths, (Some(_), Some(_)))
        {
            found.add(
                path,
                "follows a tool that has no usual lengths",
                "give `input-len` and `output-len`",
            );
        }
        let (input_ratio, output_ratio) =
            self.words.range_ratio.unwrap_or(Spread::Both(customs.range_ratio)).both();
        RandomSettings {
            input_tokens: lengths.0.unwrap_or(customs.input_tokens),
            output_tokens: lengths.1.unwrap_or(customs.output_tokens),
            input_ratio,
            output_ratio,
            prefix_tokens: self.words.prefix_len.unwrap_or(0),
            vocabulary_size: None,
            source: self.rules.is_some_and(Rules::is_sglang).then(|| self.source(path, found)),
        }
    }

    fn shared_prefix(&self) -> SharedPrefixSettings {
        let (words, usual) = (self.words, SharedPrefixSettings::default());
        SharedPrefixSettings {
            groups: words.gsp_num_groups.unwrap_or(usual.groups),
            prompts_per_group: words.gsp_prompts_per_group.unwrap_or(usual.prompts_per_group),
            system_tokens: words.gsp_system_prompt_len.unwrap_or(usual.system_tokens),
            question_tokens: words.gsp_question_len.unwrap_or(usual.question_tokens),
            output_tokens: words.output_len.unwrap_or(usual.output_tokens),
            range_ratio: words.range_ratio.map_or(usual.range_ratio, |spread| spread.both().0),
            ordered: words.gsp_ordered.unwrap_or(usual.ordered),
            distribution: match words.gsp_group_distribution.unwrap_or_default() {
                GroupShape::Uniform => GroupDistribution::Uniform,
                GroupShape::Zipf => words
                    .gsp_zipf_alpha
                    .map_or(GroupDistribution::ZIPF, |alpha| GroupDistribution::Zipf { alpha }),
            },
        }
    }

    /// Where conversations come from: the file that is named, or ShareGPT's.
    fn source(&self, path: &[&str], found: &mut Found<'_>) -> Source {
        match self.words.path.as_deref() {
            Some("builtin") => Source::Builtin,
            _ => Source::File(self.file(Some(SHAREGPT_FILE), path, found)),
        }
    }

    /// A dataset's file, which must be there. `usual` is where it is looked for
    /// when none is named.
    fn file(&self, usual: Option<&str>, path: &[&str], found: &mut Found<'_>) -> PathBuf {
        let below: Vec<&str> = path.iter().copied().chain(["path"]).collect();
        match (self.words.path.as_deref(), usual) {
            (Some(named), _) => {
                let file = self.world.path(named);
                if !file.is_file() {
                    let problem = format!("names no file: there is no {}", file.display());
                    found.add(&below, problem, "paths begin in the study's folder");
                }
                file
            }
            (None, Some(usual)) => self.world.find_dataset(usual).unwrap_or_else(|| {
                let problem =
                    format!("needs a file, and {usual} is neither beside the study nor fetched");
                let cure = "name it by `path`, or fetch it with `tokenometer dataset fetch`";
                found.add(path, problem, cure);
                self.world.path(usual)
            }),
            (None, None) => {
                found.add(path, "names no file", "name it by `path`");
                PathBuf::new()
            }
        }
    }

    /// A workload that was made before, read from its file.
    fn frozen(&self, path: &[&str], found: &mut Found<'_>) -> DatasetSettings {
        let file = self.file(None, path, found);
        // A file that isn't there is a mistake already.
        if file.is_file() {
            match thaw(&file) {
                Ok(frozen) => return DatasetSettings::Frozen(frozen),
                Err(mistake) => found.of_flags(path, vec![mistake]),
            }
        }
        DatasetSettings::Builtin
    }
}

/// Keys of a workload that say nothing of its dataset: each key with the
/// datasets of which it says something.
pub(super) fn idle_keys(words: &Workload, kind: DatasetKind, path: &[&str], found: &mut Found<'_>) {
    use DatasetKind::{
        Builtin, Custom, Frozen, GeneratedSharedPrefix as Gsp, Openai,
        PrefixRepetition as Repetition, Random, RandomIds, Sharegpt, Sonnet,
    };
    let belongings: [(&str, bool, &[DatasetKind]); 19] = [
        ("path", words.path.is_some(), &[Sharegpt, Sonnet, Custom, Openai, Frozen, Random]),
        ("input-len", words.input_len.is_some(), &[Random, RandomIds, Sonnet]),
        (
            "output-len",
            words.output_len.is_some(),
            &[Random, RandomIds, Builtin, Openai, Sharegpt, Custom, Repetition, Gsp, Sonnet],
        ),
        ("prefix-len", words.prefix_len.is_some(), &[Random, Repetition, Sonnet]),
        ("range-ratio", words.range_ratio.is_some(), &[Random, RandomIds, Gsp]),
        (
            "apply-chat-template",
            words.apply_chat_template.is_some(),
            &[Builtin, Sharegpt, Custom, Random],
        ),
        ("context-len", words.context_len.is_some(), &[Sharegpt]),
        ("prompt-suffix", words.prompt_suffix.is_some(), &[Sharegpt]),
        ("shuffle", words.shuffle.is_some(), &[Sharegpt]),
        ("oversample", words.oversample.is_some(), &[Sharegpt]),
        ("gsp-num-groups", words.gsp_num_groups.is_some(), &[Gsp]),
        ("gsp-prompts-per-group", words.gsp_prompts_per_group.is_some(), &[Gsp]),
        ("gsp-system-prompt-len", words.gsp_system_prompt_len.is_some(), &[Gsp]),
        ("gsp-question-len", words.gsp_question_len.is_some(), &[Gsp]),
        ("gsp-ordered", words.gsp_ordered.is_some(), &[Gsp]),
        ("gsp-group-distribution", words.gsp_group_distribution.is_some(), &[Gsp]),
        ("gsp-zipf-alpha", words.gsp_zipf_alpha.is_some(), &[Gsp]),
        ("suffix-len", words.suffix_len.is_some(), &[Repetition]),
        ("num-prefixes", words.num_prefixes.is_some(), &[Repetition]),
    ];
    for (key, given, datasets) in belongings {
        if given && !datasets.contains(&kind) {
            let below: Vec<&str> = path.iter().copied().chain([key]).collect();
            let owners: Vec<&str> = datasets.iter().map(|dataset| dataset.name()).collect();
            let problem = format!("says nothing of the dataset {}", kind.name());
            found.add(
                &below,
                problem,
                format!("use it with {}, or leave it out", owners.join(", ")),
            );
        }
    }
}
