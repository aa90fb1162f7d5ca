//! Starts an engine from its profile, and stops it: what an arm wants becomes a
//! command, the command a process below a keeper, and the process something that
//! answers. What was done is kept in the folder of that start.
//!
//! It must not know what is measured on the engine.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokenometer_core::{Address, Endpoint, Event, Observer};
use tokenometer_engine::process::{
    Ended, Job, LogPatterns, LogWatch, Process, Progress, Ready, Stopped, bring_up, free_port,
    port_taken,
};
use tokenometer_engine::profile::{Declared, Launch, Profile, Wanted};
use tokenometer_engine::provision::{Around, Dressed, Kind, Mount, Place};
use tokenometer_engine::{Access, Control};
use tokenometer_load::Stop;
use tokenometer_results::{End, EngineFolder, Software, Stage, Start};

use crate::settings::Host;
use crate::{LabError, StartTrouble};

/// Where engines that we start listen: nobody else has to reach them.
const HOST: &str = "127.0.0.1";

/// How many error lines of an engine's log are kept beside its start.
const ERRORS: usize = 20;

/// How long an engine that accepts no connection any more may take to end, so
/// that its end can be told. It takes milliseconds, unless it writes down what it
/// had in memory.
const DYING: Duration = Duration::from_secs(2);

/// What it takes to start an engine.
pub(crate) struct Starting<'a> {
    /// The engine.
    pub(crate) profile: &'a Profile,
    /// Where it is on this machine; `None` where its command says it all.
    pub(crate) place: Option<&'a Place>,
    /// What the arm wants of it. Address and port are set here.
    pub(crate) wanted: Wanted,
    /// The name of this start, which no other engine on the machine has.
    pub(crate) name: String,
    /// The processors that it may use; all of ours if there is none.
    pub(crate) cores: Vec<usize>,
    /// How long it may take to become ready; `None` leaves that to its profile.
    pub(crate) ready_within: Option<Duration>,
    /// How its control plane is spoken to.
    pub(crate) access: Access,
    /// Where the start is kept.
    pub(crate) folder: &'a EngineFolder,
}

/// An engine that was started, and answers.
pub(crate) struct Started {
    process: Process,
    pub(crate) address: Address,
    control: Control,
    log: Mutex<LogWatch>,
    errors: Mutex<Vec<String>>,
    folder: EngineFolder,
    /// What was asked of it by option.
    pub(crate) declared: Vec<Declared>,
    /// How it was started, as it is kept.
    start: Start,
}

impl Started {
    /// Why it can't go on, if it can't: it ended, or its log says so.
    pub(crate) fn lost(&self) -> Option<String> {
        let look = lock(&self.log).look();
        if let Some(ended) = self.process.ended() {
            return Some(format!("the engine ended: {ended}"));
        }
        let look = look.ok()?;
        let mut errors = lock(&self.errors);
        let room = ERRORS.saturating_sub(errors.len());
        errors.extend(look.errors.first.iter().take(room).map(|line| line.text.clone()));
        let line = look.fatal.first.first()?;
        Some(format!("the engine's log says `{}`", line.text))
    }

    /// As [`Started::lost`], for whoever knows of trouble, or wants to be sure of
    /// none. An engine that dies refuses connections before anybody is told of its
    /// end, so it is asked for one, which must not be done while it is measured.
    pub(crate) fn lost_by_now(&self) -> Option<String> {
        let refused = || {
            let Endpoint::Tcp { host, port, .. } = &self.address.endpoint else { return false };
            let connected = TcpStream::connect((host.as_str(), *port));
            connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        };
        let refuses = self.process.ended().is_none() && refused();
        if refuses {
            self.process.wait(DYING);
        }
        let silent = || refuses.then(|| "the engine accepts no connection any more".to_owned());
        self.lost().or_else(silent)
    }

    /// The number of its first process, where that and all below it are the
    /// engine: the processes of a container are below somebody else.
    pub(crate) fn process(&self) -> Option<u32> {
        let software = self.start.software.as_ref();
        let is_contained =
            software.is_some_and(|software| software.provision == Kind::Container.name());
        (!is_contained).then(|| self.process.pid())
    }

