//! What an engine's own configuration tells of its options, in the common words: also of
//! those that nobody asked for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::in_force::at;
use super::option::{EngineOption, Shown};
use super::sheet::Profile;
use super::value::OptionKind;

impl Profile {
    /// The options that an engine's configuration tells, by their common names. What it
    /// doesn't tell is absent, and so is what it tells in words that the profile doesn't
    /// know.
    pub fn told(&self, configuration: &Value) -> BTreeMap<String, Value> {
        let told = |(name, option): (&String, &EngineOption)| {
            let shown = option.shown.as_ref()?;
            let value = read(option, shown, at(configuration, &shown.at)?)?;
            Some((name.clone(), value))
        };
        self.options.iter().filter_map(told).collect()
    }
}

/// What a value of the configuration says of an option.
fn read(option: &EngineOption, shown: &Shown, found: &Value) -> Option<Value> {
    if found.is_null() {
        return None;
    }
    if option.kind == OptionKind::Switch {
        let (yes, no) = (Value::Bool(true), Value::Bool(false));
        let is = |word: &Option<Value>, usual: &Value| word.as_ref().unwrap_or(usual) == found;
        return match (is(&shown.on, &yes), is(&shown.off, &no)) {
            (true, _) => Some(yes),
            (_, true) => Some(no),
            _ => None,
        };
    }
    let own = match shown.words.is_empty() {
        true => found.clone(),
        // The engine's own word of a choice, for what stands in the configuration.
        false => {
            let (word, _) = shown.words.iter().find(|(_, shown)| *shown == found)?;
            Value::from(word.clone())
        }
    };
    let common = option.choices.iter().find(|(_, word)| Some(word.as_str()) == own.as_str());
    Some(common.map_or(own, |(common, _)| Value::from(common.clone())))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use crate::profile::ProfileFile;

    #[test]
    fn a_configuration_is_read_in_common_words() {
        let profile = ProfileFile::find("vllm", Path::new("")).unwrap().at(Some("0.32.0")).unwrap();
        let told = profile.told(&json!({ "vllm_config": {
            "model_config": { "dtype": "torch.bfloat16", "max_model_len": 2048, "revision": null },
            "cache_config": { "enable_prefix_caching": false, "cache_dtype": "who knows" },
            "load_config": { "load_format": "dummy" },
        }}));
        assert_eq!(told["precision"], "bfloat16");
        assert_eq!(told["max-model-len"], 2048);
        assert_eq!(told["prefix-cache"], false);
        assert_eq!(told["dummy-weights"], true);
        for absent in ["revision", "kv-precision", "tensor-parallel"] {
            assert!(!told.contains_key(absent), "{absent}");
        }
    }
}
