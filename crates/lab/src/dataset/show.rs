//! What a workload would send: how many requests, how long, and how the first
//! of them begin.

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_core::{Prompt, Request};
use tokenometer_workload::{WorkloadHash, drawn_lengths};

use super::DatasetError;
use super::work::{Work, WorkSettings};

/// How many prompts are shown.
const FIRST: usize = 5;

/// How many characters of each are kept.
const KEPT_CHARACTERS: usize = 200;

/// What a workload would send.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Shown {
    /// How many requests.
    pub requests: u64,
    /// The tokens of all prompts together; absent where nothing counted them.
    pub input_tokens: Option<u64>,
    /// The tokens of all answers that are asked for.
    pub output_tokens: u64,
    /// How many requests ask for no token at all.
    pub zero_output: u64,
    /// How long the prompts are.
    pub input_length_tokens: Option<Spread>,
    /// How long the answers are.
    pub output_length_tokens: Option<Spread>,
    /// By whose rules it is made; absent by our own.
    pub rules: Option<String>,
    /// The dataset.
    pub dataset: String,
    /// The seed.
    pub seed: u64,
    /// The SHA-256 of the workload, as a closed loop sends it; absent where
    /// only lengths were drawn.
    pub workload_sha256: Option<String>,
    /// The first requests; none where only lengths were drawn.
    pub first: Vec<FirstRequest>,
}

/// How lengths spread, in tokens. A percentile is the shortest length that so
/// many of all don't exceed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Spread {
    /// The shortest.
    pub min: u32,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub p50: u32,
    /// The 99th percentile.
    pub p99: u32,
    /// The longest.
    pub max: u32,
}

/// One of the first requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FirstRequest {
    /// How its prompt begins; of a conversation its last turn, of token ids
    /// the ids.
    pub prompt: String,
    /// The tokens of its prompt, if they were counted.
    pub input_tokens: Option<u32>,
    /// The tokens of its answer.
    pub output_tokens: u32,
    /// Whether exactly so many are asked for.
    pub exact: bool,
}

/// Looks at a workload. Where only lengths are wanted and the rules draw them
/// apart from the text, no file is read and no tokenizer needed.
///
/// # Errors
///
/// What keeps the workload from being made.
pub fn show(settings: &WorkSettings, lengths_only: bool) -> Result<Shown, DatasetError> {
    let mut view = View::default();
    if lengths_only && let Some(lengths) = lengths(settings)? {
        lengths.into_iter().for_each(|(input, output)| view.add(Some(input), output));
        return Ok(view.shown(settings, None));
    }
    let Work { workload, count } = settings.open()?;
    let requests = workload.requests(count)?;
    let mut hash = WorkloadHash::closed(requests.total().into());
    for request in requests {
        let request = request?;
        view.add(request.input_tokens, request.output.tokens);
        if !lengths_only {
            hash.add(&request);
            if view.first.len() < FIRST {
                view.first.push(first(&request));
            }
        }
    }
    Ok(view.shown(settings, (!lengths_only).then(|| hash.sha256())))
}

/// The lengths alone, where they are drawn alone.
fn lengths(settings: &WorkSettings) -> Result<Option<Vec<(u32, u32)>>, DatasetError> {
    let tokenizer = settings.tokenizer()?;
    let count = settings.count_or_usual();
    Ok(drawn_lengths(&settings.workload, count, tokenizer.as_deref())?)
}

/// A workload as far as it was looked at.
#[derive(Debug, Default)]
struct View {
    /// Of the prompts whose length is known.
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    first: Vec<FirstRequest>,
}

impl View {
    fn add(&mut self, input: Option<u32>, output: u32) {
        self.inputs.extend(input);
        self.outputs.push(output);
    }

    fn shown(self, settings: &WorkSettings, workload_sha256: Option<String>) -> Shown {
        let View { inputs, outputs, first } = self;
        let all_known = inputs.len() == outputs.len();
        let sum = |lengths: &[u32]| lengths.iter().map(|&length| u64::from(length)).sum();
        Shown {
            requests: outputs.len() as u64,
            input_tokens: all_known.then(|| sum(&inputs)),
            output_tokens: sum(&outputs),
            zero_output: outputs.iter().filter(|&&length| length == 0).count() as u64,
            input_length_tokens: if all_known { spread(inputs) } else { None },
            output_length_tokens: spread(outputs),
            rules: settings.workload.rules.map(|rules| rules.to_string()),
            dataset: settings.workload.dataset.name().to_owned(),
            seed: settings.workload.seed,
            workload_sha256,
            first,
        }
    }
}

/// How lengths spread; `None` where there are none.
fn spread(mut lengths: Vec<u32>) -> Option<Spread> {
    lengths.sort_unstable();
    let (min, max) = (*lengths.first()?, *lengths.last()?);
    let total: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
    let percentile = |percent: usize| lengths[(lengths.len() * percent).div_ceil(100) - 1];
    Some(Spread {
        min,
        mean: total as f64 / lengths.len() as f64,
        p50: percentile(50),
        p99: percentile(99),
        max,
    })
}

fn first(request: &Request) -> FirstRequest {
    let prompt = match &request.prompt {
        Prompt::Text(text) => text.chars().take(KEPT_CHARACTERS).collect(),
        Prompt::Messages(turns) => {
            let last = turns.last().map_or("", |turn| turn.content.as_str());
            last.chars().take(KEPT_CHARACTERS).collect()
        }
        Prompt::TokenIds(ids) => {
            let ids: Vec<String> = ids.iter().take(20).map(u32::to_string).collect();
            ids.join(" ")
        }
    };
    FirstRequest {
        prompt,
        input_tokens: request.input_tokens,
        output_tokens: request.output.tokens,
        exact: request.output.exact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_lengths_that_were_there() {
        let spread = |lengths: &[u32]| super::spread(lengths.to_vec()).unwrap();
        let hundred: Vec<u32> = (1..=100).rev().collect();
        let expected = Spread { min: 1, mean: 50.5, p50: 50, p99: 99, max: 100 };
        assert_eq!(spread(&hundred), expected);
        assert_eq!(spread(&[7]), Spread { min: 7, mean: 7.0, p50: 7, p99: 7, max: 7 });
        assert_eq!(super::spread(Vec::new()), None);
    }
}
