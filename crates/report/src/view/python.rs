//! Values as Python holds them, written as its `print`, its `json.dumps` and
//! its `csv` write them.
//!
//! This module must not know what a value means.

use std::fmt::Write as _;

/// A value of Python's, or the want of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// `None`: the tool itself has nothing to say.
    None,
    /// What the tool would say can't be known from what was kept. Written as
    /// `null` and `n/a`.
    Unknown,
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or one that is infinite or no number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A dictionary, in the order in which its keys were put in.
    Dict(Vec<(String, Value)>),
    /// A list of dictionaries that all have these keys, of which there may be very many.
    Rows(&'static [&'static str], Vec<Vec<Value>>),
}

impl Value {
    /// A string.
    pub(super) fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A list of numbers.
    pub(super) fn floats(numbers: impl IntoIterator<Item = f64>) -> Value {
        Value::List(numbers.into_iter().map(Value::Float).collect())
    }

    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// `str(value)`, as `print` and `csv` use it.
    pub(super) fn shown(&self) -> String {
        match self {
            Value::None => "None".to_owned(),
            Value::Unknown => "n/a".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => repr(*number),
            Value::Text(text) => text.clone(),
            other => other.dumps(),
        }
    }

    /// With two decimals, as `{:.2f}` writes it.
    pub(super) fn fixed(&self) -> String {
        match self.number() {
            Some(number) => fixed(number, 2),
            None => self.shown(),
        }
    }

    /// `round(value, places)` of a plain Python number: to the nearest decimal.
    pub(super) fn rounded(&self, places: usize) -> Value {
        match self {
            Value::Float(number) => Value::Float(round(*number, places)),
            other => other.clone(),
        }
    }

    /// `json.dumps(value)`.
    pub(super) fn dumps(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json, None);
        json
    }

    /// `json.dumps(value, indent=2)`.
    pub(super) fn dumps_indented(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json, Some(0));
        json
    }

    /// `depth` is how far in it stands, where lines are indented at all.
    fn write_json(&self, json: &mut String, depth: Option<usize>) {
        match self {
            Value::None | Value::Unknown => json.push_str("null"),
            Value::Bool(truth) => json.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number) => {
                let _ = write!(json, "{number}");
            }
            Value::Float(number) => json.push_str(&json_number(*number)),
            Value::Text(text) => write_string(text, json),
            Value::List(items) => {
                let items = items.iter().map(|item| (None, item));
                write_items(json, ['[', ']'], items, depth, Value::write_json);
            }
            Value::Dict(entries) => {
                let entries = entries.iter().map(|(key, value)| (Some(key.as_str()), value));
                write_items(json, ['{', '}'], entries, depth, Value::write_json);
            }
            Value::Rows(keys, rows) => {
                let rows = rows.iter().map(|row| (None, row));
                write_items(json, ['[', ']'], rows, depth, |row, json, depth| {
                    let entries = keys.iter().map(|key| Some(*key)).zip(row);
                    write_items(json, ['{', '}'], entries, depth, Value::write_json);
                });
            }
        }
    }
}

impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Value {
        use serde_json::Value as Json;
        match value {
            Json::Null => Value::None,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Int(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(Value::from).collect()),
            Json::Object(entries) => Value::Dict(
                entries.iter().map(|(key, value)| (key.clone(), Value::from(value))).collect(),
            ),
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        i64::try_from(number).map_or(Value::Float(number as f64), Value::Int)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Int(number.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    /// What is absent is Python's `None`, not unknown.
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::None, Into::into)
    }
}

/// `repr` of a float: as few digits as tell it apart, with an exponent below
/// 1e-4 and from 1e16 on.
pub(super) fn repr(number: f64) -> String {
    if !number.is_finite() {
        return fixed(number, 0);
    }
    if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        // Most numbers by far, and Rust writes them in the same way.
        return format!("{number:?}");
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// With so many decimals, as Python's `f` format writes it.
pub(super) fn fixed(number: f64, places: usize) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    format!("{number:.places$}")
}

/// `round` of a plain Python float.
pub(super) fn round(number: f64, places: usize) -> f64 {
    // Both languages write the decimal that is nearest to the exact value, so
    // that reading it back rounds as Python does.
    fixed(number, places).parse().unwrap_or(number)
}

