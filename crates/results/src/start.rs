//! `start.json`: how an engine was started. Secrets can't get into it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// How an engine was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The command, word by word; values that look secret are masked.
    pub command: Vec<String>,
    /// The environment variables that were set for it. One whose name looks
    /// secret has the value `null`.
    pub environment: BTreeMap<String, Option<String>>,
    /// The stages of the cold start, in order.
    pub stages: Vec<Stage>,
    /// What was started: which profile, and where the software came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<Software>,
    /// The logical cores that it was bound to, as `taskset` writes them; absent
    /// where it was bound to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<String>,
    /// The number of its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// How it ended; absent while it runs, and where we were gone before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// What a reader of its numbers must know, as its profile has it: that a part
    /// of it was replaced, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The lines of its log that tell of errors, up to some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_lines: Vec<String>,
}

/// The software of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Software {
    /// The name of the profile.
    pub profile: String,
    /// The version that was asked for, where the profile or the arm names one.
    pub version: Option<String>,
    /// Where it came from: `command`, `environment`, `python`, `container`.
    pub provision: String,
    /// The place itself: a program, the folder of an environment, an image
    /// with its digest.
    pub place: Option<String>,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// Its exit status; absent where a signal ended it.
    pub exit: Option<i32>,
    /// The signal that ended it: `SIGKILL` …
    pub signal: Option<String>,
    /// How it came to that, in words: `stopped by SIGTERM within 3.1 s`, `died
    /// by itself` …
    pub how: String,
}

/// One stage of a cold start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// What happened: `process`, `weights`, `ready` …
    pub name: String,
    /// How long it took, in seconds.
    pub duration_s: f64,
}

/// What stands in the place of a secret.
const MASK: &str = "(secret)";

/// Words that make a name look secret. A name is split at everything that is
/// no letter, so `HF_TOKEN` matches and `MAX_TOKENS` does not.
const SECRET_WORDS: [&str; 12] = [
    "key",
    "apikey",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "credential",
    "credentials",
    "auth",
    "authorization",
    "cookie",
];

impl Start {
    /// Describes a start, leaving out what looks secret: the value of every
    /// variable and every option whose name holds a word such as *key* or
    /// *token*.
    pub fn new(
        command: impl IntoIterator<Item = String>,
        environment: impl IntoIterator<Item = (String, String)>,
        stages: Vec<Stage>,
    ) -> Start {
        let environment = environment
            .into_iter()
            .map(|(name, value)| {
                let shown = (!looks_secret(&name)).then_some(value);
                (name, shown)
            })
            .collect();
        Start {
            schema_version: SCHEMA_VERSION,
            command: masked(command),
            environment,
            stages,
            software: None,
            cores: None,
            pid: None,
            end: None,
            note: None,
            error_lines: Vec::new(),
        }
    }
}

/// The words of a command, with the values of secret-looking options masked:
/// `--api-key VALUE`, `--api-key=VALUE`, `API_KEY=VALUE`.
fn masked(command: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut mask_next = false;
    command
        .into_iter()
        .map(|word| {
            if std::mem::take(&mut mask_next) && !word.starts_with('-') {
                return MASK.to_owned();
            }
            match word.split_once('=') {
                Some((name, _)) if looks_secret(name) => format!("{name}={MASK}"),
                None if word.starts_with('-') && looks_secret(&word) => {
                    mask_next = true;
                    word
                }
                _ => word,
            }
        })
        .collect()
}

/// Whether the value under this name should not leave the machine.
fn looks_secret(name: &str) -> bool {
    name.split(|c: char| !c.is_alphabetic())
        .any(|word| SECRET_WORDS.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_behind() {
        let command = "vllm serve --api-key abc --hf-token=def --max-tokens 5 --port 80 KEY=ghi";
        let environment =
            [("HF_TOKEN", "jkl"), ("OPENAI_API_KEY", "mno"), ("OMP_NUM_THREADS", "4")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let start = Start::new(command.split(' ').map(str::to_owned), environment, Vec::new());
        assert_eq!(
            start.command.join(" "),
            "vllm serve --api-key (secret) --hf-token=(secret) --max-tokens 5 --port 80 KEY=(secret)"
        );
        let text = serde_json::to_string(&start).unwrap();
        for secret in ["abc", "def", "ghi", "jkl", "mno"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_eq!(start.environment["OMP_NUM_THREADS"].as_deref(), Some("4"));
        assert_eq!(start.environment["HF_TOKEN"], None);
    }
}
