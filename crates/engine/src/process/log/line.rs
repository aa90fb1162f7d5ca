//! Bytes of a log, as lines, and lines as people can read them.

/// How much of one line is kept, in bytes; the rest is passed over.
const LINE: usize = 16 * 1024;
/// How many characters of a line are shown where it is looked at.
const SHOWN: usize = 2000;
/// How many of them where it is quoted.
const QUOTED: usize = 300;

/// A line, as it stands in the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Where it begins, in bytes from the beginning of the file.
    pub at: u64,
    /// What is kept of it.
    pub bytes: &'a [u8],
}

/// Cuts what is read part by part into lines. A carriage return ends a line,
/// too: a progress bar writes thousands of them into one.
#[derive(Debug)]
pub(super) struct Splitter {
    /// The line that is not ended yet, as far as it is kept.
    begun: Vec<u8>,
    /// Where it begins.
    begun_at: u64,
    /// Up to where all was read.
    at: u64,
}

impl Splitter {
    /// A splitter of what begins at `at` in its file.
    pub(super) fn new(at: u64) -> Splitter {
        Splitter { begun: Vec::new(), begun_at: at, at }
    }

    /// Gives each line that ends in this part to `each`.
    pub(super) fn split(&mut self, part: &[u8], each: &mut dyn FnMut(Line<'_>)) {
        for piece in part.split_inclusive(|&byte| matches!(byte, b'\n' | b'\r')) {
            let (text, is_whole) = match piece.split_last() {
                Some((b'\n' | b'\r', text)) => (text, true),
                _ => (piece, false),
            };
            let room = LINE - self.begun.len();
            self.begun.extend_from_slice(&text[..text.len().min(room)]);
            self.at += piece.len() as u64;
            if is_whole {
                self.end(each);
            }
        }
    }

    /// Ends the line that was begun, if there is one.
    pub(super) fn end(&mut self, each: &mut dyn FnMut(Line<'_>)) {
        if !self.begun.is_empty() {
            each(Line { at: self.begun_at, bytes: &self.begun });
            self.begun.clear();
        }
        self.begun_at = self.at;
    }

    /// How many bytes it keeps.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.begun.capacity()
    }
}

/// A line as people can read it: what is no text replaced, colours and control
/// characters taken out, its end and what is too long cut off.
pub(super) fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len().min(SHOWN));
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => pass_escape(&mut characters),
            '\t' => shown.push('\t'),
            character if character.is_control() => {}
            character => shown.push(character),
        }
    }
    let end = shown.trim_end().len();
    shown.truncate(end);
    cut(shown, SHOWN)
}

/// Passes over the rest of what an escape character begins: `[` up to a letter,
/// as colours are written, or one character.
fn pass_escape(characters: &mut std::str::Chars<'_>) {
    if characters.next() == Some('[') {
        let _ = characters.find(|c| matches!(c, '@'..='~'));
    }
}

fn cut(mut text: String, limit: usize) -> String {
    if text.chars().count() > limit {
        let end = text.char_indices().nth(limit - 1).map_or(text.len(), |(end, _)| end);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The last lines of these bytes that say anything.
pub(super) fn last(at: u64, bytes: &[u8], count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut keep = |line: Line<'_>| {
        let text = clean(line.bytes);
        if !text.is_empty() {
            lines.push(cut(text, QUOTED));
        }
    };
    let mut splitter = Splitter::new(at);
    splitter.split(bytes, &mut keep);
    splitter.end(&mut keep);
    lines.split_off(lines.len().saturating_sub(count))
}
