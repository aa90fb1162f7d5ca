//! Where the text of a profile comes from: the program itself, or a file.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use serde_json::Value;
use tokenometer_core::Mistake;
use tokenometer_document::nearest;

use super::builtin;

/// What stands for the folder that a file lies in, in all of its texts.
const PROFILE_FOLDER: &str = "{profile-folder}";

/// One of the files that a profile was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name of a built-in profile, or the path of a file.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// Whether this is the very same source, by whatever path.
    pub(super) fn is(&self, other: &Source) -> bool {
        let file = |source: &Source| fs::canonicalize(&source.name).ok();
        self.name == other.name || file(self).is_some_and(|own| Some(own) == file(other))
    }
}

/// Makes the paths under `provision` those of the file's own folder, and puts
/// that folder in the place of `{profile-folder}` everywhere: once files are laid
/// over each other, nobody knows which one a text came from.
pub(super) fn root(value: &mut Value, folder: &Path) {
    // An engine may be started in any folder. Where there is no current one,
    // what was given has to do.
    let folder = &absolute(folder).unwrap_or_else(|_| folder.to_owned());
    name_folder(value, &folder.display().to_string());
    let rooted = |value: &mut Value| {
        if let Value::String(path) = value {
            *path = folder.join(&*path).display().to_string();
        }
    };
    let versions = value.get("versions").and_then(Value::as_object);
    let pointers: Vec<String> = std::iter::once(String::new())
        .chain(versions.into_iter().flatten().map(|(key, _)| format!("/versions/{}", escaped(key))))
        .collect();
    for pointer in pointers {
        let Some(provision) =
            value.pointer_mut(&pointer).and_then(|layer| layer.get_mut("provision"))
        else {
            continue;
        };
        if let Some(environment) = provision.get_mut("environment") {
            rooted(environment);
        }
        if let Some(Value::Array(local)) = provision.pointer_mut("/python/local") {
            local.iter_mut().for_each(rooted);
        }
    }
}

/// Puts a folder in the place of `{profile-folder}` in all texts.
fn name_folder(value: &mut Value, folder: &str) {
    match value {
        Value::String(text) if text.contains(PROFILE_FOLDER) => {
            *text = text.replace(PROFILE_FOLDER, folder);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name_folder(item, folder)),
        Value::Object(fields) => fields.values_mut().for_each(|item| name_folder(item, folder)),
        _ => {}
    }
}

/// A key as JSON pointers write it.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Reads the text of a profile. Also tells the folder that its paths are
/// relative to.
pub(super) fn open(
    name: &str,
    base: &Path,
    place: &str,
) -> Result<(Source, PathBuf), Vec<Mistake>> {
    let is_path = name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml");
    if !is_path {
        return match builtin::text(name) {
            Some(text) => {
                Ok((Source { name: name.to_owned(), text: text.to_owned() }, base.to_owned()))
            }
            None => Err(vec![unknown(name, place)]),
        };
    }
    let path = base.join(name);
    let folder = path.parent().unwrap_or(base).to_owned();
    match fs::read_to_string(&path) {
        Ok(text) => Ok((Source { name: path.display().to_string(), text }, folder)),
        Err(error) => Err(vec![Mistake::new(
            place,
            format!("the profile {} can't be read: {error}", path.display()),
            format!("give its path, relative to {}", base.display()),
        )]),
    }
}

/// There is no built-in profile of this name.
fn unknown(name: &str, place: &str) -> Mistake {
    let known: Vec<&str> = builtin::builtin_names().collect();
    let list = known.join(", ");
    let cure = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? there are {list}"),
        None => format!("there are {list}; a file of yours is named by its path"),
    };
    Mistake::new(place, format!("there is no profile `{name}`"), cure)
}
