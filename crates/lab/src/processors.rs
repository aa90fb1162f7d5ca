//! Who runs on which processor: engines on some, the client on the others, so
//! that neither takes the other's time.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors of this thread, divided between client and engines. Threads
/// that are started from here on keep to the client's; dropping the value undoes
/// it.
#[derive(Debug)]
pub(crate) struct Division {
    /// Those of the engines; none where nothing was divided.
    pub(crate) engine: Vec<usize>,
    before: Option<CpuSet>,
}

impl Division {
    /// Gives the last processor to the engine and keeps the others; divides
    /// nothing where there is but one, or where the system won't say.
    pub(crate) fn usual() -> Division {
        let Some((_, all)) = ours() else { return Division::none() };
        match all.split_last() {
            Some((_, client)) if !client.is_empty() => Division::keep(client),
            _ => Division::none(),
        }
    }

    /// Keeps these processors for the client, and leaves the others to engines.
    /// Divides nothing where the system refuses.
    pub(crate) fn keep(client: &[usize]) -> Division {
        let Some((before, all)) = ours() else { return Division::none() };
        let mut kept = CpuSet::new();
        client.iter().filter(|&&cpu| cpu < CpuSet::MAX_CPU).for_each(|&cpu| kept.set(cpu));
        if sched_setaffinity(None, &kept).is_err() {
            return Division::none();
        }
        let engine = all.into_iter().filter(|cpu| !client.contains(cpu)).collect();
        Division { engine, before: Some(before) }
    }

    /// Divides nothing.
    pub(crate) fn none() -> Division {
        Division { engine: Vec::new(), before: None }
    }
}

/// The processors that this thread may use.
fn ours() -> Option<(CpuSet, Vec<usize>)> {
    let set = sched_getaffinity(None).ok()?;
    Some((set, (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect()))
}

/// The processors that this thread, and those that it starts, may run on.
pub(crate) fn of_this_thread() -> Option<Vec<usize>> {
    ours().map(|(_, all)| all)
}

impl Drop for Division {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = sched_setaffinity(None, before);
        }
    }
}
