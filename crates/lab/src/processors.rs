//! Who runs on which processor: the embedded engine on one, the client on the
//! others, so that neither takes the other's time.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors of this thread, divided between client and engine.
#[derive(Debug)]
pub(crate) struct Division {
    /// The engine's processor.
    pub(crate) engine: usize,
    before: CpuSet,
}

impl Division {
    /// Gives the last processor to the engine and keeps the others; `None`
    /// where there is but one, or where the system won't say. Threads that are
    /// started from here on keep to it; dropping the value undoes it.
    pub(crate) fn make() -> Option<Division> {
        let before = sched_getaffinity(None).ok()?;
        let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| before.is_set(cpu)).collect();
        let (&engine, ours) = all.split_last()?;
        if ours.is_empty() {
            return None;
        }
        let mut kept = CpuSet::new();
        ours.iter().for_each(|&cpu| kept.set(cpu));
        sched_setaffinity(None, &kept).ok()?;
        Some(Division { engine, before })
    }
}

impl Drop for Division {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.before);
    }
}
