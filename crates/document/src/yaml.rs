//! From a text to nodes. The text's mistakes that YAML itself forbids end the
//! reading; the others are collected.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde_json::Value;
use tokenometer_core::Mistake;

use crate::node::{Content, Entry, Mark, Node};
use crate::scalar;

/// How deep values may stand in each other. No document of ours needs a tenth
/// of it, and what is walked by recursion must end before the stack does.
const DEEPEST: usize = 100;

/// How many values a document may come to once its aliases are followed: a few
/// lines of aliases of aliases can stand for more than memory holds.
const MOST: usize = 200_000;

/// Reads the one document of `text`.
pub(crate) fn read(name: &str, text: &str) -> Result<Node, Vec<Mistake>> {
    let mut reader = Reader::new(name);
    // A mark of byte order is no part of the text.
    let mut parser = Parser::new_from_str(text.trim_start_matches('\u{feff}'));
    while let Some(next) = parser.next_event() {
        let done = match next {
            Ok((event, span)) => reader.take(event, mark(span.start)),
            Err(error) => {
                reader.no_yaml(text, &error);
                Err(End)
            }
        };
        if done.is_err() {
            break;
        }
    }
    reader.finish()
}

/// The reading is at an end, for better or worse.
struct End;

/// A list or a map that isn't closed yet.
struct Open {
    mark: Mark,
    anchor: usize,
    kind: Kind,
}

/// What is open.
enum Kind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next; `None` inside where the key was no
        /// word, and its value is dropped.
        key: Option<(Option<String>, Mark)>,
        /// What stands behind `<<`, to be put in where no key of the map's own is.
        merged: Vec<Node>,
    },
}

/// Makes nodes of the parser's events.
struct Reader<'a> {
    name: &'a str,
    mistakes: Vec<Mistake>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    documents: usize,
    size: usize,
    root: Option<Node>,
}

