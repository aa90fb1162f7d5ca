//! What the flags of other tools put into their bodies.

use tokenometer_core::Rules;

/// Whose bodies are sent, and what that tool's flags put into them beside the
/// prompt, the lengths, the temperature and the user's own fields.
///
/// What is given and would change nothing is refused when a schedule is
/// prepared.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    /// The tool, in one version. One that sends nothing over a wire has no
    /// bodies; they are ours then.
    pub rules: Rules,
    /// `--top-p`.
    pub top_p: Option<f64>,
    /// `--top-k`.
    pub top_k: Option<i64>,
    /// `--min-p`.
    pub min_p: Option<f64>,
    /// `--frequency-penalty`.
    pub frequency_penalty: Option<f64>,
    /// `--presence-penalty`.
    pub presence_penalty: Option<f64>,
    /// `--repetition-penalty`.
    pub repetition_penalty: Option<f64>,
    /// `--logprobs`.
    pub logprobs: Option<u32>,
    /// `--return-logprob`.
    pub return_logprob: bool,
}

impl Wording {
    /// The tool's body where no flag says anything about it.
    pub fn of(rules: Rules) -> Wording {
        Wording {
            rules,
            top_p: None,
            top_k: None,
            min_p: None,
            frequency_penalty: None,
            presence_penalty: None,
            repetition_penalty: None,
            logprobs: None,
            return_logprob: false,
        }
    }

    /// Whether the tool sends anything over a wire.
    pub(crate) fn has_bodies(&self) -> bool {
        self.rules != Rules::VllmThroughput07Dstack
    }

    /// The flags that say something.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--top-p", self.top_p.is_some()),
            ("--top-k", self.top_k.is_some()),
            ("--min-p", self.min_p.is_some()),
            ("--frequency-penalty", self.frequency_penalty.is_some()),
            ("--presence-penalty", self.presence_penalty.is_some()),
            ("--repetition-penalty", self.repetition_penalty.is_some()),
            ("--logprobs", self.logprobs.is_some()),
            ("--return-logprob", self.return_logprob),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
    }
}
