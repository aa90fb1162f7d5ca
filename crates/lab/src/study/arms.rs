//! Arms as they will be started: profiles found, models resolved, variables of
//! the environment looked up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};
use tokenometer_core::{Dialect, Mistake};
use tokenometer_engine::profile::{Profile, ProfileFile, Wanted};
use tokenometer_load::Header;
use tokenometer_results::SimulationSeen;

use super::engines::of_key;
use super::found::Found;
use super::grammar::{Arm, Mode, Model, Study};
use super::{World, simulated};

/// An arm of a plan. What it holds of the environment may be secret, so it is
/// never shown as a whole.
pub struct PlannedArm {
    /// Its name.
    pub name: String,
    /// What the study says of it.
    pub words: Arm,
    /// Its engine, at its version.
    pub profile: Profile,
    /// The texts of the profile and of those that it extends: name and text.
    pub profile_texts: Vec<(String, String)>,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// How it is run.
    pub mode: Mode,
    /// The model as the engine is told it: a path, or a name.
    pub model: Option<String>,
    /// The model's tokenizer, where the study names one.
    pub tokenizer: Option<String>,
    /// The name under which the model is served, where the study says it.
    pub served_name: Option<String>,
    /// The commit, tag or branch of the model's repository.
    pub revision: Option<String>,
    /// Options without those of a cell.
    pub options: Map<String, Value>,
    /// Variables of the engine's environment, with their values. They may be
    /// secret.
    pub(super) environment: BTreeMap<String, String>,
    /// Headers of every request. Their values may be secret.
    pub(super) headers: Vec<Header>,
    /// Where the arm is written.
    place: String,
}

/// Whether a profile's engine is this very program.
pub(super) fn is_ours(profile: &Profile) -> bool {
    profile.command.first().is_some_and(|program| program == OURSELVES)
}

/// Where an engine is to listen, and what our own program is.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Our own program, which is an engine too.
    pub executable: PathBuf,
}

/// What a profile's command begins with where the engine is this very program.
const OURSELVES: &str = "{executable}";

impl PlannedArm {
    /// Whether its engine is this very program, which simulates one.
    pub fn is_ours(&self) -> bool {
        is_ours(&self.profile)
    }

    /// What its engine simulates; `None` where it simulates no machine.
    pub fn simulates(&self) -> Option<SimulationSeen> {
        if !self.is_ours() {
            return None;
        }
        let simulation = simulated::of_options(&self.options, self.model.as_deref()).ok()??;
        Some(simulated::seen(&simulation))
    }

    /// What is wanted of the engine, with these options. Its environment may
    /// hold secrets.
    pub fn wanted(&self, options: &Map<String, Value>, listen: &Listen) -> Wanted {
        Wanted {
            model: self.model.clone(),
            served_name: self.served_name.clone(),
            revision: self.revision.clone(),
            options: options.clone(),
            args: self.words.args.clone(),
            environment: self.environment.clone(),
            host: listen.host.clone(),
            port: listen.port,
            executable: Some(listen.executable.clone()),
            place: self.place.clone(),
            places: BTreeMap::new(),
        }
    }
}

/// All arms of a study; those of which something is wrong are left out, and
/// their place is `None`.
pub(super) fn plan_arms(
    study: &Study,
    world: &World<'_>,
    found: &mut Found<'_>,
) -> Vec<Option<PlannedArm>> {
    study
        .arms
        .iter()
        .map(|(name, arm)| Planning { study, world, name: &name.0, arm }.plan(found))
        .collect()
}

/// An arm on its way.
struct Planning<'a> {
    study: &'a Study,
    world: &'a World<'a>,
    name: &'a str,
    arm: &'a Arm,
}

