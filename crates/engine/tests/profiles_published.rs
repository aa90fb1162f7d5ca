//! What our profiles start is what published comparisons started: every one of
//! them is written for a profile, and the two commands are held against each
//! other, flag by flag.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokenometer_engine::profile::{Launch, Profile, ProfileFile, Wanted};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fixture {
    sources: BTreeMap<String, String>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    source: String,
    #[serde(default)]
    no_server: Option<String>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    published_environment: BTreeMap<String, String>,
    #[serde(default)]
    published_file: Option<Value>,
    #[serde(default)]
    spelled: BTreeMap<String, String>,
    #[serde(default)]
    written: Option<Written>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    engine: String,
    version: String,
    model: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

/// How servers are started, without what follows. Which of several ways to start
/// the same server is taken says nothing about how it is set up.
const STARTS: [&str; 7] = [
    "vllm serve",
    "python -m vllm.entrypoints.openai.api_server",
    "python3 -m vllm.entrypoints.openai.api_server",
    "python -m sglang.launch_server",
    "python3 -m sglang.launch_server",
    "trtllm-serve",
    "./llama-server",
];

fn fixture() -> Fixture {
    let name = "tests/fixtures/published.yaml";
    let text = std::fs::read_to_string(name).unwrap();
    let told = |mistakes: Vec<tokenometer_core::Mistake>| -> Fixture {
        panic!("{}", mistakes.iter().map(|m| format!("{m}\n")).collect::<String>())
    };
    match tokenometer_document::parse(name, &text).and_then(|document| document.read()) {
        Ok(fixture) => fixture,
        Err(mistakes) => told(mistakes),
    }
}

/// The launch of an entry, with the profile that it is of.
fn launch(written: &Written) -> (Profile, Launch) {
    let file = ProfileFile::find(&written.engine, Path::new(".")).unwrap();
    let profile = file.at(Some(&written.version)).unwrap();
    let wanted = Wanted {
        model: Some(written.model.clone()),
        host: written.host.clone().unwrap_or("127.0.0.1".to_owned()),
        port: written.port.unwrap_or(8000),
        options: written.options.clone(),
        args: written.args.clone(),
        environment: written.environment.clone(),
        place: "fixture".to_owned(),
        ..Wanted::default()
    };
    let launch = profile.launch(&wanted).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    (profile, launch)
}

/// Flags with their values, in an order that says nothing. What belongs to no
/// flag has "" for one.
fn pairs(words: &[&str], spelled: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let is_flag = |word: &str| {
        word.starts_with('-') && !word[1..].starts_with(|next: char| next.is_ascii_digit())
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut takes = false;
    for word in words {
        if is_flag(word) {
            let full = spelled.get(*word).map_or(*word, String::as_str);
            pairs.push((full.to_owned(), String::new()));
            takes = true;
        } else if takes {
            pairs.last_mut().unwrap().1 = value(word);
            takes = false;
        } else {
            pairs.push((String::new(), value(word)));
        }
    }
    pairs.sort();
    pairs
}

/// A value in one spelling: `.60` is 0.6, and a file has the name that it gets.
fn value(word: &str) -> String {
    if word.starts_with("{file:") {
        return "FILE".to_owned();
    }
    word.parse::<f64>().map_or_else(|_| word.to_owned(), |number| number.to_string())
}

/// A published command without what starts it.
fn behind_the_start(command: &str) -> Vec<&str> {
    let start = STARTS.iter().find(|start| command.starts_with(*start)).unwrap();
    command[start.len()..].split_whitespace().collect()
}

/// Our command without what starts it.
fn ours<'a>(profile: &Profile, launch: &'a Launch) -> Vec<&'a str> {
    let is_start = |word: &&String| !word.starts_with('-') && !word.contains('{');
    let start = match profile.command.first().map(String::as_str) {
        Some("python") => 3,
        _ => profile.command.iter().take_while(is_start).count(),
    };
    launch.command[start..].iter().map(String::as_str).collect()
}

#[test]
fn every_published_launch_is_written_and_is_the_same() {
    let fixture = fixture();
    let mut compared = 0;
    for (name, entry) in &fixture.entries {
        assert!(fixture.sources.contains_key(&entry.source), "{name} has a source");
        let (Some(published), Some(written)) = (&entry.published, &entry.written) else {
            assert!(entry.no_server.is_some(), "{name} starts a server, or says why not");
            continue;
        };
        let (profile, launch) = launch(written);
        let theirs = pairs(&behind_the_start(published), &entry.spelled);
        let mut ours = pairs(&ours(&profile, &launch), &BTreeMap::new());
        // Where to listen is always said by us, and often left to the engine.
        ours.retain(|(flag, _)| {
            !["--host", "--port"].contains(&flag.as_str())
                || theirs.iter().any(|(theirs, _)| theirs == flag)
        });
        assert_eq!(ours, theirs, "{name}: {}", launch.command.join(" "));
        let mut environment = launch.environment.clone();
        environment.retain(|name, _| !profile.environment.contains_key(name));
        assert_eq!(environment, entry.published_environment, "{name}");
        let file = launch.files.first().map(|file| serde_json::from_str(&file.contents).unwrap());
        assert_eq!(file, entry.published_file, "{name}");
        compared += 1;
    }
    assert_eq!(compared + 2, fixture.entries.len(), "all but two start a server");
}
