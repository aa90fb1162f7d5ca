//! Two arms, field by field.

use std::fmt;

use super::facts::{Fact, Facts};
use super::field::{FIELDS, Field, Likeness, Tier};
use super::study::{Rules, Track};

/// A field in which two arms differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field.
    pub field: &'static Field,
    /// What the arm has.
    pub arm: Fact,
    /// What the reference has.
    pub reference: Fact,
}

/// Why two arms are not to be ranked.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// They differ where they must not.
    Differs(Difference),
    /// One of them has what nothing may be ranked with, and why.
    Unfit(&'static Field, String),
    /// It isn't known whether they differ, and the study is strict.
    Unknown(&'static Field),
}

impl Refusal {
    /// The field that is to blame.
    pub fn field(&self) -> &'static Field {
        match self {
            Refusal::Differs(difference) => difference.field,
            Refusal::Unknown(field) | Refusal::Unfit(field, _) => field,
        }
    }

    /// What can be done about it.
    pub fn cure(&self) -> String {
        match self {
            Refusal::Unfit(..) => "nothing declares it away".to_owned(),
            Refusal::Unknown(field) => {
                format!("let the engine tell its {}, or leave out `strict`", field.name)
            }
            Refusal::Differs(Difference { field, .. }) => match field.tier {
                Tier::Identity => "make it the same in both; nothing declares it away".to_owned(),
                Tier::Budget => {
                    format!("make it the same in both, or declare `differs: [{}]`", field.name)
                }
                Tier::Strategy => {
                    "make it the same in both, or leave out `track: matched`".to_owned()
                }
            },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Differs(Difference { field, arm, reference }) => {
                write!(f, "{}: {arm} against {reference}", field.name)
            }
            Refusal::Unfit(field, why) => write!(f, "{}: {why}", field.name),
            Refusal::Unknown(field) => write!(f, "{}: it isn't known of both", field.name),
        }
    }
}

/// Whether two arms are to be ranked, and what must stand beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparability {
    /// Why they aren't; they are where there is nothing here.
    pub refusals: Vec<Refusal>,
    /// What the study declares, and was found: it stands in the verdict's sentence, and
    /// where there are several, the effect is of all of them together.
    pub declared: Vec<Difference>,
    /// What the engines chose for themselves.
    pub strategy: Vec<Difference>,
    /// What isn't known of both arms.
    pub unknown: Vec<&'static Field>,
}

impl Comparability {
    /// Whether they may be ranked.
    pub fn is_given(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Adds what another pair of trials of the same two arms shows; of each field what was
    /// seen first stands.
    pub fn absorb(&mut self, other: Comparability) {
        let new = |known: &[Difference], difference: &Difference| {
            !known.iter().any(|known| known.field == difference.field)
        };
        for refusal in other.refusals {
            if !self.refusals.iter().any(|known| known.field() == refusal.field()) {
                self.refusals.push(refusal);
            }
        }
        for difference in other.declared {
            if new(&self.declared, &difference) {
                self.declared.push(difference);
            }
        }
        for difference in other.strategy {
            if new(&self.strategy, &difference) {
                self.strategy.push(difference);
            }
        }
        for field in other.unknown {
            if !self.unknown.contains(&field) {
                self.unknown.push(field);
            }
        }
    }

    /// Whether a difference in this field was declared and found.
    pub fn has_declared(&self, name: &str) -> bool {
        self.declared.iter().any(|difference| difference.field.name == name)
    }
}

/// Compares what is known of an arm with what is known of its reference.
pub fn compare(arm: &Facts, reference: &Facts, rules: &Rules) -> Comparability {
    let mut seen = Comparability::default();
    for field in FIELDS {
        if let Some(why) = arm.why_unfit(field).or(reference.why_unfit(field)) {
            seen.refusals.push(Refusal::Unfit(field, why.to_owned()));
            continue;
        }
        match (arm.of(field), reference.of(field)) {
            (Some(one), Some(other)) if alike(field, one, other) => {}
            (Some(one), Some(other)) => {
                let difference = Difference { field, arm: one.clone(), reference: other.clone() };
                seen.add(difference, rules);
            }
            _ => seen.unknown.push(field),
        }
    }
    if rules.strict {
        // What is free needn't be known, unless it is to be matched.
        let asked =
            |field: &&&'static Field| field.tier != Tier::Strategy || rules.track == Track::Matched;
        let unknown = seen.unknown.iter().filter(asked).map(|field| Refusal::Unknown(field));
        seen.refusals.extend(unknown.collect::<Vec<_>>());
    }
    seen
}

impl Comparability {
    fn add(&mut self, difference: Difference, rules: &Rules) {
        match difference.field.tier {
            Tier::Budget if rules.differs.covers(difference.field) => {
                self.declared.push(difference);
            }
            Tier::Strategy if rules.track == Track::Free => self.strategy.push(difference),
            _ => self.refusals.push(Refusal::Differs(difference)),
        }
    }
}

fn alike(field: &Field, one: &Fact, other: &Fact) -> bool {
    match (field.likeness, one, other) {
        (Likeness::Within(share), Fact::Number(one), Fact::Number(other)) => {
            (one - other).abs() <= share * one.abs().max(other.abs())
        }
        _ => one == other,
    }
}
