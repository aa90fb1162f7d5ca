//! A profile's file, and what it extends: read, laid over each other, and held
//! against what a profile may say.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use tokenometer_core::Mistake;
use tokenometer_document::{Document, check, parse};

use super::merge::merge;
use super::sheet::Profile;
use super::sound;
use super::source::{Source, open, root};
use super::version::Version;

/// The keys of a file that are no part of a profile at one version.
const OF_THE_FILE: [&str; 2] = ["extends", "versions"];

/// A profile as it was written: for every version, in one file or in several
/// that extend each other.
#[derive(Clone, Debug)]
pub struct ProfileFile {
    /// The files, that which is extended first.
    written: Vec<Written>,
}

/// A file that was understood as YAML.
#[derive(Clone, Debug)]
struct Written {
    source: Source,
    document: Document,
    /// Its entries under `versions`, the oldest first.
    versions: Vec<(Version, String)>,
}

impl ProfileFile {
    /// Finds a profile and all that it extends. What ends in `.yaml` or `.yml`,
    /// or has a `/` in it, is a path, relative to `base`; anything else is the
    /// name of a built-in profile.
    ///
    /// # Errors
    /// Everything that is wrong with it, at any of its versions.
    pub fn find(name_or_path: &str, base: &Path) -> Result<ProfileFile, Vec<Mistake>> {
        let mut written = Vec::new();
        let mut next = Some((name_or_path.to_owned(), base.to_owned(), name_or_path.to_owned()));
        while let Some((name, base, place)) = next {
            let (source, folder) = open(&name, &base, &place)?;
            if written.iter().any(|known: &Written| known.source.is(&source)) {
                return Err(vec![round(&written, &source.name, place)]);
            }
            let read = Written::read(source, &folder)?;
            next = read.extends()?.map(|(extended, place)| (extended, folder, place));
            written.push(read);
        }
        written.reverse();
        let file = ProfileFile { written };
        file.examine()?;
        Ok(file)
    }

    /// The files that it was read from: its own, then what that extends.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.written.iter().rev().map(|written| &written.source)
    }

    /// The versions at which something changes, the oldest first.
    pub fn versions(&self) -> Vec<&Version> {
        let mut versions: Vec<&Version> = self
            .written
            .iter()
            .flat_map(|written| written.versions.iter().map(|(version, _)| version))
            .collect();
        versions.sort();
        versions.dedup();
        versions
    }

    /// The profile at a version; at the one that it names itself where none is
    /// given.
    ///
    /// # Errors
    /// A version that is older than all that the profile knows, or is none.
    pub fn at(&self, version: Option<&str>) -> Result<Profile, Vec<Mistake>> {
        let usual = self.usual_version();
        let asked = version.or(usual.as_deref());
        let version = asked.map(|text| self.known(text)).transpose()?;
        let mut profile = self.merged(version.as_ref())?;
        profile.version = version.map(|version| version.text().to_owned());
        profile.elsewhere = self.elsewhere(&profile);
        Ok(profile)
    }

    /// The version that the profile names itself.
    fn usual_version(&self) -> Option<String> {
        let said =
            |written: &Written| Some(written.document.value.get("version")?.as_str()?.to_owned());
        self.written.iter().rev().find_map(said)
    }

    /// A version that isn't older than all that the profile knows.
    fn known(&self, text: &str) -> Result<Version, Vec<Mistake>> {
        let name = self.name();
        let place = format!("{name} {text}");
        let versions = self.versions();
        let list: Vec<&str> = versions.iter().map(|version| version.text()).collect();
        let Some(version) = Version::read(text) else {
            return Err(vec![Mistake::new(
                place,
                format!("`{text}` is no version that has an order"),
                "write it as the engine numbers it: 0.8.4, 0.4.3.post2, b4500",
            )]);
        };
        match versions.first() {
            Some(oldest) if version < **oldest => Err(vec![Mistake::new(
                place,
                format!(
                    "the profile `{name}` begins with {oldest}, and knows nothing of {version}; it \
                     changes at {}",
                    list.join(", ")
                ),
                format!("take {oldest} or a later one, or write a profile that extends this one"),
            )]),
            _ => Ok(version),
        }
    }

    /// What the profile is called.
    fn name(&self) -> &str {
        let own = self.written.last().and_then(|own| own.document.value.get("name")?.as_str());
        own.unwrap_or("profile")
    }

    /// Reads the profile at every version at which something changes, so that
    /// no mistake waits for its version to be asked for.
    fn examine(&self) -> Result<(), Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let usual = self.usual_version();
        if usual.is_none() && !self.versions().is_empty() {
            let place = self.place(&self.layers(None), &["versions"]);
            mistakes.push(Mistake::new(
                place,
                "it has `versions`, and doesn't say which one is meant where none is named",
                "write `version: …`",
            ));
        }
        let mut asked: Vec<Option<Version>> =
            self.versions().into_iter().cloned().map(Some).collect();
        if asked.is_empty() {
            asked.push(None);
        }
        for version in asked {
            for mistake in self.merged(version.as_ref()).err().unwrap_or_default() {
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
            }
        }
        if let (Some(usual), true) = (usual, mistakes.is_empty()) {
            mistakes.extend(self.known(&usual).err().unwrap_or_default());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// All that holds at a version, laid over each other.
    fn merged(&self, version: Option<&Version>) -> Result<Profile, Vec<Mistake>> {
        let layers = self.layers(version);
        let value = laid_over_each_other(&layers);
        let place = |path: &[&str]| self.place(&layers, path);
        let profile: Profile = check(&value, &place)?;
        let faults = sound::faults(&profile, &place);
        if faults.is_empty() { Ok(profile) } else { Err(faults) }
    }

    /// What holds at a version: of each file what it says of all of them, and
    /// then its entries up to this one.
    fn layers(&self, version: Option<&Version>) -> Vec<Layer<'_>> {
        let mut layers = Vec::new();
        for written in &self.written {
            layers.push(Layer::whole(written));
            for (from, key) in &written.versions {
                if version.is_some_and(|version| from <= version) {
                    layers.push(Layer::of_version(written, key));
                }
            }
        }
        layers
    }

    /// Where what stands at a path was written: in the last layer that has it,
    /// or else in the last that has what is around it.
    fn place(&self, layers: &[Layer<'_>], path: &[&str]) -> String {
        let has = |layer: &&Layer<'_>, path: &[&str]| {
            path.iter().try_fold(&layer.value, |value, part| inside(value, part)).is_some()
        };
        (0..=path.len())
            .rev()
            .find_map(|end| {
                layers
                    .iter()
                    .rev()
                    .find(|layer| has(layer, &path[..end]))
                    .map(|layer| layer.place(&path[..end]))
            })
            .unwrap_or_else(|| self.name().to_owned())
    }

    /// Of the options that a profile has at other versions only: at which.
    fn elsewhere(&self, profile: &Profile) -> BTreeMap<String, Vec<String>> {
        let mut elsewhere: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut before: Vec<String> = Vec::new();
        for version in self.versions() {
            let there = laid_over_each_other(&self.layers(Some(version)));
            let options = there.get("options").and_then(Value::as_object);
            let names: Vec<String> = options.into_iter().flat_map(Map::keys).cloned().collect();
            let new = names.iter().filter(|name| !before.contains(name));
            for name in new.filter(|name| !profile.options.contains_key(*name)) {
                elsewhere.entry(name.clone()).or_default().push(version.text().to_owned());
            }
            before = names;
        }
        elsewhere
    }
}

