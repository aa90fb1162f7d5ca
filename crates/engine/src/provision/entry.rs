//! What a profile says under `provision:`, as it is read. It must not look at
//! the machine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokenometer_core::Mistake;

use super::pin;

/// What stands for the engine's version.
const VERSION: &str = "{version}";

/// The ways in which an engine can be had, as a profile names them: each at
/// most once, so that a version, or a profile that extends another, can change
/// a part of one and keep the rest. They are tried in the order of these
/// fields: who names a folder means that folder, and what is there already goes
/// before what has to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Provisions {
    /// The folder of a Python environment that exists; relative to the
    /// profile's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<PathBuf>,
    /// A program on the PATH, or the path of one, relative to the current
    /// folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// A Python environment that is made with `uv`, and cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<Python>,
    /// A container image, run by docker or podman.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
}

/// One way in which an engine can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Provision {
    /// The folder of a Python environment that exists.
    Environment(PathBuf),
    /// A program on the PATH, or the path of one.
    Command(String),
    /// A Python environment that is made with `uv`, and cached.
    Python(Python),
    /// A container image, run by docker or podman.
    Container(Container),
}

/// A Python environment to make. In every text `{version}` stands for the
/// engine's version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Python {
    /// The version of Python, as in `3.11`. `uv` fetches it where the machine
    /// has none.
    pub version: String,
    /// What is installed, each pinned exactly: `vllm=={version}`.
    pub packages: Vec<String>,
    /// Requirements that replace those of the packages: `torch==2.13.0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// Requirements that what the packages need must keep to as well:
    /// `numpy<2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// Package indexes that are asked before the usual one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
    /// Folders of Python packages that are installed last, as they are and
    /// without what they require; relative to the profile's file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local: Vec<PathBuf>,
    /// Commands that are run inside the environment after all is installed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Vec<String>>,
    /// Environment variables while it is made: `UV_TORCH_BACKEND`,
    /// `CMAKE_ARGS`. They end in the log and the lock, so they are no place for
    /// a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

/// A container to run the engine in. `{version}` in its texts stands for the
/// engine's version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Container {
    /// The image with its tag or digest.
    pub image: String,
    /// Further arguments of `docker run`: `--gpus all`, `--ipc=host`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Which program runs it; the first of docker and podman that is usable, if
    /// none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The user inside, as in `1000:1000`; the image's own, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where the image has the program that the profile's command begins with,
    /// if not on its PATH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Whether the image's own entry point is run, with the command as its
    /// arguments. Else the command's program is run in its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_entrypoint: bool,
    /// Further folders to show to it, as `docker run --volume` takes them. The
    /// model and the files of a launch are shown without being named here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<String>,
}

/// A program that runs containers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

impl Runtime {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Runtime::Docker => "docker",
            Runtime::Podman => "podman",
        }
    }
}

/// How an engine can be had, by its word in a profile.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// As an existing Python environment.
    Environment,
    /// As a program on the PATH.
    Command,
    /// As a Python environment that is made.
    Python,
    /// As a container image.
    Container,
}

impl Kind {
    /// Its word in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Environment => "environment",
            Kind::Command => "command",
            Kind::Python => "python",
            Kind::Container => "container",
        }
    }
}

impl Provisions {
    /// The ways that are named, in the order in which they are tried. Where
    /// none is, it is the program that the profile's command begins with, as the
    /// PATH has it.
    pub fn ways(&self, program: &str) -> Vec<Provision> {
        match self.entries() {
            none if none.is_empty() => vec![Provision::Command(program.to_owned())],
            entries => entries,
        }
    }

    /// The ways that are named, in the order in which they are tried.
    fn entries(&self) -> Vec<Provision> {
        let environment = self.environment.clone().map(Provision::Environment);
        let command = self.command.clone().map(Provision::Command);
        let python = self.python.clone().map(Provision::Python);
        let container = self.container.clone().map(Provision::Container);
        [environment, command, python, container].into_iter().flatten().collect()
    }

