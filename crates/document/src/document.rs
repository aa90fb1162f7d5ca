//! A document: its values, and where each of them stands.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokenometer_core::Mistake;

use crate::node::Node;
use crate::{check, yaml};

/// A text of YAML that was understood.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says, its keys in the order in which they were written.
    pub value: Value,
    name: String,
    root: Node,
}

/// Reads one document of YAML. `name` is what the text is called in mistakes,
/// such as the path of its file.
///
/// Anchors, aliases and `<<` are followed; tags other than YAML's own, several
/// documents in one text, keys that stand twice in one map and keys that are no
/// words are mistakes.
///
/// # Errors
///
/// Everything that is wrong, up to the first place after which the text can't
/// be understood.
pub fn parse(name: &str, text: &str) -> Result<Document, Vec<Mistake>> {
    let root = yaml::read(name, text)?;
    Ok(Document { value: root.value(), name: name.to_owned(), root })
}

impl Document {
    /// Makes a `T` of the document.
    ///
    /// # Errors
    ///
    /// Everything that doesn't fit the schema of `T`, each with its place.
    pub fn read<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, Vec<Mistake>> {
        check(&self.value, &|path| self.place(path))
    }

    /// Where what stands at `path` begins, as `name:line:column`: the key of an
    /// entry, or an item of a list, which is named by its index from zero. Where
    /// there is no such thing, the nearest one around it.
    pub fn place(&self, path: &[&str]) -> String {
        let mark = self.root.place(path);
        format!("{}:{}:{}", self.name, mark.line, mark.column)
    }
}
