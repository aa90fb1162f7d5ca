//! The question: what the dialect needs, then the optional fields, then the
//! user's own.

use serde_json::{Map, Value, json};
use tokenometer_core::{Dialect, Target};

use super::Ask;

/// What is asked; one word, and one token in return.
const PROMPT: &str = "Hello";
/// Ids that every vocabulary has.
const IDS: [u32; 2] = [3, 4];

/// The body of the question.
pub(super) fn body(target: &Target, ask: &Ask) -> Value {
    let mut body = match target.dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat => openai(target, ask),
        Dialect::SglangGenerate => sglang(ask),
        Dialect::TritonGenerateStream => triton(ask),
        Dialect::Tgi => tgi(ask),
    };
    merge(&mut body, &Value::Object(ask.extra.clone()));
    body
}

/// The place of the dialect's optional fields in the body, for the hint that
/// leaves one out; `None` where they stand in the body itself.
pub(super) fn nest(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::SglangGenerate => Some("sampling_params"),
        Dialect::Tgi => Some("parameters"),
        _ => None,
    }
}

/// The fields that were sent and could be left out.
pub(super) fn optional_fields(dialect: Dialect, ask: &Ask) -> Vec<String> {
    let (exact, temperature) = (ask.ignore_eos, ask.temperature.is_some());
    let own = match dialect {
        Dialect::OpenaiCompletions | Dialect::OpenaiChat => vec![
            ("ignore_eos", exact),
            ("stream_options", ask.stream),
            ("temperature", temperature),
            ("prompt", ask.token_ids && dialect == Dialect::OpenaiCompletions),
        ],
        Dialect::SglangGenerate => {
            vec![("ignore_eos", exact), ("temperature", temperature), ("input_ids", ask.token_ids)]
        }
        Dialect::TritonGenerateStream => vec![("min_length", exact), ("temperature", temperature)],
        Dialect::Tgi => {
            vec![("ignore_eos_token", exact), ("temperature", positive(ask.temperature).is_some())]
        }
    };
    let own = own.into_iter().filter(|(_, sent)| *sent).map(|(field, _)| field.to_owned());
    let extra = ask.extra.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key.clone());
    let removed = |field: &String| ask.extra.get(field).is_some_and(Value::is_null);
    let mut fields: Vec<String> = own.filter(|field| !removed(field)).chain(extra).collect();
    fields.dedup();
    fields
}

fn openai(target: &Target, ask: &Ask) -> Value {
    let mut body = json!({ "model": target.model, "max_tokens": 1, "stream": ask.stream });
    match target.dialect {
        Dialect::OpenaiChat => body["messages"] = json!([{ "role": "user", "content": PROMPT }]),
        _ if ask.token_ids => body["prompt"] = json!(IDS),
        _ => body["prompt"] = json!(PROMPT),
    }
    if let Some(temperature) = ask.temperature {
        body["temperature"] = json!(temperature);
    }
    if ask.ignore_eos {
        body["ignore_eos"] = json!(true);
    }
    if ask.stream {
        body["stream_options"] = json!({ "include_usage": true });
    }
    body
}

fn sglang(ask: &Ask) -> Value {
    let mut sampling = Map::from_iter([("max_new_tokens".to_owned(), json!(1))]);
    if let Some(temperature) = ask.temperature {
        sampling.insert("temperature".into(), json!(temperature));
    }
    if ask.ignore_eos {
        sampling.insert("ignore_eos".into(), json!(true));
    }
    let (field, prompt) = match ask.token_ids {
        true => ("input_ids", json!(IDS)),
        false => ("text", json!(PROMPT)),
    };
    json!({ field: prompt, "sampling_params": sampling, "stream": ask.stream })
}

fn triton(ask: &Ask) -> Value {
    let mut body = json!({ "text_input": PROMPT, "max_tokens": 1, "stream": ask.stream });
    if let Some(temperature) = ask.temperature {
        body["temperature"] = json!(temperature);
    }
    if ask.ignore_eos {
        body["min_length"] = json!(1);
    }
    body
}

fn tgi(ask: &Ask) -> Value {
    let mut parameters = json!({ "max_new_tokens": 1, "details": true });
    if let Some(temperature) = positive(ask.temperature) {
        parameters["do_sample"] = json!(true);
        parameters["temperature"] = json!(temperature);
    }
    if ask.ignore_eos {
        parameters["ignore_eos_token"] = json!(true);
    }
    json!({ "inputs": PROMPT, "parameters": parameters })
}

/// Text Generation Inference refuses a temperature of zero, and does what it
/// means when it is told none.
fn positive(temperature: Option<f64>) -> Option<f64> {
    temperature.filter(|temperature| *temperature > 0.0)
}

/// A JSON merge patch (RFC 7396): objects are merged, `null` removes.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.as_object_mut().map(|fields| fields.remove(key));
            }
            value => merge(&mut target[key], value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_follows_the_rfc() {
        // The examples of RFC 7396, appendix A, those with objects.
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, result, "{target} with {patch}");
        }
    }

    fn target(dialect: Dialect) -> Target {
        Target { address: "http://host:1".parse().unwrap(), dialect, model: "tiny".into() }
    }

    #[test]
    fn the_body_has_what_was_asked_and_no_more() {
        let target = target(Dialect::OpenaiChat);
        let ask = Ask { stream: false, temperature: None, ..Ask::default() };
        assert_eq!(
            body(&target, &ask),
            json!({"model": "tiny", "max_tokens": 1, "stream": false,
                   "messages": [{"role": "user", "content": "Hello"}]})
        );
        let extra = json!({"stream_options": null, "top_k": 1});
        let ask = Ask { extra: extra.as_object().unwrap().clone(), ..Ask::default() };
        let body = body(&target, &ask);
        assert_eq!(body.get("stream_options"), None);
        assert_eq!(body["top_k"], 1);
        assert_eq!(optional_fields(target.dialect, &ask), ["temperature", "top_k"]);
    }

    #[test]
    fn every_dialect_asks_in_its_own_words() {
        let ask = Ask { ignore_eos: true, token_ids: true, ..Ask::default() };
        let asked = |dialect| body(&target(dialect), &ask);
        assert_eq!(
            asked(Dialect::SglangGenerate),
            json!({"input_ids": [3, 4], "stream": true,
                "sampling_params": {"max_new_tokens": 1, "temperature": 0.0, "ignore_eos": true}})
        );
        assert_eq!(
            asked(Dialect::TritonGenerateStream),
            json!({"text_input": "Hello", "max_tokens": 1, "stream": true, "temperature": 0.0,
                "min_length": 1})
        );
        let parameters = json!({"max_new_tokens": 1, "details": true, "ignore_eos_token": true});
        assert_eq!(asked(Dialect::Tgi), json!({"inputs": "Hello", "parameters": parameters}));
        assert_eq!(optional_fields(Dialect::Tgi, &ask), ["ignore_eos_token"]);
    }
}
