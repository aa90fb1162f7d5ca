//! The keeper's side of an engine: a first process and all that it brings
//! forth, signalled, killed and reaped.
//!
//! The keeper is the reaper of all orphans below it, so that it has a child as
//! long as anything of the engine is left. *No child any more* is therefore the
//! one sure sign that nothing is left; the table of processes only says whom to
//! signal.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpgrp, getpid, kill_process, kill_process_group, wait,
};

use super::job::{Ended, Order};
use super::running::Left;
use super::{kernel, table};

/// The first pause between two rounds of killing, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// What a keeper waits for.
#[derive(Debug)]
pub(super) enum Event {
    /// It was told something.
    Order(Order),
    /// Whoever told it things is gone.
    Closed,
    /// A process below has ended.
    Reaped(Pid, Ended),
    /// No process is left below.
    Childless,
}

/// What killing came to.
#[derive(Debug, Default)]
pub(super) struct Killed {
    /// How many processes were killed.
    pub count: usize,
    /// Those that live on.
    pub left: Vec<Left>,
}

/// A process that was started, and all that is below it.
#[derive(Debug)]
pub(super) struct Brood {
    /// The process that was started, which leads a group of its own.
    pub first: Pid,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// Whether nothing is left of it all.
    pub childless: bool,
    events: Receiver<Event>,
}

impl Brood {
    /// Starts a command in a process group of its own. What happens to it comes
    /// through `events`, into which the caller may send, too.
    pub(super) fn raise(
        command: &mut Command,
        (send, events): (Sender<Event>, Receiver<Event>),
    ) -> io::Result<Brood> {
        kernel::die_with_us(command);
        // The reaper reaps this child like all others, so nobody waits for it
        // by its number.
        let mut child = command.process_group(0).stdin(Stdio::null()).spawn()?;
        let reaper = thread::Builder::new().name("keeper-reaper".into());
        if let Err(error) = reaper.spawn(move || reap(&send)) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        let first = Pid::from_child(&child);
        Ok(Brood { first, ended: None, childless: false, events })
    }

    /// The next that happens, if anything does before this instant.
    pub(super) fn next(&mut self, until: Option<Instant>) -> Option<Event> {
        if self.childless {
            return Some(Event::Childless);
        }
        let event = match until {
            Some(until) => {
                self.events.recv_timeout(until.saturating_duration_since(Instant::now()))
            }
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let event = match event {
            Err(RecvTimeoutError::Timeout) => return None,
            // The reaper only ends once nothing is left.
            Err(RecvTimeoutError::Disconnected) => Event::Childless,
            Ok(event) => event,
        };
        match event {
            Event::Reaped(pid, ended) if pid == self.first => self.ended = Some(ended),
            Event::Childless => self.childless = true,
            _ => {}
        }
        Some(event)
    }

    /// Sends every process the signal, once: two of them would tell many a
    /// server to drop what it is doing.
    pub(super) fn signal(&self, signal: Signal) {
        let below = table::below(getpid());
        let _ = kill_process_group(self.first, signal);
        for entry in below.iter().filter(|entry| entry.group != Some(self.first)) {
            let _ = kill_process(entry.pid, signal);
        }
    }

    /// Kills until nothing is left, or the limit has passed.
    pub(super) fn kill(&mut self, limit: Duration) -> Killed {
        let (began, [mut pause, longest]) = (Instant::now(), PAUSES);
        let mut killed = HashSet::new();
        loop {
            while let Some(event) = self.next(Some(Instant::now())) {
                if matches!(event, Event::Childless) {
                    return Killed { count: killed.len(), left: Vec::new() };
                }
            }
            let below = table::below(getpid());
            let alive: Vec<Pid> =
                below.iter().filter(|entry| entry.alive).map(|entry| entry.pid).collect();
            if began.elapsed() > limit {
                let left = alive.into_iter().map(Left::see).collect();
                return Killed { count: killed.len(), left };
            }
            self.kill_once(&below);
            killed.extend(alive);
            self.await_reaped(Instant::now() + pause);
            pause = (pause * 2).min(longest);
        }
    }

    /// Kills groups before processes: a group is killed as one, so that nothing
    /// in it can fork away between our look and our signal.
    fn kill_once(&self, below: &[table::Entry]) {
        let ours = getpgrp();
        let groups: HashSet<Pid> =
            below.iter().filter_map(|entry| entry.group).filter(|&group| group != ours).collect();
        for group in groups {
            let _ = kill_process_group(group, Signal::KILL);
        }
        for entry in below {
            let _ = kill_process(entry.pid, Signal::KILL);
        }
        if below.is_empty() && self.ended.is_none() {
            // No table of processes is to be seen here.
            let _ = kill_process_group(self.first, Signal::KILL);
        }
    }

    /// Waits until something was reaped, which is when to look again.
    fn await_reaped(&mut self, until: Instant) {
        while let Some(event) = self.next(Some(until)) {
            if matches!(event, Event::Reaped(..) | Event::Childless) {
                return;
            }
        }
    }
}

/// Reaps every child that ends, until there is none.
fn reap(send: &Sender<Event>) {
    loop {
        let event = match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Event::Reaped(pid, Ended::Code(code)),
                (_, Some(signal)) => Event::Reaped(pid, Ended::Signal(signal)),
                (None, None) => continue,
            },
            Ok(None) | Err(Errno::INTR) => continue,
            Err(_) => break,
        };
        if send.send(event).is_err() {
            break;
        }
    }
    let _ = send.send(Event::Childless);
}