/// Layers in one, the last uppermost.
fn laid_over_each_other(layers: &[Layer<'_>]) -> Value {
    let mut value = Value::Object(Map::new());
    for layer in layers {
        merge(&mut value, &layer.value);
    }
    value
}

/// What stands under a part of a path.
fn inside<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => value.get(part),
    }
}

/// A part of a file that is laid over what came before.
struct Layer<'a> {
    written: &'a Written,
    /// Where it begins in the file.
    prefix: Vec<&'a str>,
    value: Value,
}

impl<'a> Layer<'a> {
    /// What a file says of all versions.
    fn whole(written: &'a Written) -> Layer<'a> {
        let mut value = written.document.value.clone();
        if let Value::Object(fields) = &mut value {
            fields.retain(|key, _| !OF_THE_FILE.contains(&key.as_str()));
        }
        Layer { written, prefix: Vec::new(), value }
    }

    /// What a file says of a version.
    fn of_version(written: &'a Written, key: &'a str) -> Layer<'a> {
        let value = written.document.value.get("versions").and_then(|all| all.get(key));
        Layer { written, prefix: vec!["versions", key], value: value.cloned().unwrap_or_default() }
    }

    fn place(&self, path: &[&str]) -> String {
        let path: Vec<&str> = self.prefix.iter().chain(path).copied().collect();
        self.written.document.place(&path)
    }
}

impl Written {
    fn read(source: Source, folder: &Path) -> Result<Written, Vec<Mistake>> {
        let mut document = parse(&source.name, &source.text)?;
        root(&mut document.value, folder);
        let versions = versions(&document)?;
        Ok(Written { source, document, versions })
    }

    /// What the file extends, and where it says so.
    fn extends(&self) -> Result<Option<(String, String)>, Vec<Mistake>> {
        let place = self.document.place(&["extends"]);
        match self.document.value.get("extends") {
            None => Ok(None),
            Some(Value::String(name)) => Ok(Some((name.clone(), place))),
            Some(other) => Err(vec![Mistake::new(
                place,
                format!("`extends` is {other}"),
                "name a built-in profile, or the path of a file",
            )]),
        }
    }
}

/// The entries under `versions`, the oldest first.
fn versions(document: &Document) -> Result<Vec<(Version, String)>, Vec<Mistake>> {
    let Some(entries) = document.value.get("versions") else { return Ok(Vec::new()) };
    let Some(entries) = entries.as_object() else {
        return Err(vec![Mistake::new(
            document.place(&["versions"]),
            "`versions` is no map",
            "write what changes under each version: versions: { \"0.8.4\": { options: … } }",
        )]);
    };
    let (mut versions, mut mistakes) = (Vec::new(), Vec::new());
    for (key, entry) in entries {
        let place = document.place(&["versions", key]);
        match Version::read(key) {
            Some(version) if entry.is_object() => versions.push((version, key.clone())),
            Some(_) => mistakes.push(Mistake::new(
                place,
                format!("what changes at {key} is no map"),
                "write it as in the file itself: { options: … }",
            )),
            None => mistakes.push(Mistake::new(
                place,
                format!("`{key}` is no version that has an order"),
                "write it as the engine numbers it: 0.8.4, 0.4.3.post2, b4500",
            )),
        }
        for inner in OF_THE_FILE.iter().filter(|key| entry.get(**key).is_some()) {
            mistakes.push(Mistake::new(
                document.place(&["versions", key, inner]),
                format!("`{inner}` stands under a version"),
                "it holds for the whole file: move it to the top",
            ));
        }
    }
    versions.sort();
    if mistakes.is_empty() { Ok(versions) } else { Err(mistakes) }
}

/// A profile that extends itself.
fn round(written: &[Written], again: &str, place: String) -> Mistake {
    let chain: Vec<&str> =
        written.iter().map(|written| written.source.name.as_str()).chain([again]).collect();
    Mistake::new(
        place,
        format!("it extends itself: {}", chain.join(" → ")),
        "let the last of them extend another, or nothing",
    )
}
