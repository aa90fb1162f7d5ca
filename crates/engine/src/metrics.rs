//! Reads the Prometheus text format, in which engines publish their counters.
//!
//! Only what is needed of it: names, labels, values. A line that breaks the
//! grammar is an error, since a scrape that is half understood would give
//! counters that are half true.

use std::iter::Peekable;
use std::str::Chars;

use thiserror::Error;

/// One sample: a line that is neither blank nor a comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name, as in `vllm:num_requests_running`.
    pub name: String,
    /// Its labels, in the order of the line.
    pub labels: Vec<(String, String)>,
    /// Its value; may be infinite or NaN.
    pub value: f64,
}

impl Sample {
    /// The value of a label, if it has one.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }
}

/// Why a text is not in the Prometheus format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} is not in the Prometheus text format: {why}")]
pub struct MetricsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Every sample of a scrape, in its order. Timestamps and exemplars are
/// checked for nothing and dropped.
pub fn parse_metrics(text: &str) -> Result<Vec<Sample>, MetricsError> {
    let mut samples = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let sample = sample(line).map_err(|why| MetricsError { line: index + 1, why })?;
        samples.push(sample);
    }
    Ok(samples)
}

/// Reads `name{label="value",…} value [timestamp]`.
fn sample(line: &str) -> Result<Sample, &'static str> {
    let mut rest = line.chars().peekable();
    let name = word(&mut rest, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-'));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("it begins with no metric name");
    }
    skip_blanks(&mut rest);
    let labels = if rest.next_if_eq(&'{').is_some() { labels(&mut rest)? } else { Vec::new() };
    skip_blanks(&mut rest);
    let value = word(&mut rest, |c| !c.is_whitespace());
    let value = value.parse().map_err(|_| "its value is no number")?;
    Ok(Sample { name, labels, value })
}

/// Reads labels up to and with the closing brace.
fn labels(rest: &mut Peekable<Chars<'_>>) -> Result<Vec<(String, String)>, &'static str> {
    let mut labels = Vec::new();
    loop {
        skip_blanks(rest);
        if rest.next_if_eq(&'}').is_some() {
            return Ok(labels);
        }
        let name = word(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'));
        if name.is_empty() {
            return Err("a label has no name");
        }
        skip_blanks(rest);
        rest.next_if_eq(&'=').ok_or("a label has no value")?;
        skip_blanks(rest);
        labels.push((name, quoted(rest)?));
        skip_blanks(rest);
        if rest.next_if_eq(&',').is_none() && rest.peek() != Some(&'}') {
            return Err("its labels are not closed");
        }
    }
}

/// Reads a string in double quotes, with `\\`, `\"` and `\n`.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    rest.next_if_eq(&'"').ok_or("a label's value is not in quotes")?;
    let mut text = String::new();
    loop {
        match rest.next().ok_or("a label's value is not closed")? {
            '"' => return Ok(text),
            '\\' => match rest.next().ok_or("a label's value is not closed")? {
                'n' => text.push('\n'),
                escaped => text.push(escaped),
            },
            plain => text.push(plain),
        }
    }
}

fn word(rest: &mut Peekable<Chars<'_>>, belongs: impl Fn(char) -> bool) -> String {
    let mut word = String::new();
    while let Some(character) = rest.next_if(|c| belongs(*c)) {
        word.push(character);
    }
    word
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(line: &str) -> Sample {
        parse_metrics(line).unwrap().remove(0)
    }

    #[test]
    fn lines_of_every_form_are_read() {
        assert_eq!(one("up 1").value, 1.0);
        assert_eq!(one("a:b_total{} 1.5e3 1795296759000").value, 1500.0);
        assert_eq!(one("x{le=\"+Inf\",} +Inf").value, f64::INFINITY);
        assert!(one("x NaN").value.is_nan());
        let sample = one(r#"x { path="C:\\a", why="say \"no\"\n" } 2 # {id="1"} 0.5"#);
        assert_eq!(sample.label("path"), Some(r"C:\a"));
        assert_eq!(sample.label("why"), Some("say \"no\"\n"));
        assert_eq!(sample.label("none"), None);
        assert!(parse_metrics("\n# HELP x y\n# EOF\n").unwrap().is_empty());
    }

    #[test]
    fn a_broken_line_is_named() {
        for (line, why) in [
            ("{a=\"b\"} 1", "it begins with no metric name"),
            ("1x 1", "it begins with no metric name"),
            ("x", "its value is no number"),
            ("x one", "its value is no number"),
            ("x{a} 1", "a label has no value"),
            ("x{=\"b\"} 1", "a label has no name"),
            ("x{a=b} 1", "a label's value is not in quotes"),
            ("x{a=\"b} 1", "a label's value is not closed"),
            ("x{a=\"b\\", "a label's value is not closed"),
            ("x{a=\"b\" c=\"d\"} 1", "its labels are not closed"),
            ("<html>", "it begins with no metric name"),
        ] {
            let error = parse_metrics(&format!("up 1\n{line}\n")).unwrap_err();
            assert_eq!(error, MetricsError { line: 2, why }, "{line}");
        }
    }

    fn escape(value: &str) -> String {
        value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
            labels in proptest::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", "[^\r]{0,12}"), 0..4),
            value in any::<f64>().prop_filter("NaN is not equal to itself", |v| !v.is_nan()),
        ) {
            // `lines()` would cut a label value at a raw line break that is
            // not escaped; the format escapes every one.
            let written: Vec<String> =
                labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escape(text))).collect();
            let line = format!("{name}{{{}}} {value:e}", written.join(","));
            let read = one(&line);
            prop_assert_eq!(read, Sample { name, labels, value });
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = parse_metrics(&text);
        }
    }
}
