//! The cold start of an engine: from its process to where it listens, to where
//! it says that it is ready. The first token comes after that, and is for
//! whoever knows what to ask for.

use std::fmt;
use std::net::{TcpStream, ToSocketAddrs};
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokenometer_core::Endpoint;

use super::job::Ended;
use super::log::{LogLine, LogWatch, last_lines};
use super::port::{PortTaken, port_taken};
use super::running::Process;
use crate::error::EngineError;
use crate::http::Control;
use crate::ready::wait_ready;

/// The longest pause between two looks at the port. Such a look costs the
/// engine nothing as long as nobody listens.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(100)];
/// How long connecting may take. On this machine it takes microseconds, unless
/// the listener's queue is full, and then it listens.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// How long an engine whose log says that it is lost may take to die of it, so
/// that its end can be told with it.
const DYING: Duration = Duration::from_secs(1);
/// How many of the last lines of its log an error quotes.
const QUOTED: usize = 15;
/// How many of its error lines are kept.
const ERRORS: usize = 15;

/// When an engine counts as ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The route that answers with success (2xx) then.
    pub route: String,
    /// How long after the start of its process that may be.
    pub within: Duration,
}

/// A stage of a cold start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColdStartStage {
    /// From the start of the process until its port accepts a connection.
    Listening,
    /// From there until the ready route answers with success.
    Healthy,
}

impl ColdStartStage {
    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            ColdStartStage::Listening => "listening",
            ColdStartStage::Healthy => "healthy",
        }
    }
}

impl fmt::Display for ColdStartStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a cold start went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColdStart {
    /// Its stages, in order, and how long each took; the first begins when
    /// waiting began.
    pub stages: Vec<(ColdStartStage, Duration)>,
    /// The first error lines of its log, which it survived.
    pub errors: Vec<LogLine>,
}

/// What is seen of an engine that is starting.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is waited for.
    pub stage: ColdStartStage,
    /// How long all of it has taken so far.
    pub waited: Duration,
    /// What its log said last, if it said anything since the last time.
    pub last_line: Option<&'a str>,
}

/// Why an engine did not become ready, with what its log says of it.
#[derive(Debug, Error)]
#[error("the engine was not {stage} after {:.1} s: {why}", after.as_secs_f64())]
pub struct StartError {
    /// The stage that was not reached.
    pub stage: ColdStartStage,
    /// How long it was waited for.
    pub after: Duration,
    /// Why it was not reached.
    pub why: StartFailure,
    /// Its log.
    pub log: PathBuf,
    /// The last lines of its log.
    pub last_lines: Vec<String>,
    /// The first error lines of its log, fatal ones before others.
    pub errors: Vec<String>,
}

/// Why an engine did not become ready.
#[derive(Debug, Error)]
pub enum StartFailure {
    /// It ended.
    #[error("it ended ({ended}){}", port.as_ref().map(|port| format!("; {port}")).unwrap_or_default())]
    Died {
        /// How its first process ended.
        ended: Ended,
        /// That somebody else has its port, if so, which is most likely why.
        port: Option<PortTaken>,
    },
    /// Its log says that it can't go on, though its process is still there.
    #[error("its log says `{line}`")]
    FatalLine {
        /// The line.
        line: String,
    },
    /// It took too long.
    #[error("its limit is {} s{}", limit.as_secs(), last.as_ref().map(|last| format!("; {last}")).unwrap_or_default())]
    TimedOut {
        /// The limit for all stages together.
        limit: Duration,
        /// What it answered last, if it answered anything.
        last: Option<String>,
    },
    /// It answers in a way that no waiting mends.
    #[error("{0}")]
    Unreachable(EngineError),
    /// Whoever waited would wait no longer.
    #[error("{why}")]
    GaveUp {
        /// Why not.
        why: String,
    },
}

/// Waits until an engine listens, and then until it is ready.
///
/// `watch` is told, several times a second, how it stands; it may end the
/// waiting and say why. The engine itself is left as it is, whatever comes of
/// it: stop it.
///
/// # Errors
/// It died; its log says that it can't go on; it took too long; it answers in a
/// way that no waiting mends; `watch` would wait no longer.
pub fn bring_up(
    process: &Process,
    control: &Control,
    ready: &Ready,
    log: &mut LogWatch,
    watch: &mut dyn FnMut(Progress<'_>) -> ControlFlow<String>,
) -> Result<ColdStart, Box<StartError>> {
    let began = Instant::now();
    let mut start =
        Start { process, control, ready, log, watch, began, fatal: None, errors: Vec::new() };
    let stages = start.await_listening().and_then(|listening| {
        let healthy = start.await_healthy()?;
        Ok(vec![(ColdStartStage::Listening, listening), (ColdStartStage::Healthy, healthy)])
    });
    // What was written between the last look and this moment belongs to it too.
    start.read_log();
    match stages {
        Ok(stages) => Ok(ColdStart { stages, errors: start.errors }),
        Err((stage, why)) => Err(Box::new(start.explain(stage, why))),
    }
}

/// A cold start that is under way.
struct Start<'a> {
    process: &'a Process,
    control: &'a Control,
    ready: &'a Ready,
    log: &'a mut LogWatch,
    watch: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<String>,
    began: Instant,
    fatal: Option<LogLine>,
    errors: Vec<LogLine>,
}

