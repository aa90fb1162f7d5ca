//! Who plays an arm in a rehearsal: the machine, the model and the calibration
//! that are simulated in its place. Whatever isn't known is a mistake that names
//! what is.

use serde_json::{Map, Value};
use tokenometer_core::Mistake;
use tokenometer_core::roofline::{Calibration, Machine, Model, Roofline};
use tokenometer_engine::profile::{Profile, ProfileFile};

use super::options;
use crate::study::arms::is_ours;
use crate::study::found::Found;
use crate::study::grammar::{Arm, Model as ModelWords, Study};
use crate::study::{World, simulated};

/// What becomes of an arm.
#[derive(Clone, Debug)]
pub(in crate::study) enum Cast {
    /// Our own engine, by a script: it stays as it is.
    Script,
    /// Our own engine, which simulates a machine already.
    Itself,
    /// A simulation takes the place of the engine.
    Played(Box<Part>),
}

/// What is simulated in the place of an engine.
#[derive(Clone, Debug)]
pub(in crate::study) struct Part {
    /// The machine.
    machine: &'static Machine,
    /// How many of its GPUs, where the machine's word says so.
    gpus: Option<u32>,
    /// The model.
    model: &'static Model,
    /// The engine, as its profile calls it.
    engine: String,
    /// Its version.
    version: Option<String>,
    /// Whether `data-parallel` shares the GPUs of `tensor-parallel`.
    shares_gpus: bool,
}

impl Part {
    /// The GPUs that serve one start with these options.
    pub(in crate::study) fn gpus(&self, options: &Map<String, Value>) -> u32 {
        self.gpus.unwrap_or_else(|| options::gpus(options, self.shares_gpus))
    }

    /// The calibration of a start with so many GPUs: the one that was published for
    /// just this stack, or the one that nothing was fitted to.
    pub(in crate::study) fn calibration(&self, gpus: u32) -> &'static Calibration {
        let stack = (&*self.machine.name, gpus, &*self.model.name);
        self.version
            .as_deref()
            .and_then(|version| Calibration::published(&self.engine, version, stack))
            .unwrap_or_else(Calibration::ideal)
    }

    /// The options of our own engine that stand for a start with these.
    pub(in crate::study) fn options(&self, of: &Map<String, Value>) -> Map<String, Value> {
        let gpus = self.gpus(of);
        let mut options = options::carried(of);
        let calibration = &self.calibration(gpus).name;
        options.insert("machine".to_owned(), hardware(self.machine, gpus).into());
        options.insert("model".to_owned(), self.model.name.clone().into());
        options.insert("calibration".to_owned(), calibration.clone().into());
        options
    }

    /// The model.
    pub(in crate::study) fn model(&self) -> &'static Model {
        self.model
    }

    /// The engine.
    pub(in crate::study) fn engine(&self) -> &str {
        &self.engine
    }
}

/// The word for so many GPUs of a machine.
pub(super) fn hardware(machine: &Machine, gpus: u32) -> String {
    if gpus == 1 { machine.name.clone() } else { format!("{}x{gpus}", machine.name) }
}

/// The machines that are known, for whoever named another.
pub(super) fn known_machines() -> String {
    let names: Vec<&str> = Machine::all().iter().map(|machine| &*machine.name).collect();
    format!("known are {}, with a number of GPUs as in h100x8", names.join(", "))
}

/// All that a cast is made of.
pub(super) struct Casting<'a> {
    pub(super) study: &'a Study,
    pub(super) world: &'a World<'a>,
    /// The machine of arms that name none.
    pub(super) machine: Option<&'a str>,
}

