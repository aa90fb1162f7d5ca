//! Makes Python environments with uv, each in the folder that the hash of its
//! recipe names, and finds them there again. One is whole once its lock lies in
//! it, which is written last; what a process left half-made is thrown away. An
//! environment holds its own path in many places, so it is made where it stays.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::command::{Log, Steps, Watch, ask};
use super::machine::{Tool, is_program};
use super::recipe::{Local, Recipe};
use super::{Asked, Kind, Machine, ProvisionError, Unusable};

/// The file that says what was installed, and that all of it was.
const LOCK: &str = "tokenometer.lock";

/// How long the packages of an environment may take to be listed.
const FREEZE_LIMIT: Duration = Duration::from_secs(120);
/// How often it is looked whether another process is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Whether an environment is there as a whole, with the Python that it links to.
pub(super) fn is_whole(folder: &Path) -> bool {
    folder.join(LOCK).is_file() && is_program(&folder.join("bin/python"))
}

/// An environment that is whole.
pub(super) struct Made {
    pub folder: PathBuf,
    /// What is in it: every package with its version.
    pub lock: String,
    /// What was printed while it was made.
    pub log: PathBuf,
}

/// Who makes one, and for what.
pub(super) struct Making<'a> {
    pub asked: Asked<'a>,
    pub machine: &'a Machine,
    pub watch: Watch<'a>,
}

impl Making<'_> {
    /// The environment of this recipe: the one that is there, or a new one.
    pub(super) fn environment(&self, recipe: &Recipe<'_>) -> Result<Made, ProvisionError> {
        let folder = recipe.folder(&self.asked, self.machine);
        let beside = |end: &str| {
            let mut name = OsString::from(&folder);
            name.push(end);
            PathBuf::from(name)
        };
        let log = beside(".log");
        let made = |lock| Made { folder: folder.clone(), lock, log: log.clone() };
        if is_whole(&folder) {
            return Ok(made(read(&folder.join(LOCK))?));
        }
        let parent = folder.parent().unwrap_or(&self.machine.cache);
        fs::create_dir_all(parent)
            .map_err(|source| ProvisionError::file("make the folder", parent, source))?;
        let guard = self.guard(&beside(".lock"))?;
        // Another process may have made it while we waited.
        if is_whole(&folder) {
            return Ok(made(read(&folder.join(LOCK))?));
        }
        let mut steps = Steps {
            name: self.asked.name(),
            log: Log::begin(log.clone())?,
            watch: self.watch,
            lock: Some(guard),
        };
        match (Maker { making: self, recipe, folder: &folder }).make(&mut steps) {
            Ok(lock) => Ok(made(lock)),
            Err(error) => {
                // It is of no use, and may fill the disk. What it failed of is
                // in the log, and why is told already.
                let _ = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    /// Waits until no other process makes the same one.
    fn guard(&self, path: &Path) -> Result<File, ProvisionError> {
        let failed = |source| ProvisionError::file("lock", path, source);
        let file = File::create(path).map_err(failed)?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            let name = self.asked.name();
            if !told {
                self.watch.step(format!("{name}: another process makes its environment; waiting"));
                told = true;
            }
            if (self.watch.stopped)() {
                let doing = "wait for another process that makes the environment".to_owned();
                return Err(ProvisionError::Stopped { name, doing });
            }
            sleep(LOOK_EVERY);
        }
    }
}

/// Makes one environment.
struct Maker<'a> {
    making: &'a Making<'a>,
    recipe: &'a Recipe<'a>,
    folder: &'a Path,
}

