//! What can't be meant of a dataset by our own rules.
//!
//! What a file holds is not looked at here.

use super::{MOST_REQUESTS, MOST_TOKENS, PromptShape, WorkloadSettings};
use crate::{
    ConversationSettings, DatasetSettings, FrozenSettings, GroupDistribution, Mistake,
    PrefixRepetitionSettings, RandomSettings, SharedPrefixSettings, SonnetSettings,
};

impl WorkloadSettings {
    /// Everything in these settings that can't be meant by our own rules.
    pub(super) fn own_mistakes(&self, has_tokenizer: bool) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let forced = self.output_tokens;
        mistakes.extend(forced.and_then(|tokens| length_mistake("--random-output-len", tokens)));
        mistakes.extend(match &self.dataset {
            DatasetSettings::Builtin | DatasetSettings::Custom { .. } => Vec::new(),
            DatasetSettings::ShareGpt(chosen) => chosen.mistakes(),
            DatasetSettings::Random(random) => random.mistakes(self),
            DatasetSettings::RandomIds(random) => random.ids_mistakes(self, has_tokenizer),
            DatasetSettings::SharedPrefix(groups) => groups.mistakes(self),
            DatasetSettings::PrefixRepetition(prefixes) => prefixes.mistakes(self),
            DatasetSettings::Sonnet(poem) => poem.mistakes(self),
            DatasetSettings::OpenAi { .. } => self.recorded_mistakes(),
            DatasetSettings::Frozen(frozen) => frozen.mistakes(self),
        });
        if !has_tokenizer {
            mistakes.extend(self.wanted_tokenizer());
        }
        mistakes.extend(self.chat_template_mistakes(has_tokenizer));
        mistakes
    }

    /// The mistake of a dataset that can't do without a tokenizer.
    fn wanted_tokenizer(&self) -> Option<Mistake> {
        let exact = matches!(
            self.dataset,
            DatasetSettings::Random(_)
                | DatasetSettings::SharedPrefix(_)
                | DatasetSettings::PrefixRepetition(_)
                | DatasetSettings::Sonnet(_)
        );
        exact.then(|| {
            Mistake::new(
                format!("--dataset-name {}", self.dataset.name()),
                "its prompts have a length in tokens, and nothing says how text turns into them",
                "give the model's tokenizer with --tokenizer",
            )
        })
    }

    fn recorded_mistakes(&self) -> Vec<Mistake> {
        if self.prompt_shape == PromptShape::Messages {
            return Vec::new();
        }
        vec![Mistake::new(
            "--dataset-name openai",
            "it holds recorded chats, which can only be sent as chats again",
            "use --backend openai-chat, or --dataset-name custom for their messages alone",
        )]
    }

    fn chat_template_mistakes(&self, has_tokenizer: bool) -> Option<Mistake> {
        let place = "--apply-chat-template";
        if !self.chat_template {
            None
        } else if self.prompt_shape == PromptShape::Messages {
            Some(Mistake::new(
                place,
                "prompts are sent as messages, which the server puts into the template itself",
                "leave it out, or use --backend openai-completions",
            ))
        } else if matches!(self.dataset, DatasetSettings::RandomIds(_)) {
            Some(Mistake::new(
                place,
                "random ids are no text that could be put into a template",
                "leave it out, or use --dataset-name random",
            ))
        } else if !has_tokenizer {
            Some(Mistake::new(
                place,
                "the template is kept beside the model's tokenizer, and none is known",
                "give it with --tokenizer",
            ))
        } else {
            None
        }
    }

    /// What is wrong with the lengths of a dataset's answers, where no other
    /// length goes before them.
    fn output_mistake(&self, flag: &str, tokens: u32) -> Option<Mistake> {
        if self.output_tokens.is_some() { None } else { length_mistake(flag, tokens) }
    }
}

impl FrozenSettings {
    fn mistakes(&self, workload: &WorkloadSettings) -> Vec<Mistake> {
        let place = || format!("--dataset-path {}", self.path.display());
        let mut mistakes = Vec::new();
        if self.requests.is_empty() {
            let cure = "make it again with `tokenometer dataset make`";
            mistakes.push(Mistake::new(place(), "there is no request in it", cure));
        }
        if workload.exact || workload.output_tokens.is_some() || workload.chat_template {
            mistakes.push(Mistake::new(
                "--dataset-name frozen",
                "its requests are sent as they were made, with the lengths and in the form that \
                 they have",
                "leave out --ignore-eos, the output length and --apply-chat-template, or make \
                 another one with them",
            ));
        }
        mistakes
    }
}