    /// What is wrong with them, whatever the machine. `place` says where the
    /// part of a profile at this path was written.
    pub fn mistakes(&self, place: &dyn Fn(&[&str]) -> String) -> Vec<Mistake> {
        self.entries().iter().flat_map(|provision| provision.mistakes(place)).collect()
    }
}

impl Provision {
    /// Its word in a profile.
    pub fn kind(&self) -> Kind {
        match self {
            Provision::Environment(_) => Kind::Environment,
            Provision::Command(_) => Kind::Command,
            Provision::Python(_) => Kind::Python,
            Provision::Container(_) => Kind::Container,
        }
    }

    /// What is wrong with it, whatever the machine. `place` says where the part
    /// of a profile at this path was written.
    pub fn mistakes(&self, place: &dyn Fn(&[&str]) -> String) -> Vec<Mistake> {
        let empty = |path: &[&str]| {
            vec![Mistake::new(place(path), "it is empty", "fill it, or leave it out")]
        };
        match self {
            Provision::Environment(folder) if folder.as_os_str().is_empty() => {
                empty(&["provision", "environment"])
            }
            Provision::Command(program) if program.is_empty() => empty(&["provision", "command"]),
            Provision::Container(container) if container.image.is_empty() => {
                empty(&["provision", "container", "image"])
            }
            Provision::Python(python) => python.mistakes(place),
            _ => Vec::new(),
        }
    }

    /// The same for one version of the engine: every `{version}` is replaced.
    ///
    /// # Errors
    ///
    /// A mistake where `{version}` is used and no version is known.
    pub fn at(&self, version: Option<&str>, place: &str) -> Result<Provision, Mistake> {
        let mut filled = self.clone();
        let mut open = false;
        for text in filled.texts() {
            if text.contains(VERSION) {
                match version {
                    Some(version) => *text = text.replace(VERSION, version),
                    None => open = true,
                }
            }
        }
        if !open {
            return Ok(filled);
        }
        let kind = self.kind().name();
        let problem = format!("`provision.{kind}` speaks of `{VERSION}`, and no version is known");
        Err(Mistake::new(place, problem, "name one with `version:`, in the profile or the arm"))
    }

    /// All texts in which the version may be spoken of.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Provision::Environment(_) => Vec::new(),
            Provision::Command(program) => vec![program],
            Provision::Python(python) => {
                let lists = [
                    &mut python.packages,
                    &mut python.overrides,
                    &mut python.constraints,
                    &mut python.indexes,
                ];
                let lists = lists.into_iter().flatten();
                let after = python.after.iter_mut().flatten();
                let variables = python.variables.values_mut();
                lists.chain(after).chain(variables).chain([&mut python.version]).collect()
            }
            Provision::Container(container) => {
                let options = container.options.iter_mut().chain(&mut container.mounts);
                options.chain([&mut container.image]).chain(&mut container.program).collect()
            }
        }
    }
}

impl Python {
    /// What is wrong with it, whatever the machine.
    fn mistakes(&self, place: &dyn Fn(&[&str]) -> String) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut wrong = |path: &[&str], problem: &str, cure: &str| {
            let path: Vec<_> = ["provision", "python"].iter().chain(path).copied().collect();
            mistakes.push(Mistake::new(place(&path), problem, cure));
        };
        if self.version.is_empty() {
            wrong(&["version"], "it names no version of Python", "name one, as in \"3.11\"");
        }
        if self.packages.is_empty() && self.local.is_empty() {
            let cure = "name at least the engine's own: `vllm=={version}`";
            wrong(&["packages"], "it names no package", cure);
        }
        for (index, package) in self.packages.iter().enumerate() {
            if !pin::is_exact(package) {
                let (name, problem) = (pin::name(package), format!("`{package}` pins no version"));
                let cure = format!(
                    "write `{name}==1.2.3`, or `{name}=={VERSION}` for the engine's own, so that \
                     the same is installed again tomorrow"
                );
                wrong(&["packages", &index.to_string()], &problem, &cure);
            }
        }
        for (index, step) in self.after.iter().enumerate() {
            if step.is_empty() {
                let cure = "write each step as a list of words, the program first";
                wrong(&["after", &index.to_string()], "it is a step without a command", cure);
            }
        }
        mistakes
    }
}
