//! How many processors this process may use, and whether they are whole cores.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::thread::{CpuSet, sched_getaffinity};

use super::{Check, read};

const NAME: &str = "processors";
/// Beside a processor's number: which ones share its core.
const SIBLINGS: &str = "topology/thread_siblings_list";

pub(super) fn check(root: &Path) -> Check {
    match sched_getaffinity(None) {
        Ok(set) => {
            let usable: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect();
            judge(root, &usable)
        }
        Err(why) => Check::unknown(
            NAME,
            format!("the kernel does not say which ones may be used: {why}"),
            "client and embedded engine may have to share one",
        ),
    }
}

fn judge(root: &Path, usable: &[usize]) -> Check {
    let online = read(root, "sys/devices/system/cpu/online");
    let cores: BTreeSet<String> = usable
        .iter()
        .map(|cpu| {
            read(root, &format!("sys/devices/system/cpu/cpu{cpu}/{SIBLINGS}"))
                .unwrap_or_else(|| cpu.to_string())
        })
        .collect();
    let (usable, cores) = (usable.len(), cores.len());
    let halves = if cores < usable { " (hardware threads share cores)" } else { "" };
    let online = online.map(|online| format!(", of {online} online")).unwrap_or_default();
    let saw = format!("{usable} usable on {cores} cores{halves}{online}");
    match (usable, cores) {
        (0 | 1, _) => Check::doubtful(
            NAME,
            saw,
            "whatever else runs, the embedded engine included, takes time from the client",
            "allow this process two processors or more (taskset, the container's cpuset)",
        ),
        (_, 1) => Check::doubtful(
            NAME,
            saw,
            "the two are halves of one core, and slow each other down",
            "allow this process processors of two cores: see thread_siblings_list in /sys",
        ),
        _ if cores < usable => Check::good(
            NAME,
            saw,
            "enough for client and engine; let other work not run on the other half of the \
             client's core",
        ),
        _ => Check::good(NAME, saw, "client and embedded engine each have a core of their own"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn halves_of_a_core_are_told_from_cores() {
        let of = |cpu: usize| format!("sys/devices/system/cpu/cpu{cpu}/{SIBLINGS}");
        let root = machine(&[
            ("sys/devices/system/cpu/online", "0-3\n"),
            (&of(0), "0,2\n"),
            (&of(1), "1,3\n"),
            (&of(2), "0,2\n"),
            (&of(3), "1,3\n"),
        ]);
        let seen = |usable: &[usize]| judge(root.path(), usable);
        assert_eq!(seen(&[0]).status, Status::Doubtful);
        assert_eq!(seen(&[0, 2]).status, Status::Doubtful);
        assert_eq!(seen(&[0, 1]).saw, "2 usable on 2 cores, of 0-3 online");
        let all = seen(&[0, 1, 2, 3]);
        assert_eq!(all.status, Status::Good);
        assert_eq!(all.saw, "4 usable on 2 cores (hardware threads share cores), of 0-3 online");
    }
}