impl Planning<'_> {
    fn plan(&self, found: &mut Found<'_>) -> Option<PlannedArm> {
        let model = self.model();
        let environment = self.environment(found);
        let headers = self.headers(found);
        let (profile, profile_texts) = self.profile(found)?;
        let path = self.model_path(model, &profile.name, found);
        let options = self.options(&profile, model, path.as_deref());
        Some(PlannedArm {
            name: self.name.to_owned(),
            dialect: self.dialect(&profile, found)?,
            mode: self.arm.mode.unwrap_or_default(),
            model: path,
            tokenizer: model.and_then(|model| model.tokenizer.clone()),
            served_name: self
                .arm
                .served_name
                .clone()
                .or_else(|| model.and_then(|model| model.served_name.clone())),
            revision: model.and_then(|model| model.revision.clone()),
            options,
            environment,
            headers,
            place: found.place(&["arms", self.name]),
            words: self.arm.clone(),
            profile,
            profile_texts,
        })
    }

    /// The engine at its version, with the texts that say so.
    fn profile(&self, found: &mut Found<'_>) -> Option<(Profile, Vec<(String, String)>)> {
        let at = |key: &str, found: &mut Found<'_>, mistakes: Vec<Mistake>| {
            let place = found.place(&["arms", self.name, key]);
            let key = format!("arms.{}.{key}", self.name);
            let placed = |mistake| of_key(mistake, &place, &key);
            found.extend(mistakes.into_iter().map(placed).collect());
        };
        let file = ProfileFile::find(&self.arm.engine, self.world.folder)
            .map_err(|mistakes| at("engine", found, mistakes))
            .ok()?;
        let profile = file
            .at(self.arm.version.as_deref())
            .map_err(|mistakes| at("version", found, mistakes))
            .ok()?;
        let texts = file.sources().map(|source| (source.name.clone(), source.text.clone()));
        Some((profile, texts.collect()))
    }

    fn dialect(&self, profile: &Profile, found: &mut Found<'_>) -> Option<Dialect> {
        match self.arm.dialect {
            Some(asked) if !profile.dialects.contains(&asked) => {
                let known: Vec<&str> =
                    profile.dialects.iter().map(|dialect| dialect.name()).collect();
                let problem = format!("is {asked}, which {} doesn't speak", profile.title());
                let path = ["arms", self.name, "dialect"];
                found.add(&path, problem, format!("it speaks {}", known.join(", ")));
                None
            }
            asked => asked.or_else(|| profile.dialects.first().copied()),
        }
    }

    /// The model that the arm's alias means.
    fn model(&self) -> Option<&Model> {
        let alias = self.arm.model.as_ref()?;
        self.study.models.iter().find(|(name, _)| name.0 == *alias).map(|(_, model)| model)
    }

    /// The model as the engine is told it.
    fn model_path(
        &self,
        model: Option<&Model>,
        engine: &str,
        found: &mut Found<'_>,
    ) -> Option<String> {
        let alias = self.arm.model.as_deref()?;
        let (path, place): (&str, Vec<&str>) = match model {
            Some(model) => match model.paths.get(engine) {
                Some(path) => (path, vec!["models", alias, "paths", engine]),
                None => (&model.path, vec!["models", alias, "path"]),
            },
            None => (alias, vec!["arms", self.name, "model"]),
        };
        let file = self.world.path(path);
        let is_path = ["/", "./", "../"].iter().any(|start| path.starts_with(start));
        match (file.exists(), is_path) {
            (true, _) => {
                // An engine runs in a folder of its own.
                let whole = std::path::absolute(&file).unwrap_or(file);
                Some(whole.to_string_lossy().into_owned())
            }
            (false, true) => {
                let problem = format!("leads nowhere: there is no {}", file.display());
                found.add(&place, problem, "paths begin in the study's folder");
                None
            }
            (false, false) => Some(path.to_owned()),
        }
    }

    /// The model's options, with the arm's over them, and the arm's own keys. What
    /// hardware an arm is meant for is no option of an engine that runs on it; one
    /// that simulates it takes it, and the model with it.
    fn options(
        &self,
        profile: &Profile,
        model: Option<&Model>,
        path: Option<&str>,
    ) -> Map<String, Value> {
        let mut options = model.map(|model| model.options.clone()).unwrap_or_default();
        options.extend(self.arm.options.clone());
        let has = |key: &str| profile.options.contains_key(key);
        let keys = [
            ("machine", self.arm.machine.clone().filter(|_| has("machine")).map(Value::from)),
            ("model", path.filter(|_| has("model")).map(Value::from)),
            ("time-scale", self.arm.time_scale.map(Value::from)),
            ("base-url", self.arm.base_url.clone().map(Value::from)),
        ];
        options.extend(keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        options
    }

    /// The variables of the engine's environment: those that the study passes
    /// on, where they are set, and the arm's own.
    fn environment(&self, found: &mut Found<'_>) -> BTreeMap<String, String> {
        let passed = self.study.environment.iter();
        let mut environment: BTreeMap<String, String> = passed
            .filter_map(|name| Some((name.0.clone(), (self.world.variable)(&name.0)?)))
            .collect();
        for (name, text) in &self.arm.environment {
            let path = ["arms", self.name, "environment", &name.0];
            if let Some(value) = self.resolve(text, &path, found) {
                environment.insert(name.0.clone(), value);
            }
        }
        environment
    }

    fn headers(&self, found: &mut Found<'_>) -> Vec<Header> {
        let mut headers = Vec::new();
        for (name, text) in &self.arm.headers {
            let path = ["arms", self.name, "headers", name];
            if let Some(value) = self.resolve(text, &path, found) {
                headers.push(Header { name: name.clone(), value });
            }
        }
        headers
    }

    fn resolve(&self, text: &str, path: &[&str], found: &mut Found<'_>) -> Option<String> {
        match self.world.resolve(text) {
            Ok(value) => Some(value),
            Err(name) => {
                found.add(path, format!("is `${name}`, which isn't set"), format!("set {name}"));
                None
            }
        }
    }
}
