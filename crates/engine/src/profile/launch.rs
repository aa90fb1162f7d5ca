//! From what an arm wants to the command that starts its engine.
//!
//! Nothing is started here, no file is written, and nothing is looked up: the
//! same wants always give the same launch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokenometer_core::Mistake;
use tokenometer_document::nearest;

use super::common::common_meaning;
use super::in_force::Declared;
use super::merge::merge;
use super::option::Becomes;
use super::placeholder;
use super::sheet::Profile;

/// What an arm wants of its engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// The model: a name, or a path.
    pub model: Option<String>,
    /// What the model is to be called in requests.
    pub served_name: Option<String>,
    /// Which commit, tag or branch of the model's repository.
    pub revision: Option<String>,
    /// Options with their values; `null` takes away what the profile asks for.
    pub options: Map<String, Value>,
    /// Further arguments, at the end of the command as they are.
    pub args: Vec<String>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// The address to listen on.
    pub host: String,
    /// The port to listen on.
    pub port: u16,
    /// Our own program, which is an engine too.
    pub executable: Option<PathBuf>,
    /// Where all this is written down, for mistakes.
    pub place: String,
    /// Where each option is written down, if that is known better than `place`.
    pub places: BTreeMap<String, String>,
}

/// How an engine is started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// The command, word by word. `{file:NAME}` in a word stands for the path
    /// at which the file of that name is written. None, where nothing is
    /// started.
    pub command: Vec<String>,
    /// Environment variables to set.
    pub environment: BTreeMap<String, String>,
    /// Files to write first.
    pub files: Vec<LaunchFile>,
    /// The address of a server that runs already.
    pub address: Option<String>,
    /// What was asked for by option, and how to see whether it is in force.
    pub declared: Vec<Declared>,
}

/// A file that an engine is started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchFile {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub contents: String,
}

impl Profile {
    /// The launch of this engine as it is wanted.
    ///
    /// # Errors
    /// Everything that the engine doesn't have at this version, or that doesn't
    /// fit.
    pub fn launch(&self, wanted: &Wanted) -> Result<Launch, Vec<Mistake>> {
        let mut draft = Draft::new(self, wanted);
        let options = draft.settle();
        draft.refuse_unknown(&options);
        for (name, option) in &self.options {
            let Some(value) = options.get(name) else { continue };
            match option.becomes(value) {
                Ok(becomes) => draft.add(name, becomes),
                Err(unfit) => draft.mistake(name, unfit.problem, unfit.cure),
            }
            let shown = option.shows(value);
            draft.launch.declared.push(Declared::new(name, value, shown));
        }
        draft.finish()
    }

    /// The engine with its version, as in "vllm 0.8.4".
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A launch on its way, and what was wrong so far.
struct Draft<'a> {
    profile: &'a Profile,
    wanted: &'a Wanted,
    launch: Launch,
    /// The words that options became.
    words: Vec<String>,
    /// Which option became a flag or a variable.
    owners: BTreeMap<String, String>,
    files: BTreeMap<String, Value>,
    mistakes: Vec<Mistake>,
}

