//! Whether an engine can be had here, in which ways, and why not in the others.
//! Looking changes nothing on the machine.

use std::path::Path;

use super::command::{ANSWER_LIMIT, ask};
use super::environment::is_whole;
use super::error::Unusable;
use super::machine::{Lack, Tool, is_program};
use super::recipe::Recipe;
use super::{Container, Kind, Machine, Provision, ProvisionError, Python, Runtime};

/// Which engine is to be had.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What it is called.
    pub engine: &'a str,
    /// Which version.
    pub version: Option<&'a str>,
    /// The program that its profile's command begins with.
    pub program: &'a str,
}

impl Asked<'_> {
    /// The engine with its version, for people.
    pub(super) fn name(&self) -> String {
        match self.version {
            Some(version) => format!("{} {version}", self.engine),
            None => self.engine.to_owned(),
        }
    }
}

/// One way of having an engine, and what came of looking whether it can be
/// gone here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// Which way.
    pub kind: Kind,
    /// What came of looking.
    pub outlook: Result<Outlook, Unusable>,
}

/// How an engine can be had here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It is there, and can be started: what was found, and where.
    Ready(String),
    /// It can be made or fetched: what would be done.
    CanBeMade(String),
}

/// Looks at each way of having an engine. The first that is usable is the one
/// that is taken.
pub fn usable(provisions: &[Provision], asked: &Asked<'_>, machine: &Machine) -> Vec<Prospect> {
    let look = |provision: &Provision| {
        let kind = provision.kind();
        let outlook = look(provision, asked, machine).map_err(|lack| Unusable::new(kind, lack));
        Prospect { kind, outlook }
    };
    provisions.iter().map(look).collect()
}

/// The first of the ways that is usable here.
///
/// # Errors
///
/// [`ProvisionError::NoWay`] with all of them, where none is.
pub fn choose<'p>(
    provisions: &'p [Provision],
    asked: &Asked<'_>,
    machine: &Machine,
) -> Result<&'p Provision, ProvisionError> {
    let mut ways = Vec::new();
    for provision in provisions {
        match look(provision, asked, machine) {
            Ok(_) => return Ok(provision),
            Err(lack) => ways.push(Unusable::new(provision.kind(), lack)),
        }
    }
    Err(ProvisionError::NoWay { name: asked.name(), ways })
}

fn look(provision: &Provision, asked: &Asked<'_>, machine: &Machine) -> Result<Outlook, Lack> {
    let filled = provision.at(asked.version, asked.engine);
    match filled.map_err(|mistake| Lack::new(mistake.problem, mistake.cure))? {
        Provision::Environment(folder) => environment(&folder, asked),
        Provision::Command(program) => command(&program, asked, machine),
        Provision::Python(python) => made(&python, asked, machine),
        Provision::Container(container) => contained(&container, machine),
    }
}

fn environment(folder: &Path, asked: &Asked<'_>) -> Result<Outlook, Lack> {
    let shown = folder.display();
    if !folder.is_dir() {
        let cure = "make it, or name the folder that has the engine";
        return Err(Lack::new(format!("there is no folder {shown}"), cure));
    }
    let program = folder.join("bin").join(asked.program);
    if !is_program(&program) {
        let cure = format!("install {} into it, or name another folder", asked.engine);
        return Err(Lack::new(format!("there is no program {}", program.display()), cure));
    }
    Ok(Outlook::Ready(format!("{} in {shown}", asked.program)))
}

fn command(program: &str, asked: &Asked<'_>, machine: &Machine) -> Result<Outlook, Lack> {
    match machine.find(program) {
        Some(path) => Ok(Outlook::Ready(path.display().to_string())),
        None if program.contains('/') => Err(Lack::new(
            format!("there is no program {program}"),
            format!("install {} there, or name another program", asked.engine),
        )),
        None => Err(Lack::not_on_path(
            machine,
            format!("there is no `{program}` on the PATH"),
            format!("install {}, or add the folder of its program to PATH", asked.engine),
        )),
    }
}

fn made(python: &Python, asked: &Asked<'_>, machine: &Machine) -> Result<Outlook, Lack> {
    let recipe = Recipe::of(python, machine);
    let recipe = recipe.map_err(|error| {
        let why = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Lack::new(why, "let the profile's `local` name folders that are there")
    })?;
    let folder = recipe.folder(asked, machine);
    if is_whole(&folder) {
        return Ok(Outlook::Ready(format!("made before, in {}", folder.display())));
    }
    let uv = machine.uv()?;
    let mut what = python.packages.join(", ");
    if !python.overrides.is_empty() {
        what.push_str(&format!(" with {} instead", python.overrides.join(", ")));
    }
    Ok(Outlook::CanBeMade(format!(
        "would be made by uv {} with Python {}: {what}; into {}",
        uv.version,
        python.version,
        folder.display()
    )))
}

fn contained(container: &Container, machine: &Machine) -> Result<Outlook, Lack> {
    let (runtime, tool) = runtime(container, machine)?;
    let (name, image) = (runtime.program(), &container.image);
    if has_image(&tool, image, machine) {
        return Ok(Outlook::Ready(format!("{image}, in {name} {}", tool.version)));
    }
    Ok(Outlook::CanBeMade(format!("would be fetched by {name} {}: {image}", tool.version)))
}

/// Which program would run a container.
pub(super) fn runtime(container: &Container, machine: &Machine) -> Result<(Runtime, Tool), Lack> {
    let runtimes =
        container.runtime.map_or(vec![Runtime::Docker, Runtime::Podman], |one| vec![one]);
    let mut lacks = Vec::new();
    for runtime in runtimes {
        match machine.runtime(runtime) {
            Ok(tool) => return Ok((runtime, tool)),
            Err(lack) => lacks.push((runtime, lack)),
        }
    }
    // One that is here, but does not answer, is nearer than one that is not.
    let here = lacks.iter().position(|(runtime, _)| machine.find(runtime.program()).is_some());
    Err(match (here, lacks.len()) {
        (Some(here), _) => lacks.swap_remove(here).1,
        (None, 1) => lacks.swap_remove(0).1,
        (None, _) => Lack::not_on_path(
            machine,
            "there is neither `docker` nor `podman` on the PATH",
            "install one of them, or have the engine in another way",
        ),
    })
}

/// Whether an image is on this machine.
pub(super) fn has_image(tool: &Tool, image: &str, machine: &Machine) -> bool {
    image_facts(tool, image, machine).is_ok()
}

/// What identifies an image that is on this machine: its id and its digests.
pub(super) fn image_facts(tool: &Tool, image: &str, machine: &Machine) -> Result<String, String> {
    let mut command = machine.command(&tool.path);
    command.args(["image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", image]);
    ask(command, ANSWER_LIMIT)
}
