//! What a keeper is told and what it says: JSON, one object a line, over the
//! pipes between it and us. Both sides are this very program, so the words need
//! no version.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An engine to be started, and how it is ended.
#[derive(Clone, Serialize, Deserialize)]
pub struct Job {
    /// The command, word by word; the first is the program, looked for on the
    /// PATH that holds for the engine.
    pub command: Vec<String>,
    /// Variables to set for it beside those that we have ourselves.
    pub environment: BTreeMap<String, String>,
    /// The folder that it runs in; ours if none is named.
    pub folder: Option<PathBuf>,
    /// The file that its output is appended to.
    pub log: PathBuf,
    /// The processors that it may run on, by number; those of ours if there is
    /// none.
    pub cores: Vec<usize>,
    /// How it is asked to end.
    pub stop: StopSignal,
    /// How long it may take to end after that.
    pub grace: Duration,
    /// Commands to carry out once nothing of it lives, such as the removal of
    /// a container.
    pub afterwards: Vec<Vec<String>>,
}

impl fmt::Debug for Job {
    /// Without the values of variables and the arguments of commands, which may
    /// be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("program", &self.command.first())
            .field("environment", &self.environment.keys())
            .field("folder", &self.folder)
            .field("log", &self.log)
            .field("cores", &self.cores)
            .field("stop", &self.stop)
            .field("grace", &self.grace)
            .field("afterwards", &self.afterwards.len())
            .finish()
    }
}

/// The signal that asks an engine to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// `SIGTERM`, which nearly every server heeds.
    #[default]
    Term,
    /// `SIGINT`, as Ctrl-C sends it.
    Int,
    /// `SIGQUIT`.
    Quit,
    /// `SIGHUP`.
    Hup,
    /// `SIGKILL`: it is not asked at all.
    Kill,
}

impl StopSignal {
    pub(super) fn signal(self) -> Signal {
        match self {
            StopSignal::Term => Signal::TERM,
            StopSignal::Int => Signal::INT,
            StopSignal::Quit => Signal::QUIT,
            StopSignal::Hup => Signal::HUP,
            StopSignal::Kill => Signal::KILL,
        }
    }
}

/// How the first process of an engine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// By itself, with this exit code.
    Code(i32),
    /// By the signal of this number.
    Signal(i32),
    /// Nobody knows how: its keeper was killed, upon which it was, too.
    KeeperLost,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Code(code) => write!(f, "exit code {code}"),
            Ended::Signal(number) => match signal_name(*number) {
                Some(name) => write!(f, "signal {number}, {name}"),
                None => write!(f, "signal {number}"),
            },
            Ended::KeeperLost => f.write_str("the process that kept it was killed"),
        }
    }
}

/// The names of the signals that engines die of, which people know better than
/// their numbers.
fn signal_name(number: i32) -> Option<&'static str> {
    const NAMES: [(Signal, &str); 10] = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL: an instruction that this processor lacks"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL: perhaps for want of memory"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
    ];
    NAMES.iter().find(|(signal, _)| signal.as_raw() == number).map(|(_, name)| *name)
}

/// What a keeper is told once its engine runs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    /// To end it, and how long that may take.
    Stop {
        /// How long the engine may take to end by itself.
        grace: Duration,
    },
}

/// What a keeper says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Notice {
    /// The engine runs.
    Started {
        /// Its first process.
        pid: i32,
    },
    /// The engine could not be started.
    Failed {
        /// Why not.
        why: String,
    },
    /// The engine's first process has ended.
    Exited(Ended),
    /// Nothing of the engine lives any more, but for what is named.
    Ended {
        /// How many processes had to be killed.
        killed: usize,
        /// Processes that could not be killed.
        left: Vec<super::Left>,
        /// What went wrong with the commands to be carried out afterwards.
        troubles: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_shows_no_secret() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let job = Job {
            command: words("serve --api-key sesame"),
            environment: [("HF_TOKEN".to_owned(), "sesame".to_owned())].into(),
            folder: None,
            log: "engine.log".into(),
            cores: vec![1],
            stop: StopSignal::Int,
            grace: Duration::from_secs(2),
            afterwards: vec![words("remove sesame")],
        };
        let shown = format!("{job:?}");
        assert!(shown.contains("serve") && shown.contains("HF_TOKEN"), "{shown}");
        assert!(!shown.contains("sesame"), "{shown}");
        let line = serde_json::to_string(&job).unwrap();
        assert!(!line.contains('\n'));
        let read: Job = serde_json::from_str(&line).unwrap();
        assert_eq!((read.command, read.grace), (job.command, job.grace));
    }

    #[test]
    fn an_end_is_told_in_words() {
        assert_eq!(Ended::Code(3).to_string(), "exit code 3");
        assert_eq!(Ended::Signal(11).to_string(), "signal 11, SIGSEGV");
        assert_eq!(Ended::Signal(64).to_string(), "signal 64");
    }
}
