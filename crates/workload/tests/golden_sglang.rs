//! By the rules of SGLang's `bench_serving` and of vLLM's
//! `benchmark_throughput.py`, a server is sent what these tools send it.
//!
//! `golden/make_sglang.py` ran the tools themselves and wrote down what they
//! would have sent: every length, every arrival, and a checksum of the prompts.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokenometer_core::{Pace, Prompt, Request, Rules};
use tokenometer_workload::{
    ConversationSettings, DatasetSettings, Extent, GroupDistribution, LoadSettings, Pattern,
    PromptShape, RandomSettings, SharedPrefixSettings, Source, Tokenizer, Workload,
    WorkloadSettings, drawn_lengths, write_builtin_conversations,
};

/// How many conversations the tools were given.
const CONVERSATIONS: usize = 300;

/// One run of a tool.
struct Case(Value);

impl Case {
    fn rules(&self) -> Rules {
        Rules::from_name(self.0["rules"].as_str().unwrap()).unwrap()
    }

    fn flags(&self) -> &Map<String, Value> {
        self.0["flags"].as_object().unwrap()
    }

    fn number(&self, flag: &str) -> Option<u32> {
        self.flags().get(flag).map(|value| value.as_u64().unwrap() as u32)
    }

    fn real(&self, flag: &str) -> Option<f64> {
        self.flags().get(flag).map(|value| value.as_f64().unwrap())
    }

    fn text(&self, flag: &str) -> Option<&str> {
        self.flags().get(flag).map(|value| value.as_str().unwrap())
    }

    fn is_set(&self, flag: &str) -> bool {
        self.flags().get(flag).is_some_and(|value| value.as_bool().unwrap())
    }

    fn conversations(&self, source: Source) -> ConversationSettings {
        ConversationSettings {
            source,
            context_tokens: self.number("sharegpt-context-len"),
            prompt_suffix: self.text("prompt-suffix").unwrap_or_default().to_owned(),
            shuffle: true,
            oversample: true,
        }
    }

    fn random(&self, source: Source) -> RandomSettings {
        let ratio = self.real("random-range-ratio").unwrap();
        RandomSettings {
            input_ratio: ratio,
            output_ratio: ratio,
            source: Some(source),
            ..RandomSettings::fixed(
                self.number("random-input-len").unwrap(),
                self.number("random-output-len").unwrap(),
            )
        }
    }

    fn shared_prefix(&self) -> SharedPrefixSettings {
        let number = |flag: &str| self.number(&format!("gsp-{flag}")).unwrap();
        SharedPrefixSettings {
            groups: number("num-groups"),
            prompts_per_group: number("prompts-per-group"),
            system_tokens: number("system-prompt-len"),
            question_tokens: number("question-len"),
            output_tokens: number("output-len"),
            range_ratio: self.real("gsp-range-ratio").unwrap_or(1.0),
            ordered: self.is_set("gsp-ordered"),
            distribution: match self.real("gsp-zipf-alpha") {
                Some(alpha) => GroupDistribution::Zipf { alpha },
                None => GroupDistribution::Uniform,
            },
        }
    }

    fn dataset(&self, source: Source) -> DatasetSettings {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let path = || golden.join(self.text("dataset-path").unwrap());
        match self.text("dataset-name") {
            Some("sharegpt") => DatasetSettings::ShareGpt(self.conversations(source)),
            Some("random") => DatasetSettings::Random(self.random(source)),
            Some("random-ids") => DatasetSettings::RandomIds(self.random(source)),
            Some("generated-shared-prefix") => DatasetSettings::SharedPrefix(self.shared_prefix()),
            Some("custom") => DatasetSettings::Custom { path: path() },
            Some("openai") => DatasetSettings::OpenAi { path: path() },
            Some(other) => panic!("no dataset {other}"),
            None if self.text("dataset").is_some() => {
                DatasetSettings::ShareGpt(self.conversations(source))
            }
            None => DatasetSettings::Random(RandomSettings::fixed(
                self.number("input-len").unwrap(),
                self.number("output-len").unwrap(),
            )),
        }
    }

    fn settings(&self, source: Source) -> WorkloadSettings {
        let shape = match self.is_set("tokenize-prompt") {
            true => PromptShape::TokenIds,
            false => PromptShape::Text,
        };
        let forced = self.number("sharegpt-output-len");
        let forced = forced.or_else(|| self.text("dataset").and(self.number("output-len")));
        WorkloadSettings {
            rules: Some(self.rules()),
            seed: self.flags()["seed"].as_u64().unwrap(),
            exact: true,
            output_tokens: forced,
            chat_template: self.is_set("apply-chat-template"),
            ..WorkloadSettings::new(self.dataset(source), shape)
        }
    }

    /// How many prompts were ordered; a dataset that makes as many as it likes
    /// isn't told.
    fn count(&self) -> u32 {
        self.number("num-prompts").unwrap_or(1)
    }

    fn load(&self) -> LoadSettings {
        let rate = self.real("request-rate").unwrap_or(f64::INFINITY);
        LoadSettings {
            pattern: Pattern::Open { rate, burstiness: 1.0, cap: None },
            extent: Extent::Requests(self.count()),
            drain_limit: None,
            warm_up_requests: None,
            pool: None,
        }
    }

    fn list(&self, key: &str) -> Vec<i64> {
        self.0[key].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
    }
}

fn cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("golden/sglang.json")).unwrap();
    cases.into_iter().map(Case).collect()
}

/// The conversations in a file, as the tools read them.
fn conversations() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("sharegpt.json");
    write_builtin_conversations(fs::File::create(&path).unwrap(), CONVERSATIONS).unwrap();
    (home, path)
}

