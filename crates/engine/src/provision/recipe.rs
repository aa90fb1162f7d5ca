//! All that goes into a Python environment, and the hash by which it is found
//! again. It must not make anything.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Asked, Machine, ProvisionError, Python};

/// Changes whenever the same recipe comes to be made in another way, so that
/// nothing is taken for what it is not.
const METHOD: u32 = 1;
/// How much of the hash a folder's name bears, in hexadecimal digits.
const DIGITS: usize = 16;

/// All that goes into an environment.
#[derive(Debug)]
pub(super) struct Recipe<'a> {
    /// What the profile says, for one version.
    pub python: &'a Python,
    /// The packages that it brings along, each in the order of its files.
    pub local: Vec<Local>,
    hash: String,
}

/// A folder of a Python package that a profile brings along.
#[derive(Debug)]
pub(super) struct Local {
    /// The folder's own name.
    pub name: String,
    /// Its files: path below it, and bytes.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// What is hashed.
#[derive(Serialize)]
struct Hashed<'a> {
    method: u32,
    machine: [&'a str; 2],
    version: &'a str,
    packages: &'a [String],
    overrides: &'a [String],
    constraints: &'a [String],
    indexes: &'a [String],
    after: &'a [Vec<String>],
    variables: &'a BTreeMap<String, String>,
    around: BTreeMap<&'a str, String>,
    local: Vec<(&'a str, String)>,
}

impl<'a> Recipe<'a> {
    /// Gathers all that goes into it.
    ///
    /// # Errors
    ///
    /// A folder that the profile brings along can't be read.
    pub(super) fn of(python: &'a Python, machine: &Machine) -> Result<Recipe<'a>, ProvisionError> {
        let local: Vec<_> =
            python.local.iter().map(|folder| Local::read(folder)).collect::<Result<_, _>>()?;
        let hashed = Hashed {
            method: METHOD,
            machine: [ARCH, OS],
            version: &python.version,
            packages: &python.packages,
            overrides: &python.overrides,
            constraints: &python.constraints,
            indexes: &python.indexes,
            after: &python.after,
            variables: &python.variables,
            around: machine.shaping(),
            local: local.iter().map(|local| (local.name.as_str(), local.sha256())).collect(),
        };
        let text = serde_json::to_vec(&hashed).expect("strings and lists of them become JSON");
        Ok(Recipe { python, local, hash: hexadecimal(&text) })
    }

    /// The folder in which it is made and found again.
    pub(super) fn folder(&self, asked: &Asked<'_>, machine: &Machine) -> PathBuf {
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
        let name: String = asked.engine.chars().map(plain).collect();
        let name = name.trim_start_matches('.');
        machine.cache.join("environments").join(format!("{name}-{}", &self.hash[..DIGITS]))
    }

    /// The SHA-256 of all that goes into it, in hexadecimal.
    pub(super) fn sha256(&self) -> &str {
        &self.hash
    }
}

impl Local {
    fn read(folder: &Path) -> Result<Local, ProvisionError> {
        let failed = |source| ProvisionError::file("read the package in", folder, source);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Vec::new();
        gather(folder, Path::new(""), &mut files).map_err(failed)?;
        files.sort();
        Ok(Local { name, files })
    }

    fn sha256(&self) -> String {
        let mut all = Vec::new();
        for (path, bytes) in &self.files {
            all.extend(format!("{} {} ", path.display(), hexadecimal(bytes)).into_bytes());
        }
        hexadecimal(&all)
    }
}

/// Adds the files below a folder. What builds leave in it is no part of it.
fn gather(folder: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let is_left = text.starts_with('.') || text == "__pycache__" || text.ends_with(".egg-info");
        if is_left || (text == "build" && below.as_os_str().is_empty()) {
            continue;
        }
        let below = below.join(&name);
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &below, files)?;
        } else {
            files.push((below, fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(python: &Python, machine: &Machine) -> PathBuf {
        let asked = Asked { engine: "vllm", version: Some("1"), program: "vllm" };
        Recipe::of(python, machine).unwrap().folder(&asked, machine)
    }

    fn python() -> Python {
        Python { version: "3.11".into(), packages: vec!["a==1".into()], ..Python::default() }
    }

    #[test]
    fn whatever_goes_into_it_changes_its_folder() {
        let machine = Machine::new("", "/cache");
        let usual = folder(&python(), &machine);
        assert_eq!(usual, folder(&python(), &machine));
        assert!(usual.starts_with("/cache/environments"), "{}", usual.display());
        let changes: [fn(&mut Python); 7] = [
            |python| python.version = "3.12".into(),
            |python| python.packages = vec!["a==2".into()],
            |python| python.overrides = vec!["b==1".into()],
            |python| python.constraints = vec!["b<1".into()],
            |python| python.indexes = vec!["https://host/simple".into()],
            |python| python.after = vec![vec!["true".into()]],
            |python| _ = python.variables.insert("A".into(), "b".into()),
        ];
        let folders: std::collections::BTreeSet<_> = changes
            .iter()
            .map(|change| {
                let mut python = python();
                change(&mut python);
                folder(&python, &machine)
            })
            .chain([usual.clone()])
            .collect();
        assert_eq!(folders.len(), changes.len() + 1);
        let mut elsewhere = Machine::new("/bin", "/cache");
        elsewhere.environment.insert("https_proxy".into(), "http://proxy".into());
        assert_eq!(folder(&python(), &elsewhere), usual);
        elsewhere.environment.insert("UV_TORCH_BACKEND".into(), "cpu".into());
        assert_ne!(folder(&python(), &elsewhere), usual);
    }

    #[test]
    fn a_package_that_is_brought_along_counts_with_its_bytes() {
        let place = tempfile::tempdir().unwrap();
        let package = place.path().join("stand-in");
        fs::create_dir_all(package.join("src")).unwrap();
        fs::write(package.join("src/a.py"), "a = 1").unwrap();
        let machine = Machine::new("", "/cache");
        let python = Python { local: vec![package.clone()], ..python() };
        let before = folder(&python, &machine);
        fs::create_dir(package.join("__pycache__")).unwrap();
        fs::write(package.join("__pycache__/a.pyc"), "x").unwrap();
        assert_eq!(folder(&python, &machine), before);
        fs::write(package.join("src/a.py"), "a = 2").unwrap();
        assert_ne!(folder(&python, &machine), before);
        let missing = Python { local: vec![place.path().join("nothing")], ..python };
        assert!(Recipe::of(&missing, &machine).is_err());
    }
}
