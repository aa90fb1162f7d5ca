//! A small file of prompts out of a large one of conversations.
//!
//! The conversations taken are those that `llm_infra_bench` would take: the
//! first turn is a person's, and has 50 to 8000 characters. Which of them, and
//! in which order, follows from the seed alone, and more of them begin with
//! fewer: each has a key, the SHA-256 of `tokenometer sample 1`, a zero byte,
//! the seed and its place in the file (64 bits each, little-endian), and those
//! with the smallest keys are taken, smallest first. So one pass over the file
//! is enough, and no more is held in memory than is taken.

use std::collections::BinaryHeap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokenometer_workload::{Source, write_builtin_conversations};

use super::DatasetError;

/// How much of a file is read at once, in bytes.
const PIECE: usize = 1 << 20;

/// How many of the built-in conversations there are to take from.
const BUILTIN: usize = 10_000;

/// The characters that a prompt may have.
const CHARACTERS: std::ops::RangeInclusive<usize> = 50..=8000;

/// What a sample is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSettings {
    /// From which conversations.
    pub source: Source,
    /// How many of them.
    pub count: u32,
    /// From which the choice follows.
    pub seed: u64,
    /// In which shape.
    pub format: SampleFormat,
    /// How long an answer may be, in tokens. ShareGPT's shape doesn't say it.
    pub output_tokens: u32,
}

/// The shape of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// `{"id", "prompt", "output_tokens"}`, one a line.
    Custom,
    /// A JSON list of conversations, as ShareGPT's file is one.
    ShareGpt,
    /// A JSON list of `{"id", "category", "prompt", "min_output_tokens",
    /// "max_output_tokens", "ignore_eos"}`.
    LlmInfraBench,
}

/// What a sample is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// How many conversations there are.
    pub all: u64,
    /// How many of them could have been taken.
    pub passed: u64,
}

/// Takes a sample, and writes it to `out`.
///
/// # Errors
///
/// [`DatasetError::Unusable`] where the file holds no conversations,
/// [`DatasetError::TooFew`] where too few of them pass, and what writing says.
pub fn sample(
    settings: &SampleSettings,
    to: &Path,
    out: &mut dyn Write,
) -> Result<Sampled, DatasetError> {
    let path = match &settings.source {
        Source::Builtin => PathBuf::from("builtin"),
        Source::File(path) => path.clone(),
    };
    let mut taker = Taker::new(settings);
    match &settings.source {
        Source::Builtin => {
            let mut written = Vec::new();
            write_builtin_conversations(&mut written, BUILTIN)
                .map_err(|source| DatasetError::file("write", to, source))?;
            taker.take_from(written.as_slice()).map_err(|error| unreadable(&path, &error))?;
        }
        Source::File(path) => {
            let file = open(path)?;
            taker.take_from(file).map_err(|error| unreadable(path, &error))?;
        }
    }
    let Sampled { all, passed } = taker.sampled;
    if passed < u64::from(settings.count) {
        let (wanted, found) = (settings.count, passed);
        return Err(DatasetError::TooFew { path, wanted, found, all });
    }
    let sampled = taker.sampled;
    let taken = taker.taken.into_sorted_vec();
    write(settings, taken.into_iter().map(|candidate| candidate.entry), out)
        .map_err(|source| DatasetError::file("write", to, source))?;
    Ok(sampled)
}

/// Opens a file that should be a list of conversations.
fn open(path: &Path) -> Result<impl Read + use<>, DatasetError> {
    let unusable =
        |problem: String, cure| DatasetError::Unusable { path: path.to_owned(), problem, cure };
    if path.is_dir() {
        return Err(unusable("it is a directory".to_owned(), "name the JSON file in it"));
    }
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => unusable(
            "there is no such file".to_owned(),
            "`tokenometer dataset fetch sharegpt` brings the usual one, and `builtin` needs none",
        ),
        _ => DatasetError::file("read", path, error),
    })?;
    let mut file = BufReader::with_capacity(PIECE, file);
    let beginning = file.fill_buf().map_err(|error| DatasetError::file("read", path, error))?;
    let first = beginning.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'[') => Ok(file),
        None => Err(unusable("it is empty".to_owned(), "fetch or copy it again")),
        Some(b'{') => Err(unusable(
            "it begins with an object, and not with a list of conversations".to_owned(),
            "a file of one object a line becomes a list with `jq -s . FILE`",
        )),
        Some(_) => Err(unusable(
            "it is no list of conversations in JSON".to_owned(),
            "give a file in ShareGPT's shape",
        )),
    }
}

