//! The printed page that all these tools share: labels of forty columns,
//! values of ten, and titles in the middle of fifty.

use super::figures::Figures;
use super::python::Value;

/// The width of a title, and of the rule that ends a page.
const WIDTH: usize = 50;

/// A page in the making.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    text: String,
}

impl Sheet {
    /// The finished page.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// A line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A title, centred between fill characters; of an odd number the last one
    /// stands on the right.
    pub(super) fn title(&mut self, title: &str, fill: char) {
        let spare = WIDTH.saturating_sub(title.chars().count());
        let fills = |count: usize| fill.to_string().repeat(count);
        self.line(&format!("{}{title}{}", fills(spare / 2), fills(spare - spare / 2)));
    }

    /// The rule that ends a page.
    pub(super) fn rule(&mut self) {
        self.title("", '=');
    }

    /// A label and a value as it is.
    pub(super) fn row(&mut self, label: &str, value: &Value) {
        self.line(&format!("{label:<40} {:<10}", value.shown()));
    }

    /// A label and a number with two decimals.
    pub(super) fn number(&mut self, label: &str, value: &Value) {
        self.line(&format!("{label:<40} {:<10}", value.fixed()));
    }

    /// A title, and a number for each statistic of a span.
    pub(super) fn section(&mut self, section: &Section, figures: &Figures) {
        self.title(section.title, '-');
        for statistic in &section.statistics {
            let label = format!("{} {} (ms):", label_of(statistic), section.name);
            let key = format!("{statistic}_{}_ms", section.stem);
            self.number(&label, &figures.get(&key));
        }
    }
}

/// What is printed of one span.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    /// What stands above it.
    pub(super) title: &'static str,
    /// What its labels call it.
    pub(super) name: &'static str,
    /// What its keys call it.
    pub(super) stem: &'static str,
    /// Which statistics are printed, by their names in keys.
    pub(super) statistics: Vec<String>,
}

impl Section {
    /// A section of these statistics.
    pub(super) fn new(
        title: &'static str,
        name: &'static str,
        stem: &'static str,
        statistics: &[&str],
    ) -> Section {
        let statistics = statistics.iter().map(|&name| name.to_owned()).collect();
        Section { title, name, stem, statistics }
    }
}

/// A statistic as labels have it: `Mean`, `P99`.
fn label_of(statistic: &str) -> String {
    let mut letters = statistic.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}