/// SHA-256 of the prompts' parts, each after its length: a text, the roles and
/// texts of a conversation, or ids of four bytes each.
fn prompts_sha256(requests: &[Request]) -> String {
    let mut sha256 = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha256.update((bytes.len() as u64).to_le_bytes());
        sha256.update(bytes);
    };
    for request in requests {
        match &request.prompt {
            Prompt::Text(text) => part(text.as_bytes()),
            Prompt::Messages(messages) => messages.iter().for_each(|message| {
                part(message.role.as_bytes());
                part(message.content.as_bytes());
            }),
            Prompt::TokenIds(ids) => {
                part(&ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<_>>());
            }
        }
    }
    sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_server_is_sent_what_the_tool_sends_it() {
    let (_home, path) = conversations();
    let tokenizer = Arc::new(Tokenizer::builtin());
    for case in cases() {
        let settings = case.settings(Source::File(path.clone()));
        let workload = Workload::open(&settings, Some(tokenizer.clone())).unwrap();
        let made = workload.schedule(&case.load(), None).unwrap();
        let name = format!("{} {}", case.rules(), Value::Object(case.flags().clone()));
        let inputs: Vec<_> =
            made.requests.iter().map(|r| i64::from(r.input_tokens.unwrap())).collect();
        assert_eq!(inputs, case.list("input_tokens"), "{name}");
        let outputs: Vec<_> = made.requests.iter().map(|r| i64::from(r.output.tokens)).collect();
        assert_eq!(outputs, case.list("output_tokens"), "{name}");
        if let Some(drawn) = drawn_lengths(&settings, case.count(), Some(&tokenizer)).unwrap() {
            let both = inputs.iter().zip(&outputs);
            let both = both.map(|(&input, &output)| (input as u32, output as u32));
            assert_eq!(drawn, both.collect::<Vec<_>>(), "{name}");
        }
        assert_eq!(prompts_sha256(&made.requests), case.0["prompts_sha256"], "{name}");
        let Pace::Open { arrivals, .. } = &made.pace else { panic!("{name} is no open loop") };
        let offsets: Vec<_> = arrivals.iter().map(|arrival| arrival.offset.0).collect();
        assert_eq!(offsets, case.list("arrivals_ns"), "{name}");
        if let Some(fields) = case.0.get("fields") {
            let made: Vec<_> =
                made.requests.iter().map(|r| Value::Object(r.fields.clone())).collect();
            assert_eq!(made, *fields.as_array().unwrap(), "{name}");
        }
    }
}

/// The built-in conversations are the same ones, file or not.
#[test]
fn no_file_is_needed_for_the_builtin_conversations() {
    let tokenizer = Arc::new(Tokenizer::builtin());
    let random = RandomSettings { source: Some(Source::Builtin), ..RandomSettings::fixed(20, 10) };
    let settings = WorkloadSettings {
        rules: Some(Rules::Sglang045),
        ..WorkloadSettings::new(DatasetSettings::Random(random), PromptShape::Text)
    };
    let load = LoadSettings {
        pattern: Pattern::Closed { concurrency: 4 },
        extent: Extent::Requests(5),
        drain_limit: None,
        warm_up_requests: None,
        pool: None,
    };
    let workload = Workload::open(&settings, Some(tokenizer)).unwrap();
    assert_eq!(workload.schedule(&load, None).unwrap().requests.len(), 5);
}

/// The sums that follow from numpy's generator alone: seed, requests, lengths,
/// and what comes out, of the prompts and of the answers.
#[test]
fn lengths_are_drawn_without_a_file_or_a_tokenizer() {
    let sums = |rules, seed, (input, output), count| {
        let random = RandomSettings::fixed(input, output);
        let settings = WorkloadSettings {
            rules: Some(rules),
            seed,
            ..WorkloadSettings::new(DatasetSettings::Random(random), PromptShape::Text)
        };
        let lengths = drawn_lengths(&settings, count, None).unwrap().unwrap();
        assert_eq!(lengths.len(), count as usize);
        let sum = |length: fn(&(u32, u32)) -> u32| lengths.iter().map(length).sum::<u32>();
        let empty = lengths.iter().filter(|(_, output)| *output == 0).count();
        (sum(|length| length.0), sum(|length| length.1), empty)
    };
    for (seed, count, asked, drawn) in [
        (1, 1000, (4096, 2048), (2_033_482, 1_027_062, 3)),
        (1, 4000, (1024, 1024), (2_034_177, 2_065_942, 3)),
        (1, 5000, (1024, 512), (2_539_050, 1_276_403, 6)),
        (1, 2000, (4096, 1024), (4_146_897, 1_009_258, 3)),
        (1, 6000, (256, 512), (777_987, 1_529_561, 8)),
        (1, 300, (1024, 1024), (152_612, 160_347, 0)),
        (1, 600, (1024, 1024), (308_748, 308_712, 0)),
        (1, 1200, (1024, 1024), (615_860, 607_936, 3)),
        (1, 2400, (1024, 1024), (1_222_995, 1_218_922, 2)),
        (1, 3200, (1024, 1024), (1_629_242, 1_642_637, 2)),
        (42, 1000, (4096, 2048), (2_086_346, 1_020_028, 0)),
    ] {
        assert_eq!(sums(Rules::Sglang0214, seed, asked, count), drawn);
        assert_eq!(sums(Rules::Sglang045, seed, asked, count), drawn);
    }
    assert_eq!(sums(Rules::Sglang0523, 1, (4096, 2048), 1000), (2_033_482, 1_021_831, 0));
    assert_eq!(sums(Rules::Sglang0523, 42, (4096, 2048), 1000), (2_086_346, 1_003_034, 0));
}
