//! What the files beside a `tokenizer.json` say: which tokens begin and end a
//! sequence, how decoded text is tidied, and the chat template.
//!
//! They are read as the Hugging Face transformers library reads them. None of
//! them has to be there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::WorkloadError;

/// The file that names the special tokens.
const CONFIG: &str = "tokenizer_config.json";

/// The file that newer versions keep the chat template in; it goes before the
/// one in [`CONFIG`].
const TEMPLATE: &str = "chat_template.jinja";

/// Where [`CONFIG`] lists special tokens that have no names, in older and newer
/// versions.
const OTHERS: [&str; 2] = ["additional_special_tokens", "extra_special_tokens"];

/// What is known beside the vocabulary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// The special tokens by the names that templates know them by:
    /// `bos_token`, `eos_token` …
    pub special_tokens: BTreeMap<String, String>,
    /// Special tokens without such names.
    pub other_special_tokens: Vec<String>,
    /// Whether blanks before punctuation are taken out of decoded text.
    pub clean_up: bool,
    /// The chat template: Jinja, for a list of messages.
    pub chat_template: Option<String>,
}

impl Config {
    /// Reads the files beside this one.
    pub(super) fn beside(tokenizer: &Path) -> Result<Config, WorkloadError> {
        let folder = tokenizer.parent().unwrap_or(Path::new(""));
        let path = folder.join(CONFIG);
        let mut config = match text(&path)? {
            Some(json) => Config::read(&path, &json)?,
            None => Config::default(),
        };
        if let Some(template) = text(&folder.join(TEMPLATE))? {
            config.chat_template = Some(template);
        }
        Ok(config)
    }

    /// Reads the text of a `tokenizer_config.json`, which was found at `path`.
    pub(super) fn read(path: &Path, json: &str) -> Result<Config, WorkloadError> {
        let map: Map<String, Value> = serde_json::from_str(json)
            .map_err(|source| WorkloadError::TokenizerConfig { path: path.to_owned(), source })?;
        let special_tokens = map
            .iter()
            .filter(|(name, _)| name.ends_with("_token"))
            .filter_map(|(name, value)| Some((name.clone(), token(value)?.to_owned())))
            .collect();
        let other_special_tokens = OTHERS
            .into_iter()
            .filter_map(|name| map.get(name)?.as_array())
            .flatten()
            .filter_map(|value| token(value).map(str::to_owned))
            .collect();
        let clean_up = map.get("clean_up_tokenization_spaces").and_then(Value::as_bool);
        let chat_template = map.get("chat_template").and_then(template).map(str::to_owned);
        let clean_up = clean_up.unwrap_or(false);
        Ok(Config { special_tokens, other_special_tokens, clean_up, chat_template })
    }
}

/// The text of a file; `None` where there is no such file.
fn text(path: &PathBuf) -> Result<Option<String>, WorkloadError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(WorkloadError::TokenizerFile { path: path.clone(), source }),
    }
}

/// A token is written as it is, or with its properties.
fn token(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("content")?.as_str())
}

/// A template is written as it is, or among others that have names.
fn template(value: &Value) -> Option<&str> {
    let named = |named: &&Value| named.get("name").and_then(Value::as_str) == Some("default");
    let of_list = || value.as_array()?.iter().find(named)?.get("template")?.as_str();
    let of_map = || value.get("default")?.as_str();
    value.as_str().or_else(of_list).or_else(of_map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Config {
        Config::read(Path::new(CONFIG), json).unwrap()
    }

    #[test]
    fn every_way_of_writing_it_is_read() {
        assert_eq!(read("{}"), Config::default());
        let config = read(
            r#"{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>",
                "pad_token": null, "add_bos_token": true, "chat_template": "plain",
                "additional_special_tokens": ["<a>", {"content": "<b>"}],
                "clean_up_tokenization_spaces": true}"#,
        );
        let tokens = [("bos_token", "<s>"), ("eos_token", "</s>")];
        assert!(config.special_tokens.iter().map(|(k, v)| (&**k, &**v)).eq(tokens));
        assert_eq!(config.other_special_tokens, ["<a>", "<b>"]);
        assert!(config.clean_up);
        assert_eq!(config.chat_template.as_deref(), Some("plain"));
        for named in [
            r#"{"chat_template": [{"name": "rag", "template": "no"}, {"name": "default", "template": "yes"}]}"#,
            r#"{"chat_template": {"rag": "no", "default": "yes"}}"#,
        ] {
            assert_eq!(read(named).chat_template.as_deref(), Some("yes"));
        }
    }

    #[test]
    fn the_template_of_a_file_of_its_own_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let tokenizer = home.path().join("tokenizer.json");
        assert_eq!(Config::beside(&tokenizer).unwrap(), Config::default());
        fs::write(home.path().join(CONFIG), r#"{"chat_template": "old"}"#).unwrap();
        assert_eq!(Config::beside(&tokenizer).unwrap().chat_template.as_deref(), Some("old"));
        fs::write(home.path().join(TEMPLATE), "new").unwrap();
        assert_eq!(Config::beside(&tokenizer).unwrap().chat_template.as_deref(), Some("new"));
    }
}
