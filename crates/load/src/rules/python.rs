//! JSON as Python's `json.dumps` writes it by default, which is what aiohttp
//! sends: a blank after each comma and colon, nothing but ASCII, and numbers as
//! `repr` shows them.

use std::io::Write as _;

use serde_json::{Map, Value};

/// Why writing can't fail.
const TAKES_ALL: &str = "a vector takes everything";

/// Appends an object to `out`.
pub(crate) fn dump(out: &mut Vec<u8>, fields: &Map<String, Value>) {
    out.push(b'{');
    for (index, (name, item)) in fields.iter().enumerate() {
        push_separator(out, index);
        push_string(out, name);
        out.extend_from_slice(b": ");
        push_value(out, item);
    }
    out.push(b'}');
}

fn push_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => push_float(out, float),
            None => write!(out, "{number}").expect(TAKES_ALL),
        },
        Value::String(text) => push_string(out, text),
        Value::Array(list) => {
            out.push(b'[');
            for (index, item) in list.iter().enumerate() {
                push_separator(out, index);
                push_value(out, item);
            }
            out.push(b']');
        }
        Value::Object(fields) => dump(out, fields),
    }
}

fn push_separator(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.extend_from_slice(b", ");
    }
}

/// Appends a text between quotes. What isn't printable ASCII is escaped, beyond
/// the first plane of Unicode as two surrogates.
fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            ' '..='~' => out.push(character as u8),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect(TAKES_ALL);
                }
            }
        }
    }
    out.push(b'"');
}

/// Appends the shortest digits that read back as the same number; with an
/// exponent below 10⁻⁴ and from 10¹⁶ on.
fn push_float(out: &mut Vec<u8>, float: f64) {
    // Rust's digits are the shortest, too: `d.ddde-7`.
    let shown = format!("{float:e}");
    let (digits, exponent) = shown.split_once('e').expect("such a number has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    if float == 0.0 || (-4..16).contains(&exponent) {
        write!(out, "{float:?}").expect(TAKES_ALL);
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let exponent = exponent.unsigned_abs();
        write!(out, "{digits}e{sign}{exponent:02}").expect(TAKES_ALL);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dumped(value: Value) -> String {
        let mut out = Vec::new();
        push_value(&mut out, &value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_shown_as_python_shows_them() {
        for (number, shown) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.7, "0.7"),
            (1e-6, "1e-06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (123_456_789.0, "123456789.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (-2.5e-100, "-2.5e-100"),
        ] {
            assert_eq!(dumped(json!(number)), shown);
        }
        assert_eq!(dumped(json!([1, -7, u64::MAX])), "[1, -7, 18446744073709551615]");
    }

    #[test]
    fn texts_are_ascii() {
        let text = "a \"q\" \\ / \n\r\t\u{8}\u{c}\u{1}\u{7f} é 中 😀";
        let shown =
            concat!(r#""a \"q\" \\ / \n\r\t\b\f\u0001\u007f "#, r#"\u00e9 \u4e2d \ud83d\ude00""#);
        assert_eq!(dumped(json!(text)), shown);
    }

    #[test]
    fn blanks_stand_where_python_puts_them() {
        let value = json!({"b": [1, {"a": null}], "é": true, "c": {}, "d": []});
        let shown = r#"{"b": [1, {"a": null}], "\u00e9": true, "c": {}, "d": []}"#;
        assert_eq!(dumped(value), shown);
    }
}
