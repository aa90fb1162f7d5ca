//! The keeper: a process between us and an engine, which outlives us by as long
//! as it takes to end the engine.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::Command;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{getpid, set_child_subreaper, setsid};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::brood::{Brood, Event};
use super::error::ProcessError;
use super::job::{Ended, Job, Notice, Order, StopSignal};

/// How long an engine may take to end by itself where nobody is left to wait
/// for it, and how long what an engine left behind may take.
const SHORT_GRACE: Duration = Duration::from_secs(2);
/// How long it may take until killed processes are gone. It takes milliseconds,
/// except where the kernel itself waits for a device.
pub(super) const KILL_LIMIT: Duration = Duration::from_secs(10);
/// How long one of the commands at the end may take.
pub(super) const AFTERWARDS_LIMIT: Duration = Duration::from_secs(20);

/// Keeps one engine. It reads its [`Job`] as one line from `input`, starts the
/// engine, and says what happens on `output`; it ends the engine, and all that
/// is below it, when it is told to, when the engine's first process ends, and
/// when `input` ends.
///
/// This makes the calling process leader of a new session and reaper of orphans,
/// binds it to the engine's processors, and reaps every child of its: the
/// process must be there for nothing else. It must be the main thread that calls
/// it, since the engine is killed with the thread that started it; and the
/// signals of a terminal must have handlers that do nothing. (Ignoring them
/// would be inherited by the engine, which then could not be asked to end.)
///
/// # Errors
/// [`ProcessError::Job`] if `input` doesn't begin with a job. What goes wrong
/// after that is said on `output`.
pub fn keep(input: impl Read + Send + 'static, output: impl Write) -> Result<(), ProcessError> {
    let mut input = BufReader::new(input);
    let mut line = String::new();
    let unread = |why: String| ProcessError::Job { why };
    input.read_line(&mut line).map_err(|error| unread(error.to_string()))?;
    let job: Job = serde_json::from_str(&line).map_err(|error| unread(error.to_string()))?;
    let (send, events) = mpsc::channel();
    let orders = send.clone();
    let mut said = Said(output);
    match withdraw(&job).and_then(|()| start(&job, (send, events))) {
        Ok(brood) => {
            said.say(&Notice::Started { pid: brood.first.as_raw_pid() });
            listen(input, orders);
            Keeper { job, brood, said, exit_told: false }.keep();
        }
        Err(ProcessError::Engine { why }) => said.say(&Notice::Failed { why }),
        Err(error) => said.say(&Notice::Failed { why: with_causes(&error) }),
    }
    Ok(())
}

/// Leaves the session of whoever started us, so that Ctrl-C there reaches
/// neither us nor the engine, and becomes the parent of all orphans below.
fn withdraw(job: &Job) -> Result<(), ProcessError> {
    let failed = |what| move |error| ProcessError::Kernel { what, source: io::Error::from(error) };
    setsid().map_err(failed("open a session for the engine"))?;
    set_child_subreaper(Some(getpid())).map_err(failed("become the reaper of orphans"))?;
    bind(&job.cores)
}

/// Binds this process, and so all that it starts, to these processors.
fn bind(wanted: &[usize]) -> Result<(), ProcessError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut cores = CpuSet::new();
    wanted.iter().filter(|&&core| core < CpuSet::MAX_CPU).for_each(|&core| cores.set(core));
    // The kernel leaves out what may not be used, and only minds if that is all.
    let bound = sched_setaffinity(None, &cores).and_then(|()| sched_getaffinity(None));
    let is_bound = |core| core < CpuSet::MAX_CPU && bound.is_ok_and(|set| set.is_set(core));
    let missing: Vec<_> = wanted.iter().filter(|&&core| !is_bound(core)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<String> = missing.into_iter().map(usize::to_string).collect();
    let why = format!(
        "it can't be bound to processor {}, which may not be used here",
        missing.join(", ")
    );
    Err(ProcessError::Engine { why })
}

fn start(
    job: &Job,
    channel: (Sender<Event>, mpsc::Receiver<Event>),
) -> Result<Brood, ProcessError> {
    let mut command = command(&job.command, job)?;
    command.envs(&job.environment);
    Brood::raise(&mut command, channel).map_err(|source| {
        let program = job.command.first().map_or("", String::as_str);
        let folder = job.folder.as_ref().filter(|folder| !folder.is_dir());
        ProcessError::Engine {
            why: match folder {
                Some(folder) => format!("there is no folder {} to run it in", folder.display()),
                None => format!("`{program}` can't be run: {source}"),
            },
        }
    })
}

