//! What a made-up study consists of: its arms and scenarios, and the constants by which each
//! arm answers. It must not know how requests are answered, nor what a folder looks like.

use serde_json::{Map, Value};
use tokenometer_results::{Extent, Traffic};

/// A study.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What follows `made up: ` in its name.
    pub(crate) name: String,
    /// What it is for, in a sentence.
    pub(crate) about: String,
    /// From which everything drawn follows.
    pub(crate) seed: u64,
    /// How many blocks are planned.
    pub(crate) blocks: u32,
    /// Its arms; the first is the reference.
    pub(crate) arms: Vec<Arm>,
    /// Its scenarios.
    pub(crate) scenarios: Vec<Scenario>,
    /// What the study declares to differ.
    pub(crate) differs: Vec<String>,
    /// The metrics of which a verdict is wanted, instead of the usual ones.
    pub(crate) primary: Vec<String>,
    /// The longest time to the first token that is good enough, in seconds.
    pub(crate) ttft_objective_s: Option<f64>,
}

/// An engine set up one way.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    /// Its name, which is part of folders' names.
    pub(crate) name: String,
    /// How fast it is.
    pub(crate) speed: Speed,
    /// Its options, by their common names.
    pub(crate) options: Map<String, Value>,
    /// How many GPUs it says that it has.
    pub(crate) gpus: u32,
    /// The share of each prompt that its prefix cache holds.
    pub(crate) cached_share: f64,
    /// How many tokens its cache has room for.
    pub(crate) kv_capacity: f64,
}

impl Arm {
    /// An arm of one GPU, without a prefix cache.
    pub(crate) fn new(name: &str, speed: Speed) -> Arm {
        let options = [
            ("max-model-len", Value::from(32_768)),
            ("max-num-seqs", Value::from(speed.seats)),
            ("prefix-cache", Value::from(false)),
            ("tensor-parallel", Value::from(1)),
        ];
        Arm {
            name: name.to_owned(),
            speed,
            options: options.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
            gpus: 1,
            cached_share: 0.0,
            kv_capacity: 400_000.0,
        }
    }
}

/// The constants by which an arm answers. The time that anything takes grows by `crowding`
/// with each request that has a seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    /// From a request's seat to its first token, were its prompt empty, in seconds.
    pub(crate) first_s: f64,
    /// What each token of the prompt adds to that, in seconds.
    pub(crate) prompt_token_s: f64,
    /// From one token to the next, in seconds.
    pub(crate) token_s: f64,
    /// How much slower everything gets with each request that is served, as a share.
    pub(crate) crowding: f64,
    /// How many requests are served at once; the others wait.
    pub(crate) seats: usize,
}

/// A workload under a load.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// Its name, which is part of folders' names.
    pub(crate) name: String,
    /// The workload's name.
    pub(crate) workload: String,
    /// How requests become due.
    pub(crate) traffic: Traffic,
    /// How much is measured.
    pub(crate) extent: Extent,
    /// The middle of the prompts' lengths, in tokens.
    pub(crate) input: u32,
    /// How many tokens each answer has.
    pub(crate) output: u32,
    /// By how much a trial as a whole is faster or slower than its arm's formula: the standard
    /// deviation of the logarithm.
    pub(crate) wobble: f64,
}

impl Scenario {
    /// A closed loop of a minute.
    pub(crate) fn closed(workload: &str, concurrency: u32) -> Scenario {
        Scenario {
            name: format!("{workload}-c{concurrency}"),
            workload: workload.to_owned(),
            traffic: Traffic::Closed { concurrency },
            extent: Extent::DurationS(60.0),
            input: 512,
            output: 12,
            wobble: 0.002,
        }
    }

    /// Requests at a Poisson rate, for a minute.
    pub(crate) fn open(workload: &str, rate: f64) -> Scenario {
        let traffic = Traffic::Open { rate: Some(rate), burstiness: Some(1.0), cap: None };
        Scenario { name: format!("{workload}-r{rate}"), traffic, ..Scenario::closed(workload, 1) }
    }

    /// How long the window is, in seconds, where that was asked for.
    pub(crate) fn window_s(&self) -> Option<f64> {
        match self.extent {
            Extent::DurationS(length) => Some(length),
            Extent::Requests(_) => None,
        }
    }

    /// The length of the prompt in this row, in tokens: between half and one and a half times
    /// the middle, the same for all arms. Multiples of the golden ratio spread evenly.
    pub(crate) fn input_of(&self, row: u32) -> u32 {
        const GOLDEN: f64 = 0.618_033_988_749_895;
        let place = (f64::from(row) * GOLDEN).fract();
        (f64::from(self.input) * (0.5 + place)).round().max(1.0) as u32
    }

    /// The largest number of requests that this load keeps in flight by itself.
    pub(crate) fn concurrency(&self) -> Option<u32> {
        match self.traffic {
            Traffic::Closed { concurrency } => Some(concurrency),
            Traffic::Open { .. } | Traffic::Ramp { .. } => None,
        }
    }
}