type Stage = Result<Duration, (ColdStartStage, StartFailure)>;

impl Start<'_> {
    fn await_listening(&mut self) -> Stage {
        const STAGE: ColdStartStage = ColdStartStage::Listening;
        let [mut pause, longest] = PAUSES;
        while !listens(&self.control.address().endpoint) {
            if let Some(why) = self.in_vain(STAGE) {
                return Err((STAGE, why));
            }
            let limit = self.ready.within;
            let left = limit.saturating_sub(self.began.elapsed());
            if left.is_zero() {
                return Err((STAGE, StartFailure::TimedOut { limit, last: None }));
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(longest);
        }
        Ok(self.began.elapsed())
    }

    fn await_healthy(&mut self) -> Stage {
        const STAGE: ColdStartStage = ColdStartStage::Healthy;
        let (control, route, limit) = (self.control, &self.ready.route, self.ready.within);
        let left = limit.saturating_sub(self.began.elapsed());
        let mut seen = None;
        let waited = wait_ready(control, route, left, &mut || {
            seen = self.in_vain(STAGE);
            seen.as_ref().map(ToString::to_string)
        });
        waited.map_err(|error| {
            let why = seen.unwrap_or(match error {
                EngineError::NotReady { last, .. } => {
                    StartFailure::TimedOut { limit, last: Some(last) }
                }
                error => StartFailure::Unreachable(error),
            });
            (STAGE, why)
        })
    }

    /// Why waiting is in vain, if it is.
    fn in_vain(&mut self, stage: ColdStartStage) -> Option<StartFailure> {
        let ended = self.process.ended();
        let last_line = self.read_log();
        if let Some(ended) = ended {
            return Some(self.death(ended));
        }
        if let Some(fatal) = &self.fatal {
            let line = fatal.text.clone();
            return Some(match self.process.wait(DYING) {
                Some(ended) => self.death(ended),
                None => StartFailure::FatalLine { line },
            });
        }
        let waited = self.began.elapsed();
        match (self.watch)(Progress { stage, waited, last_line: last_line.as_deref() }) {
            ControlFlow::Continue(()) => None,
            ControlFlow::Break(why) => Some(StartFailure::GaveUp { why }),
        }
    }

    /// Reads what is new in the log, and gives its last line. A log that can't
    /// be read is no reason to give an engine up: it may well serve.
    fn read_log(&mut self) -> Option<String> {
        let look = self.log.look().ok()?;
        self.fatal = self.fatal.take().or(look.fatal.first.into_iter().next());
        let room = ERRORS - self.errors.len();
        self.errors.extend(look.errors.first.into_iter().take(room));
        look.last
    }

    fn death(&self, ended: Ended) -> StartFailure {
        let port = match &self.control.address().endpoint {
            Endpoint::Tcp { host, port, .. } => port_taken(host, *port),
            Endpoint::Unix { .. } => None,
        };
        StartFailure::Died { ended, port }
    }

    fn explain(self, stage: ColdStartStage, why: StartFailure) -> StartError {
        let errors = self.fatal.into_iter().chain(self.errors).map(|line| line.text);
        StartError {
            stage,
            after: self.began.elapsed(),
            why,
            log: self.log.path().to_owned(),
            last_lines: last_lines(self.log.path(), QUOTED),
            errors: errors.take(ERRORS).collect(),
        }
    }
}

/// Whether something accepts a connection there.
fn listens(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Tcp { host, port, .. } => {
            let addresses = (host.as_str(), *port).to_socket_addrs();
            addresses.into_iter().flatten().any(|address| {
                TcpStream::connect_timeout(&address, CONNECT_LIMIT).is_ok_and(not_to_itself)
            })
        }
        Endpoint::Unix { path } => UnixStream::connect(path).is_ok(),
    }
}

/// Whether a connection leads to somebody else. One to a port from which the
/// kernel also serves outgoing connections may happen to begin at that very
/// port, and then leads to itself.
fn not_to_itself(stream: TcpStream) -> bool {
    stream.local_addr().ok() != stream.peer_addr().ok()
}