fn unreadable(path: &Path, error: &serde_json::Error) -> DatasetError {
    let (problem, cure) = if error.is_eof() {
        (format!("it ends in the middle ({error})"), "fetch or copy it again: it was cut short")
    } else {
        (format!("it can't be understood ({error})"), "give a file in ShareGPT's shape")
    };
    DatasetError::Unusable { path: path.to_owned(), problem, cure }
}

/// A conversation of the file.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a conversation")]
struct Entry {
    id: Option<Value>,
    conversations: Option<Vec<Turn>>,
}

/// A turn of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(expecting = "a turn")]
struct Turn {
    from: Option<String>,
    value: Option<String>,
}

impl Entry {
    /// The first prompt, where it is a person's and neither too short nor too
    /// long.
    fn prompt(&self) -> Option<&str> {
        let first = self.conversations.as_ref()?.first()?;
        let prompt = first.value.as_deref().filter(|_| first.from.as_deref() == Some("human"))?;
        // No text has more characters than bytes, so most need no counting.
        let fits =
            prompt.len() >= *CHARACTERS.start() && CHARACTERS.contains(&prompt.chars().count());
        fits.then_some(prompt)
    }

    fn id(&self) -> String {
        match &self.id {
            Some(Value::String(id)) => id.clone(),
            Some(id) => id.to_string(),
            None => "unnamed".to_owned(),
        }
    }
}

/// A conversation that may be taken.
struct Candidate {
    key: [u8; 32],
    entry: Entry,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.key == other.key
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// Takes conversations as they are read.
struct Taker {
    count: usize,
    seed: u64,
    /// Those with the smallest keys so far, the largest of them on top.
    taken: BinaryHeap<Candidate>,
    sampled: Sampled,
}

impl Taker {
    fn new(settings: &SampleSettings) -> Taker {
        Taker {
            count: settings.count as usize,
            seed: settings.seed,
            taken: BinaryHeap::new(),
            sampled: Sampled { all: 0, passed: 0 },
        }
    }

    fn take_from(&mut self, json: impl Read) -> Result<(), serde_json::Error> {
        let mut json = serde_json::Deserializer::from_reader(json);
        json.deserialize_seq(&mut *self)?;
        json.end()
    }

    fn consider(&mut self, entry: Entry) {
        let place = self.sampled.all;
        self.sampled.all += 1;
        if entry.prompt().is_none() {
            return;
        }
        self.sampled.passed += 1;
        let key = Sha256::new_with_prefix(b"tokenometer sample 1\0")
            .chain_update(self.seed.to_le_bytes())
            .chain_update(place.to_le_bytes())
            .finalize()
            .into();
        self.taken.push(Candidate { key, entry });
        if self.taken.len() > self.count {
            self.taken.pop();
        }
    }
}

impl<'de> Visitor<'de> for &mut Taker {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element()? {
            self.consider(entry);
        }
        Ok(())
    }
}

/// A line of a custom dataset.
#[derive(Serialize)]
struct CustomLine<'a> {
    id: &'a str,
    prompt: &'a str,
    output_tokens: u32,
}

/// A prompt in the shape of `llm_infra_bench`'s files.
#[derive(Serialize)]
pub(super) struct TheirPrompt<'a> {
    pub id: &'a str,
    pub category: &'a str,
    pub prompt: &'a str,
    pub min_output_tokens: u32,
    pub max_output_tokens: u32,
    pub ignore_eos: bool,
}

/// A conversation in ShareGPT's shape.
#[derive(Serialize)]
struct Conversation<'a> {
    id: &'a str,
    conversations: &'a [Turn],
}

/// Writes what was taken, in its shape.
fn write(
    settings: &SampleSettings,
    taken: impl Iterator<Item = Entry>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_list = settings.format != SampleFormat::Custom;
    let mut before = if is_list { "[\n" } else { "" };
    for entry in taken {
        out.write_all(before.as_bytes())?;
        write_one(settings, &entry, &mut *out)?;
        before = if is_list { ",\n" } else { "\n" };
    }
    out.write_all(if is_list { b"\n]\n" } else { b"\n" })
}