/// `round` of one of numpy's floats, which multiplies, rounds and divides.
pub(super) fn numpy_round(number: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (number * scale).round_ties_even() / scale
}

/// A float as `json.dumps` writes it, which for some is no valid JSON.
fn json_number(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        repr(number)
    }
}

/// The items of a list or a dictionary between its brackets.
fn write_items<'a, I: 'a>(
    json: &mut String,
    [open, close]: [char; 2],
    items: impl ExactSizeIterator<Item = (Option<&'a str>, &'a I)>,
    depth: Option<usize>,
    write: impl Fn(&I, &mut String, Option<usize>),
) {
    json.push(open);
    let is_empty = items.len() == 0;
    let inside = depth.map(|depth| depth + 1);
    for (index, (key, value)) in items.enumerate() {
        match (index, inside) {
            (0, None) => {}
            (_, None) => json.push_str(", "),
            (0, Some(inside)) => break_line(json, inside),
            (_, Some(inside)) => {
                json.push(',');
                break_line(json, inside);
            }
        }
        if let Some(key) = key {
            write_string(key, json);
            json.push_str(": ");
        }
        write(value, json, inside);
    }
    if let Some(depth) = depth.filter(|_| !is_empty) {
        break_line(json, depth);
    }
    json.push(close);
}

fn break_line(json: &mut String, depth: usize) {
    json.push('\n');
    json.push_str(&"  ".repeat(depth));
}

/// A string in ASCII alone: whatever else there is, as the numbers of its
/// UTF-16 units.
fn write_string(text: &str, json: &mut String) {
    json.push('"');
    let mut units = [0; 2];
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            ' '..='~' => json.push(c),
            _ => {
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
}

/// A line as Python's `csv` writes it; what is absent is empty.
pub(super) fn csv_line(values: impl IntoIterator<Item = Value>) -> String {
    let fields = values.into_iter().map(|value| {
        let text = match value {
            Value::None | Value::Unknown => String::new(),
            value => value.shown(),
        };
        let is_plain = !text.contains([',', '"', '\r', '\n']);
        if is_plain { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    });
    fields.collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (number, text) in [
            (0.125, "0.125"),
            (10.0, "10.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.2345678901234568e17, "1.2345678901234568e+17"),
            (5e-324, "5e-324"),
            (-0.0, "-0.0"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(repr(number), text);
        }
        for (number, text) in
            [(0.125, "0.12"), (0.375, "0.38"), (2.5, "2.50"), (f64::NAN, "nan"), (-0.001, "-0.00")]
        {
            assert_eq!(fixed(number, 2), text);
        }
        assert_eq!((round(2.675, 2), round(0.125, 2)), (2.67, 0.12));
        assert_eq!(numpy_round(2.675, 2), 2.68);
    }

    #[test]
    fn json_is_pythons() {
        let text = Value::text("é\u{7f}\u{2028}\"\\\n😀\u{1}/");
        assert_eq!(text.dumps(), r#""\u00e9\u007f\u2028\"\\\n\ud83d\ude00\u0001/""#);
        let value = Value::Dict(vec![
            ("a".into(), Value::List(vec![Value::Int(1), Value::Float(f64::INFINITY)])),
            ("b".into(), Value::Unknown),
            ("c".into(), Value::List(Vec::new())),
        ]);
        assert_eq!(value.dumps(), r#"{"a": [1, Infinity], "b": null, "c": []}"#);
        let indented = "{\n  \"a\": [\n    1,\n    Infinity\n  ],\n  \"b\": null,\n  \"c\": []\n}";
        assert_eq!(value.dumps_indented(), indented);
        let dict = |number| Value::Dict(vec![("a".into(), number), ("b".into(), Value::None)]);
        let list = Value::List(vec![dict(Value::Int(1)), dict(Value::Int(2))]);
        let row = |number| vec![Value::Int(number), Value::None];
        let rows = Value::Rows(&["a", "b"], vec![row(1), row(2)]);
        assert_eq!((rows.dumps(), rows.dumps_indented()), (list.dumps(), list.dumps_indented()));
    }

    proptest! {
        #[test]
        fn a_float_is_read_back_as_it_was(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(repr(number).parse::<f64>().unwrap(), number);
        }
    }
}
