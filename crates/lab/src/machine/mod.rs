//! The machine that client and engine share, looked at before the load and after
//! it: who took its processors' time, and whether it is still the same machine.
//!
//! Nothing is read inside the measured window. To go through all processes takes
//! milliseconds, which a client on the same processor would be late by.

mod table;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use tokenometer_core::{Address, Endpoint};
use tokenometer_results::Block;
use tokenometer_verdict::{Known, MachineFacts};

use crate::environment;
use crate::processors;
use table::{Process, Processors};

/// The least time of processors, in ticks, of which shares mean anything: the
/// kernel counts in ticks, and may be one off for each process.
const LEAST_TICKS: u64 = 100;

/// Files that a machine with a GPU has: NVIDIA's, AMD's, any other vendor's, and
/// that of Windows below Linux.
const GPU_FILES: [&str; 5] =
    ["dev/nvidiactl", "dev/nvidia0", "dev/kfd", "dev/dri/renderD128", "dev/dxg"];

/// Where an engine runs, as far as it can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// On this machine, below a process of this number, which we started.
    Below(u32),
    /// On this machine, in processes that are not ours to see.
    Unseen,
    /// On another machine.
    Elsewhere,
}

impl Whereabouts {
    /// Of an engine that we didn't start, and that answers at this address.
    pub(crate) fn of_running(address: &Address) -> Whereabouts {
        if is_here(address) { Whereabouts::Unseen } else { Whereabouts::Elsewhere }
    }
}

/// Whether an address is one of this machine's: only these can be bound.
fn is_here(address: &Address) -> bool {
    match &address.endpoint {
        Endpoint::Unix { .. } => true,
        Endpoint::Tcp { host, .. } => TcpListener::bind((host.as_str(), 0)).is_ok(),
    }
}

/// What was seen at one time.
#[derive(Debug)]
pub(crate) struct Look {
    root: PathBuf,
    engine: Whereabouts,
    processors: Option<Processors>,
    swapped_in: Option<u64>,
    processes: BTreeMap<u32, Process>,
}

impl Look {
    /// Looks around. `root` is `/`, but for tests.
    pub(crate) fn now(root: &Path, engine: Whereabouts) -> Look {
        Look {
            root: root.to_owned(),
            engine,
            processors: table::processors(root),
            swapped_in: table::swapped_in(root),
            processes: table::processes(root),
        }
    }

    /// Whether the engine's first process lives on in a later look; `None` where
    /// it isn't ours.
    pub(crate) fn same_process(&self, after: &Look) -> Option<bool> {
        let Whereabouts::Below(pid) = self.engine else { return None };
        let started = self.processes.get(&pid)?.started;
        Some(after.processes.get(&pid).is_some_and(|process| process.started == started))
    }

    /// What the two looks tell; `None` of an engine on another machine. `begun` is
    /// how the block began.
    pub(crate) fn facts(&self, after: &Look, begun: &Block) -> Option<MachineFacts> {
        if self.engine == Whereabouts::Elsewhere {
            return None;
        }
        Some(MachineFacts {
            has_gpu: after.has_gpu(),
            others_cpu_share: self.others_share(after),
            steal_share: self.steal_share(after),
            pages_swapped_in: self
                .swapped_in
                .zip(after.swapped_in)
                .map(|(before, after)| after.saturating_sub(before))
                .ok_or_else(|| "this system doesn't tell".to_owned()),
            shared_cpus: after.shared_processors(),
            changes: Ok(begun.changes(&environment::block_now(&after.root, begun.block))),
        })
    }

    /// Whether there is a GPU that the engine could use. That none is seen says
    /// nothing of an engine in a container.
    fn has_gpu(&self) -> Option<bool> {
        let is_seen = GPU_FILES.iter().any(|file| self.root.join(file).exists());
        match self.engine {
            _ if is_seen => Some(true),
            Whereabouts::Below(_) => Some(false),
            Whereabouts::Unseen | Whereabouts::Elsewhere => None,
        }
    }

    /// The time of processors from this look to a later one.
    fn spent(&self, after: &Look) -> Known<(Processors, Processors)> {
        let (Some(before), Some(after)) = (self.processors, after.processors) else {
            return Err("this system doesn't tell".to_owned());
        };
        match after.total.saturating_sub(before.total) < LEAST_TICKS {
            true => Err("the load was too short for the kernel's ticks".to_owned()),
            false => Ok((before, after)),
        }
    }

    fn others_share(&self, after: &Look) -> Known<f64> {
        let Whereabouts::Below(_) = self.engine else {
            return Err("the engine's processes are not ours to see".to_owned());
        };
        let (before_all, after_all) = self.spent(after)?;
        let of_us = |look: &Look| table::family_time(&look.processes, std::process::id());
        let (Some(before_us), Some(after_us)) = (of_us(self), of_us(after)) else {
            return Err("this system shows no processes".to_owned());
        };
        let busy = after_all.busy.saturating_sub(before_all.busy);
        let others = busy.saturating_sub(after_us.saturating_sub(before_us));
        Ok(others as f64 / (after_all.total - before_all.total) as f64)
    }

    fn steal_share(&self, after: &Look) -> Known<f64> {
        let (before, after) = self.spent(after)?;
        let stolen = after.stolen.saturating_sub(before.stolen);
        Ok(stolen as f64 / (after.total - before.total) as f64)
    }

    /// The processors that both this thread, with those that it starts, and the
    /// engine may run on.
    fn shared_processors(&self) -> Known<Vec<usize>> {
        let Whereabouts::Below(pid) = self.engine else {
            return Err("its processes are not ours to see".to_owned());
        };
        let engine = table::allowed(&self.root, pid);
        let (Some(engine), Some(client)) = (engine, processors::of_this_thread()) else {
            return Err("this system doesn't tell".to_owned());
        };
        Ok(engine.into_iter().filter(|cpu| client.contains(cpu)).collect())
    }
}

#[cfg(test)]
mod tests;
