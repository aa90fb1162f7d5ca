//! Every body, held against the bytes that the tools themselves sent
//! (`tests/golden/make_bodies.py`).

use serde::Deserialize;
use tokenometer_core::{Close, Nanos, OutputLength, Pace, Phase, Schedule, Target};

use super::*;
use crate::prepare;

#[derive(Deserialize)]
struct Golden {
    asked: Asked,
    cases: Vec<Case>,
}

/// What every case asks.
#[derive(Deserialize)]
struct Asked {
    prompt: String,
    prompt_len: u32,
    output_len: u32,
    model: String,
}

/// What one tool sent through one backend with some flags.
#[derive(Deserialize)]
struct Case {
    rules: Rules,
    backend: String,
    flags: Map<String, Value>,
    path: String,
    body: String,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/bodies.json")).unwrap()
}

impl Case {
    /// The dialect, by the path that the tool sent to.
    fn dialect(&self) -> Dialect {
        let at_path = |dialect: &Dialect| dialect.route(true) == self.path;
        Dialect::ALL.into_iter().find(at_path).unwrap()
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }

    /// Whether the tool ignores the end-of-sequence token: SGLang unless told
    /// otherwise, the others only when told so.
    fn exact(&self) -> bool {
        if self.rules.is_sglang() {
            !self.has("disable-ignore-eos")
        } else {
            self.has("ignore-eos")
        }
    }

    fn rendering(&self) -> Rendering {
        let number = |flag: &str| self.flags.get(flag).and_then(Value::as_f64);
        let count = |flag: &str| self.flags.get(flag).and_then(Value::as_i64);
        let extra = self.flags.get("extra-request-body").or(self.flags.get("extra-body"));
        let wording = Wording {
            top_p: number("top-p"),
            top_k: count("top-k"),
            min_p: number("min-p"),
            frequency_penalty: number("frequency-penalty"),
            presence_penalty: number("presence-penalty"),
            repetition_penalty: number("repetition-penalty"),
            logprobs: count("logprobs").map(|count| count as u32),
            return_logprob: self.has("return-logprob"),
            ..Wording::of(self.rules)
        };
        Rendering {
            stream: !self.has("disable-stream"),
            temperature: number("temperature"),
            extra: extra.map_or_else(Map::new, |extra| {
                serde_json::from_str(extra.as_str().unwrap()).unwrap()
            }),
            wording: Some(wording),
            ..Rendering::default()
        }
    }

    /// The path and the body that we send in its place.
    fn ours(&self, asked: &Asked) -> Result<(String, String), PrepareError> {
        let target = Target {
            address: "http://127.0.0.1:8000".parse().unwrap(),
            dialect: self.dialect(),
            model: asked.model.clone(),
        };
        let output = OutputLength { tokens: asked.output_len, exact: self.exact() };
        let prompt = Prompt::Text(asked.prompt.clone());
        let requests = vec![Request::new(prompt, Some(asked.prompt_len), output)];
        let prepared = prepare(Schedule { requests, pace: pace() }, &target, &self.rendering())?;
        let path = prepared.head.split(' ').nth(1).unwrap().to_owned();
        Ok((path, String::from_utf8(prepared.body(0).to_vec()).unwrap()))
    }
}

fn pace() -> Pace {
    Pace::Closed {
        starts: vec![Nanos::ZERO],
        ramp_in: 0..0,
        measured: 0..1,
        drain: 1..1,
        close: Close::AllEnded,
        measured_as: Phase::Measure,
    }
}

#[test]
fn every_body_is_the_tools_own_to_the_byte() {
    let Golden { asked, cases } = golden();
    let bodies_without = |case: &Case, flag: &str| {
        let alike = |other: &&Case| {
            let mut flags = case.flags.clone();
            flags.shift_remove(flag);
            (other.rules, &other.backend, &other.flags) == (case.rules, &case.backend, &flags)
        };
        cases.iter().find(alike).map(|case| case.body.clone())
    };
    for case in &cases {
        let Case { rules, backend, flags, path, body } = case;
        let name = format!("{rules}, {backend}, {flags:?}");
        match case.ours(&asked) {
            Ok(ours) => assert_eq!(ours, (path.clone(), body.clone()), "{name}"),
            // What is refused must have changed nothing in what the tool sent.
            Err(PrepareError::Idle { flag, .. }) => {
                let without = bodies_without(case, flag.trim_start_matches('-'));
                assert_eq!(without.as_ref(), Some(body), "{name}: {flag}");
            }
            Err(why) => panic!("{name}: {why}"),
        }
    }
    assert!(cases.len() > 100, "{}", cases.len());
}

