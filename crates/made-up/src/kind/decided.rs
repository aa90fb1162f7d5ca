//! A study that has something to say.

use crate::kind::{quick, steady};
use crate::plan::{Plan, Scenario};
use crate::story::Story;

/// See [`Kind::Decided`](super::Kind::Decided).
pub(super) struct Decided;

impl Story for Decided {
    fn plan(&self) -> Plan {
        let open = Scenario { wobble: 0.02, ..Scenario::closed("chat", 4) };
        let loads = |concurrency| Scenario::closed("chat", concurrency);
        Plan {
            name: "decided".to_owned(),
            about: "every number is made up: two arms whose order flips under load".to_owned(),
            seed: 11,
            blocks: 5,
            arms: vec![steady(), quick()],
            scenarios: vec![loads(1), open, loads(16), loads(64)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }
}
