//! An engine that is there to be started, and what that takes around the
//! command of its profile: the program's full path, the environment's folders,
//! or a container. It must not start anything.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::environment::path_of;
use super::machine::is_program;
use super::{Container, Kind, Machine, ProvisionError};

/// An engine that is there to be started.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) how: How,
    /// What was looked at when it was found.
    pub(super) machine: Machine,
    /// What exactly it is, to be kept with what is measured: the packages of an
    /// environment as `name==version` lines, the SHA-256 of a program, the
    /// digests of an image; each below lines that begin with `#`.
    pub lock: String,
    /// The packages of its environment with their versions, where it has one.
    pub packages: BTreeMap<String, String>,
    /// What was printed while it was made, where it was made.
    pub log: Option<PathBuf>,
}

/// How it is there.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// As a program.
    Program(PathBuf),
    /// As a Python environment, which was there or was made.
    Environment(Kind, PathBuf),
    /// As an image, run by the program at this path.
    Container(PathBuf, Container),
}

/// What a launch needs besides its command and its variables.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// A name that no other engine on the machine has at the same time.
    pub name: &'a str,
    /// The folders and files that it reads or writes: the model, its files of
    /// settings. Inside a container they lie where they lie outside.
    pub mounts: &'a [Mount],
    /// The processors that it may use; all, if none is named. Only a container
    /// needs to be told, which no affinity of ours reaches.
    pub cores: &'a [usize],
}

/// A folder or file that a container is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its absolute path.
    pub path: PathBuf,
    /// Whether the container may write to it.
    pub is_writable: bool,
}

/// A launch with all that its place puts around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dressed {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The variables to set beside those of the machine.
    pub environment: BTreeMap<String, String>,
    /// Commands that end what may be left when the processes below the command
    /// are gone. Each may be run any number of times.
    pub clean_up: Vec<Vec<String>>,
}

impl Place {
    /// In which way it is had.
    pub fn kind(&self) -> Kind {
        match &self.how {
            How::Program(_) => Kind::Command,
            How::Environment(kind, _) => *kind,
            How::Container(..) => Kind::Container,
        }
    }

    /// Where it is, for people: a program, a folder, an image.
    pub fn describe(&self) -> String {
        match &self.how {
            How::Program(path) | How::Environment(_, path) => path.display().to_string(),
            How::Container(_, container) => container.image.clone(),
        }
    }

    /// Puts around a launch what it takes to start it here.
    ///
    /// # Errors
    ///
    /// [`ProvisionError::NoProgram`] where the command's program isn't here.
    pub fn dress(
        &self,
        command: Vec<String>,
        environment: BTreeMap<String, String>,
        around: &Around<'_>,
    ) -> Result<Dressed, ProvisionError> {
        match &self.how {
            How::Program(path) => self.beside(path, command, environment),
            How::Environment(_, folder) => self.inside(folder, command, environment),
            How::Container(client, container) => {
                Ok(self.contain((client, container), command, environment, around))
            }
        }
    }

    /// With the program's full path. Another program than the one that was
    /// asked for is taken from the same folder, if it has one: a `python` must
    /// be the one that runs the `vllm` that was found.
    fn beside(
        &self,
        path: &Path,
        mut command: Vec<String>,
        environment: BTreeMap<String, String>,
    ) -> Result<Dressed, ProvisionError> {
        let Some(program) = command.first_mut() else {
            return Err(no_program("the PATH", ""));
        };
        let found = if path.file_name() == Some(OsStr::new(program.as_str())) {
            Some(path.to_owned())
        } else if program.contains('/') {
            self.machine.find(program)
        } else {
            // A link on the PATH leads to the folder that it really lives in.
            let real = path.canonicalize().ok();
            let folders = [real.as_deref(), Some(path)].into_iter().flatten();
            let mut near = folders.filter_map(Path::parent).map(|folder| folder.join(&*program));
            near.find(|path| is_program(path)).or_else(|| self.machine.find(program))
        };
        let found = found.ok_or_else(|| no_program("the PATH", program))?;
        *program = found.to_string_lossy().into_owned();
        Ok(Dressed { command, environment, clean_up: Vec::new() })
    }

    /// As if the environment were activated.
    fn inside(
        &self,
        folder: &Path,
        mut command: Vec<String>,
        mut environment: BTreeMap<String, String>,
    ) -> Result<Dressed, ProvisionError> {
        let place = || folder.display().to_string();
        let program = command.first_mut().ok_or_else(|| no_program(&place(), ""))?;
        let bin = folder.join("bin");
        // A path stays as it is: joining takes it for what it says.
        let found = bin.join(&*program);
        if !is_program(&found) {
            return Err(no_program(&place(), program));
        }
        *program = found.to_string_lossy().into_owned();
        let usual = environment.remove("PATH").map(Into::into);
        let usual = usual.unwrap_or_else(|| self.machine.path.clone());
        let path = path_of(&[Some(bin.as_os_str()), Some(usual.as_os_str())]);
        environment.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
        environment.insert("VIRTUAL_ENV".to_owned(), place());
        Ok(Dressed { command, environment, clean_up: Vec::new() })
    }

    /// In a container. The variables reach it through the client's own, by
    /// their names alone, so that no secret stands in a command line.
    fn contain(
        &self,
        (client, container): (&Path, &Container),
        command: Vec<String>,
        environment: BTreeMap<String, String>,
        around: &Around<'_>,
    ) -> Dressed {
        let client = client.to_string_lossy().into_owned();
        let name = container_name(around.name);
        let mut words = vec![client.clone(), "run".to_owned()];
        let mut add = |more: &[&str]| words.extend(more.iter().map(|&word| word.to_owned()));
        add(&["--rm", "--name", &name, "--network", "host"]);
        environment.keys().for_each(|variable| add(&["--env", variable]));
        for mount in around.mounts {
            let (path, end) = (mount.path.display(), if mount.is_writable { "" } else { ":ro" });
            add(&["--volume", &format!("{path}:{path}{end}")]);
        }
        for mount in &container.mounts {
            add(&["--volume", &self.machine.expanded(mount).to_string_lossy()]);
        }
        if let Some(user) = &container.user {
            add(&["--user", user]);
        }
        if !around.cores.is_empty() {
            let cores: Vec<_> = around.cores.iter().map(usize::to_string).collect();
            add(&["--cpuset-cpus", &cores.join(",")]);
        }
        container.options.iter().for_each(|option| add(&[option]));
        let mut command = command.into_iter();
        let program = command.next();
        let program = container.program.clone().or(program).unwrap_or_default();
        if container.keep_entrypoint {
            add(&[&container.image, &program]);
        } else {
            add(&["--entrypoint", &program, &container.image]);
        }
        words.extend(command);
        let clean_up = vec![vec![client, "rm".to_owned(), "--force".to_owned(), name]];
        Dressed { command: words, environment, clean_up }
    }
}

/// A name that docker and podman take.
fn container_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    format!("tokenometer-{}", name.chars().map(plain).collect::<String>())
}

fn no_program(place: &str, program: &str) -> ProvisionError {
    ProvisionError::NoProgram { place: place.to_owned(), program: program.to_owned() }
}
