//! What a word of YAML stands for: its core schema (YAML 1.2.2, §10.3), and no
//! more, so that `no` is a text and `0.8.4` is one too.

use serde_json::{Number, Value};

/// The largest whole number that every float up to it can tell from its
/// neighbours: 2^53.
const WHOLE_UP_TO: f64 = 9_007_199_254_740_992.0;

/// What a word that isn't quoted stands for. What JSON has no word for (`.inf`,
/// `.nan`) becomes the text `inf` and `nan`: whoever means them can read them.
pub(crate) fn plain(word: &str) -> Value {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::from("inf"),
        "-.inf" | "-.Inf" | "-.INF" => Value::from("-inf"),
        ".nan" | ".NaN" | ".NAN" => Value::from("nan"),
        _ => number(word).map_or_else(|| Value::from(word), Value::Number),
    }
}

/// The number that a word stands for, if it stands for one.
fn number(word: &str) -> Option<Number> {
    if let Some(digits) = word.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = word.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    let unsigned = word.strip_prefix('+').unwrap_or(word);
    if let Ok(whole) = unsigned.parse::<u64>() {
        return Some(Number::from(whole));
    }
    if let Ok(whole) = unsigned.parse::<i64>() {
        return Some(Number::from(whole));
    }
    float(unsigned)
}

/// The number that a word with a point or an exponent stands for. `1e3` is a
/// whole number: nobody writes a thousand so to say that it is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and in range")]
fn float(word: &str) -> Option<Number> {
    // Rust reads `inf` and `nan` as floats; YAML's core schema doesn't.
    let has_only_digits = word
        .chars()
        .all(|char| char.is_ascii_digit() || matches!(char, '.' | 'e' | 'E' | '+' | '-'));
    if !has_only_digits {
        return None;
    }
    let float: f64 = word.parse().ok()?;
    let has_point = word.contains('.');
    if !has_point && float.fract() == 0.0 && (0.0..=WHOLE_UP_TO).contains(&float) {
        return Some(Number::from(float as u64));
    }
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_what_yaml_says() {
        assert_eq!(plain("1e3"), Value::from(1000));
        assert_eq!(plain("1.5"), Value::from(1.5));
        assert_eq!(plain("-3"), Value::from(-3));
        assert_eq!(plain("+3"), Value::from(3));
        assert_eq!(plain("0x10"), Value::from(16));
        assert_eq!(plain("0.8.4"), Value::from("0.8.4"));
        assert_eq!(plain("inf"), Value::from("inf"));
        assert_eq!(plain(".inf"), Value::from("inf"));
        assert_eq!(plain("no"), Value::from("no"));
        assert_eq!(plain("~"), Value::Null);
        assert_eq!(plain("infinity"), Value::from("infinity"));
        assert_eq!(plain("5s"), Value::from("5s"));
        assert_eq!(plain("e"), Value::from("e"));
        assert_eq!(plain("2026-01-01"), Value::from("2026-01-01"));
    }
}
