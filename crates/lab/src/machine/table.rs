//! What the kernel counts, as `/proc` shows it: processors' time, processes and
//! their time, pages from swap. All times are in its ticks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How all processors together spent their time since the machine started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Processors {
    /// All of it.
    pub(super) total: u64,
    /// In processes. What interrupts take is nobody's: packets that client and
    /// engine send each other are among it.
    pub(super) busy: u64,
    /// Taken away by the host below this virtual machine.
    pub(super) stolen: u64,
}

/// Reads `/proc/stat`: `cpu user nice system idle iowait irq softirq steal …`.
/// What stands behind, the time of guests, is part of `user` already.
pub(super) fn processors(root: &Path) -> Option<Processors> {
    let text = fs::read_to_string(root.join("proc/stat")).ok()?;
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let times: Option<Vec<u64>> =
        line.split_ascii_whitespace().take(8).map(|time| time.parse().ok()).collect();
    let times = times.filter(|times| times.len() == 8)?;
    Some(Processors { total: times.iter().sum(), busy: times[..3].iter().sum(), stolen: times[7] })
}

/// Pages read back from swap since the machine started.
pub(super) fn swapped_in(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/vmstat")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("pswpin ")?.trim().parse().ok())
}

/// One process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    parent: u32,
    /// Its own time, and that of children which have ended: so the sum over a
    /// family loses nothing when one of them ends.
    time: u64,
    /// When it started, since the machine did.
    pub(super) started: u64,
}

/// All processes that can be seen, by their number.
pub(super) fn processes(root: &Path) -> BTreeMap<u32, Process> {
    let entries = fs::read_dir(root.join("proc")).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(|pid| Some((pid, process(root, pid)?))).collect()
}

/// Reads `/proc/PID/stat`. The second field, the name in parentheses, may hold
/// anything; the state is the third field, the parent the fourth, times of its
/// own and of its children the 14th to the 17th, the start the 22nd.
fn process(root: &Path, pid: u32) -> Option<Process> {
    let text = fs::read(root.join(format!("proc/{pid}/stat"))).ok()?;
    let end_of_name = text.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(&text[end_of_name + 1..]).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Process {
        parent: u32::try_from(field(4)?).ok()?,
        time: field(14)? + field(15)? + field(16)? + field(17)?,
        started: field(22)?,
    })
}

/// The time of a process and of all below it.
pub(super) fn family_time(processes: &BTreeMap<u32, Process>, first: u32) -> Option<u64> {
    processes.get(&first)?;
    let mut family = BTreeSet::from([first]);
    loop {
        let before = family.len();
        let below = processes.iter().filter(|(_, process)| family.contains(&process.parent));
        let below: Vec<u32> = below.map(|(pid, _)| *pid).collect();
        family.extend(below);
        if family.len() == before {
            break;
        }
    }
    Some(family.iter().filter_map(|pid| processes.get(pid)).map(|process| process.time).sum())
}

/// The processors that a process may run on.
pub(super) fn allowed(root: &Path, pid: u32) -> Option<Vec<usize>> {
    let text = fs::read_to_string(root.join(format!("proc/{pid}/status"))).ok()?;
    let list = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let ranges = list.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)
    });
    Some(ranges.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}
