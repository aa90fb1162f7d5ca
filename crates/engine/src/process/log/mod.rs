//! What an engine writes: read as it grows, searched for the lines that its
//! profile names, and quoted at its end.
//!
//! Nothing here trusts a log: it may hold bytes that are no text, lines that
//! never end, be cut short, or be a device. What is kept of it is bounded.

mod line;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use regex::{Regex, RegexSet};

use line::{Line, Splitter, clean};

/// How much is read at once.
const PART: usize = 64 * 1024;
/// How many lines of a kind one look keeps; of the others only their number.
const KEPT: usize = 100;

/// What is looked for in a log.
#[derive(Clone, Debug)]
pub struct LogPatterns {
    fatal: RegexSet,
    error: RegexSet,
}

impl LogPatterns {
    /// Patterns of lines after which an engine can't go on, and of lines that
    /// tell an error, as regular expressions.
    ///
    /// # Errors
    /// The first pattern that is none, and why.
    pub fn new(fatal: &[String], error: &[String]) -> Result<LogPatterns, (String, regex::Error)> {
        Ok(LogPatterns { fatal: set(fatal)?, error: set(error)? })
    }

    /// Nothing is looked for.
    pub fn none() -> LogPatterns {
        LogPatterns { fatal: RegexSet::empty(), error: RegexSet::empty() }
    }
}

fn set(patterns: &[String]) -> Result<RegexSet, (String, regex::Error)> {
    for pattern in patterns {
        Regex::new(pattern).map_err(|error| (pattern.clone(), error))?;
    }
    RegexSet::new(patterns).map_err(|error| (patterns.join(" | "), error))
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Where it begins, in bytes from the beginning of the file.
    pub at: u64,
    /// The line, without colours and control characters, cut to 2000
    /// characters.
    pub text: String,
}

/// The lines of one kind that a look has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The first hundred of them.
    pub first: Vec<LogLine>,
    /// How many there were.
    pub count: u64,
}

impl Lines {
    fn add(&mut self, line: LogLine) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(line);
        }
    }
}

/// What was appended to a log since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Where in the file it begins, in bytes.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// Whether the file has become shorter since the last look, so that this
    /// one began at its beginning.
    pub truncated: bool,
    /// Lines after which the engine can't go on.
    pub fatal: Lines,
    /// Lines that tell an error. A fatal line is not among them.
    pub errors: Lines,
    /// The last line that says anything.
    pub last: Option<String>,
}

/// Reads a log as it grows.
#[derive(Debug)]
pub struct LogWatch {
    path: PathBuf,
    patterns: LogPatterns,
    at: u64,
    splitter: Splitter,
}

impl LogWatch {
    /// Watches a log from its present end on, which is its beginning if it is
    /// not there yet.
    pub fn new(path: impl Into<PathBuf>, patterns: LogPatterns) -> LogWatch {
        let path = path.into();
        let at = path.metadata().map_or(0, |file| file.len());
        LogWatch { path, patterns, at, splitter: Splitter::new(at) }
    }

    /// The log.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Up to where it was read, in bytes: where whatever begins now will begin
    /// in the log.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Reads what was appended. A line that is not ended yet is looked at once
    /// it is.
    ///
    /// # Errors
    /// The log can't be read. That there is none is no error: nothing was
    /// written then.
    pub fn look(&mut self) -> io::Result<Look> {
        self.read(false)
    }

    /// As [`LogWatch::look`] for the last time, so that a last line without an
    /// end counts as one.
    ///
    /// # Errors
    /// As [`LogWatch::look`].
    pub fn finish(&mut self) -> io::Result<Look> {
        self.read(true)
    }

    fn read(&mut self, to_the_end: bool) -> io::Result<Look> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Look { from: self.at, to: self.at, ..Look::default() });
            }
            Err(error) => return Err(error),
        };
        // A device has no length: nothing is read from it.
        let length = file.metadata()?.len();
        let truncated = length < self.at;
        if truncated {
            self.at = 0;
            self.splitter = Splitter::new(0);
        }
        let mut look = Look { from: self.at, truncated, ..Look::default() };
        file.seek(SeekFrom::Start(self.at))?;
        let mut file = file.take(length - self.at);
        let mut part = vec![0; PART];
        loop {
            let read = match file.read(&mut part) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                break;
            }
            self.at += read as u64;
            let patterns = &self.patterns;
            self.splitter.split(&part[..read], &mut |line| patterns.sort(line, &mut look));
        }
        if to_the_end {
            let patterns = &self.patterns;
            self.splitter.end(&mut |line| patterns.sort(line, &mut look));
        }
        look.to = self.at;
        Ok(look)
    }
}

impl LogPatterns {
    fn sort(&self, line: Line<'_>, look: &mut Look) {
        let text = clean(line.bytes);
        if text.is_empty() {
            return;
        }
        let (fatal, error) = (self.fatal.is_match(&text), self.error.is_match(&text));
        look.last = Some(text.clone());
        let line = LogLine { at: line.at, text };
        match (fatal, error) {
            (true, _) => look.fatal.add(line),
            (false, true) => look.errors.add(line),
            (false, false) => {}
        }
    }
}

