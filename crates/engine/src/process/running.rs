//! Our side of a running engine.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ProcessError;
use super::job::{Ended, Job, Notice, Order};
use super::keeper::{AFTERWARDS_LIMIT, KILL_LIMIT};
use super::{lost, table};

/// The argument that makes this program a keeper.
const KEEP: &str = "keep";
/// How long a keeper may take to start its engine. It takes milliseconds.
const START_LIMIT: Duration = Duration::from_secs(30);
/// What a keeper is given beyond the limits that it keeps to itself.
const SLACK: Duration = Duration::from_secs(10);

/// A running engine. Dropping it ends the engine, as [`Process::stop`] does, but
/// within seconds.
#[derive(Debug)]
pub struct Process {
    keeper: Child,
    /// The pipe whose end tells the keeper that we are gone. It is closed on
    /// exec, so that no other child of ours holds it open.
    lifeline: Option<ChildStdin>,
    pid: u32,
    heard: Arc<Heard>,
    grace: Duration,
    /// How long the keeper may take at the end, beyond the grace.
    end_limit: Duration,
}

/// How an engine was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// How its first process ended; `None` if it lives on, which only a process
    /// does that the kernel itself can't end.
    pub ended: Option<Ended>,
    /// How long it took from the order until nothing was left.
    pub took: Duration,
    /// How many of its processes had to be killed.
    pub killed: usize,
    /// Processes that could not be killed.
    pub left: Vec<Left>,
    /// What else went wrong, for people: a command for the end that failed, a
    /// keeper that was killed.
    pub troubles: Vec<String>,
}

/// A process that could not be killed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// Its number.
    pub pid: u32,
    /// The beginning of its command, if that could be read.
    pub command: Option<String>,
}

impl Left {
    pub(super) fn see(pid: Pid) -> Left {
        Left { pid: pid.as_raw_pid().unsigned_abs(), command: table::name(pid) }
    }
}

/// What a keeper has said so far.
#[derive(Debug, Default)]
struct Heard {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    started: Option<Result<i32, String>>,
    exited: Option<Ended>,
    over: Option<Over>,
    /// Whether the keeper says nothing any more.
    silent: bool,
}

/// What a keeper says at the end.
#[derive(Clone, Debug, Default)]
struct Over {
    killed: usize,
    left: Vec<Left>,
    troubles: Vec<String>,
}