impl ConversationSettings {
    fn mistakes(&self) -> Vec<Mistake> {
        let context = self.context_tokens;
        Vec::from_iter(context.and_then(|tokens| length_mistake("--sharegpt-context-len", tokens)))
    }
}

impl RandomSettings {
    fn mistakes(&self, workload: &WorkloadSettings) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        mistakes.extend(length_mistake("--random-input-len", self.input_tokens));
        mistakes.extend(workload.output_mistake("--random-output-len", self.output_tokens));
        if self.prefix_tokens > 0 {
            mistakes.extend(length_mistake("--random-prefix-len", self.prefix_tokens));
        }
        let ratios = [self.input_ratio, self.output_ratio];
        if let Some(ratio) = ratios.into_iter().find(|ratio| !(0.0..1.0).contains(ratio)) {
            mistakes.push(Mistake::new(
                format!("--random-range-ratio {ratio}"),
                "lengths spread by a share from 0 to below 1 on both sides",
                "give 0 for fixed lengths (SGLang's 1), or say 0.5 for half to one and a half times",
            ));
        }
        mistakes
    }

    fn ids_mistakes(&self, workload: &WorkloadSettings, has_tokenizer: bool) -> Vec<Mistake> {
        let mut mistakes = self.mistakes(workload);
        if workload.prompt_shape != PromptShape::TokenIds {
            mistakes.push(Mistake::new(
                "--dataset-name random-ids",
                "its prompts are token ids, and can't be sent as text or messages",
                "use --backend openai-completions, or another dataset",
            ));
        }
        if self.prefix_tokens > 0 {
            mistakes.push(Mistake::new(
                format!("--random-prefix-len {}", self.prefix_tokens),
                "random ids share no beginning",
                "use --dataset-name random",
            ));
        }
        match self.vocabulary_size {
            None if !has_tokenizer => mistakes.push(Mistake::new(
                "--dataset-name random-ids",
                "nothing says which token ids the model has",
                "give its tokenizer with --tokenizer",
            )),
            Some(0) => mistakes.push(Mistake::new(
                "--dataset-name random-ids",
                "a vocabulary of 0 tokens has no ids to draw from",
                "give the model's tokenizer with --tokenizer",
            )),
            _ => {}
        }
        mistakes
    }
}

impl SharedPrefixSettings {
    fn mistakes(&self, workload: &WorkloadSettings) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        mistakes.extend(count_mistake("--gsp-num-groups", self.groups));
        mistakes.extend(count_mistake("--gsp-prompts-per-group", self.prompts_per_group));
        let all = u64::from(self.groups) * u64::from(self.prompts_per_group);
        if mistakes.is_empty() && all > MOST_REQUESTS.into() {
            mistakes.push(Mistake::new(
                format!("--gsp-prompts-per-group {}", self.prompts_per_group),
                format!(
                    "in {} groups these are {all} prompts, more than {MOST_REQUESTS}",
                    self.groups
                ),
                "give fewer of them, or fewer groups",
            ));
        }
        mistakes.extend(length_mistake("--gsp-system-prompt-len", self.system_tokens));
        mistakes.extend(length_mistake("--gsp-question-len", self.question_tokens));
        mistakes.extend(workload.output_mistake("--gsp-output-len", self.output_tokens));
        if !(0.0..=1.0).contains(&self.range_ratio) {
            mistakes.push(Mistake::new(
                format!("--gsp-range-ratio {}", self.range_ratio),
                "it is the least share of the lengths given that is drawn, from 0 to 1",
                "give 1 for fixed lengths",
            ));
        }
        mistakes.extend(self.distribution_mistake());
        mistakes
    }

    fn distribution_mistake(&self) -> Option<Mistake> {
        let GroupDistribution::Zipf { alpha } = self.distribution else { return None };
        if !(alpha.is_finite() && alpha > 0.0) {
            return Some(Mistake::new(
                format!("--gsp-zipf-alpha {alpha}"),
                "it says how steeply shares fall from group to group, and is above 0",
                "give 1, or --gsp-group-distribution uniform for equal shares",
            ));
        }
        self.ordered.then(|| {
            Mistake::new(
                "--gsp-ordered",
                "groups that are drawn one by one don't follow each other",
                "leave it out, or give --gsp-group-distribution uniform",
            )
        })
    }
}

