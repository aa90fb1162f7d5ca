//! The published loads, drawn again: lengths and instants by the harness's own
//! rules where they are known.

use tokenometer_core::Nanos;
use tokenometer_sim::scheduled::{Asked, Course, Prompt};

use crate::numpy::Numpy;

/// Which program sent the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Harness {
    /// SGLang's `bench_serving`, which draws with seed 1.
    Sglang,
    /// vLLM's `benchmark_serving`, which draws with seed 0, and draws an offset into
    /// the vocabulary for each prompt before it draws instants.
    Vllm,
}

/// How long prompts and answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// All alike.
    Random,
    /// Anything up to what is given, each length as likely as the others.
    UpTo,
    /// Conversations of ShareGPT of these mean lengths.
    Sharegpt,
    /// As ShareGPT, but for answers that reach up to 1024 tokens, each length as
    /// likely as the others: only their mean is known.
    Chat,
    /// Ten groups of prompts whose first 2000 tokens are the same.
    SharedPrefix,
}

impl Kind {
    /// As it is written in the data.
    pub fn named(word: &str) -> Kind {
        match word {
            "random" => Kind::Random,
            "up-to" => Kind::UpTo,
            "sharegpt" => Kind::Sharegpt,
            "chat" => Kind::Chat,
            "shared-prefix" => Kind::SharedPrefix,
            other => panic!("no load is called {other}"),
        }
    }
}

/// A load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Load {
    pub harness: Harness,
    pub kind: Kind,
    pub requests: u32,
    pub input: u32,
    pub output: u32,
    pub in_flight: Option<u32>,
    pub rate: Option<u32>,
}

/// The vocabulary of DeepSeek's tokenizer, which is what its offsets are drawn from.
const VOCABULARY: u32 = 128_000;
/// Tokens that the prompts of a group share, and how many groups there are.
const SHARED: u32 = 2000;
const GROUPS: u32 = 10;
/// The longest answer of a chat.
const LONGEST: u32 = 1024;
/// How far ShareGPT's lengths scatter, as the deviation of their logarithms: answers
/// so that half of them are shorter than 118 tokens where the mean is 194, as
/// published latencies have it; prompts are assumed.
const PROMPTS_SCATTER: f64 = 1.5;
const ANSWERS_SCATTER: f64 = 1.05;

impl Load {
    /// In words.
    pub fn name(&self) -> String {
        let lengths = match self.kind {
            Kind::Random => format!("{}/{}", self.input, self.output),
            Kind::UpTo => format!("up to {}/{}", self.input, self.output),
            Kind::Sharegpt => "ShareGPT".to_owned(),
            Kind::Chat => format!("chat, {} out", self.output),
            Kind::SharedPrefix => format!("shared prefix, {}/{}", self.input, self.output),
        };
        let pace = match (self.in_flight, self.rate) {
            (Some(most), _) => format!("{most} in flight"),
            (_, Some(rate)) => format!("{rate}/s"),
            _ => "all at once".to_owned(),
        };
        format!("{} × {lengths}, {pace}", self.requests)
    }

    /// The requests, in the order in which they are sent.
    pub fn course(&self) -> Course {
        let mut numpy = Numpy::seeded(match self.harness {
            Harness::Sglang => 1,
            Harness::Vllm => 0,
        });
        let lengths = self.lengths(&mut numpy);
        if self.harness == Harness::Vllm && self.kind == Kind::Random {
            for _ in &lengths {
                numpy.between(0, VOCABULARY - 1);
            }
        }
        let mut due = 0.0;
        let requests = lengths.into_iter().enumerate().map(|(number, (input, output))| {
            let at = self.rate.map(|_| Nanos::from_secs_f64(due));
            if let Some(rate) = self.rate {
                due += numpy.exponential(1.0 / f64::from(rate));
            }
            Asked { prompt: self.prompt(number as u32, input), output, due: at }
        });
        let requests = requests.collect();
        Course { requests, in_flight: self.in_flight }
    }

