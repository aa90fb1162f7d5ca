//! The hashes of all that decides what a study does: its text, its profiles, the
//! files of its workloads, and this program. A run goes on only with the same.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tokenometer_results::Origin;
use tokenometer_workload::{DatasetSettings, Source};

use super::plan::Plan;
use crate::{LabError, TrialSettings};

impl Plan {
    /// What the plan was made from, and `program`, this program's own file.
    ///
    /// # Errors
    ///
    /// [`LabError::File`] for one that can't be read.
    pub fn origin(&self, program: &Path) -> Result<Origin, LabError> {
        let mut workload_files = BTreeMap::new();
        for path in self.settings().filter_map(file) {
            if let Entry::Vacant(entry) = workload_files.entry(path.display().to_string()) {
                entry.insert(sha256_of(&path)?);
            }
        }
        let texts = self.arms.iter().flat_map(|arm| &arm.profile_texts);
        let hashed = |(name, text): &(String, String)| (name.clone(), sha256(text.as_bytes()));
        Ok(Origin {
            study: sha256(self.text.as_bytes()),
            workload_files,
            profiles: texts.map(hashed).collect(),
            program: sha256_of(program)?,
        })
    }
}

/// The file that a trial's workload is made from, if there is one.
fn file(settings: &TrialSettings) -> Option<PathBuf> {
    let source = |source: &Source| match source {
        Source::Builtin => None,
        Source::File(path) => Some(path.clone()),
    };
    match &settings.workload.dataset {
        DatasetSettings::ShareGpt(conversations) => source(&conversations.source),
        DatasetSettings::Random(random) | DatasetSettings::RandomIds(random) => {
            random.source.as_ref().and_then(source)
        }
        DatasetSettings::Sonnet(poem) => Some(poem.path.clone()),
        DatasetSettings::Custom { path } | DatasetSettings::OpenAi { path } => Some(path.clone()),
        DatasetSettings::Frozen(frozen) => Some(frozen.path.clone()),
        DatasetSettings::Builtin
        | DatasetSettings::SharedPrefix(_)
        | DatasetSettings::PrefixRepetition(_) => None,
    }
}

fn sha256_of(path: &Path) -> Result<String, LabError> {
    let bytes = fs::read(path);
    bytes
        .map(|bytes| sha256(&bytes))
        .map_err(|source| LabError::File { path: path.to_owned(), source })
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