impl PrefixRepetitionSettings {
    fn mistakes(&self, workload: &WorkloadSettings) -> Vec<Mistake> {
        let output = "--prefix-repetition-output-len";
        [
            count_mistake("--prefix-repetition-num-prefixes", self.prefixes),
            length_mistake("--prefix-repetition-prefix-len", self.prefix_tokens),
            length_mistake("--prefix-repetition-suffix-len", self.suffix_tokens),
            workload.output_mistake(output, self.output_tokens),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl SonnetSettings {
    fn mistakes(&self, workload: &WorkloadSettings) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        mistakes.extend(length_mistake("--sonnet-input-len", self.input_tokens));
        mistakes.extend(workload.output_mistake("--sonnet-output-len", self.output_tokens));
        if self.prefix_tokens >= self.input_tokens {
            mistakes.push(Mistake::new(
                format!("--sonnet-prefix-len {}", self.prefix_tokens),
                format!("nothing of {} tokens would be left for other lines", self.input_tokens),
                "give fewer tokens than --sonnet-input-len has",
            ));
        }
        mistakes
    }
}

/// What is wrong with a length.
fn length_mistake(flag: &str, tokens: u32) -> Option<Mistake> {
    (!(1..=MOST_TOKENS).contains(&tokens)).then(|| {
        Mistake::new(
            format!("{flag} {tokens}"),
            format!("a length has from 1 to {MOST_TOKENS} tokens"),
            "give a length that the model's context holds",
        )
    })
}

/// What is wrong with a number of groups, or of prompts.
fn count_mistake(flag: &str, count: u32) -> Option<Mistake> {
    (!(1..=MOST_REQUESTS).contains(&count)).then(|| {
        Mistake::new(
            format!("{flag} {count}"),
            format!("there may be from 1 to {MOST_REQUESTS} of them"),
            "give at least 1",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(dataset: DatasetSettings, shape: PromptShape, has_tokenizer: bool) -> String {
        let mut settings = WorkloadSettings::new(dataset, shape);
        settings.chat_template = true;
        let mistakes = settings.mistakes(has_tokenizer);
        mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
    }

    #[test]
    fn all_mistakes_of_every_dataset_are_told_at_once() {
        let groups = SharedPrefixSettings {
            groups: 10_000,
            prompts_per_group: 10_000,
            system_tokens: 0,
            question_tokens: 0,
            output_tokens: 0,
            range_ratio: 1.5,
            ordered: true,
            distribution: GroupDistribution::Zipf { alpha: 1.0 },
        };
        let flat = GroupDistribution::Zipf { alpha: 0.0 };
        let no_groups = SharedPrefixSettings {
            groups: 0,
            prompts_per_group: 0,
            distribution: flat,
            ..groups.clone()
        };
        let prefixes = PrefixRepetitionSettings {
            prefix_tokens: 0,
            suffix_tokens: 0,
            prefixes: 0,
            output_tokens: 0,
        };
        let poem = SonnetSettings {
            path: "poem.txt".into(),
            input_tokens: 0,
            output_tokens: 0,
            prefix_tokens: 0,
        };
        let random = RandomSettings {
            prefix_tokens: u32::MAX,
            input_ratio: -0.1,
            ..RandomSettings::fixed(0, 0)
        };
        let chosen = ConversationSettings {
            source: crate::Source::Builtin,
            context_tokens: Some(0),
            prompt_suffix: String::new(),
            shuffle: true,
            oversample: true,
        };
        let text = PromptShape::Text;
        insta::assert_snapshot!(
            [
                told(DatasetSettings::SharedPrefix(groups), PromptShape::Messages, false),
                told(DatasetSettings::SharedPrefix(no_groups), text, true),
                told(DatasetSettings::PrefixRepetition(prefixes), text, false),
                told(DatasetSettings::Sonnet(poem), text, false),
                told(DatasetSettings::Random(random.clone()), text, false),
                told(DatasetSettings::RandomIds(random), PromptShape::TokenIds, true),
                told(DatasetSettings::ShareGpt(chosen), text, false),
                told(DatasetSettings::OpenAi { path: "bodies.jsonl".into() }, text, true),
            ]
            .join("\n")
        );
    }

    #[test]
    fn the_usual_settings_are_none() {
        let random = DatasetSettings::Random(RandomSettings::fixed(1024, 128));
        let settings = WorkloadSettings::new(random, PromptShape::Messages);
        assert_eq!(settings.mistakes(true), []);
        assert_eq!(settings.mistakes(false).len(), 1, "it needs a tokenizer");
    }
}