/// The last lines of a log that say anything, each cut to 300 characters and
/// without colours and control characters. No line is there if it can't be read.
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    last_bytes(path).map_or_else(|_| Vec::new(), |(at, bytes)| line::last(at, &bytes, count))
}

/// The last bytes of a log, and where they begin.
fn last_bytes(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let at = length.saturating_sub(PART as u64);
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length - at).read_to_end(&mut bytes)?;
    Ok((at, bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn patterns() -> LogPatterns {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        LogPatterns::new(&words(&["EngineCore .* died"]), &words(&[r"\bERROR\b", "Traceback"]))
            .unwrap()
    }

    /// A log in a folder of its own, and what appends to it.
    struct Log {
        folder: tempfile::TempDir,
    }

    impl Log {
        fn new() -> Log {
            Log { folder: tempfile::tempdir().unwrap() }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("engine.log")
        }

        fn write(&self, bytes: &[u8]) {
            let file = File::options().create(true).append(true).open(self.path());
            file.unwrap().write_all(bytes).unwrap();
        }
    }

    fn texts(lines: &Lines) -> Vec<&str> {
        lines.first.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn only_what_is_new_is_looked_at_and_says_where_it_stands() {
        let log = Log::new();
        let mut watch = LogWatch::new(log.path(), patterns());
        assert_eq!(watch.look().unwrap(), Look::default());
        log.write(b"INFO starting\nERROR no such layer\nERR");
        let look = watch.look().unwrap();
        assert_eq!(texts(&look.errors), ["ERROR no such layer"]);
        assert_eq!((look.errors.first[0].at, look.from, look.to), (14, 0, 37));
        log.write(b"OR again\nEngineCore 3 died: ERROR\nmore");
        let look = watch.look().unwrap();
        assert_eq!(texts(&look.errors), ["ERROR again"]);
        assert_eq!(texts(&look.fatal), ["EngineCore 3 died: ERROR"]);
        assert_eq!((look.errors.first[0].at, look.from), (34, 37));
        assert_eq!(look.last.as_deref(), Some("EngineCore 3 died: ERROR"));
        assert_eq!(watch.look().unwrap().last, None);
        assert_eq!(watch.finish().unwrap().last.as_deref(), Some("more"));
    }

    #[test]
    fn what_stood_there_before_is_not_looked_at() {
        let log = Log::new();
        log.write(b"ERROR of another time\n");
        let mut watch = LogWatch::new(log.path(), patterns());
        assert_eq!(watch.position(), 22);
        log.write(b"ERROR of this time\n");
        let look = watch.look().unwrap();
        assert_eq!(texts(&look.errors), ["ERROR of this time"]);
        assert_eq!(look.errors.first[0].at, 22);
    }

    #[test]
    fn a_log_that_was_cut_short_is_read_from_its_beginning() {
        let log = Log::new();
        let mut watch = LogWatch::new(log.path(), patterns());
        log.write(b"a long line that is not ended");
        watch.look().unwrap();
        fs::write(log.path(), b"ERROR new\n").unwrap();
        let look = watch.look().unwrap();
        assert!(look.truncated);
        assert_eq!((texts(&look.errors), look.from), (vec!["ERROR new"], 0));
    }

    #[test]
    fn what_is_no_text_and_lines_that_never_end_are_borne() {
        let log = Log::new();
        let mut watch = LogWatch::new(log.path(), patterns());
        log.write(b"\xff\xfe \x1b[31mERROR\x1b[0m caf\xe9\r\n");
        for _ in 0..40 {
            log.write(&[b'x'; 100_000]);
        }
        log.write(b" ERROR at the end of an endless line\nERROR after it\n");
        let look = watch.look().unwrap();
        assert_eq!(texts(&look.errors), ["\u{fffd}\u{fffd} ERROR caf\u{fffd}", "ERROR after it"]);
        assert!(watch.splitter.kept() < PART);
        assert_eq!(look.to, fs::metadata(log.path()).unwrap().len());
    }

    #[test]
    fn of_many_lines_a_hundred_are_kept_and_all_are_counted() {
        let log = Log::new();
        let mut watch = LogWatch::new(log.path(), patterns());
        log.write("ERROR once more\n".repeat(20_000).as_bytes());
        let look = watch.look().unwrap();
        assert_eq!((look.errors.first.len(), look.errors.count), (KEPT, 20_000));
    }

    #[test]
    fn a_device_is_no_log() {
        let mut watch = LogWatch::new("/dev/full", patterns());
        assert_eq!(watch.look().unwrap(), Look::default());
        assert!(last_lines(Path::new("/dev/full"), 15).is_empty());
    }

    #[test]
    fn the_last_lines_are_quoted() {
        let log = Log::new();
        assert!(last_lines(&log.path(), 15).is_empty());
        let long = "y".repeat(1000);
        log.write(format!("1\n2\n\n3\r 50%\r100%\n\x1b[1m4\x07\t.\n   \n{long}").as_bytes());
        let cut = format!("{}…", "y".repeat(299));
        assert_eq!(last_lines(&log.path(), 4), ["3", " 50%", "100%", "4\t.", &cut][1..]);
        assert_eq!(last_lines(&log.path(), 1), [cut]);
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let (pattern, _) = LogPatterns::new(&["ok".into()], &["(".into()]).unwrap_err();
        assert_eq!(pattern, "(");
    }
}
