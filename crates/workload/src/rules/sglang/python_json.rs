//! JSON as Python's `json.dumps` writes it by default: ASCII alone, a blank
//! after each comma and colon, and its own way of writing numbers.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The text of a value.
pub(super) fn dumps(value: &Value) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Python);
    value.serialize(&mut serializer).expect("a JSON value can be written into memory");
    String::from_utf8(text).expect("only ASCII was written")
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for unit in fragment.encode_utf16() {
            match u8::try_from(unit) {
                Ok(printable @ b' '..=b'~') => out.write_all(&[printable])?,
                _ => write!(out, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, number: f64) -> io::Result<()> {
        // Both languages write the fewest digits that say the number; Python
        // takes to powers of ten from 1e16 on and below 1e-4.
        let scientific = format!("{number:e}");
        let (digits, power) = scientific.split_once('e').expect("`e` was asked for");
        let power: i32 = power.parse().expect("a power is a number");
        if number == 0.0 || (-4..16).contains(&power) {
            return write!(out, "{number:?}");
        }
        let sign = if power < 0 { '-' } else { '+' };
        write!(out, "{digits}e{sign}{:02}", power.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What CPython 3.11 writes.
    #[test]
    fn a_value_is_written_as_python_writes_it() {
        let value: Value = serde_json::from_str(
            r#"{"b": [1, 2.0, -0.5, true, null, []], "a": {"ü": "🦀\"\\\n\u0001\u007f/"}, "c": {}}"#,
        )
        .unwrap();
        assert_eq!(
            dumps(&value),
            r#"{"b": [1, 2.0, -0.5, true, null, []], "a": {"\u00fc": "\ud83e\udd80\"\\\n\u0001\u007f/"}, "c": {}}"#
        );
        let numbers = serde_json::json!([1e16, 1e15, 1.5e300, 1e-4, 1e-5, 1.25e-7, 0.0, 1e22]);
        assert_eq!(
            dumps(&numbers),
            "[1e+16, 1000000000000000.0, 1.5e+300, 0.0001, 1e-05, 1.25e-07, 0.0, 1e+22]"
        );
    }
}