impl<'a> Draft<'a> {
    fn new(profile: &'a Profile, wanted: &'a Wanted) -> Draft<'a> {
        let files = profile
            .files
            .iter()
            .map(|(name, file)| (name.clone(), Value::Object(file.contents.clone())))
            .collect();
        Draft {
            profile,
            wanted,
            launch: Launch::default(),
            words: Vec::new(),
            owners: BTreeMap::new(),
            files,
            mistakes: Vec::new(),
        }
    }

    fn mistake(&mut self, option: &str, problem: impl AsRef<str>, cure: impl Into<String>) {
        let place = self.wanted.places.get(option).unwrap_or(&self.wanted.place).clone();
        self.mistakes.push(Mistake::new(
            place,
            format!("option `{option}` of {} {}", self.profile.title(), problem.as_ref()),
            cure,
        ));
    }

    /// The profile's own options with the arm's over them, and those that the
    /// arm gives in words of their own.
    fn settle(&mut self) -> Map<String, Value> {
        let mut options = Value::Object(self.profile.fixed.options.clone());
        merge_options(&mut options, &self.wanted.options);
        let Value::Object(mut options) = options else { return Map::new() };
        let own = [("served-name", &self.wanted.served_name), ("revision", &self.wanted.revision)];
        // A server that runs already has its name; ours says which one to ask.
        let runs = self.profile.command.is_empty();
        for (name, value) in own.into_iter().filter(|(name, _)| !runs || *name == "revision") {
            let Some(value) = value else { continue };
            let said = self.wanted.options.get(name);
            if said.is_some_and(|said| said.as_str() != Some(value)) {
                self.mistake(name, format!("is said twice, once as `{value}`"), "say it once");
            }
            options.insert(name.to_owned(), Value::String(value.clone()));
        }
        options
    }

    /// What the engine has no option for.
    fn refuse_unknown(&mut self, options: &Map<String, Value>) {
        let profile = self.profile;
        let known: Vec<&str> = profile.options.keys().map(String::as_str).collect();
        for name in options.keys().filter(|name| !profile.options.contains_key(*name)) {
            let list = match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            let elsewhere = profile.elsewhere.get(name);
            let (problem, cure) = match (elsewhere, nearest(name, known.iter().copied())) {
                (Some(versions), _) => (
                    "isn't there at this version".to_owned(),
                    format!("take a version from {} on, or leave it out", versions.join(", or ")),
                ),
                (None, _) if common_meaning(name).is_some() => (
                    "isn't there".to_owned(),
                    format!("leave it out, or give its own flag under `args`; {list}"),
                ),
                (None, Some(near)) => {
                    ("isn't known".to_owned(), format!("did you mean `{near}`? {list}"))
                }
                (None, None) => (
                    "isn't known".to_owned(),
                    format!("{list}; what has no name here goes under `args`"),
                ),
            };
            self.mistake(name, problem, cure);
        }
    }

    /// Takes in what became of an option.
    fn add(&mut self, option: &str, becomes: Becomes) {
        match becomes {
            Becomes::Words(words) => {
                for flag in words.iter().filter(|word| word.starts_with('-')) {
                    self.owners.insert(flag.clone(), option.to_owned());
                }
                self.words.extend(words);
            }
            Becomes::Variable(name, value) => {
                self.owners.insert(name.clone(), option.to_owned());
                self.launch.environment.insert(name, value);
            }
            Becomes::Key(key, value) => self.write(option, &key, value),
            Becomes::Address(address) => self.launch.address = Some(address),
        }
    }

    /// Sets a key of the file that an option belongs to.
    fn write(&mut self, option: &str, key: &str, value: Value) {
        let named = self.profile.options.get(option).and_then(|option| option.file.as_ref());
        let file = match named {
            Some(name) => self.files.get_mut(name),
            None => self.files.values_mut().next(),
        };
        // A profile whose options have a key without a file was refused when
        // it was read.
        let Some(file) = file else { return };
        if key == "." && !value.is_object() {
            self.mistake(option, format!("is {value}"), "give it a map: it is the whole file");
            return;
        }
        let patch = key
            .rsplit('.')
            .filter(|part| !part.is_empty())
            .fold(value, |inner, part| Value::Object(Map::from_iter([(part.to_owned(), inner)])));
        merge(file, &patch);
    }

    /// Puts everything in its order.
    fn finish(mut self) -> Result<Launch, Vec<Mistake>> {
        self.refuse_doubles();
        let mut words = self.profile.command.clone();
        words.extend(self.profile.fixed.args.clone());
        words.append(&mut self.words);
        self.add_files(&mut words);
        let mut environment = self.profile.environment.clone();
        environment.append(&mut self.launch.environment);
        let texts: Vec<&String> = words.iter().chain(environment.values()).collect();
        let blanks = self.blanks(&texts);
        self.launch.command = words.iter().map(|word| placeholder::fill(word, &blanks)).collect();
        self.launch.environment = environment
            .iter()
            .map(|(name, value)| (name.clone(), placeholder::fill(value, &blanks)))
            .chain(self.wanted.environment.clone())
            .collect();
        if self.profile.command.is_empty() {
            self.refuse_what_needs_a_start();
        } else {
            self.launch.command.extend(self.wanted.args.iter().cloned());
        }
        if self.mistakes.is_empty() { Ok(self.launch) } else { Err(self.mistakes) }
    }

    /// Files that aren't empty are written, and named in the command.
    fn add_files(&mut self, words: &mut Vec<String>) {
        for (name, contents) in &self.files {
            if contents.as_object().is_some_and(Map::is_empty) {
                continue;
            }
            if let Some(file) = self.profile.files.get(name) {
                words.extend(file.args.iter().cloned());
            }
            self.launch
                .files
                .push(LaunchFile { name: name.clone(), contents: format!("{contents:#}\n") });
        }
    }

    /// The values of placeholders; those that a text needs and that were not
    /// given are mistakes.
    fn blanks(&mut self, texts: &[&String]) -> BTreeMap<&'static str, String> {
        let wanted = self.wanted;
        let values = [
            ("model", wanted.model.clone()),
            ("host", Some(wanted.host.clone())),
            ("port", Some(wanted.port.to_string())),
            ("version", self.profile.version.clone()),
            ("executable", wanted.executable.as_ref().map(|path| path.display().to_string())),
        ];
        let is_used =
            |name: &str| texts.iter().any(|text| placeholder::names(text).contains(&name));
        let mut blanks = BTreeMap::new();
        for (name, value) in values {
            match value {
                Some(value) => drop(blanks.insert(name, value)),
                None if is_used(name) => self.mistakes.push(Mistake::new(
                    wanted.place.clone(),
                    format!("{} needs to be given its {name}", self.profile.title()),
                    format!("name the {name}"),
                )),
                None => {}
            }
        }
        blanks
    }

    /// What is said by option and by argument or variable too: which of them
    /// holds, only the engine would know.
    fn refuse_doubles(&mut self) {
        let wanted = self.wanted;
        let doubles: Vec<(String, String)> = wanted
            .args
            .iter()
            .map(|arg| arg.split_once('=').map_or(arg.as_str(), |(flag, _)| flag))
            .chain(wanted.environment.keys().map(String::as_str))
            .filter_map(|name| Some((self.owners.get(name)?.clone(), name.to_owned())))
            .collect();
        for (option, name) in doubles {
            self.mistake(
                &option,
                format!("is `{name}`, which is given by hand too"),
                "say it once, by its option",
            );
        }
    }

    /// A server that runs already can be given nothing, and must be found.
    fn refuse_what_needs_a_start(&mut self) {
        let wanted = self.wanted;
        let mut refuse = |problem: &str, cure: &str| {
            self.mistakes.push(Mistake::new(
                wanted.place.clone(),
                format!("{} {problem}", self.profile.title()),
                cure,
            ));
        };
        if self.launch.address.is_none() {
            let option = self.profile.options.iter().find(|(_, option)| option.address);
            let name = option.map_or("base-url", |(name, _)| name.as_str());
            refuse(
                "runs already, and isn't said to be anywhere",
                &format!("give its address: options: {{ {name}: http://HOST:PORT }}"),
            );
        }
        if !wanted.args.is_empty() {
            refuse("runs already, and can't be given `args`", "leave them out");
        }
        if !wanted.environment.is_empty() {
            refuse("runs already, and can't be given an `environment`", "leave it out");
        }
    }
}

/// Lays an arm's options over the profile's. A value is replaced whole, since
/// what an option is given is one thing even where it is a map.
fn merge_options(options: &mut Value, wanted: &Map<String, Value>) {
    let Value::Object(options) = options else { return };
    for (name, value) in wanted {
        if value.is_null() {
            options.shift_remove(name);
        } else {
            options.insert(name.clone(), value.clone());
        }
    }
}