impl Process {
    /// Starts an engine, and returns once its program runs.
    ///
    /// `keeper_executable` is this program's own file: it is run with the one
    /// argument `keep`, upon which it must call [`keep`](super::keep).
    ///
    /// # Errors
    /// The log can't be written; the keeper can't be started or ends; the
    /// engine's program can't be run, its folder is not there, or a processor
    /// may not be used.
    pub fn start(keeper_executable: &Path, job: &Job) -> Result<Process, ProcessError> {
        let log = || File::options().create(true).append(true).open(&job.log);
        let log = log().map_err(|source| ProcessError::Log { path: job.log.clone(), source })?;
        let mut keeper = Command::new(keeper_executable)
            .arg(KEEP)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|source| ProcessError::Keeper { program: keeper_executable.into(), source })?;
        let mark = mark(keeper.id());
        let lifeline = keeper.stdin.take();
        let heard = Arc::new(Heard::default());
        if let Some(output) = keeper.stdout.take() {
            let (heard, mark, keeper) =
                (Arc::clone(&heard), mark.clone(), Pid::from_child(&keeper));
            thread::spawn(move || heard.listen(output, &mark, keeper));
        }
        let afterwards = u32::try_from(job.afterwards.len()).unwrap_or(u32::MAX);
        let end_limit = KILL_LIMIT + (AFTERWARDS_LIMIT + KILL_LIMIT) * afterwards + SLACK;
        let mut process = Process { keeper, lifeline, pid: 0, heard, grace: job.grace, end_limit };
        process.tell_job(job, mark);
        process.pid = process.await_start(&job.log)?;
        Ok(process)
    }

    /// The number of the engine's first process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// How the engine's first process ended, if it has. What it left behind is
    /// ended, too, without being told to.
    pub fn ended(&self) -> Option<Ended> {
        self.heard.state().exited
    }

    /// As [`Process::ended`], but waits for it, up to this long.
    pub fn wait(&self, limit: Duration) -> Option<Ended> {
        self.heard.wait_until(limit, |state| state.exited.is_some()).exited
    }

    /// Asks the engine to end, kills what has not ended within the grace of its
    /// job, and returns once nothing of it lives.
    pub fn stop(self) -> Stopped {
        let grace = self.grace;
        self.stop_within(grace)
    }

    /// As [`Process::stop`], with a grace of its own.
    pub fn stop_within(mut self, grace: Duration) -> Stopped {
        self.tell(&Order::Stop { grace });
        self.end(grace)
    }

    /// A keeper that can't be told is gone, which its silence says anyhow.
    fn tell_job(&mut self, job: &Job, mark: String) {
        let mut job = job.clone();
        job.environment.insert(lost::MARK.to_owned(), mark);
        self.tell(&job);
    }

    fn tell(&mut self, what: &impl Serialize) {
        let line = serde_json::to_string(what).expect("numbers, texts and lists are JSON");
        if let Some(lifeline) = &mut self.lifeline {
            let _ = writeln!(lifeline, "{line}");
        }
    }

    fn await_start(&mut self, log: &Path) -> Result<u32, ProcessError> {
        let mut state =
            self.heard.wait_until(START_LIMIT, |state| state.started.is_some() || state.silent);
        match state.started.take() {
            Some(Ok(pid)) => Ok(pid.unsigned_abs()),
            Some(Err(why)) => Err(ProcessError::Engine { why }),
            None => {
                let did = if state.silent { "ended" } else { "said nothing" };
                Err(ProcessError::KeeperSilent { did, log: log.to_owned() })
            }
        }
    }

    /// Waits until the keeper has ended the engine, which it was told to; kills
    /// the keeper if it doesn't.
    fn end(&mut self, grace: Duration) -> Stopped {
        let began = Instant::now();
        let is_over = |state: &State| state.over.is_some() || state.silent;
        drop(self.heard.wait_until(grace + self.end_limit, is_over));
        self.lifeline = None;
        if !is_over(&self.heard.state()) {
            let _ = self.keeper.kill();
        }
        // Once it says nothing any more, what a lost keeper left is ended too.
        let state = self.heard.wait_until(SLACK, |state| state.silent);
        let over = state.over.clone().unwrap_or_else(|| Over {
            troubles: vec!["what became of the engine's processes is not known".to_owned()],
            ..Over::default()
        });
        let ended = state.exited;
        drop(state);
        let _ = self.keeper.wait();
        let Over { killed, left, troubles } = over;
        Stopped { ended, took: began.elapsed(), killed, left, troubles }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of the pipe tells the keeper to hurry.
        if self.lifeline.take().is_some() {
            self.end(Duration::ZERO);
        }
    }
}

/// What tells the processes of this engine from all others.
fn mark(keeper: u32) -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("{keeper}-{random:016x}")
}

impl Heard {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until(&self, limit: Duration, holds: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_timeout_while(self.state(), limit, |state| !holds(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Hears the keeper out. If it ends before its engine has, it was killed.
    fn listen(&self, output: impl Read, mark: &str, keeper: Pid) {
        for line in BufReader::new(output).lines() {
            let notice = line.ok().and_then(|line| serde_json::from_str::<Notice>(&line).ok());
            let Some(notice) = notice else { break };
            self.change(|state| match notice {
                Notice::Started { pid } => state.started = Some(Ok(pid)),
                Notice::Failed { why } => {
                    state.started = Some(Err(why));
                    state.over = Some(Over::default());
                }
                Notice::Exited(ended) => state.exited = Some(ended),
                Notice::Ended { killed, left, troubles } => {
                    state.over = Some(Over { killed, left, troubles });
                }
            });
        }
        if self.state().over.is_none() {
            self.change(|state| state.exited = state.exited.or(Some(Ended::KeeperLost)));
            let killed = lost::kill_all(mark, keeper);
            let troubles = vec!["the process that kept the engine was killed".to_owned()];
            let over = Over { killed: killed.count, left: killed.left, troubles };
            self.change(|state| state.over = Some(over));
        }
        self.change(|state| state.silent = true);
    }
}