fn rendered(rules: Rules, dialect: Dialect, prompt: Prompt, wording: Wording) -> String {
    let rendering =
        Rendering { wording: Some(Wording { rules, ..wording }), ..Rendering::default() };
    let output = OutputLength { tokens: 4, exact: true };
    let requests = vec![Request::new(prompt, None, output)];
    let target =
        Target { address: "http://host:1".parse().unwrap(), dialect, model: "tiny".to_owned() };
    match prepare(Schedule { requests, pace: pace() }, &target, &rendering) {
        Ok(prepared) => String::from_utf8(prepared.body(0).to_vec()).unwrap(),
        Err(why) => why.to_string(),
    }
}

#[test]
fn prompts_stand_where_the_tool_puts_them() {
    let turn = |role: &str, content: &str| Message { role: role.into(), content: content.into() };
    let one = || Prompt::Messages(vec![turn("user", "a")]);
    let two = || Prompt::Messages(vec![turn("system", "a"), turn("user", "b")]);
    let plain = || Wording::of(Rules::Vllm033);
    for (rules, dialect, prompt, has) in [
        (Rules::Vllm033, Dialect::OpenaiChat, one(), r#"[{"type": "text", "text": "a"}]"#),
        (Rules::Vllm033, Dialect::OpenaiChat, two(), r#"[{"role": "system", "content": "a"}, "#),
        (Rules::Sglang0523, Dialect::OpenaiChat, one(), r#"[{"role": "user", "content": "a"}]"#),
        (
            Rules::Sglang0523,
            Dialect::SglangGenerate,
            Prompt::TokenIds(vec![1, 2]),
            r#"{"input_ids": [1, 2], "sampling_params""#,
        ),
        (Rules::Vllm033, Dialect::OpenaiCompletions, Prompt::TokenIds(vec![1]), r#""prompt": [1]"#),
        (Rules::Sglang045, Dialect::SglangGenerate, Prompt::TokenIds(vec![1]), "token ids"),
        (Rules::Vllm084, Dialect::Tgi, two(), "tgi can't carry a prompt as messages"),
        (Rules::Vllm033, Dialect::Tgi, one(), "vllm-0.33 sends nothing as tgi"),
        (Rules::Sglang0214, Dialect::SglangGenerate, one(), "sends nothing as sglang-generate"),
        // It sends nothing over a wire, so the body is ours.
        (
            Rules::VllmThroughput07Dstack,
            Dialect::OpenaiCompletions,
            Prompt::Text("a".into()),
            r#""min_tokens":4"#,
        ),
    ] {
        let body = rendered(rules, dialect, prompt, plain());
        assert!(body.contains(has), "{rules}, {dialect}: {body}");
    }
}

#[test]
fn what_would_do_nothing_is_refused() {
    let text = || Prompt::Text("a".into());
    let logprobs = Wording { logprobs: Some(1), ..Wording::of(Rules::Vllm033) };
    let said = rendered(Rules::Vllm033, Dialect::OpenaiChat, text(), logprobs.clone());
    let idle = "--logprobs changes nothing in what vllm-0.33 sends as openai-chat; leave it out";
    assert_eq!(said, idle);
    assert!(!rendered(Rules::Vllm033, Dialect::OpenaiCompletions, text(), logprobs).contains("--"));
    let penalty = Wording { presence_penalty: Some(1.0), ..Wording::of(Rules::Vllm084) };
    let said = rendered(Rules::Vllm084, Dialect::OpenaiCompletions, text(), penalty);
    assert!(said.starts_with("--presence-penalty changes nothing"), "{said}");
}