impl Casting<'_> {
    /// Who plays an arm; `None` where that can't be said, and the mistake is noted.
    pub(super) fn of(&self, name: &str, arm: &Arm, found: &mut Found<'_>) -> Option<Cast> {
        // What is wrong with the profile is told where the study itself is planned.
        let file = ProfileFile::find(&arm.engine, self.world.folder).ok()?;
        let profile = file.at(arm.version.as_deref()).ok()?;
        if is_ours(&profile) {
            let simulates = arm.machine.is_some() || arm.options.contains_key("machine");
            return Some(if simulates { Cast::Itself } else { Cast::Script });
        }
        // Both are looked for before either ends it, so that both are told.
        let (machine, model) = (self.machine(name, arm, found), self.model(name, arm, found));
        let ((machine, gpus), model) = (machine?, model?);
        let part = Part {
            machine,
            gpus,
            model,
            engine: profile.name.clone(),
            version: profile.version.clone(),
            shares_gpus: arm.args.iter().any(|arg| arg == options::SHARES_GPUS),
        };
        self.fits(&part, name, arm, &profile, found)?;
        Some(Cast::Played(Box::new(part)))
    }

    fn machine(
        &self,
        name: &str,
        arm: &Arm,
        found: &mut Found<'_>,
    ) -> Option<(&'static Machine, Option<u32>)> {
        let path = ["arms", name, "machine"];
        match (&arm.machine, self.machine) {
            (Some(word), _) => Machine::in_word(word).or_else(|| {
                let problem = format!("is `{word}`, which no rehearsal knows");
                found.add(&path, problem, known_machines());
                None
            }),
            (None, Some(word)) => Machine::in_word(word).or_else(|| {
                found.extend(vec![Mistake::new(
                    format!("--machine {word}"),
                    "no such machine is known",
                    known_machines(),
                )]);
                None
            }),
            (None, None) => {
                let cure = format!(
                    "name it, or give --machine for all arms that name none; {}",
                    known_machines()
                );
                let problem = "isn't said, and a rehearsal simulates a machine";
                found.add(&path, problem, cure);
                None
            }
        }
    }

    fn model(&self, name: &str, arm: &Arm, found: &mut Found<'_>) -> Option<&'static Model> {
        let path = ["arms", name, "model"];
        let cure = simulated::known_models();
        let Some(alias) = &arm.model else {
            found.add(&path, "isn't said, and a rehearsal simulates a model", cure);
            return None;
        };
        let words = self.model_words(arm).map(|words| &*words.path);
        let model = words.into_iter().chain([&**alias]).find_map(model_named);
        if model.is_none() {
            let shown = words.unwrap_or(alias);
            found.add(&path, format!("is {shown}, whose shape no rehearsal knows"), cure);
        }
        model
    }

    /// What the study says of an arm's model.
    pub(super) fn model_words(&self, arm: &Arm) -> Option<&ModelWords> {
        let alias = arm.model.as_ref()?;
        self.study.models.iter().find(|(name, _)| name.0 == *alias).map(|(_, model)| model)
    }

    /// Notes it where the machine has fewer GPUs than are wanted, or the model
    /// leaves no room on them.
    fn fits(
        &self,
        part: &Part,
        name: &str,
        arm: &Arm,
        profile: &Profile,
        found: &mut Found<'_>,
    ) -> Option<()> {
        let mut options = profile.fixed.options.clone();
        options
            .extend(self.model_words(arm).map(|model| model.options.clone()).unwrap_or_default());
        options.extend(arm.options.clone());
        let gpus = part.gpus(&options);
        let calibration = part.calibration(gpus);
        let share = options.get("memory-share").and_then(Value::as_f64);
        let share = share.unwrap_or(calibration.scheduling.memory_share);
        let fits = Roofline::new(part.machine, gpus, part.model, calibration)
            .and_then(|roofline| roofline.kv_tokens(share));
        match fits {
            Ok(_) => Some(()),
            Err(why) => {
                let problem = format!("can't be simulated: {why}");
                found.add(&["arms", name], problem, "or name another `machine`");
                None
            }
        }
    }
}

/// The model of a name: its own, one on a hub, or what stands last in either or in
/// a path.
fn model_named(word: &str) -> Option<&'static Model> {
    let last = |name: &str| name.trim_end_matches('/').rsplit('/').next().map(str::to_lowercase);
    let is_it = |model: &&Model| {
        let mut names = model.hub_names.iter().chain([&model.name]);
        names.any(|known| last(known) == last(word))
    };
    Model::named(word).or_else(|| Model::all().iter().find(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_word_may_say_its_gpus() {
        let read = |word| Machine::in_word(word).map(|(machine, gpus)| (&*machine.name, gpus));
        assert_eq!(read("h100"), Some(("h100", None)));
        assert_eq!(read("H100x8"), Some(("h100", Some(8))));
        assert_eq!(read("mi300x"), Some(("mi300x", None)));
        assert_eq!(read("mi300xx4"), Some(("mi300x", Some(4))));
        assert_eq!(read("h100x0"), None);
        assert_eq!(read("b900"), None);
    }

    #[test]
    fn a_model_is_known_by_any_of_its_names() {
        let read = |word| model_named(word).map(|model| &*model.name);
        assert_eq!(read("llama-3.1-8b"), Some("llama-3.1-8b"));
        assert_eq!(read("meta-llama/Llama-3.1-8B-Instruct"), Some("llama-3.1-8b"));
        assert_eq!(read("/models/Llama-3.1-8B-Instruct/"), Some("llama-3.1-8b"));
        assert_eq!(read("somebody/else"), None);
    }
}
