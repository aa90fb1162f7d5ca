//! What a workload may be told, and what can't be meant by it.
//!
//! Settings are checked as a whole: whoever wrote them learns of every mistake
//! at once. Nothing here reads a file.

mod dataset;
mod dataset_mistakes;
mod load;

use tokenometer_core::Rules;

pub use dataset::{
    ConversationSettings, DatasetSettings, FrozenSettings, GroupDistribution,
    PrefixRepetitionSettings, RandomSettings, SharedPrefixSettings, SonnetSettings, Source,
};
pub(crate) use load::due;
pub use load::{Extent, LoadSettings, Pattern, Ramp, RampShape, Settled};

use crate::Mistake;
use crate::dataset::ids_need_a_tokenizer;

/// The longest prompt or answer that may be asked for, in tokens: ten times the
/// longest context of today's models.
pub(crate) const MOST_TOKENS: u32 = 10_000_000;

/// The most requests in one phase. Ten million prompts fill the memory of most
/// machines; more are a slip of the keyboard.
pub(crate) const MOST_REQUESTS: u32 = 10_000_000;

/// What is sent: everything that must be equal for arms to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadSettings {
    /// Whose rules are followed in what is drawn; `None` follows our own. Under
    /// another tool's rules everything here means what that tool means by it.
    pub rules: Option<Rules>,
    /// Where the prompts come from.
    pub dataset: DatasetSettings,
    /// The one number from which everything random follows. What a seed means
    /// never changes: the same seed gives the same workload on every machine
    /// and in every release.
    pub seed: u64,
    /// Whether every answer has exactly the tokens asked for
    /// (`--ignore-eos`); else they are its most.
    pub exact: bool,
    /// The output length of every request, in tokens, instead of the dataset's
    /// own (`--random-output-len`, `--sharegpt-output-len` …).
    pub output_tokens: Option<u32>,
    /// How prompts are given.
    pub prompt_shape: PromptShape,
    /// Whether a text is put into the model's chat template, as what the user
    /// says, before it is sent as text (`--apply-chat-template`).
    pub chat_template: bool,
}

/// How prompts are given to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptShape {
    /// As plain text.
    Text,
    /// As a conversation.
    Messages,
    /// As token ids.
    TokenIds,
}

impl PromptShape {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            PromptShape::Text => "text",
            PromptShape::Messages => "messages",
            PromptShape::TokenIds => "token ids",
        }
    }
}

impl WorkloadSettings {
    /// A workload of our own rules with seed 0, whose answers are as long as
    /// the dataset says at most.
    pub fn new(dataset: DatasetSettings, prompt_shape: PromptShape) -> WorkloadSettings {
        WorkloadSettings {
            rules: None,
            dataset,
            seed: 0,
            exact: false,
            output_tokens: None,
            prompt_shape,
            chat_template: false,
        }
    }

    /// Whether it can't be made without a tokenizer.
    pub fn needs_tokenizer(&self) -> bool {
        let by_rules = self.rules.is_some_and(|rules| rules != Rules::LlmInfraBench);
        let by_dataset = match &self.dataset {
            DatasetSettings::Random(_)
            | DatasetSettings::SharedPrefix(_)
            | DatasetSettings::PrefixRepetition(_)
            | DatasetSettings::Sonnet(_) => true,
            DatasetSettings::RandomIds(random) => random.vocabulary_size.is_none(),
            _ => self.prompt_shape == PromptShape::TokenIds,
        };
        by_rules || by_dataset || self.chat_template
    }

    /// Everything in these settings that can't be meant. `has_tokenizer` says
    /// whether a tokenizer will be given with them.
    pub fn mistakes(&self, has_tokenizer: bool) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        // What another tool takes for a length or a ratio is that tool's affair.
        if self.rules.is_none() {
            mistakes.extend(self.own_mistakes(has_tokenizer));
        }
        if self.prompt_shape == PromptShape::TokenIds
            && !has_tokenizer
            && !matches!(self.dataset, DatasetSettings::RandomIds(_))
        {
            mistakes.push(ids_need_a_tokenizer());
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mistakes: &[Mistake]) -> String {
        mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn all_mistakes_of_a_workload_are_told_at_once() {
        let random = RandomSettings { input_ratio: 1.0, ..RandomSettings::fixed(0, u32::MAX) };
        let settings =
            WorkloadSettings::new(DatasetSettings::RandomIds(random), PromptShape::Messages);
        insta::assert_snapshot!(told(&settings.mistakes(false)));
        assert_eq!(settings.mistakes(true).len(), 4);
        let builtin = WorkloadSettings {
            dataset: DatasetSettings::Builtin,
            prompt_shape: PromptShape::TokenIds,
            output_tokens: Some(0),
            ..settings
        };
        insta::assert_snapshot!(told(&builtin.mistakes(false)));
    }
}
