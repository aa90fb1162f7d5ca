//! What must stay as it is while a block runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokenometer_results::{self as results, SCHEMA_VERSION};

use crate::environment::look_around;
use crate::study::{Block, Plan};

/// The longest that a block may take (S2).
const LONGEST_BLOCK: Duration = Duration::from_secs(24 * 3600);

/// The conditions of a block that begins now. `root` is `/`, but for tests.
pub(super) fn now(root: &Path, plan: &Plan, block: &Block) -> results::Block {
    let boot_id = fs::read_to_string(root.join("proc/sys/kernel/random/boot_id")).ok();
    results::Block {
        schema_version: SCHEMA_VERSION,
        block: block.number,
        boot_id: boot_id.map(|id| id.trim().to_owned()),
        environment: environment(root),
        started_ns: clock(),
        finished_ns: None,
        arms: block.arms.iter().map(|&arm| plan.arms[arm].name.clone()).collect(),
        seeds: BTreeMap::from([("block".to_owned(), block.seed)]),
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

/// Nanoseconds since the Unix epoch.
pub(super) fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// What of the machine may change while a study runs, and would change its
/// numbers.
fn environment(root: &Path) -> BTreeMap<String, String> {
    let seen = look_around(root);
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    [
        ("kernel", seen.kernel),
        ("os", seen.os),
        ("host", seen.hostname),
        ("processor", seen.cpu_model),
        ("cores", number(seen.cores.map(u64::from))),
        ("memory", number(seen.memory_bytes)),
        ("governor", seen.governor),
        ("clock source", seen.clocksource),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

#[cfg(test)]
mod tests {
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
