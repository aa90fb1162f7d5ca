//! Which packages a Python environment holds, read from the folder itself: it
//! may be anybody's, and lack every tool that could say it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The packages of an environment with their versions, by their names as they
/// are compared: lower-case, with dashes. A folder that is no environment has
/// none.
pub(super) fn installed(environment: &Path) -> BTreeMap<String, String> {
    let below = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let libraries = ["lib", "lib64"].map(|library| environment.join(library));
    let pythons = libraries.iter().flat_map(|library| below(library));
    let sites = pythons.map(|python| python.path().join("site-packages"));
    let entries = sites.flat_map(|site| below(&site));
    entries.filter_map(|entry| package(&entry.file_name().to_string_lossy())).collect()
}

/// Name and version out of `typing_extensions-4.12.2.dist-info`.
fn package(folder: &str) -> Option<(String, String)> {
    let stem = folder.strip_suffix(".dist-info")?;
    let (name, version) = stem.split_once('-')?;
    Some((normal(name), version.to_owned()))
}

/// The packages that a lock names, with their versions.
pub(super) fn of_lock(lock: &str) -> BTreeMap<String, String> {
    let lines = lock.lines().filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, version) = line.split_once("==").or_else(|| line.split_once(" @ "))?;
        Some((normal(name.trim()), version.trim().to_owned()))
    };
    lines.filter_map(pair).collect()
}

/// A package's name as it is compared.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_from_the_folder() {
        let environment = tempfile::tempdir().unwrap();
        let site = environment.path().join("lib/python3.11/site-packages");
        for name in ["Typing_Extensions-4.12.2.dist-info", "vllm-0.32.0+cpu.dist-info", "vllm"] {
            fs::create_dir_all(site.join(name)).unwrap();
        }
        let found = installed(environment.path());
        let found: Vec<_> =
            found.iter().map(|(name, version)| (name.as_str(), version.as_str())).collect();
        assert_eq!(found, [("typing-extensions", "4.12.2"), ("vllm", "0.32.0+cpu")]);
    }

    #[test]
    fn packages_are_read_from_a_lock() {
        let lock = "# made by uv\nidna==3.7\nStand_In @ file:///x\n";
        let found: Vec<_> = of_lock(lock).into_iter().collect();
        let expected = [("idna", "3.7"), ("stand-in", "file:///x")];
        assert_eq!(found, expected.map(|(name, version)| (name.to_owned(), version.to_owned())));
    }
}