impl Maker<'_> {
    fn make(&self, steps: &mut Steps<'_>) -> Result<String, ProvisionError> {
        let uv = self.making.machine.uv().map_err(|lack| ProvisionError::NoWay {
            name: self.making.asked.name(),
            ways: vec![Unusable::new(Kind::Python, lack)],
        })?;
        match fs::remove_dir_all(self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ProvisionError::file("remove the half-made", self.folder, error));
            }
            _ => {}
        }
        let python = &self.recipe.python.version;
        let mut venv = self.command(&uv.path, &uv);
        venv.args(["venv", "--python", python]).arg(self.folder);
        steps.run(&format!("make an environment of Python {python}"), venv)?;
        if !self.recipe.python.packages.is_empty() {
            steps.run("install the packages", self.install(&uv)?)?;
        }
        for local in &self.recipe.local {
            let copy = self.copy(local)?;
            let mut install = self.command(&uv.path, &uv);
            install.args(["pip", "install", "--no-deps", "--python"]);
            install.arg(self.folder.join("bin/python")).arg(copy);
            steps
                .run(&format!("install {}, which the profile brings along", local.name), install)?;
        }
        for words in &self.recipe.python.after {
            let [program, rest @ ..] = &words[..] else { continue };
            let program = self.inside(program, &uv);
            let mut step = self.command(&program, &uv);
            step.args(rest).current_dir(self.folder);
            steps.run(&format!("run `{}`", words.join(" ")), step)?;
        }
        self.finish(&uv)
    }

    /// What installs the packages.
    fn install(&self, uv: &Tool) -> Result<Command, ProvisionError> {
        let python = self.recipe.python;
        let mut install = self.command(&uv.path, uv);
        install.args(["pip", "install", "--python"]).arg(self.folder.join("bin/python"));
        for (flag, name, lines) in [
            ("--override", "overrides.txt", &python.overrides),
            ("--constraint", "constraints.txt", &python.constraints),
        ] {
            if !lines.is_empty() {
                let path = self.folder.join(name);
                write(&path, &(lines.join("\n") + "\n"))?;
                install.arg(flag).arg(path);
            }
        }
        for index in &python.indexes {
            install.args(["--index", index]);
        }
        install.args(&python.packages);
        Ok(install)
    }

    /// A program that runs as if the environment were activated.
    fn command(&self, program: &Path, uv: &Tool) -> Command {
        let machine = self.making.machine;
        let bin = self.folder.join("bin");
        let mut command = machine.command(program);
        let uv_home = uv.path.parent().map(Path::as_os_str);
        let path = path_of(&[Some(bin.as_os_str()), Some(machine.path.as_os_str()), uv_home]);
        command.env("PATH", path);
        command.env("VIRTUAL_ENV", self.folder).env("UV_NO_PROGRESS", "1");
        command.envs(&self.recipe.python.variables);
        // No project that happens to lie above has a say.
        command.current_dir(self.folder.parent().unwrap_or(self.folder));
        command
    }

    /// The program of a step, as the environment's PATH has it.
    fn inside(&self, program: &str, uv: &Tool) -> PathBuf {
        let own = self.folder.join("bin").join(program);
        if is_program(&own) {
            return own;
        }
        if program == "uv" {
            return uv.path.clone();
        }
        self.making.machine.find(program).unwrap_or_else(|| program.into())
    }

    /// Copies a package that the profile brings along, since building it would
    /// leave things beside its source.
    fn copy(&self, local: &Local) -> Result<PathBuf, ProvisionError> {
        let copy = self.folder.join("local").join(&local.name);
        for (path, bytes) in &local.files {
            let path = copy.join(path);
            let failed = |source| ProvisionError::file("write", &path, source);
            fs::create_dir_all(path.parent().unwrap_or(&copy)).map_err(failed)?;
            fs::write(&path, bytes).map_err(failed)?;
        }
        Ok(copy)
    }

    /// Writes down what was installed, which makes it whole.
    fn finish(&self, uv: &Tool) -> Result<String, ProvisionError> {
        let mut freeze = self.command(&uv.path, uv);
        freeze.args(["pip", "freeze", "--python"]).arg(self.folder.join("bin/python"));
        let failed = |why: String| {
            let (doing, path) = ("list the packages of", self.folder.to_owned());
            ProvisionError::File { doing, path, source: io::Error::other(why) }
        };
        let packages = ask(freeze, FREEZE_LIMIT).map_err(failed)?;
        let python = python_version(self.folder).unwrap_or_else(|| "unknown".to_owned());
        let lock = format!(
            "# {}, as made by uv {} with Python {python}\n# recipe {}\n{packages}\n",
            self.making.asked.name(),
            uv.version,
            self.recipe.sha256(),
        );
        let path = self.folder.join(LOCK);
        let draft = path.with_extension("part");
        write(&draft, &lock)?;
        fs::rename(&draft, &path).map_err(|source| ProvisionError::file("write", &path, source))?;
        Ok(lock)
    }
}

/// The version of Python of an environment, by its own word.
pub(super) fn python_version(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("pyvenv.cfg")).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let mut version = pairs.filter(|(key, _)| ["version_info", "version"].contains(&key.trim()));
    version.next().map(|(_, value)| value.trim().to_owned())
}

/// Folders as a PATH has them, those that are there.
pub(super) fn path_of(folders: &[Option<&OsStr>]) -> OsString {
    let mut path = OsString::new();
    for folder in folders.iter().copied().flatten().filter(|folder| !folder.is_empty()) {
        if !path.is_empty() {
            path.push(":");
        }
        path.push(folder);
    }
    path
}

fn read(path: &Path) -> Result<String, ProvisionError> {
    fs::read_to_string(path).map_err(|source| ProvisionError::file("read", path, source))
}

fn write(path: &Path, text: &str) -> Result<(), ProvisionError> {
    fs::write(path, text).map_err(|source| ProvisionError::file("write", path, source))
}
