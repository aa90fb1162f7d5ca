//! Has an engine be there: makes the environment, fetches the image, or finds
//! what is there already.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::command::{Log, Steps, Watch};
use super::environment::{Making, python_version};
use super::machine::{Tool, is_program};
use super::place::{How, Place};
use super::recipe::Recipe;
use super::usable::{has_image, image_facts, runtime};
use super::{Asked, Container, Kind, Machine, Provision, ProvisionError, Unusable, packages};

/// Has an engine be there in one way, and says what it then exactly is. What
/// was made before is taken as it is.
///
/// # Errors
///
/// Whatever is in the way, with the last words of the program that failed, and
/// what to do.
pub fn prepare(
    provision: &Provision,
    asked: &Asked<'_>,
    machine: &Machine,
    watch: Watch<'_>,
) -> Result<Place, ProvisionError> {
    let filled = provision.at(asked.version, asked.engine).map_err(ProvisionError::Mistake)?;
    super::choose(std::slice::from_ref(&filled), asked, machine)?;
    let place = match filled {
        Provision::Command(program) => program_at(&program, asked, machine)?,
        Provision::Environment(folder) => {
            let (lock, packages) = environment_lock(&folder, asked);
            let how = How::Environment(Kind::Environment, folder);
            Place { how, machine: machine.clone(), lock, packages, log: None }
        }
        Provision::Python(python) => {
            let recipe = Recipe::of(&python, machine)?;
            let made = Making { asked: *asked, machine, watch }.environment(&recipe)?;
            if !is_program(&made.folder.join("bin").join(asked.program)) {
                let place = made.folder.display().to_string();
                let program = asked.program.to_owned();
                return Err(ProvisionError::NoProgram { place, program });
            }
            let packages = packages::of_lock(&made.lock);
            let how = How::Environment(Kind::Python, made.folder);
            let log = Some(made.log);
            Place { how, machine: machine.clone(), lock: made.lock, packages, log }
        }
        Provision::Container(container) => image(container, asked, machine, watch)?,
    };
    Ok(place)
}

fn program_at(
    program: &str,
    asked: &Asked<'_>,
    machine: &Machine,
) -> Result<Place, ProvisionError> {
    let path = machine.find(program).ok_or_else(|| ProvisionError::NoProgram {
        place: "the PATH".to_owned(),
        program: program.to_owned(),
    })?;
    let bytes = fs::read(&path).map_err(|source| ProvisionError::file("read", &path, source))?;
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut lock = format!("# {}: {}\n# sha256 {sha256}\n", asked.name(), path.display());
    // A program of a Python environment is a few lines that import the rest.
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    let environment = real.parent().and_then(Path::parent);
    let environment = environment.filter(|folder| folder.join("pyvenv.cfg").is_file());
    let packages = environment.map(|folder| environment_lock(folder, asked));
    let (more, packages) = packages.unwrap_or_default();
    lock.push_str(&more);
    Ok(Place { how: How::Program(path), machine: machine.clone(), lock, packages, log: None })
}

/// The lock of an environment that somebody made.
fn environment_lock(folder: &Path, asked: &Asked<'_>) -> (String, BTreeMap<String, String>) {
    let packages = packages::installed(folder);
    let python = python_version(folder).map(|version| format!(" with Python {version}"));
    let mut lock = format!(
        "# {}, found in {}{}\n",
        asked.name(),
        folder.display(),
        python.unwrap_or_default()
    );
    for (name, version) in &packages {
        lock.push_str(&format!("{name}=={version}\n"));
    }
    (lock, packages)
}

/// An image, fetched unless it is there.
fn image(
    container: Container,
    asked: &Asked<'_>,
    machine: &Machine,
    watch: Watch<'_>,
) -> Result<Place, ProvisionError> {
    let (_, client) = runtime(&container, machine).map_err(|lack| ProvisionError::NoWay {
        name: asked.name(),
        ways: vec![Unusable::new(Kind::Container, lack)],
    })?;
    let mut log = None;
    if !has_image(&client, &container.image, machine) {
        log = Some(pull(&client, &container.image, asked, machine, watch)?);
    }
    let facts = image_facts(&client, &container.image, machine).map_err(|why| {
        let (doing, path) = ("ask for the image by", client.path.clone());
        ProvisionError::File { doing, path, source: std::io::Error::other(why) }
    })?;
    let lock = format!("# {}: {}\n# {facts}\n", asked.name(), container.image);
    let how = How::Container(client.path, container);
    Ok(Place { how, machine: machine.clone(), lock, packages: BTreeMap::new(), log })
}

/// Fetches an image, and says where the log of that is.
fn pull(
    client: &Tool,
    image: &str,
    asked: &Asked<'_>,
    machine: &Machine,
    watch: Watch<'_>,
) -> Result<PathBuf, ProvisionError> {
    let folder = machine.cache.join("images");
    fs::create_dir_all(&folder)
        .map_err(|source| ProvisionError::file("make the folder", &folder, source))?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    let path = folder.join(image.chars().map(plain).collect::<String>() + ".log");
    let log = Log::begin(path.clone())?;
    let mut steps = Steps { name: asked.name(), log, watch, lock: None };
    let mut command = machine.command(&client.path);
    command.args(["pull", image]);
    steps.run(&format!("fetch the image {image}"), command)?;
    Ok(path)
}
