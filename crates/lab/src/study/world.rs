//! What a plan has to know of the world beside the study itself.

use std::path::{Path, PathBuf};

/// Where things lie, and what the environment holds.
pub struct World<'a> {
    /// The study's folder: paths in a study begin here.
    pub folder: &'a Path,
    /// Where datasets lie that were fetched.
    pub datasets: Option<&'a Path>,
    /// Hugging Face caches to look tokenizers up in.
    pub hub_caches: &'a [PathBuf],
    /// The variables of the environment, by name.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl World<'_> {
    /// Where a path of the study leads.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// The file of this name beside the study, or else among the datasets that
    /// were fetched.
    pub(super) fn find_dataset(&self, name: &str) -> Option<PathBuf> {
        let here = self.path(name);
        if here.is_file() {
            return Some(here);
        }
        self.datasets.map(|folder| folder.join(name)).filter(|path| path.is_file())
    }

    /// A text in which `$NAME` alone stands for a variable.
    ///
    /// # Errors
    ///
    /// The name of a variable that isn't set.
    pub(super) fn resolve(&self, text: &str) -> Result<String, String> {
        match text.strip_prefix('$') {
            Some(name) => (self.variable)(name).ok_or_else(|| name.to_owned()),
            None => Ok(text.to_owned()),
        }
    }
}
