//! A study of one block.

use crate::kind::{quick, steady};
use crate::plan::{Plan, Scenario};
use crate::story::Story;

/// See [`Kind::SingleBlock`](super::Kind::SingleBlock).
pub(super) struct SingleBlock;

impl Story for SingleBlock {
    fn plan(&self) -> Plan {
        Plan {
            name: "single block".to_owned(),
            about: "every number is made up: one block, which is too few to conclude".to_owned(),
            seed: 12,
            blocks: 1,
            arms: vec![steady(), quick()],
            scenarios: vec![Scenario::closed("chat", 1), Scenario::closed("chat", 16)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }
}
