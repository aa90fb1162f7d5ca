//! What a server that refused the question objects to.

use tokenometer_core::{Dialect, Target};

use super::Ask;
use super::body::{nest, optional_fields};
use crate::error::EngineError;
use crate::http::{Answer, Control};

/// What a refusal is about.
pub(super) fn objection(
    control: &Control,
    answer: &Answer,
    target: &Target,
    ask: &Ask,
) -> EngineError {
    let (url, status, text) = (answer.url.clone(), answer.status, control.complaint(answer));
    let lower = text.to_lowercase();
    if matches!(status, 404 | 405) {
        // A missing route and an unknown model share the status 404; only the
        // sentence tells them apart.
        return match lower.contains("model") {
            true => EngineError::ModelRefused { url, model: target.model.clone(), text },
            false => EngineError::RouteMissing { url, status, text },
        };
    }
    if !matches!(status, 400 | 422 | 500) {
        return control.refusal(answer);
    }
    let fields: Vec<String> = optional_fields(target.dialect, ask)
        .into_iter()
        .filter(|field| names(&text, field))
        .collect();
    if let Some(first) = fields.first() {
        let cure = cure(first, target.dialect, ask);
        return EngineError::FieldRefused { url, status, fields, text, cure };
    }
    match quotes(&text, &target.model) {
        true => EngineError::ModelRefused { url, model: target.model.clone(), text },
        false => control.refusal(answer),
    }
}

/// Whether a text has a name in quotation marks of some kind.
fn quotes(text: &str, name: &str) -> bool {
    ["'", "`", "\""].iter().any(|mark| text.contains(&format!("{mark}{name}{mark}")))
}

/// Whether a text names a field, as a word of its own.
fn names(text: &str, field: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !belongs(c)).any(|word| word == field)
}

fn cure(field: &str, dialect: Dialect, ask: &Ask) -> String {
    match (field, nest(dialect)) {
        (field, _) if ask.extra.contains_key(field) => {
            format!("take `{field}` out of --extra-request-body")
        }
        ("ignore_eos" | "ignore_eos_token" | "min_length", _) => {
            "leave out --ignore-eos".to_owned()
        }
        ("prompt" | "input_ids", _) => {
            "this server takes no token ids; choose a --dataset-name of text".to_owned()
        }
        (field, None) => {
            format!("leave it out with --extra-request-body '{{\"{field}\": null}}'")
        }
        (field, Some(nest)) => {
            format!(
                "leave it out with --extra-request-body '{{\"{nest}\": {{\"{field}\": null}}}}'"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_only_as_a_word() {
        assert!(names("fields in the request: {'ignore_eos', 'min_tokens'}", "ignore_eos"));
        assert!(names("body.temperature: too hot", "temperature"));
        assert!(!names("ignore_eos_token is unknown", "ignore_eos"));
    }

    #[test]
    fn a_field_inside_another_is_left_out_where_it_stands() {
        let said = cure("temperature", Dialect::SglangGenerate, &Ask::default());
        let patch = r#"'{"sampling_params": {"temperature": null}}'"#;
        assert_eq!(said, format!("leave it out with --extra-request-body {patch}"));
    }
}
