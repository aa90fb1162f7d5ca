//! One trial of very many requests.

use tokenometer_results::Extent;

use crate::plan::{Arm, Plan, Scenario, Speed};
use crate::story::Story;

/// See [`Kind::Million`](super::Kind::Million).
pub(super) struct Million {
    /// How many requests.
    pub(super) requests: u64,
}

impl Story for Million {
    fn plan(&self) -> Plan {
        let speed = Speed {
            first_s: 0.02,
            prompt_token_s: 2e-5,
            token_s: 0.004,
            crowding: 0.002,
            seats: 512,
        };
        // 14 tokens, the counts and the end of the stream: 16 chunks.
        let scenario = Scenario {
            extent: Extent::Requests(self.requests),
            output: 14,
            ..Scenario::closed("chat", 512)
        };
        Plan {
            name: "million".to_owned(),
            about: "every number is made up: one trial of very many requests".to_owned(),
            seed: 17,
            blocks: 1,
            arms: vec![Arm::new("large", speed)],
            scenarios: vec![scenario],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }
}
