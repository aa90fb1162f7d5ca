//! What must stay as it is while a block runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tokenometer_results as results;

use crate::environment;
pub(super) use crate::environment::clock;
use crate::study::{Block, Plan};

/// The longest that a block may take (S2).
const LONGEST_BLOCK: Duration = Duration::from_secs(24 * 3600);

/// The conditions of a block that begins now. `root` is `/`, but for tests.
pub(super) fn now(root: &Path, plan: &Plan, block: &Block) -> results::Block {
    results::Block {
        arms: block.arms.iter().map(|&arm| plan.arms[arm].name.clone()).collect(),
        seeds: BTreeMap::from([("block".to_owned(), block.seed)]),
        ..environment::block_now(root, block.number)
    }
}

/// Why a block that began under `before` can't go on, or doesn't count, now;
/// nothing where it can and does.
pub(super) fn broken(before: &results::Block, now: &results::Block) -> Vec<String> {
    let mut why = before.changes(now);
    let took = Duration::from_nanos(u64::try_from(now.started_ns - before.started_ns).unwrap_or(0));
    if took > LONGEST_BLOCK {
        why.push(format!("it has taken {} hours", took.as_secs() / 3600));
    }
    why
}

#[cfg(test)]
mod tests {
    use tokenometer_results::SCHEMA_VERSION;

    use super::*;

    fn block(started_ns: i64, governor: &str) -> results::Block {
        results::Block {
            schema_version: SCHEMA_VERSION,
            block: 1,
            boot_id: Some("a".to_owned()),
            environment: BTreeMap::from([("governor".to_owned(), governor.to_owned())]),
            started_ns,
            finished_ns: None,
            arms: Vec::new(),
            seeds: BTreeMap::new(),
        }
    }

    #[test]
    fn a_block_is_broken_by_another_boot_another_machine_and_a_day() {
        let began = block(0, "performance");
        assert_eq!(broken(&began, &block(3_600_000_000_000, "performance")), [""; 0]);
        let day = 25 * 3_600_000_000_000;
        assert_eq!(broken(&began, &block(day, "performance")), ["it has taken 25 hours"]);
        let other = results::Block { boot_id: Some("b".to_owned()), ..block(1, "powersave") };
        assert_eq!(
            broken(&began, &other),
            ["the machine was started anew", "governor was performance, is powersave"]
        );
    }
}
