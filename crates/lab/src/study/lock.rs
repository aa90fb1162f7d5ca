//! `study.lock.yaml` of a study: what was to be measured, with every default
//! made explicit, and the hashes of all that it was read from. It holds the
//! words of the study, so no value of a variable of the environment.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokenometer_results::Tool;
use tokenometer_workload::{DatasetSettings, Extent, Pattern, Source};

use super::describe::BlockShown;
use super::grammar::{Blocks, Length, Passes, Restart, Share, Study, Track};
use super::plan::Plan;
use crate::environment::tool;
use crate::{TrialSettings, WarmUp};

/// The version of the lock as a file.
const SCHEMA_VERSION: u32 = 1;
/// How small a difference counts as none where nothing is said.
const MARGIN: f64 = 0.02;

/// A study, locked.
#[derive(Clone, Debug, Serialize)]
pub struct StudyLock {
    /// The version of this form.
    pub schema_version: u32,
    /// What the study is called.
    pub name: String,
    /// The program that made the plan.
    pub tool: Tool,
    /// What all of it was read from.
    pub sources: Sources,
    /// The study, with its defaults.
    pub study: Study,
    /// The arms, with their engines as they are started.
    pub arms: Map<String, Value>,
    /// The cells, with all that is sent and when.
    pub cells: Vec<Value>,
    /// The blocks that may be measured, with their order and seeds.
    pub blocks: Vec<BlockShown>,
}

/// SHA-256, in hexadecimal digits, of all that a plan was made from. A run that
/// goes on must find them unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// Of the study's text.
    pub study: String,
    /// Of the profiles, by name or path.
    pub profiles: BTreeMap<String, String>,
    /// Of the files that workloads are made from, by path.
    pub files: BTreeMap<PathBuf, String>,
}

impl Sources {
    /// What differs in `other`, in words; nothing where the two are the same.
    pub fn differences(&self, other: &Sources) -> Vec<String> {
        let mut differences = Vec::new();
        if self.study != other.study {
            differences.push("the study".to_owned());
        }
        let profiles = changed(&self.profiles, &other.profiles);
        differences.extend(profiles.map(|name| format!("the profile {name}")));
        let files = changed(&self.files, &other.files);
        differences.extend(files.map(|path| format!("the file {}", path.display())));
        differences
    }
}

/// The keys whose values differ, or that only one of two maps has.
fn changed<'a, K: Ord, V: PartialEq>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = &'a K> {
    let gone = one.iter().filter(|(key, value)| other.get(key) != Some(value));
    let new = other.iter().filter(|(key, _)| !one.contains_key(key));
    gone.chain(new).map(|(key, _)| key)
}

impl Plan {
    /// The hashes of all that the plan was made from.
    ///
    /// # Errors
    ///
    /// The path of a workload's file that can't be read, and why.
    pub fn sources(&self) -> Result<Sources, (PathBuf, io::Error)> {
        let profiles = self.arms.iter().flat_map(|arm| &arm.profile_texts);
        let mut files = BTreeMap::new();
        for path in self.settings().filter_map(file) {
            if let Entry::Vacant(entry) = files.entry(path) {
                let bytes = fs::read(entry.key()).map_err(|error| (entry.key().clone(), error))?;
                entry.insert(sha256(&bytes));
            }
        }
        Ok(Sources {
            study: sha256(self.text.as_bytes()),
            profiles: profiles
                .map(|(name, text)| (name.clone(), sha256(text.as_bytes())))
                .collect(),
            files,
        })
    }

    /// The study with every default made explicit.
    ///
    /// # Errors
    ///
    /// As [`Plan::sources`].
    pub fn lock(&self) -> Result<StudyLock, (PathBuf, io::Error)> {
        Ok(StudyLock {
            schema_version: SCHEMA_VERSION,
            name: self.study.name.clone(),
            tool: tool(),
            sources: self.sources()?,
            study: self.explicit(),
            arms: self.arms.iter().map(|arm| (arm.name.clone(), arm_locked(arm))).collect(),
            cells: (0..self.cells.len()).map(|cell| self.cell_locked(cell)).collect(),
            blocks: self.shown().blocks,
        })
    }

    /// The study's own keys, with their defaults.
    fn explicit(&self) -> Study {
        let study = &self.study;
        Study {
            blocks: Some(study.blocks.unwrap_or(Blocks::Fixed(self.block_budget().most()))),
            seed: Some(self.seed_of_study()),
            rehearsal: Some(study.rehearsal.unwrap_or(false)),
            margin: Some(study.margin.unwrap_or(Share(MARGIN))),
            track: Some(study.track.unwrap_or(Track::Free)),
            strict: Some(study.strict.unwrap_or(false)),
            passes: Some(Passes { ..self.passes() }),
            restart: Some(study.restart.unwrap_or(Restart::Block)),
            pause: Some(Length(self.pause())),
            ..study.clone()
        }
    }

    /// What is sent in a cell, when, and how: the same for all arms, but for
    /// what a dialect makes of it.
    fn cell_locked(&self, index: usize) -> Value {
        let cell = &self.cells[index];
        let arms: Map<String, Value> = cell
            .arms
            .iter()
            .filter_map(|arm| {
                let settings = self.settings_of(*arm, index)?;
                let locked = json!({
                    "options": self.options(*arm, index),
                    "rules": settings.workload.rules,
                    "dataset": dataset(&settings.workload.dataset),
                    "exact": settings.workload.exact,
                    "temperature": settings.rendering.temperature,
                    "stream": settings.rendering.stream,
                    "extra-request-body": settings.rendering.extra,
                });
                Some((self.arms[*arm].name.clone(), locked))
            })
            .collect();
        json!({
            "name": cell.name,
            "scenario": cell.scenario,
            "workload": cell.words,
            "load": pattern(cell.load.pattern),
            "extent": match cell.load.extent {
                Extent::Requests(count) => json!({ "requests": count }),
                Extent::Duration(length) => json!({ "duration": Length(length) }),
            },
            "pool": cell.load.pool,
            "warm-up": match cell.warm_up {
                WarmUp::None => json!({ "requests": 0 }),
                WarmUp::Requests(count) => json!({ "requests": count }),
                WarmUp::UntilSettled { at_most } => {
                    json!({ "until": "settled", "at-most": Length(at_most) })
                }
            },
            "arms": arms,
        })
    }
}

fn arm_locked(arm: &super::PlannedArm) -> Value {
    json!({
        "engine": arm.profile.name,
        "version": arm.profile.version,
        "model": arm.model,
        "revision": arm.revision,
        "served-name": arm.served_name,
        "tokenizer": arm.tokenizer,
        "dialect": arm.dialect,
        "mode": arm.mode,
        "options": arm.options,
        "args": arm.words.args,
    })
}

fn pattern(pattern: Pattern) -> Value {
    // JSON has no infinity; the key's own word stands for it.
    let number = |number: f64| if number.is_finite() { json!(number) } else { json!("inf") };
    match pattern {
        Pattern::Closed { concurrency } => json!({ "concurrency": concurrency }),
        Pattern::Open { rate, burstiness, cap } => json!({
            "rate": number(rate), "burstiness": number(burstiness), "concurrency": cap,
        }),
        Pattern::Ramp(ramp) => json!({
            "ramp": { "from": ramp.from, "to": ramp.to, "shape": ramp.shape.name() },
            "burstiness": number(ramp.burstiness),
            "concurrency": ramp.cap,
        }),
    }
}

/// A dataset's settings in words. What a frozen one holds stands in its file.
fn dataset(dataset: &DatasetSettings) -> String {
    format!("{dataset:?}")
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

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
