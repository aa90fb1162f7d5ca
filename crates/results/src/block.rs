//! `blocks/<n>.json`: under which conditions a block runs. All of a block's
//! trials are compared with each other, so a block whose end ran under other
//! conditions than its beginning is void.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One block of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The block, from 1.
    pub block: u32,
    /// The kernel's name for this boot of the machine; absent where it gives
    /// none.
    pub boot_id: Option<String>,
    /// What must stay as it is while the block runs: kernel, governor, driver
    /// …, by name.
    pub environment: BTreeMap<String, String>,
    /// When it began, in nanoseconds since the Unix epoch.
    pub started_ns: i64,
    /// When it ended; absent while it runs, and after a break.
    pub finished_ns: Option<i64>,
    /// The arms, in the order in which they run.
    pub arms: Vec<String>,
    /// The seeds of all that is drawn in it, by what is drawn.
    pub seeds: BTreeMap<String, u64>,
}

impl Block {
    /// What differs between the conditions of this block and those `now`, in
    /// words; nothing where it can go on.
    pub fn changes(&self, now: &Block) -> Vec<String> {
        let mut changes = Vec::new();
        if self.boot_id != now.boot_id {
            changes.push("the machine was started anew".to_owned());
        }
        let names: BTreeSet<&String> =
            self.environment.keys().chain(now.environment.keys()).collect();
        for name in names {
            let (before, after) = (self.environment.get(name), now.environment.get(name));
            if before != after {
                changes.push(format!("{name} was {}, is {}", shown(before), shown(after)));
            }
        }
        changes
    }
}

/// A condition, as it stands in a sentence.
fn shown(value: Option<&String>) -> &str {
    value.map_or("unknown", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_between_a_beginning_and_its_rest_is_named() {
        let environment = |kernel: &str| {
            BTreeMap::from([
                ("governor".to_owned(), "performance".to_owned()),
                ("kernel".to_owned(), kernel.to_owned()),
            ])
        };
        let before = Block {
            schema_version: 1,
            block: 2,
            boot_id: Some("a".into()),
            environment: environment("Linux 6.1"),
            started_ns: 1,
            finished_ns: None,
            arms: Vec::new(),
            seeds: BTreeMap::new(),
        };
        assert_eq!(before.changes(&Block { started_ns: 9, ..before.clone() }), [""; 0]);
        let mut now =
            Block { boot_id: None, environment: environment("Linux 6.2"), ..before.clone() };
        now.environment.remove("governor");
        assert_eq!(
            before.changes(&now),
            [
                "the machine was started anew",
                "governor was performance, is unknown",
                "kernel was Linux 6.1, is Linux 6.2",
            ]
        );
    }
}
