//! What is known of an arm, field by field.

use std::collections::BTreeMap;
use std::fmt;

use super::field::{Field, field};

/// What is known of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A word: a name, a hash, a setting.
    Word(String),
    /// A number, where nearly the same may be the same.
    Number(f64),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Word(word) => f.write_str(word),
            Fact::Number(number) => write!(f, "{number}"),
        }
    }
}

/// What is known of an arm. What isn't is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    known: BTreeMap<&'static str, Fact>,
    unfit: BTreeMap<&'static str, String>,
}

impl Facts {
    /// Notes a word, if it is known.
    ///
    /// # Panics
    ///
    /// If there is no such field.
    pub fn word(&mut self, name: &str, word: Option<impl Into<String>>) -> &mut Facts {
        self.note(name, word.map(|word| Fact::Word(word.into())))
    }

    /// Notes a number, if it is known.
    ///
    /// # Panics
    ///
    /// If there is no such field.
    pub fn number(&mut self, name: &str, number: Option<f64>) -> &mut Facts {
        self.note(name, number.map(Fact::Number))
    }

    fn note(&mut self, name: &str, fact: Option<Fact>) -> &mut Facts {
        let field = field(name).unwrap_or_else(|| panic!("there is no field `{name}`"));
        if let Some(fact) = fact {
            self.known.insert(field.name, fact);
        }
        self
    }

    /// Notes that nothing may be ranked with what an arm has in a field, though the other
    /// had the same, and why.
    ///
    /// # Panics
    ///
    /// If there is no such field.
    pub fn unfit(&mut self, name: &str, why: impl Into<String>) -> &mut Facts {
        let field = field(name).unwrap_or_else(|| panic!("there is no field `{name}`"));
        self.unfit.insert(field.name, why.into());
        self
    }

    /// Why nothing may be ranked with what is known of a field.
    pub fn why_unfit(&self, field: &Field) -> Option<&str> {
        self.unfit.get(field.name).map(String::as_str)
    }

    /// What is known of a field.
    pub fn of(&self, field: &Field) -> Option<&Fact> {
        self.known.get(field.name)
    }
}