    /// Its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// The lines of its log that tell of errors.
    pub(crate) fn error_lines(&self) -> Vec<String> {
        lock(&self.errors).clone()
    }

    /// Adds how long the first token took to the stages of the cold start.
    pub(crate) fn first_token(&mut self, took: Duration) -> Result<(), LabError> {
        self.start.stages.push(stage("first_token", took));
        self.folder.write_start(&self.start)?;
        Ok(())
    }

    /// Ends it, and all that it left, and keeps how that went.
    pub(crate) fn stop(self) -> Result<(), LabError> {
        let Started { process, folder, mut start, errors, .. } = self;
        let died = process.ended();
        let stopped = process.stop();
        start.error_lines = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
        start.end = Some(end(died, &stopped));
        folder.write_start(&start)?;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stage(name: &str, took: Duration) -> Stage {
    Stage { name: name.to_owned(), duration_s: took.as_secs_f64() }
}

/// How an engine ended, for its folder.
fn end(died: Option<Ended>, stopped: &Stopped) -> End {
    let mut how = match died {
        Some(_) => "it ended by itself".to_owned(),
        None => format!("it was stopped, in {:.1} s", stopped.took.as_secs_f64()),
    };
    if stopped.killed > 0 {
        how += &format!("; {} of its processes had to be killed", stopped.killed);
    }
    for left in &stopped.left {
        how += &format!("; process {} could not be killed", left.pid);
    }
    for trouble in &stopped.troubles {
        how += &format!("; {trouble}");
    }
    let ended = died.or(stopped.ended);
    End {
        exit: match ended {
            Some(Ended::Code(code)) => Some(code),
            _ => None,
        },
        signal: match ended {
            // Why a signal may have come is only to be guessed where we sent none.
            Some(ended @ Ended::Signal(_)) if died.is_none() => {
                ended.to_string().split(':').next().map(str::to_owned)
            }
            Some(ended @ Ended::Signal(_)) => Some(ended.to_string()),
            _ => None,
        },
        how,
    }
}

/// Starts an engine and waits until it is ready.
///
/// # Errors
/// [`LabError::Start`] with all that is known of why it did not come up;
/// nothing of it lives then.
pub(crate) fn start(
    starting: Starting<'_>,
    host: &Host,
    observer: &dyn Observer,
    stop: &Stop,
) -> Result<Started, LabError> {
    let port = free_port(HOST).map_err(|source| LabError::NoPort { source })?;
    let wanted = Wanted {
        host: HOST.to_owned(),
        port,
        executable: Some(host.executable.clone()),
        ..starting.wanted.clone()
    };
    let launch = starting.profile.launch(&wanted).map_err(LabError::Mistakes)?;
    let dressed = dress(&starting, &launch)?;
    if let Some(taken) = port_taken(HOST, port) {
        return Err(LabError::Start(StartTrouble::Port(taken)));
    }
    let job = Job {
        command: dressed.command.clone(),
        environment: dressed.environment.clone(),
        folder: None,
        log: starting.folder.log(),
        cores: starting.cores.clone(),
        stop: starting.profile.stop.signal,
        grace: starting.profile.stop.within.0,
        afterwards: dressed.clean_up.clone(),
    };
    // It reads from where the log ends now.
    let log = LogWatch::new(starting.folder.log(), patterns(starting.profile)?);
    let process = Process::start(&host.executable, &job)
        .map_err(|error| LabError::Start(StartTrouble::Process(error)))?;
    let endpoint = Endpoint::Tcp { host: HOST.to_owned(), port, tls: false };
    let address = Address { endpoint, prefix: String::new() };
    let started = Started {
        control: Control::new(&address, starting.access.clone())?,
        log: Mutex::new(log),
        errors: Mutex::default(),
        folder: starting.folder.clone(),
        declared: launch.declared,
        start: described(&starting, dressed, process.pid()),
        process,
        address,
    };
    await_ready(started, &starting, observer, stop)
}

/// What is kept of a start.
fn described(starting: &Starting<'_>, dressed: Dressed, pid: u32) -> Start {
    let software = starting.place.map(|place| Software {
        profile: starting.profile.name.clone(),
        version: starting.profile.version.clone(),
        provision: place.kind().name().to_owned(),
        place: Some(place.describe()),
    });
    Start {
        software,
        cores: (!starting.cores.is_empty()).then(|| listed(&starting.cores)),
        pid: Some(pid),
        note: starting.profile.note.clone(),
        ..Start::new(dressed.command, dressed.environment, Vec::new())
    }
}

/// Processors as `taskset` writes them.
fn listed(cores: &[usize]) -> String {
    cores.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// Writes the files of a launch, and puts around it what its place needs.
fn dress(starting: &Starting<'_>, launch: &Launch) -> Result<Dressed, LabError> {
    let files = starting.folder.path();
    for file in &launch.files {
        starting.folder.write_file(&file.name, &file.contents)?;
    }
    let command = launch.command.iter().map(|word| with_files(word, launch, starting)).collect();
    let environment = launch.environment.clone();
    let Some(place) = starting.place else {
        return Ok(Dressed { command, environment, clean_up: Vec::new() });
    };
    let around = Around {
        name: &starting.name,
        mounts: &mounts(starting, files.to_owned()),
        cores: &starting.cores,
    };
    Ok(place.dress(command, environment, &around)?)
}

/// A word of the command with the paths of the files that were written.
fn with_files(word: &str, launch: &Launch, starting: &Starting<'_>) -> String {
    launch.files.iter().fold(word.to_owned(), |word, file| {
        let path = starting.folder.path().join(&file.name);
        word.replace(&format!("{{file:{}}}", file.name), &path.to_string_lossy())
    })
}

/// What a container must see: the model, where it is a path, and the files that
/// were written.
fn mounts(starting: &Starting<'_>, files: PathBuf) -> Vec<Mount> {
    let model = starting.wanted.model.as_ref().map(PathBuf::from);
    let model = model.filter(|path| path.is_absolute() && path.exists());
    let read_only = [Some(files), model].into_iter().flatten();
    read_only.map(|path| Mount { path, is_writable: false }).collect()
}

fn patterns(profile: &Profile) -> Result<LogPatterns, LabError> {
    LogPatterns::new(&profile.log.fatal, &profile.log.error).map_err(|(pattern, source)| {
        LabError::Pattern { profile: profile.name.clone(), pattern, why: source.to_string() }
    })
}

/// Waits until the engine is ready, and keeps how that went.
fn await_ready(
    mut started: Started,
    starting: &Starting<'_>,
    observer: &dyn Observer,
    stop: &Stop,
) -> Result<Started, LabError> {
    let profile = starting.profile;
    let ready = Ready {
        route: profile.ready.route.clone(),
        within: starting.ready_within.unwrap_or(profile.ready.within.0),
    };
    let mut watch = |progress: Progress<'_>| {
        observer.notice(Event::Step(waiting(&profile.title(), &progress)));
        match stop.is_asked() {
            true => ControlFlow::Break("the run is being stopped".to_owned()),
            false => ControlFlow::Continue(()),
        }
    };
    let came_up = {
        let mut log = lock(&started.log);
        bring_up(&started.process, &started.control, &ready, &mut log, &mut watch)
    };
    match came_up {
        Ok(cold_start) => {
            let stages = cold_start.stages.iter();
            started.start.stages = stages.map(|(name, took)| stage(name.name(), *took)).collect();
            let errors = cold_start.errors.into_iter().take(ERRORS).map(|line| line.text);
            lock(&started.errors).extend(errors);
            starting.folder.write_start(&started.start)?;
            Ok(started)
        }
        Err(error) => {
            started.stop()?;
            if stop.is_asked() {
                Err(LabError::Stopped)
            } else {
                Err(LabError::Start(StartTrouble::Late(error)))
            }
        }
    }
}

/// What is waited for, with what the engine said last.
fn waiting(engine: &str, progress: &Progress<'_>) -> String {
    let seconds = progress.waited.as_secs();
    let said = progress.last_line.map(|line| format!(": {line}")).unwrap_or_default();
    format!("waiting until {engine} is {} ({seconds} s){said}", progress.stage)
}