/// A command whose output goes into the log.
fn command(words: &[String], job: &Job) -> Result<Command, ProcessError> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| ProcessError::Engine { why: "its command is empty".to_owned() })?;
    let failed = |source| ProcessError::Log { path: job.log.clone(), source };
    let log = File::options().create(true).append(true).open(&job.log).map_err(failed)?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(log.try_clone().map_err(failed)?).stderr(log);
    if let Some(folder) = &job.folder {
        command.current_dir(folder);
    }
    Ok(command)
}

/// Passes on what is said to us. A line that is no order can't come from our
/// own other half; the engine is ended then, as if it were gone.
fn listen(input: BufReader<impl Read + Send + 'static>, events: Sender<Event>) {
    let unheard = events.clone();
    let listen = move || {
        for line in input.lines() {
            let order = line.ok().and_then(|line| serde_json::from_str::<Order>(&line).ok());
            let Some(order) = order else { break };
            let _ = events.send(Event::Order(order));
        }
        let _ = events.send(Event::Closed);
    };
    if thread::Builder::new().name("keeper-orders".into()).spawn(listen).is_err() {
        let _ = unheard.send(Event::Closed);
    }
}

/// Where the keeper says what happens. That nobody hears it is no trouble: the
/// end of the other pipe tells that.
struct Said<W>(W);

impl<W: Write> Said<W> {
    fn say(&mut self, notice: &Notice) {
        let line = serde_json::to_string(notice).expect("a notice holds nothing that JSON can't");
        let _ = writeln!(self.0, "{line}").and_then(|()| self.0.flush());
    }
}

struct Keeper<W> {
    job: Job,
    brood: Brood,
    said: Said<W>,
    exit_told: bool,
}

impl<W: Write> Keeper<W> {
    /// Watches over the engine until the end, and sees to it that it is one.
    fn keep(mut self) {
        let grace = self.watch();
        self.tell_exit();
        if self.job.stop != StopSignal::Kill {
            self.ask_to_end(grace);
            self.tell_exit();
        }
        let killed = self.brood.kill(KILL_LIMIT);
        self.tell_exit();
        let afterwards = std::mem::take(&mut self.job.afterwards);
        let troubles = afterwards.iter().filter_map(|words| self.carry_out(words).err()).collect();
        self.said.say(&Notice::Ended { killed: killed.count, left: killed.left, troubles });
    }

    /// Waits until the engine has to end, and says how long that may take.
    fn watch(&mut self) -> Duration {
        loop {
            match self.brood.next(None) {
                Some(Event::Order(Order::Stop { grace })) => return grace,
                Some(Event::Reaped(..)) if self.brood.ended.is_none() => {}
                None => {}
                Some(Event::Closed | Event::Childless | Event::Reaped(..)) => {
                    return self.job.grace.min(SHORT_GRACE);
                }
            }
        }
    }

    /// Sends the signal, and waits until all have heeded it or the grace is
    /// over. It is cut short by a shorter one, when nobody waits any more, and
    /// once only what the engine left behind is left.
    fn ask_to_end(&mut self, grace: Duration) {
        self.brood.signal(self.job.stop.signal());
        let mut until = Instant::now() + grace;
        let mut first_lives = self.brood.ended.is_none();
        while let Some(event) = self.brood.next(Some(until)) {
            let shorter = match event {
                Event::Childless => return,
                Event::Order(Order::Stop { grace }) => grace,
                Event::Closed => SHORT_GRACE,
                Event::Reaped(..) if first_lives && self.brood.ended.is_some() => {
                    first_lives = false;
                    SHORT_GRACE
                }
                Event::Reaped(..) => continue,
            };
            until = until.min(Instant::now() + shorter);
        }
    }

    fn tell_exit(&mut self) {
        if let Some(ended) = self.brood.ended.filter(|_| !self.exit_told) {
            self.exit_told = true;
            self.said.say(&Notice::Exited(ended));
        }
    }

    /// Carries out a command of those for the end; what went wrong is an error.
    fn carry_out(&self, words: &[String]) -> Result<(), String> {
        let shown = words.join(" ");
        let failed = |why: String| format!("`{shown}`: {why}");
        let mut command = command(words, &self.job).map_err(|error| failed(error.to_string()))?;
        let mut brood = Brood::raise(&mut command, mpsc::channel())
            .map_err(|error| failed(error.to_string()))?;
        let until = Instant::now() + AFTERWARDS_LIMIT;
        while brood.ended.is_none() && brood.next(Some(until)).is_some() {}
        brood.kill(KILL_LIMIT);
        match brood.ended {
            Some(Ended::Code(0)) => Ok(()),
            Some(ended) => Err(failed(ended.to_string())),
            None => Err(failed("it could not be ended".to_owned())),
        }
    }
}

/// An error in one line, with all of its causes.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
