//! Where a tokenizer is on this machine.
//!
//! It looks only where it is told to, and never downloads anything.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Tokenizer, builtin};
use crate::WorkloadError;

/// The file that the Hugging Face tokenizers library reads and writes.
pub(super) const FILE: &str = "tokenizer.json";

impl Tokenizer {
    /// Loads the tokenizer that `name` means: a path, as [`Tokenizer::load`]
    /// has it, or else the name of a model (`org/model`) that is in one of
    /// these caches. A cache is a folder as Hugging Face's hub library keeps
    /// it, with one folder `models--org--model` for each model; the first that
    /// has the model is taken.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::TokenizerNotFound`] with every place that was looked
    /// at; those of [`Tokenizer::load`].
    pub fn find(name: &str, caches: &[PathBuf]) -> Result<Tokenizer, WorkloadError> {
        let path = Path::new(name);
        if builtin::is_meant(path) || path.exists() {
            return Tokenizer::load(path);
        }
        let mut looked_at = vec![path.to_owned()];
        if let Some(folder) = cached_folder(name) {
            for cache in caches {
                let model = cache.join(&folder);
                if model.is_dir() {
                    return Tokenizer::load(&model);
                }
                looked_at.push(model);
            }
        }
        Err(WorkloadError::TokenizerNotFound { name: name.to_owned(), looked_at })
    }
}

/// The folder of a model in a cache; `None` for what can't be a model's name.
fn cached_folder(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').collect();
    let allowed = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (parts.len() <= 2 && parts.iter().all(allowed)).then(|| format!("models--{}", parts.join("--")))
}

/// The file that is meant by a path.
pub(super) fn locate(path: &Path) -> Result<PathBuf, WorkloadError> {
    let none = |problem| WorkloadError::NoTokenizer { path: path.to_owned(), problem };
    if path.is_file() {
        return Ok(path.to_owned());
    }
    if !path.is_dir() {
        return Err(none("there is no such file or directory"));
    }
    let direct = path.join(FILE);
    if direct.is_file() {
        return Ok(direct);
    }
    let snapshots = path.join("snapshots");
    if !snapshots.is_dir() {
        return Err(none("the directory holds no tokenizer.json"));
    }
    let snapshot = snapshot_of_main(path)
        .or_else(|| only_entry(&snapshots))
        .ok_or_else(|| none("refs/main names no snapshot, and there isn't just one of them"))?;
    let file = snapshot.join(FILE);
    if file.is_file() { Ok(file) } else { Err(none("the cached snapshot holds no tokenizer.json")) }
}

/// The snapshot that a cached model's `refs/main` names, if it is there.
fn snapshot_of_main(model: &Path) -> Option<PathBuf> {
    let revision = fs::read_to_string(model.join("refs").join("main")).ok()?;
    let snapshot = model.join("snapshots").join(revision.trim());
    snapshot.is_dir().then_some(snapshot)
}

/// The one entry of a directory; `None` where there are several or none.
fn only_entry(directory: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(directory).ok()?;
    let only = entries.next()?.ok()?;
    entries.next().is_none().then(|| only.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_tokenizer_is_found_in_each_of_its_places() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("any-name.json");
        testing::write_tokenizer(&file);
        assert_eq!(Tokenizer::load(&file).unwrap().path(), file);

        let plain = home.path().join("plain");
        fs::create_dir(&plain).unwrap();
        fs::copy(&file, plain.join(FILE)).unwrap();
        assert_eq!(Tokenizer::load(&plain).unwrap().path(), plain.join(FILE));

        let cached = home.path().join("models--org--name");
        for revision in ["aaaa", "bbbb"] {
            let snapshot = cached.join("snapshots").join(revision);
            fs::create_dir_all(&snapshot).unwrap();
            fs::copy(&file, snapshot.join(FILE)).unwrap();
        }
        let error = Tokenizer::load(&cached).unwrap_err().to_string();
        assert!(error.contains("refs/main names no snapshot"), "{error}");
        fs::create_dir(cached.join("refs")).unwrap();
        fs::write(cached.join("refs/main"), "bbbb\n").unwrap();
        assert_eq!(
            Tokenizer::load(&cached).unwrap().path(),
            cached.join("snapshots/bbbb").join(FILE)
        );
        fs::remove_dir_all(cached.join("refs")).unwrap();
        fs::remove_dir_all(cached.join("snapshots/bbbb")).unwrap();
        assert_eq!(
            Tokenizer::load(&cached).unwrap().path(),
            cached.join("snapshots/aaaa").join(FILE)
        );
    }

    #[test]
    fn a_model_is_found_by_its_name() {
        let home = tempfile::tempdir().unwrap();
        let caches = [home.path().join("empty"), home.path().join("hub")];
        for (name, folder) in
            [("org/some-model.v1", "models--org--some-model.v1"), ("g2", "models--g2")]
        {
            let snapshot = caches[1].join(folder).join("snapshots/aaaa");
            fs::create_dir_all(&snapshot).unwrap();
            testing::write_tokenizer(&snapshot.join(FILE));
            assert_eq!(Tokenizer::find(name, &caches).unwrap().path(), snapshot.join(FILE));
        }
        assert_eq!(Tokenizer::find("builtin", &[]).unwrap().vocabulary_size(), 2048);
        let path = caches[1].join("models--g2");
        assert!(Tokenizer::find(path.to_str().unwrap(), &[]).is_ok());
    }

    #[test]
    fn every_place_that_was_looked_at_is_told() {
        let caches = [PathBuf::from("/first/hub"), PathBuf::from("/second/hub")];
        let told: Vec<String> = ["org/no-such-model", "no/such/path", "../org"]
            .iter()
            .map(|name| Tokenizer::find(name, &caches).unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_is_no_tokenizer_says_so() {
        let home = tempfile::tempdir().unwrap();
        let error = |path: &Path| {
            let text = Tokenizer::load(path).unwrap_err().to_string();
            text.replace(&home.path().display().to_string(), "HOME")
        };
        let mut errors = vec![error(&home.path().join("org/name")), error(home.path())];
        fs::write(home.path().join(FILE), "{\"model\": ").unwrap();
        errors.push(error(home.path()));
        testing::write_tokenizer(&home.path().join(FILE));
        fs::write(home.path().join("tokenizer_config.json"), "{\"bos_token\": ").unwrap();
        errors.push(error(home.path()));
        insta::assert_snapshot!(errors.join("\n"));
    }
}
