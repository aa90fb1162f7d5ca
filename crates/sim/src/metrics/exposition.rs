//! Prometheus' exposition format: families of series, each told once.

use std::fmt::Write as _;

/// The text of a scrape, as far as it has come.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
}

/// The name under which an engine publishes: a prefix, and labels that each of
/// its series bears.
pub(super) struct Names {
    prefix: &'static str,
    labels: String,
}

impl Names {
    /// `labels` as they stand between the braces.
    pub(super) fn new(prefix: &'static str, labels: String) -> Names {
        Names { prefix, labels }
    }

    /// A series of the family `name`, with `more` labels, if any.
    pub(super) fn series(&self, name: &str, more: &str) -> String {
        let Names { prefix, labels } = self;
        let comma = if more.is_empty() { "" } else { "," };
        format!("{prefix}{name}{{{labels}{comma}{more}}}")
    }

    /// The name of a whole family.
    pub(super) fn family(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl Exposition {
    /// Adds a family: its name, its type, what it means, and its series.
    pub(super) fn put(&mut self, name: &str, kind: &str, help: &str, series: &[(String, f64)]) {
        // Writing to a string can't fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (series, value) in series {
            let _ = writeln!(self.text, "{series} {value:?}");
        }
    }

    /// Adds families of one series each: name, type, meaning and value.
    pub(super) fn put_all(&mut self, names: &Names, families: &[(&str, &str, &str, f64)]) {
        for (name, kind, help, value) in families {
            let series = [(names.series(name, ""), *value)];
            self.put(&names.family(name), kind, help, &series);
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// A text as it may stand between the quotes of a label.
pub(super) fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
