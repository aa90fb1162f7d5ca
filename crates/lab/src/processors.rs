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

    /// Keeps the first processor for the client, of eight or more the first two, and
    /// leaves the others to an engine that can use many. Divides nothing where there
    /// is but one, or where the system won't say.
    pub(crate) fn spare() -> Division {
        let Some((_, all)) = ours() else { return Division::none() };
        Division::keep(spared(&all))
    }

    /// Leaves these processors to engines, and keeps the others for the client.
    /// Divides nothing where none would be left.
    pub(crate) fn leave(engine: &[usize]) -> Division {
        let Some((_, all)) = ours() else { return Division::none() };
        let client: Vec<usize> = all.into_iter().filter(|cpu| !engine.contains(cpu)).collect();
        Division::keep(&client)
    }

    /// Keeps these processors for the client, and leaves the others to engines.
    /// Divides nothing where none is named, or where the system refuses.
    pub(crate) fn keep(client: &[usize]) -> Division {
        let Some((before, all)) = ours() else { return Division::none() };
        if client.is_empty() {
            return Division::none();
        }
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

/// The client's of these processors, where an engine is to have as many as it can.
fn spared(all: &[usize]) -> &[usize] {
    match all.len() {
        0 | 1 => &[],
        2..8 => &all[..1],
        _ => &all[..2],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_takes_little_of_many_and_never_all() {
        let all: Vec<usize> = (3..19).collect();
        for (count, kept) in [(0, 0), (1, 0), (2, 1), (7, 1), (8, 2), (16, 2)] {
            assert_eq!(spared(&all[..count]), &all[..kept]);
        }
    }

    #[test]
    fn who_is_left_what_engines_have_is_put_back_at_the_end() {
        let Some(before) = of_this_thread().filter(|all| all.len() > 1) else { return };
        let last = before[before.len() - 1];
        let division = Division::leave(&[last]);
        assert_eq!(division.engine, [last]);
        assert_eq!(of_this_thread().unwrap(), before[..before.len() - 1]);
        drop(division);
        assert_eq!(of_this_thread().unwrap(), before);
        assert!(Division::leave(&before).engine.is_empty());
    }
}
