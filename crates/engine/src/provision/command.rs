//! Other programs, run to their end: one that is asked a short question, and a
//! step that may take an hour, whose every line goes into a log. It must not
//! know what the programs do.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, PipeReader, Read as _, Write as _, pipe};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokenometer_core::{Event, Observer};

use super::ProvisionError;

/// How long a program may take to say what it is.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How often it is looked whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long what a program printed is waited for after its end: something that
/// it left running may hold its output open for ever.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many of the last lines an error shows.
const LAST_LINES: usize = 12;
/// The most that is read of an answer, in bytes: no more than the kernel holds
/// for us until the program has ended.
const ANSWER_BYTES: u64 = 1 << 16;

/// What a program answers to a question of which the answer is short, or why it
/// doesn't.
pub(super) fn ask(mut command: Command, limit: Duration) -> Result<String, String> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let Some(status) = wait(&mut child, limit).map_err(|error| error.to_string())? else {
        // Nothing is read of it: a child of its own may hold the pipes open.
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("no answer within {} s", limit.as_secs()));
    };
    let text = |pipe: Option<&mut dyn io::Read>| {
        let mut bytes = Vec::new();
        pipe.map(|pipe| pipe.take(ANSWER_BYTES).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).trim().to_owned()
    };
    let said = text(child.stdout.as_mut().map(|pipe| pipe as &mut dyn io::Read));
    if status.success() {
        return Ok(said);
    }
    let complaint = text(child.stderr.as_mut().map(|pipe| pipe as &mut dyn io::Read));
    Err(complaint
        .lines()
        .rfind(|line| !line.is_empty())
        .map_or_else(|| status.to_string(), str::to_owned))
}

/// Waits for a program's end. `None` if it takes longer than that.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || began.elapsed() > limit {
            return Ok(ended);
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Who is told of the steps, and who may stop them.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Told what is done, and every line that a program prints meanwhile.
    pub observer: &'a dyn Observer,
    /// Whether to stop. It is asked ten times a second or more.
    pub stopped: &'a dyn Fn() -> bool,
}

impl Watch<'_> {
    /// Tells what is done.
    pub(super) fn step(&self, text: impl Into<String>) {
        self.observer.notice(Event::Step(text.into()));
    }
}

/// Steps that write into one log.
pub(super) struct Steps<'a> {
    /// Whose they are, for people: `vllm 0.32.0`.
    pub name: String,
    /// The log.
    pub log: Log,
    /// Who is told.
    pub watch: Watch<'a>,
    /// A lock that shall be held as long as anything of a step lives, even if
    /// we don't: every program is given it as its standard input, which is
    /// empty.
    pub lock: Option<File>,
}

/// A log of programs that were run.
pub(super) struct Log {
    pub path: PathBuf,
    file: File,
}

impl Log {
    /// Begins a log anew.
    pub(super) fn begin(path: PathBuf) -> Result<Log, ProvisionError> {
        let file =
            File::create(&path).map_err(|source| ProvisionError::file("write", &path, source))?;
        Ok(Log { path, file })
    }

    fn line(&mut self, line: &str) -> Result<(), ProvisionError> {
        let written = writeln!(self.file, "{line}");
        written.map_err(|source| ProvisionError::file("write", &self.path, source))
    }
}

/// How a program ended, and the last that it printed.
struct Ended {
    status: ExitStatus,
    lines: VecDeque<String>,
}

impl Steps<'_> {
    /// Runs one to its end, and gives what it printed last. `doing` completes
    /// "failed to": `install the packages`.
    pub(super) fn run(&mut self, doing: &str, command: Command) -> Result<(), ProvisionError> {
        self.watch.step(format!("{}: {doing}", self.name));
        self.log.line(&format!("$ {}", shown(&command)))?;
        let ended = self.carry_out(doing, command)?;
        if ended.status.success() {
            return Ok(());
        }
        self.log.line(&format!("({})", ended.status))?;
        let lines = ended.lines.into_iter().collect();
        Err(ProvisionError::step(&self.name, doing, (ended.status, lines), &self.log.path))
    }

    fn carry_out(&mut self, doing: &str, mut command: Command) -> Result<Ended, ProvisionError> {
        let program = Path::new(command.get_program()).to_owned();
        let failed = |source| ProvisionError::file("run", &program, source);
        let (reader, writer) = pipe().map_err(failed)?;
        let errors = writer.try_clone().map_err(failed)?;
        let lock = self.lock.as_ref().map(File::try_clone).transpose().map_err(failed)?;
        command.stdin(lock.map_or_else(Stdio::null, Stdio::from)).stdout(writer).stderr(errors);
        let mut child = command.process_group(0).spawn().map_err(failed)?;
        // The command holds our ends of the pipe, which would never end.
        drop(command);
        let (sender, receiver) = channel();
        thread::spawn(move || read(reader, &sender));
        let ended = self.follow(&mut child, &receiver);
        if ended.is_err() {
            kill(&mut child);
        }
        match ended? {
            Some(ended) => Ok(ended),
            None => {
                Err(ProvisionError::Stopped { name: self.name.clone(), doing: doing.to_owned() })
            }
        }
    }

    /// Keeps and tells what a program prints, until it has ended. `None` if it
    /// was stopped.
    fn follow(
        &mut self,
        child: &mut Child,
        lines: &Receiver<String>,
    ) -> Result<Option<Ended>, ProvisionError> {
        let mut last = VecDeque::new();
        let mut ended: Option<(ExitStatus, Instant)> = None;
        loop {
            let next = lines.recv_timeout(LOOK_EVERY);
            let is_silent = next == Err(RecvTimeoutError::Disconnected);
            match next {
                Ok(line) => self.keep(line, &mut last)?,
                Err(_) if is_silent => thread::sleep(LOOK_EVERY),
                Err(_) => {}
            }
            if (self.watch.stopped)() {
                kill(child);
                return Ok(None);
            }
            if ended.is_none() {
                let status = child.try_wait();
                let status = status
                    .map_err(|source| ProvisionError::file("wait for", &self.log.path, source))?;
                ended = status.map(|status| (status, Instant::now()));
            }
            if let Some((status, at)) = ended
                && (is_silent || at.elapsed() > PATIENCE)
            {
                return Ok(Some(Ended { status, lines: last }));
            }
        }
    }

    /// Keeps one line that a program printed, and tells it.
    fn keep(&mut self, line: String, last: &mut VecDeque<String>) -> Result<(), ProvisionError> {
        self.log.line(&line)?;
        if !line.trim().is_empty() {
            self.watch.step(format!("{}: {}", self.name, line.trim()));
            last.push_back(line);
        }
        if last.len() > LAST_LINES {
            last.pop_front();
        }
        Ok(())
    }
}

/// Hands over all lines that come through a pipe.
fn read(pipe: PipeReader, lines: &Sender<String>) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(text).is_err() {
            return;
        }
        line.clear();
    }
}

/// Ends a program and all that it has started.
fn kill(child: &mut Child) {
    // Either fails only where there is nothing left to end.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let _ = child.wait();
}

/// A command as it would be typed, roughly.
fn shown(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
