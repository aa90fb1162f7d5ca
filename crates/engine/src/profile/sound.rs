//! Whether a profile is sound: what fits the schema and still can't be meant.

use std::collections::BTreeSet;

use tokenometer_core::Mistake;

use super::option::{EngineOption, Way};
use super::placeholder;
use super::sheet::Profile;
use super::value::{OptionKind, understand};
use crate::process::LogPatterns;

/// What requests may ask of an engine, and not every engine can do.
pub const REQUEST_PARTS: [(&str, &str); 10] = [
    ("ignore-eos", "to go on behind the end of the text, up to the asked length"),
    ("min-tokens", "a least length of the answer"),
    ("max-completion-tokens", "the answer's greatest length, by that name"),
    ("token-prompts", "prompts as numbers of tokens"),
    ("stream", "answers that come token by token"),
    ("stream-usage", "counts of tokens at the end of a stream"),
    ("temperature", "a temperature of zero"),
    ("seed", "a seed of its own for each request"),
    ("several", "several answers to one prompt"),
    ("token-ids", "the numbers of the generated tokens"),
];

/// Everything that can't be meant. `place` says where a path is written.
pub(super) fn faults(profile: &Profile, place: &dyn Fn(&[&str]) -> String) -> Vec<Mistake> {
    let mut finder = Finder { profile, place, found: Vec::new() };
    finder.start();
    finder.found.extend(profile.provision.mistakes(place));
    finder.options();
    finder.fixed();
    finder.texts();
    finder.requests();
    finder.patterns();
    finder.found
}

struct Finder<'a> {
    profile: &'a Profile,
    place: &'a dyn Fn(&[&str]) -> String,
    found: Vec<Mistake>,
}

impl Finder<'_> {
    fn add(&mut self, path: &[&str], problem: impl Into<String>, cure: impl Into<String>) {
        self.found.push(Mistake::new((self.place)(path), problem, cure));
    }

    /// An engine is started, or found where it runs.
    fn start(&mut self) {
        let profile = self.profile;
        let has_address = profile.options.values().any(|option| option.address);
        if profile.command.is_empty() && !has_address {
            self.add(
                &["command"],
                format!("`{}` is neither started nor found", profile.name),
                "give it a `command`, or an option with `address: true`",
            );
        }
        if profile.dialects.is_empty() {
            self.add(&["dialects"], "`dialects` is empty", "name what it speaks");
        }
    }

    fn options(&mut self) {
        let profile = self.profile;
        for (name, option) in &profile.options {
            for unfit in option.faults() {
                let problem = format!("option `{name}` {}", unfit.problem);
                self.add(&["options", name], problem, unfit.cure);
            }
            self.file_of(name, option);
        }
    }

    /// An option with a key needs a file to put it in.
    fn file_of(&mut self, name: &str, option: &EngineOption) {
        let files = &self.profile.files;
        let known: Vec<&str> = files.keys().map(String::as_str).collect();
        match (option.way(), &option.file) {
            (Ok(Way::Key(_)), Some(file)) if !files.contains_key(file) => self.add(
                &["options", name, "file"],
                format!("option `{name}` is of the file `{file}`, which isn't written"),
                format!("`files` has {}", or_none(&known)),
            ),
            (Ok(Way::Key(_)), None) if known.len() != 1 => self.add(
                &["options", name],
                format!("option `{name}` has a key, and no one file to put it in"),
                format!("name its `file`; `files` has {}", or_none(&known)),
            ),
            (Ok(way), Some(_)) if !matches!(way, Way::Key(_)) => self.add(
                &["options", name, "file"],
                format!("option `{name}` has a file, and no key"),
                "give it a `key`, or leave the file out",
            ),
            _ => {}
        }
    }

    /// What the profile itself asks for must be there and fit.
    fn fixed(&mut self) {
        let profile = self.profile;
        for (name, value) in &profile.fixed.options {
            let path = ["fixed", "options", name.as_str()];
            let Some(option) = profile.options.get(name) else {
                self.add(
                    &path,
                    format!("`fixed` has the option `{name}`, which the engine has not"),
                    "leave it out, or say under `options` what becomes of it",
                );
                continue;
            };
            let unfit = match option.kind {
                OptionKind::Switch => option.becomes(value).err(),
                kind => understand(kind, &option.choices, value).err(),
            };
            if let Some(unfit) = unfit {
                self.add(&path, format!("option `{name}` {}", unfit.problem), unfit.cure);
            }
        }
    }

    /// Placeholders must be known.
    fn texts(&mut self) {
        let profile = self.profile;
        let mut texts: Vec<(Vec<&str>, &str)> = Vec::new();
        texts.extend(profile.command.iter().map(|word| (vec!["command"], word.as_str())));
        texts.extend(profile.fixed.args.iter().map(|word| (vec!["fixed", "args"], word.as_str())));
        for (name, value) in &profile.environment {
            texts.push((vec!["environment", name], value));
        }
        for (name, file) in &profile.files {
            texts.extend(file.args.iter().map(|word| (vec!["files", name], word.as_str())));
        }
        let mut unknown = BTreeSet::new();
        for (path, text) in texts {
            for name in placeholder::names(text) {
                let is_known = match placeholder::file(name) {
                    Some(file) => profile.files.contains_key(file),
                    None => placeholder::NAMES.contains(&name),
                };
                if !is_known {
                    unknown.insert((path.clone(), name));
                }
            }
        }
        for (path, name) in unknown {
            self.add(
                &path,
                format!("`{{{name}}}` stands for nothing"),
                format!(
                    "there are {{{}}}, and {{file:NAME}} for a name under `files`",
                    placeholder::NAMES.join("}, {")
                ),
            );
        }
    }

    /// What requests can't ask must be something that requests ask.
    fn requests(&mut self) {
        let profile = self.profile;
        let known: Vec<&str> = REQUEST_PARTS.iter().map(|(name, _)| *name).collect();
        for name in profile.unsupported.keys().filter(|name| !known.contains(&name.as_str())) {
            self.add(
                &["unsupported", name],
                format!("`{name}` is nothing that requests ask"),
                format!("there are {}", known.join(", ")),
            );
        }
    }

    /// What a log is searched for must be regular expressions.
    fn patterns(&mut self) {
        let log = &self.profile.log;
        if let Err((pattern, why)) = LogPatterns::new(&log.fatal, &log.error) {
            let why = why.to_string();
            let why = why.lines().last().unwrap_or("").trim_start_matches("error: ");
            self.add(
                &["log"],
                format!("`{pattern}` is no regular expression: {why}"),
                "mend it, or put `\\\\` before what is meant as it stands",
            );
        }
    }
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