    /// Tokens in and out of every request.
    fn lengths(&self, numpy: &mut Numpy) -> Vec<(u32, u32)> {
        let count = self.requests as usize;
        match self.kind {
            Kind::Random | Kind::SharedPrefix => vec![(self.input, self.output); count],
            Kind::UpTo => {
                let inputs: Vec<u32> = (0..count).map(|_| numpy.between(1, self.input)).collect();
                // Three requests ask for no token; one engine refused them, the other
                // answered with one.
                let answer = |input| (input, numpy.between(0, self.output).max(1));
                inputs.into_iter().map(answer).collect()
            }
            Kind::Sharegpt => sharegpt(count, f64::from(self.input), f64::from(self.output)),
            Kind::Chat => {
                let mut answers = Numpy::seeded(3);
                let least = (2 * self.output).saturating_sub(LONGEST).max(1);
                sharegpt(count, f64::from(self.input), 194.0)
                    .into_iter()
                    .map(|(input, _)| (input, answers.between(least, 2 * self.output - least)))
                    .collect()
            }
        }
    }

    fn prompt(&self, number: u32, input: u32) -> Prompt {
        if self.kind != Kind::SharedPrefix {
            return Prompt::Unique(input);
        }
        // The harness shuffles; here the groups take turns.
        let group = number % GROUPS;
        let shared = (0..SHARED).map(|at| group * SHARED + at);
        let own = (SHARED..input).map(|at| (number + GROUPS) << 12 | at);
        Prompt::Tokens(shared.chain(own).collect())
    }
}

/// Lengths of ShareGPT as the harnesses sample it: at least 4 tokens each, at most
/// 1024 in, at most 2048 together. They are lognormal and then stretched, so that
/// their means are those given.
fn sharegpt(count: usize, mean_in: f64, mean_out: f64) -> Vec<(u32, u32)> {
    let mut numpy = Numpy::seeded(7);
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let mut draw = |median: f64, scatter: f64| (median.ln() + scatter * numpy.normal()).exp();
        let (input, output) = (draw(130.0, PROMPTS_SCATTER), draw(117.0, ANSWERS_SCATTER));
        if input >= 4.0 && output >= 4.0 && input <= 1024.0 && input + output <= 2048.0 {
            drawn.push((input, output));
        }
    }
    let mean = |of: fn(&(f64, f64)) -> f64| drawn.iter().map(of).sum::<f64>() / count as f64;
    let stretch = (mean_in / mean(|pair| pair.0), mean_out / mean(|pair| pair.1));
    let whole = |length: f64| (length.round() as u32).max(1);
    drawn.iter().map(|pair| (whole(pair.0 * stretch.0), whole(pair.1 * stretch.1))).collect()
}

#[test]
fn lengths_are_those_of_the_published_run() {
    let load = Load {
        harness: Harness::Sglang,
        kind: Kind::UpTo,
        requests: 1000,
        input: 4096,
        output: 2048,
        in_flight: None,
        rate: None,
    };
    let lengths = load.lengths(&mut Numpy::seeded(1));
    // Three tokens more than published, of the three requests that asked for none.
    assert_eq!(lengths.iter().map(|pair| pair.0).sum::<u32>(), 2_033_482);
    assert_eq!(lengths.iter().map(|pair| pair.1).sum::<u32>(), 1_027_062 + 3);
}

#[test]
fn conversations_have_the_published_means() {
    let lengths = sharegpt(5000, 197.0, 194.0);
    let total = lengths.iter().fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    assert!(total.0.abs_diff(5000 * 197) < 500 && total.1.abs_diff(5000 * 194) < 500, "{total:?}");
    let mut answers: Vec<u32> = lengths.iter().map(|pair| pair.1).collect();
    answers.sort_unstable();
    assert!(answers[2500].abs_diff(118) < 5, "{}", answers[2500]);
}
