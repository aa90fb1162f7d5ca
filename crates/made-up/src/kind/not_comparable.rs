//! A study whose arms must not be compared.

use crate::kind::{quick, steady};
use crate::plan::{Arm, Plan, Scenario};
use crate::story::Story;

/// See [`Kind::NotComparable`](super::Kind::NotComparable).
pub(super) struct NotComparable;

impl Story for NotComparable {
    fn plan(&self) -> Plan {
        let small = Arm { kv_capacity: 50_000.0, ..quick() };
        Plan {
            name: "not comparable".to_owned(),
            about: "every number is made up: caches of different sizes".to_owned(),
            seed: 13,
            blocks: 3,
            arms: vec![steady(), small],
            scenarios: vec![Scenario::closed("chat", 4), Scenario::closed("chat", 16)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }
}
