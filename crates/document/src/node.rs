//! A document as it was written: values with the places where they stand.

use serde_json::{Map, Value};

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The line, from one.
    pub(crate) line: usize,
    /// The column, from one, in characters.
    pub(crate) column: usize,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it begins.
    pub(crate) mark: Mark,
    /// What it is.
    pub(crate) content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A word, a number, true, false or nothing.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// Keys with their values, in the order in which they were written.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key begins.
    pub(crate) mark: Mark,
    /// The value.
    pub(crate) node: Node,
}

impl Node {
    /// The value alone.
    pub(crate) fn value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => items.iter().map(Node::value).collect(),
            Content::Map(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.node.value()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// Where what stands at `path` begins: the key of an entry, or an item of
    /// a list. Where a part of the path isn't there, the last one that is.
    pub(crate) fn place(&self, path: &[&str]) -> Mark {
        let mut node = self;
        let mut place = self.mark;
        for part in path {
            let (mark, next) = match &node.content {
                Content::Map(entries) => {
                    let Some(entry) = entries.iter().find(|entry| entry.key == *part) else {
                        return place;
                    };
                    (entry.mark, &entry.node)
                }
                Content::List(items) => {
                    let Some(item) = part.parse::<usize>().ok().and_then(|at| items.get(at)) else {
                        return place;
                    };
                    (item.mark, item)
                }
                Content::Scalar(_) => return place,
            };
            (place, node) = (mark, next);
        }
        place
    }

    /// How many values it is made of, itself included.
    pub(crate) fn size(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(_) => 0,
            Content::List(items) => items.iter().map(Node::size).sum(),
            Content::Map(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
        }
    }
}
