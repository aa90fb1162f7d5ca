//! A page of text in the making: headings, facts, tables, paragraphs and
//! footnotes, at most [`WIDTH`] columns wide.

use crate::Style;

/// The widest that a page gets. Tables may fill it; prose is wrapped to it.
pub(crate) const WIDTH: usize = 92;

/// The margin of everything below a heading.
const MARGIN: &str = "  ";

/// The width of the labels of facts.
const LABEL: usize = 13;

/// A page in the making.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    pub(crate) style: Style,
    footnotes: Vec<String>,
}

/// A row of a table.
#[derive(Debug)]
pub(crate) enum Row {
    /// A row of its own.
    Main(Vec<String>),
    /// What is said of the row above.
    Below(Vec<String>),
}

impl Page {
    /// An empty page.
    pub(crate) fn new(style: Style) -> Page {
        Page { text: String::new(), style, footnotes: Vec::new() }
    }

    /// The finished page.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// What must be known before any number is read, wrapped to the page.
    pub(crate) fn banner(&mut self, text: &str) {
        for part in wrap(text, WIDTH) {
            self.line(&self.style.doubtful(&part));
        }
    }

    /// A heading, with what is to be known of all that stands below it.
    pub(crate) fn heading(&mut self, title: &str, note: &str) {
        let gap = if note.is_empty() { "" } else { "  " };
        let heading = format!("{}{gap}{}", self.style.bold(title), self.style.dim(note));
        self.line("");
        self.line(&heading);
    }

    /// A label and what belongs to it, wrapped beside it.
    pub(crate) fn fact(&mut self, label: &str, text: &str) {
        let room = WIDTH - MARGIN.len() - LABEL;
        let mut label = self.style.dim(&format!("{label:<LABEL$}"));
        for part in wrap(text, room) {
            self.line(&format!("{MARGIN}{label}{part}"));
            label = " ".repeat(LABEL);
        }
    }

    /// A label and something that is to be copied, and so never wrapped.
    pub(crate) fn verbatim(&mut self, label: &str, text: &str) {
        let label = self.style.dim(&format!("{label:<LABEL$}"));
        self.line(&format!("{MARGIN}{label}{text}"));
    }

    /// Prose behind a mark, wrapped to stay clear of it.
    pub(crate) fn item(&mut self, mark: &str, text: &str) {
        let mut before = format!("{mark} ");
        for part in wrap(text, WIDTH - MARGIN.len() - 2) {
            self.line(&format!("{MARGIN}{before}{part}"));
            before = "  ".to_owned();
        }
    }

    /// Prose below an item.
    pub(crate) fn below_item(&mut self, text: &str) {
        for part in wrap(text, WIDTH - MARGIN.len() - 2) {
            self.line(&format!("{MARGIN}  {part}"));
        }
    }

    /// Prose that may be passed over.
    pub(crate) fn aside(&mut self, text: &str) {
        for part in wrap(text, WIDTH - MARGIN.len()) {
            let part = self.style.dim(&part);
            self.line(&format!("{MARGIN}{part}"));
        }
    }

    /// A table: the first column to the left, the others to the right.
    pub(crate) fn table(&mut self, header: &[&str], rows: &[Row]) {
        let header = header.iter().map(|cell| (*cell).to_owned()).collect();
        let widths = widths(&header, rows);
        let header = self.style.dim(&aligned(&header, &widths));
        self.line(&format!("{MARGIN}{header}"));
        for row in rows {
            let text = match row {
                Row::Main(cells) => aligned(cells, &widths),
                Row::Below(cells) => self.style.dim(&aligned(cells, &widths)),
            };
            self.line(&format!("{MARGIN}{text}"));
        }
    }

    /// The mark of a footnote, which [`Page::footnotes`] will show. The same
    /// words get the same mark.
    pub(crate) fn mark(&mut self, footnote: &str) -> String {
        let known = self.footnotes.iter().position(|known| known == footnote);
        let index = known.unwrap_or_else(|| {
            self.footnotes.push(footnote.to_owned());
            self.footnotes.len() - 1
        });
        superscript(index + 1)
    }

    /// Shows the footnotes so far, and begins anew.
    pub(crate) fn footnotes(&mut self) {
        for (index, footnote) in std::mem::take(&mut self.footnotes).iter().enumerate() {
            self.aside(&format!("{} {footnote}", superscript(index + 1)));
        }
    }
}

/// The width of each column.
fn widths(header: &Vec<String>, rows: &[Row]) -> Vec<usize> {
    let mut widths = vec![0; header.len()];
    let cells = rows.iter().map(|row| match row {
        Row::Main(cells) | Row::Below(cells) => cells,
    });
    for row in cells.chain([header]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

/// The cells of a row at their places.
fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if index == 0 {
            text.push_str(&format!("{cell:<width$}"));
        } else {
            text.push_str(&format!("  {cell:>width$}"));
        }
    }
    text.trim_end().to_owned()
}

/// A small raised number.
fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = number.to_string();
    digits.bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}

/// Someone else's words as text: what would move a terminal's cursor, change its colours or
/// turn the direction of what stands beside it becomes a blank.
pub(crate) fn printable(words: &str) -> String {
    let words: String = words.chars().map(|c| if is_command(c) { ' ' } else { c }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character moves a cursor or turns the direction of what stands beside it.
pub(crate) fn is_command(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// Prose in lines of at most `room` columns, where its words allow.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn someone_elses_words_stay_on_their_line() {
        assert_eq!(printable("a\u{1b}[31m b\n\r c"), "a [31m b c");
        assert_eq!(printable("gpj.\u{202e}exe\u{2066}"), "gpj. exe");
    }

    #[test]
    fn a_footnote_is_said_once() {
        let mut page = Page::new(Style::Plain);
        assert_eq!(page.mark("too few"), "¹");
        assert_eq!(page.mark("too late"), "²");
        assert_eq!(page.mark("too few"), "¹");
        page.footnotes();
        assert_eq!(page.into_text(), "  ¹ too few\n  ² too late\n");
    }
}
