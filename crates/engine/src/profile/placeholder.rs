//! `{model}`, `{host}`, `{port}`, `{version}` and `{executable}` in a profile's
//! texts, and `{file:NAME}`, which stays as it is until the file is written.
//! `{profile-folder}` was filled before, when the file was read.

use std::collections::BTreeMap;

/// What a placeholder's name may be, beside `file:NAME`.
pub(super) const NAMES: [&str; 5] = ["model", "host", "port", "version", "executable"];

/// What begins the name of a file's placeholder.
const FILE: &str = "file:";

/// The names in braces in a text. Only words of small letters count, so that
/// JSON is left alone.
pub(super) fn names(text: &str) -> Vec<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .filter(|name| name.starts_with(FILE) || is_word(name))
        .collect()
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
}

/// The name of the file that a placeholder stands for.
pub(super) fn file(name: &str) -> Option<&str> {
    name.strip_prefix(FILE)
}

/// Puts values in the place of placeholders. Those without one stay.
pub(super) fn fill(text: &str, values: &BTreeMap<&str, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let value =
            after.find('}').and_then(|end| values.get(&after[..end]).map(|value| (end, value)));
        if let Some((end, value)) = value {
            filled.push_str(value);
            rest = &after[end + 1..];
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_json_is_left_alone() {
        let text = r#"{model} {"a": {"b": 1}} {file:extra.yaml} {Model} {} {host"#;
        assert_eq!(names(text), ["model", "file:extra.yaml"]);
        assert_eq!(file("file:extra.yaml"), Some("extra.yaml"));
    }

    #[test]
    fn values_take_the_place_of_names() {
        let values = BTreeMap::from([("host", "::1".to_owned()), ("port", "8000".to_owned())]);
        assert_eq!(
            fill(r#"{host}:{port} {"a": {port}} {file:x} {host"#, &values),
            r#"::1:8000 {"a": 8000} {file:x} {host"#
        );
    }
}
