//! The data files, read once.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Calibration, Machine, Model};

static MACHINES: LazyLock<Vec<Machine>> =
    LazyLock::new(|| read(include_str!("data/machines.json")));
static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| read(include_str!("data/models.json")));
static CALIBRATIONS: LazyLock<Vec<Calibration>> =
    LazyLock::new(|| read(include_str!("data/calibrations.json")));

/// The form of a data file: what it is about, and its entries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<T> {
    #[expect(dead_code, reason = "it is for whoever reads the file")]
    about: String,
    entries: Vec<T>,
}

fn read<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let file: File<T> =
        serde_json::from_str(text).expect("the data files are part of the program, and tested");
    file.entries
}

impl Machine {
    /// All machines that are known, in the order of their file.
    pub fn all() -> &'static [Machine] {
        &MACHINES
    }

    /// The machine of this name, in whichever case it is written.
    pub fn named(name: &str) -> Option<&'static Machine> {
        MACHINES.iter().find(|machine| machine.name.eq_ignore_ascii_case(name))
    }
}

impl Machine {
    /// The machine that a word such as `h100` or `h100x8` means, with the number of its
    /// devices where the word says one. A machine whose own name ends so (`mi300x`) goes
    /// first.
    pub fn in_word(word: &str) -> Option<(&'static Machine, Option<u32>)> {
        if let Some(machine) = Machine::named(word) {
            return Some((machine, None));
        }
        let (name, gpus) = word.rsplit_once(['x', 'X'])?;
        let gpus = gpus.parse().ok().filter(|gpus| *gpus > 0)?;
        Some((Machine::named(name)?, Some(gpus)))
    }
}

impl Model {
    /// All models that are known, in the order of their file.
    pub fn all() -> &'static [Model] {
        &MODELS
    }

    /// The model of this name, or whose weights bear it on a hub, in whichever case
    /// it is written.
    pub fn named(name: &str) -> Option<&'static Model> {
        let is_it = |known: &String| known.eq_ignore_ascii_case(name);
        MODELS.iter().find(|model| is_it(&model.name) || model.hub_names.iter().any(is_it))
    }
}

impl Calibration {
    /// All calibrations that are known, in the order of their file.
    pub fn all() -> &'static [Calibration] {
        &CALIBRATIONS
    }

    /// The calibration of this name.
    pub fn named(name: &str) -> Option<&'static Calibration> {
        CALIBRATIONS.iter().find(|calibration| calibration.name == name)
    }

    /// The one that nothing was fitted to, for hardware and engines of which no
    /// figures are known.
    pub fn ideal() -> &'static Calibration {
        Calibration::named("ideal").expect("the data file has it, which is tested")
    }

    /// The calibration that was published for an engine at a version on this stack.
    pub fn published(
        engine: &str,
        version: &str,
        (machine, gpus, model): (&str, u32, &str),
    ) -> Option<&'static Calibration> {
        CALIBRATIONS.iter().find(|calibration| {
            calibration.engine.as_deref() == Some(engine)
                && calibration.version.as_deref() == Some(version)
                && calibration.stacks.iter().any(|stack| {
                    (&*stack.machine, stack.gpus, &*stack.model) == (machine, gpus, model)
                })
        })
    }
}
