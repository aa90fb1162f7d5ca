//! What a study was made of, as hashes in its lock: a run goes on only with
//! the same study, files, profiles and program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The hashes of all that decides what a study does, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Origin {
    /// Of the study's text, to the byte.
    pub study: String,
    /// Of each file that its workloads are made of, by its path.
    #[serde(default)]
    pub workload_files: BTreeMap<String, String>,
    /// Of each profile as it applies to an arm, by the engine's name.
    #[serde(default)]
    pub profiles: BTreeMap<String, String>,
    /// Of the program itself.
    pub program: String,
}

/// One thing that is not as it was when a run began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The study.
    Study,
    /// A file of its workloads: changed, gone or new.
    WorkloadFile(String),
    /// A profile: changed, gone or new.
    Profile(String),
    /// The program.
    Program,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Study => f.write_str("the study"),
            Change::WorkloadFile(path) => write!(f, "the workload file {path}"),
            Change::Profile(name) => write!(f, "the profile `{name}`"),
            Change::Program => f.write_str("tokenometer itself"),
        }
    }
}

impl Origin {
    /// What differs between this and what it is `now`.
    pub fn changes(&self, now: &Origin) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.study != now.study {
            changes.push(Change::Study);
        }
        let files = differing(&self.workload_files, &now.workload_files);
        changes.extend(files.map(Change::WorkloadFile));
        changes.extend(differing(&self.profiles, &now.profiles).map(Change::Profile));
        if self.program != now.program {
            changes.push(Change::Program);
        }
        changes
    }
}

/// The names under which two sets of hashes differ.
fn differing<'a>(
    before: &'a BTreeMap<String, String>,
    now: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = String> + 'a {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != now.get(*name)).cloned()
}
