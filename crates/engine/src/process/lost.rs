//! What is done when a keeper itself was killed: its engine's first process dies
//! with it by the kernel's hand, and what else was below it is found by other
//! signs, which are good but, unlike the keeper, not sure.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::brood::Killed;
use super::table;

/// The variable that marks every process of an engine: it is inherited through
/// any number of forks and sessions, until a process writes over it.
pub(super) const MARK: &str = "TOKENOMETER_ENGINE";

/// How long it is tried.
const LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

/// Kills every process that bears the mark, is in the keeper's session, or is
/// below one of these.
pub(super) fn kill_all(mark: &str, keeper: Pid) -> Killed {
    let began = Instant::now();
    let mut killed = HashSet::new();
    loop {
        let alive = signs(mark, keeper);
        if alive.is_empty() {
            return Killed { count: killed.len(), left: Vec::new() };
        }
        if began.elapsed() > LIMIT {
            let left = alive.into_iter().map(super::Left::see).collect();
            return Killed { count: killed.len(), left };
        }
        for &pid in &alive {
            let _ = kill_process(pid, Signal::KILL);
        }
        killed.extend(alive);
        thread::sleep(PAUSE);
    }
}

fn signs(mark: &str, keeper: Pid) -> HashSet<Pid> {
    let mut found = table::marked(MARK, mark);
    found.extend(table::all().into_iter().filter(|entry| entry.session == Some(keeper)));
    let below: Vec<_> = found.iter().flat_map(|entry| table::below(entry.pid)).collect();
    let alive = found.into_iter().chain(below).filter(|entry| entry.alive);
    alive.map(|entry| entry.pid).filter(|&pid| pid != keeper).collect()
}
