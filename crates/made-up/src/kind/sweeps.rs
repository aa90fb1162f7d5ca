//! A study in which everything is swept that charts have an axis for.

use serde_json::Value;
use tokenometer_results::Extent;

use crate::kind::steady;
use crate::plan::{Arm, Plan, Scenario, Speed};
use crate::story::Story;

/// See [`Kind::Sweeps`](super::Kind::Sweeps).
pub(super) struct Sweeps;

impl Story for Sweeps {
    fn plan(&self) -> Plan {
        let differs = ["gpu-count", "parallel-layout"].map(str::to_owned);
        Plan {
            name: "sweeps".to_owned(),
            about: "every number is made up: loads and lengths are swept".to_owned(),
            seed: 18,
            blocks: 3,
            arms: vec![plain(), cached(), doubled()],
            scenarios: scenarios(),
            differs: differs.into(),
            primary: vec!["output_throughput".to_owned()],
            ttft_objective_s: Some(0.4),
        }
    }
}

/// The same with a prefix cache that holds 60 % of every prompt.
fn cached() -> Arm {
    let mut arm = Arm { name: "cached".to_owned(), cached_share: 0.6, ..plain() };
    arm.options.insert("prefix-cache".to_owned(), Value::from(true));
    arm
}

/// The same on two GPUs, which are not twice as fast as one.
fn doubled() -> Arm {
    let speed = Speed { first_s: 0.05, prompt_token_s: 0.9e-4, token_s: 0.016, ..plain().speed };
    let mut arm = Arm { name: "doubled".to_owned(), gpus: 2, speed, ..plain() };
    arm.options.insert("tensor-parallel".to_owned(), Value::from(2));
    arm
}

fn scenarios() -> Vec<Scenario> {
    let loads = [1, 4, 16, 48].map(|concurrency| Scenario::closed("chat", concurrency));
    // The last rate is more than one GPU can serve.
    let rates = [2.0, 4.0, 8.0].map(|rate| Scenario::open("chat", rate));
    let too_much = Scenario { extent: Extent::DurationS(30.0), ..Scenario::open("chat", 55.0) };
    let inputs = [128, 1024, 4096].map(|input| Scenario {
        name: format!("prompts-i{input}"),
        input,
        ..Scenario::closed("prompts", 2)
    });
    let outputs = [4, 16, 48].map(|output| Scenario {
        name: format!("answers-o{output}"),
        // The longest answers take longest to become a hundred.
        extent: Extent::DurationS(if output > 20 { 120.0 } else { 60.0 }),
        output,
        ..Scenario::closed("answers", 2)
    });
    let of_chat = loads.into_iter().chain(rates).chain([too_much]);
    of_chat.chain(inputs).chain(outputs).collect()
}

/// The arms differ in what follows; so many seats each has.
const SEATS: usize = 32;

/// What all have in common.
fn plain() -> Arm {
    let Arm { speed, .. } = steady();
    Arm::new("plain", Speed { seats: SEATS, ..speed })
}
