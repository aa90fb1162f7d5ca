//! What a study says about the arms that it compares.

use super::field::{FIELDS, Field, Tier};
use super::pair::Comparability;

/// What a study says that its arms differ in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// These fields of the budget.
    These(Vec<String>),
    /// Everything of the budget: endpoints are compared as they are served.
    All,
}

impl Declared {
    /// Whether a difference in a field is declared.
    pub fn covers(&self, field: &Field) -> bool {
        field.tier == Tier::Budget
            && match self {
                Declared::All => true,
                Declared::These(names) => names.iter().any(|name| name == field.name),
            }
    }
}

/// How free the engines are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Track {
    /// Their strategies are their own.
    #[default]
    Free,
    /// Their strategies must be alike.
    Matched,
}

/// How arms are to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What they differ in on purpose.
    pub differs: Declared,
    /// How free they are.
    pub track: Track,
    /// Whether what isn't known refuses.
    pub strict: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { differs: Declared::These(Vec::new()), track: Track::Free, strict: false }
    }
}

/// What is declared and found in no comparison of the study: a mistake of the study, or of
/// what was set up.
pub fn idle_declarations<'a>(
    rules: &'a Rules,
    comparisons: impl IntoIterator<Item = &'a Comparability> + Clone,
) -> Vec<&'a str> {
    let Declared::These(names) = &rules.differs else { return Vec::new() };
    let found = |name: &str| {
        comparisons.clone().into_iter().any(|comparability| {
            let fields = comparability.declared.iter().map(|difference| difference.field.name);
            fields
                .chain(comparability.unknown.iter().map(|field| field.name))
                .any(|one| one == name)
        })
    };
    names.iter().map(String::as_str).filter(|name| !found(name)).collect()
}

impl Rules {
    /// The names that may be declared.
    pub fn declarable() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().filter(|field| field.tier == Tier::Budget).map(|field| field.name)
    }
}
