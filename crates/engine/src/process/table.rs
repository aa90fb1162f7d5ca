//! The table of processes, as `/proc` shows it. Reading it takes a moment, in
//! which processes come and go: what it says is true of no instant, so whoever
//! acts on it looks again.

use std::collections::{HashMap, HashSet};
use std::fs;

use rustix::process::{Pid, RawPid};

/// One process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number.
    pub pid: Pid,
    /// The process that it is below; none for the first of all.
    pub parent: Option<Pid>,
    /// Its process group; none if that is outside of what we can see.
    pub group: Option<Pid>,
    /// Its session, likewise.
    pub session: Option<Pid>,
    /// Whether it runs, or could: a zombie is only waiting to be reaped.
    pub alive: bool,
}

/// All processes that are visible; none where `/proc` is not.
pub(super) fn all() -> Vec<Entry> {
    numbers().filter_map(|pid| parse(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// All processes below this one, however deep, without itself.
pub(super) fn below(top: Pid) -> Vec<Entry> {
    descend(&all(), top)
}

/// The processes whose environment, as it was when they were started, holds
/// this variable with this value.
pub(super) fn marked(name: &str, value: &str) -> Vec<Entry> {
    let wanted = format!("{name}={value}");
    let holds = |pid: Pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    all().into_iter().filter(|entry| holds(entry.pid)).collect()
}

/// What a process is called: the beginning of its command line, which is enough
/// to know it by and short enough to hold no secret; or its short name in
/// brackets, if it has none, as `ps` shows it.
pub(super) fn name(pid: Pid) -> Option<String> {
    const WORDS: usize = 3;
    const LENGTH: usize = 80;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.split(|&byte| byte == 0).filter(|word| !word.is_empty()).take(WORDS);
    let words: Vec<_> = words.map(String::from_utf8_lossy).collect();
    let name = if words.is_empty() {
        format!("[{}]", fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end())
    } else {
        words.join(" ")
    };
    Some(name.chars().filter(|c| !c.is_control()).take(LENGTH).collect())
}

fn numbers() -> impl Iterator<Item = Pid> {
    let files = fs::read_dir("/proc").into_iter().flatten().flatten();
    files.filter_map(|file| Pid::from_raw(file.file_name().to_str()?.parse::<RawPid>().ok()?))
}

/// Reads `/proc/PID/stat`: number, name in parentheses (which may hold anything,
/// parentheses too), state, parent, group, session …
fn parse(pid: Pid, stat: &[u8]) -> Option<Entry> {
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(&stat[end_of_name + 1..]).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let alive = !matches!(fields.next()?, "Z" | "X" | "x");
    let mut number = || Some(Pid::from_raw(fields.next()?.parse::<RawPid>().ok()?));
    Some(Entry { pid, alive, parent: number()?, group: number()?, session: number()? })
}

fn descend(table: &[Entry], top: Pid) -> Vec<Entry> {
    let mut children: HashMap<Pid, Vec<Entry>> = HashMap::new();
    for entry in table {
        if let Some(parent) = entry.parent {
            children.entry(parent).or_default().push(*entry);
        }
    }
    let (mut found, mut seen, mut next) = (Vec::new(), HashSet::from([top]), vec![top]);
    while let Some(pid) = next.pop() {
        // The table is true of no instant, so that a number which was given
        // anew meanwhile could close a circle.
        let below = children.remove(&pid).unwrap_or_default();
        for entry in below.into_iter().filter(|entry| seen.insert(entry.pid)) {
            next.push(entry.pid);
            found.push(entry);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(number: RawPid) -> Pid {
        Pid::from_raw(number).unwrap()
    }

    #[test]
    fn a_name_may_hold_anything() {
        let entry = parse(pid(7), b"7 (a) R 1 (\xff b) S 5 6 4 0 -1").unwrap();
        assert_eq!((entry.parent, entry.group, entry.alive), (Some(pid(5)), Some(pid(6)), true));
        let zombie = parse(pid(7), b"7 (sh) Z 0 0 0 0").unwrap();
        assert_eq!((zombie.parent, zombie.group, zombie.alive), (None, None, false));
        assert_eq!(parse(pid(7), b"7 (sh"), None);
    }

    #[test]
    fn all_that_is_below_is_found_and_nothing_else() {
        let entry = |number, parent| Entry {
            pid: pid(number),
            parent: Pid::from_raw(parent),
            group: None,
            session: None,
            alive: true,
        };
        let table = [entry(1, 0), entry(9, 4), entry(2, 1), entry(4, 2), entry(5, 1), entry(6, 9)];
        let mut found: Vec<_> = descend(&table, pid(2)).iter().map(|entry| entry.pid).collect();
        found.sort_unstable_by_key(|pid| pid.as_raw_pid());
        assert_eq!(found, [4, 6, 9].map(pid));
        let circle = [entry(2, 3), entry(3, 2)];
        assert_eq!(descend(&circle, pid(2)).len(), 1);
    }

    #[test]
    fn this_process_is_in_the_table() {
        let us = rustix::process::getpid();
        assert!(all().iter().any(|entry| entry.pid == us && entry.alive));
        assert!(name(us).is_some_and(|name| !name.is_empty() && !name.contains('\0')));
    }
}