/// Writes one conversation, in its shape.
fn write_one(settings: &SampleSettings, entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let (id, output_tokens) = (entry.id(), settings.output_tokens);
    let prompt = entry.prompt().expect("only those that have one are taken");
    match settings.format {
        SampleFormat::Custom => {
            serde_json::to_writer(out, &CustomLine { id: &id, prompt, output_tokens })?;
        }
        SampleFormat::ShareGpt => {
            let conversations = entry.conversations.as_deref().unwrap_or_default();
            serde_json::to_writer(out, &Conversation { id: &id, conversations })?;
        }
        SampleFormat::LlmInfraBench => {
            let theirs = TheirPrompt {
                id: &format!("sharegpt_{id}"),
                category: "sharegpt_real",
                prompt,
                min_output_tokens: 10,
                max_output_tokens: output_tokens,
                ignore_eos: false,
            };
            serde_json::to_writer(out, &theirs)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;

    /// A sample of a few hundred of the built-in conversations.
    fn settings(count: u32, seed: u64, format: SampleFormat) -> SampleSettings {
        static FILE: LazyLock<tempfile::NamedTempFile> = LazyLock::new(|| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            write_builtin_conversations(&mut file, 300).unwrap();
            file
        });
        let source = Source::File(FILE.path().to_owned());
        SampleSettings { source, count, seed, format, output_tokens: 1024 }
    }

    fn taken(settings: &SampleSettings) -> Result<String, DatasetError> {
        let mut out = Vec::new();
        sample(settings, Path::new("out"), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_same_seed_takes_the_same_and_more_begin_with_fewer() {
        let of = |count, seed| taken(&settings(count, seed, SampleFormat::Custom)).unwrap();
        let (few, more) = (of(5, 1), of(50, 1));
        assert!(more.starts_with(&few));
        assert_ne!(few, of(5, 2));
        let ids: BTreeSet<&str> = more.lines().collect();
        assert_eq!(ids.len(), 50, "none is taken twice");
    }

    #[test]
    fn every_shape_holds_the_same_prompts() {
        let of = |format| taken(&settings(20, 7, format)).unwrap();
        let lines: Vec<Value> = of(SampleFormat::Custom)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let theirs: Vec<Value> = serde_json::from_str(&of(SampleFormat::LlmInfraBench)).unwrap();
        let turns: Vec<Value> = serde_json::from_str(&of(SampleFormat::ShareGpt)).unwrap();
        assert_eq!((lines.len(), theirs.len(), turns.len()), (20, 20, 20));
        for ((line, theirs), turns) in lines.iter().zip(&theirs).zip(&turns) {
            assert_eq!(line["prompt"], theirs["prompt"]);
            assert_eq!(line["prompt"], turns["conversations"][0]["value"]);
            assert_eq!(theirs["max_output_tokens"], 1024);
        }
        let text = of(SampleFormat::LlmInfraBench);
        let keys =
            ["id", "category", "prompt", "min_output_tokens", "max_output_tokens", "ignore_eos"];
        let places = keys.map(|key| text.find(&format!("\"{key}\":")).unwrap());
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn what_that_tool_leaves_out_is_left_out() {
        let long = "x".repeat(50);
        let entry = |id: u32, from: &str, prompt: &str| json!({ "id": id, "conversations": [{ "from": from, "value": prompt }] });
        let list = json!([
            entry(0, "human", &long),
            entry(1, "gpt", &long),
            entry(2, "human", &long[1..]),
            entry(3, "human", &"ü".repeat(8000)),
            entry(4, "human", &"ü".repeat(8001)),
            { "id": 5, "conversations": [] },
            { "id": 6, "conversations": null },
            { "conversations": [{ "from": "human", "value": long }, { "from": "gpt" }] },
        ]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), list.to_string()).unwrap();
        let source = Source::File(file.path().to_owned());
        let mut order = SampleSettings { source, ..settings(3, 0, SampleFormat::Custom) };
        let text = taken(&order).unwrap();
        let ids: BTreeSet<String> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].to_string())
            .collect();
        assert_eq!(ids, BTreeSet::from(["\"0\"", "\"3\"", "\"unnamed\""].map(str::to_owned)));
        order.count = 4;
        let error = taken(&order).unwrap_err().to_string();
        assert!(error.contains("only 3 of its 8 conversations"), "{error}");
    }

    #[test]
    fn what_is_no_list_of_conversations_says_so() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("chats.json");
        let told = |content: &str| {
            std::fs::write(&path, content).unwrap();
            let source = Source::File(path.clone());
            let order = SampleSettings { source, ..settings(1, 0, SampleFormat::Custom) };
            taken(&order).unwrap_err().to_string().replace(home.path().to_str().unwrap(), "HOME")
        };
        let mut told: Vec<String> =
            ["", "{\"prompt\": 1}", "prompt", "[{\"id\": 1}, ", "[7]"].map(told).to_vec();
        for source in [home.path().to_owned(), home.path().join("none")] {
            let source = Source::File(source);
            let order = SampleSettings { source, ..settings(1, 0, SampleFormat::Custom) };
            let error = taken(&order).unwrap_err().to_string();
            told.push(error.replace(home.path().to_str().unwrap(), "HOME"));
        }
        insta::assert_snapshot!(told.join("\n"));
    }
}