impl<'a> Reader<'a> {
    fn new(name: &'a str) -> Reader<'a> {
        Reader {
            name,
            mistakes: Vec::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            documents: 0,
            size: 0,
            root: None,
        }
    }

    /// Takes one event.
    fn take(&mut self, event: Event<'_>, mark: Mark) -> Result<(), End> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(mark),
            Event::Alias(anchor) => self.alias(anchor, mark),
            Event::Scalar(word, style, anchor, tag) => {
                let value = self.scalar(&word, style, tag.as_ref(), mark);
                // `<<` is YAML's own word where it is a key that isn't quoted.
                let node = Node { mark, content: Content::Scalar(value) };
                self.put(node, anchor, Some(&word))
            }
            Event::SequenceStart(anchor, tag) => {
                self.known_tag(tag.as_ref(), &["seq"], mark);
                self.begin(mark, anchor, Kind::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.known_tag(tag.as_ref(), &["map"], mark);
                let kind = Kind::Map { entries: Vec::new(), key: None, merged: Vec::new() };
                self.begin(mark, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    /// A document begins.
    fn document(&mut self, mark: Mark) -> Result<(), End> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        self.wrong(mark, "a second document begins here", "keep one in a file, without `---`");
        Err(End)
    }

    /// An alias stands for what its anchor names.
    fn alias(&mut self, anchor: usize, mark: Mark) -> Result<(), End> {
        let Some(named) = self.anchors.get(&anchor) else {
            self.wrong(
                mark,
                "this alias stands inside of what it stands for",
                "write out what is meant",
            );
            return Err(End);
        };
        self.size += named.size();
        if self.size > MOST {
            self.wrong(
                mark,
                format!("aliases make more than {MOST} values of this document"),
                "write out what is meant",
            );
            return Err(End);
        }
        let node = Node { mark, content: named.content.clone() };
        let word = match &node.content {
            Content::Scalar(Value::String(word)) => Some(word.clone()),
            _ => None,
        };
        self.put(node, 0, word.as_deref())
    }

    /// What a word stands for.
    fn scalar(
        &mut self,
        word: &str,
        style: ScalarStyle,
        tag: Option<&Cow<'_, Tag>>,
        mark: Mark,
    ) -> Value {
        let known = ["str", "int", "float", "bool", "null"];
        let is_text = self.known_tag(tag, &known, mark).is_some_and(|suffix| suffix == "str");
        match style {
            ScalarStyle::Plain if !is_text => scalar::plain(word),
            _ => Value::from(word),
        }
    }

    /// The suffix of a tag of YAML's own. Any other tag would be passed over in
    /// silence, so it is a mistake.
    fn known_tag(
        &mut self,
        tag: Option<&Cow<'_, Tag>>,
        known: &[&str],
        mark: Mark,
    ) -> Option<String> {
        let tag = tag?;
        if tag.is_yaml_core_schema() && known.contains(&tag.suffix.as_str()) {
            return Some(tag.suffix.clone());
        }
        // `!` alone says that a word is no number.
        if tag.handle.is_empty() && tag.suffix == "!" {
            return Some("str".to_owned());
        }
        self.wrong(mark, format!("the tag `{tag}` isn't known here"), "leave it out");
        None
    }

    /// A list or a map begins.
    fn begin(&mut self, mark: Mark, anchor: usize, kind: Kind) -> Result<(), End> {
        if self.open.len() >= DEEPEST {
            self.wrong(
                mark,
                format!("values stand more than {DEEPEST} deep in each other"),
                "write it flatter",
            );
            return Err(End);
        }
        self.open.push(Open { mark, anchor, kind });
        Ok(())
    }

    /// The innermost list or map ends.
    fn end(&mut self) -> Result<(), End> {
        let Some(Open { mark, anchor, kind }) = self.open.pop() else { return Ok(()) };
        let content = match kind {
            Kind::List(items) => Content::List(items),
            Kind::Map { mut entries, merged, .. } => {
                self.merge(&mut entries, merged);
                Content::Map(entries)
            }
        };
        self.put(Node { mark, content }, anchor, None)
    }

    /// Puts a node where it belongs; `word` is how it was written, where it may
    /// be a key.
    fn put(&mut self, node: Node, anchor: usize, word: Option<&str>) -> Result<(), End> {
        self.size += 1;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let (entries, key, merged) = match &mut open.kind {
            Kind::List(items) => {
                items.push(node);
                return Ok(());
            }
            Kind::Map { entries, key, merged } => (entries, key, merged),
        };
        let Some((name, key_mark)) = key.take() else {
            *key = Some((word.map(str::to_owned), node.mark));
            if word.is_none() {
                self.wrong(node.mark, "a key is no word", "name it by a word");
            }
            return Ok(());
        };
        let Some(name) = name else { return Ok(()) };
        if name == "<<" {
            merged.push(node);
        } else if let Some(earlier) = entries.iter().find(|entry| entry.key == name) {
            let line = earlier.mark.line;
            let problem = format!("`{name}` stands twice in one map, first in line {line}");
            self.wrong(key_mark, problem, "keep one of the two");
        } else {
            entries.push(Entry { key: name, mark: key_mark, node });
        }
        Ok(())
    }

    /// Puts what stands behind `<<` into a map: never over a key of its own, and
    /// of several maps the first wins.
    fn merge(&mut self, entries: &mut Vec<Entry>, merged: Vec<Node>) {
        for node in merged {
            match node.content {
                Content::Map(more) => {
                    for entry in more {
                        if entries.iter().all(|own| own.key != entry.key) {
                            entries.push(entry);
                        }
                    }
                }
                Content::List(maps) => self.merge(entries, maps),
                Content::Scalar(_) => {
                    self.wrong(node.mark, "what stands behind `<<` is no map", "name a map");
                }
            }
        }
    }

    fn wrong(&mut self, mark: Mark, problem: impl Into<String>, cure: &str) {
        let place = format!("{}:{}:{}", self.name, mark.line, mark.column);
        self.mistakes.push(Mistake::new(place, problem, cure));
    }

    /// The text is no YAML from here on.
    fn no_yaml(&mut self, text: &str, error: &ScanError) {
        let mark = mark(*error.marker());
        let begins_with_tab =
            |line: &str| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty();
        // The parser often says so a line too late.
        let near = text.lines().skip(mark.line.saturating_sub(2)).take(2);
        let cure = if near.into_iter().any(begins_with_tab) {
            "indent with spaces: YAML allows no tabs there"
        } else if error.info().contains("unknown anchor") {
            "name an anchor (`&name`) that stands above"
        } else {
            "look at its indentation, colons and quotes, and at those of the line before"
        };
        self.wrong(mark, format!("this is no YAML: {}", error.info()), cure);
    }

    /// The document, unless something was wrong.
    fn finish(mut self) -> Result<Node, Vec<Mistake>> {
        match self.root.take() {
            Some(root) if self.mistakes.is_empty() => Ok(root),
            None if self.mistakes.is_empty() => {
                self.wrong(Mark { line: 1, column: 1 }, "there is nothing in it", "write it");
                Err(self.mistakes)
            }
            _ => Err(self.mistakes),
        }
    }
}

/// The parser counts lines from one, and columns from zero.
fn mark(marker: Marker) -> Mark {
    Mark { line: marker.line(), column: marker.col() + 1 }
}
