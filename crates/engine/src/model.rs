//! The models that a server says it serves, and which of them is meant.

use serde_json::Value;
use tokenometer_core::Address;

use crate::error::EngineError;

/// The most names that an error lists.
const LISTED: usize = 8;

/// A model, as a server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedModel {
    /// The name under which it is served.
    pub id: String,
    /// The longest context, prompt and answer together, in tokens.
    pub max_model_len: Option<u32>,
    /// Where the server took it from: a folder on its machine, or a name on a
    /// hub.
    pub root: Option<String>,
}

/// The models in the answer of `/v1/models`; `None` if it is no such list.
pub(crate) fn read_models(value: &Value) -> Option<Vec<ServedModel>> {
    value["data"].as_array()?.iter().map(read_model).collect()
}

fn read_model(value: &Value) -> Option<ServedModel> {
    Some(ServedModel {
        id: value["id"].as_str()?.to_owned(),
        max_model_len: value["max_model_len"].as_u64().and_then(|len| len.try_into().ok()),
        root: value["root"].as_str().map(str::to_owned),
    })
}

/// Settles the model: the one that is wanted, or the only one served. A server
/// that can't list its models is believed to serve the one that is wanted.
pub(crate) fn choose(
    address: &Address,
    models: &Result<Vec<ServedModel>, String>,
    wanted: Option<&str>,
) -> Result<String, EngineError> {
    let address = address.to_string();
    let ids = |models: &[ServedModel]| models.iter().map(|model| model.id.clone()).collect();
    match (models, wanted) {
        (Err(_), Some(wanted)) => Ok(wanted.to_owned()),
        (Err(why), None) => Err(EngineError::ModelsUnlisted { address, why: why.clone() }),
        // An empty list is no evidence against a name: a router may load
        // models only when they are asked for.
        (Ok(models), Some(wanted)) if models.is_empty() => Ok(wanted.to_owned()),
        (Ok(models), Some(wanted)) => match models.iter().any(|model| model.id == wanted) {
            true => Ok(wanted.to_owned()),
            false => {
                let served = shortened(nearest(wanted, ids(models)));
                Err(EngineError::ModelNotServed { address, model: wanted.to_owned(), served })
            }
        },
        (Ok(models), None) => match models.as_slice() {
            [] => Err(EngineError::NoModels { address }),
            [only] => Ok(only.id.clone()),
            several => Err(EngineError::SeveralModels { address, served: ids(several) }),
        },
    }
}

/// The names, the most similar to the wanted one first.
fn nearest(wanted: &str, mut names: Vec<String>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &String| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    names.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    names
}

/// Keeps the first few names, and says how many more there are.
fn shortened(mut names: Vec<String>) -> Vec<String> {
    if names.len() > LISTED {
        let more = names.len() - LISTED;
        names.truncate(LISTED);
        names.push(format!("and {more} more"));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(ids: &[&str]) -> Result<Vec<ServedModel>, String> {
        let model = |id: &&str| ServedModel { id: (*id).into(), max_model_len: None, root: None };
        Ok(ids.iter().map(model).collect())
    }

    fn chosen(models: &Result<Vec<ServedModel>, String>, wanted: Option<&str>) -> String {
        let address = "http://host:8000".parse().unwrap();
        match choose(&address, models, wanted) {
            Ok(model) => model,
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn the_model_is_settled_or_the_error_says_how() {
        let unlisted = Err("HTTP 500: Internal Server Error".to_owned());
        let many: Vec<String> = (0..12).map(|i| format!("model-{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let cases = [
            ("one, none wanted", chosen(&served(&["tiny"]), None)),
            ("one, it wanted", chosen(&served(&["tiny"]), Some("tiny"))),
            ("several, none wanted", chosen(&served(&["a", "b"]), None)),
            ("none, none wanted", chosen(&served(&[]), None)),
            ("none, one wanted", chosen(&served(&[]), Some("lora"))),
            (
                "another wanted",
                chosen(
                    &served(&["qwen", "Llama-3.1-70B", "Llama-3.1-8B"]),
                    Some("llama-3.1-8b-instruct"),
                ),
            ),
            ("another of many", chosen(&served(&many), Some("mode1-3"))),
            ("unlisted, one wanted", chosen(&unlisted, Some("tiny"))),
            ("unlisted, none wanted", chosen(&unlisted, None)),
        ];
        let lines: Vec<String> = cases.iter().map(|(case, got)| format!("{case}: {got}")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn what_is_no_list_of_models_is_none() {
        for text in [r#"{"models":[]}"#, "[]", r#"{"data":[{"name":"x"}]}"#, r#"{"data":{}}"#] {
            assert_eq!(read_models(&serde_json::from_str(text).unwrap()), None, "{text}");
        }
    }
}
