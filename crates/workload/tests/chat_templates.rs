//! Conversations rendered by chat templates: the same text as the Hugging Face
//! transformers library makes of them, which `golden/make_chat_templates.py`
//! recorded.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tokenometer_core::Message;
use tokenometer_workload::Tokenizer;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// The built-in tokenizer with another chat template, and with the special
/// tokens of the recording.
fn with_template(template: &str, special_tokens: &Value) -> Tokenizer {
    let home = tempfile::tempdir().unwrap();
    let [(name, tokenizer), (config, _)] = Tokenizer::builtin_files();
    fs::write(home.path().join(name), tokenizer).unwrap();
    fs::write(home.path().join(config), special_tokens.to_string()).unwrap();
    fs::write(home.path().join("chat_template.jinja"), template).unwrap();
    Tokenizer::load(home.path()).unwrap()
}

fn recorded() -> Value {
    let text = fs::read_to_string(Path::new(GOLDEN).join("chat_templates.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// An error with all that lies behind it.
fn told(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", told(source)),
        None => error.to_string(),
    }
}

#[test]
fn templates_give_what_transformers_gives() {
    let recorded = recorded();
    let (mut texts, mut refusals) = (0, 0);
    for (name, cases) in recorded["templates"].as_object().unwrap() {
        let template =
            fs::read_to_string(Path::new(GOLDEN).join("chat_templates").join(name)).unwrap();
        let tokenizer = with_template(&template, &recorded["special_tokens"]);
        for case in cases.as_array().unwrap() {
            let messages: Vec<Message> = serde_json::from_value(case["messages"].clone()).unwrap();
            let prompt = case["add_generation_prompt"].as_bool().unwrap();
            let rendered = tokenizer.chat(&messages, prompt);
            match (case["text"].as_str(), rendered) {
                (Some(text), rendered) => {
                    texts += 1;
                    assert_eq!(rendered.map_err(|e| told(&e)), Ok(text.to_owned()), "by {name}");
                }
                (None, Ok(text)) => panic!("{name} should refuse {messages:?}, not say {text}"),
                (None, Err(error)) => {
                    refusals += 1;
                    let said = case["refused"].as_str().unwrap();
                    assert!(told(&error).contains(said), "{} isn't {said}", told(&error));
                }
            }
        }
    }
    assert!(texts > 80 && refusals > 10, "{texts} texts and {refusals} refusals were recorded");
}

#[test]
fn the_day_is_always_the_same() {
    let recorded = recorded();
    for (format, text) in recorded["dates"].as_object().unwrap() {
        let template = format!("{{{{ strftime_now({}) }}}}", json!(format));
        let tokenizer = with_template(&template, &json!({}));
        assert_eq!(tokenizer.chat(&[], false).unwrap(), text.as_str().unwrap(), "of {format}");
    }
    let unknown = with_template("{{ strftime_now('%Q') }}", &json!({}));
    assert!(told(&unknown.chat(&[], false).unwrap_err()).contains("`%Q` is not known"));
}

#[test]
fn the_builtin_tokenizer_has_a_template() {
    let tokenizer = Tokenizer::builtin();
    let message = Message { role: "user".into(), content: " hi ".into() };
    assert_eq!(tokenizer.chat(&[message], true).unwrap(), "<s>[user]\nhi</s>\n[assistant]\n");
    assert_eq!(tokenizer.bos_token(), Some("<s>"));
}

#[test]
fn what_is_no_template_says_so() {
    let home = tempfile::tempdir().unwrap();
    let [(name, tokenizer), _] = Tokenizer::builtin_files();
    fs::write(home.path().join(name), tokenizer).unwrap();
    let error = |tokenizer: Tokenizer| {
        let text = told(&tokenizer.chat(&[], true).unwrap_err());
        let path = tokenizer.path().parent().unwrap().display().to_string();
        text.replace(&path, "HOME")
    };
    let none = Tokenizer::load(home.path()).unwrap();
    assert!(!none.has_chat_template());
    let faults = [
        error(none),
        error(with_template("{% if %}", &json!({}))),
        error(with_template("{{ messages[0].content.nothing() }}", &json!({}))),
    ];
    insta::assert_snapshot!(faults.join("\n"));
}
