//! In what the arms of a study differ: what forbids comparing them, what the study declares,
//! what engines chose for themselves, and what could not be verified.

use std::collections::BTreeMap;

use tokenometer_core::verdict::{Answer, Comparison, FieldDifference};

use super::words::Words;
use crate::StudySeen;

/// In what the arms differ.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// Pairs that must not be ranked, and why.
    pub(super) refused: Vec<(Words, Vec<Words>)>,
    /// What the study says they differ in.
    pub(super) declared: Vec<Difference>,
    /// What their engines chose for themselves.
    pub(super) strategy: Vec<Difference>,
    /// What the study says they differ in, and was found nowhere.
    pub(super) idle: Vec<Words>,
    /// What could not be verified, and in how many comparisons.
    pub(super) unverified: Vec<(Words, usize)>,
    /// How many comparisons there are.
    pub(super) comparisons: usize,
}

/// One field in which two arms differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The field, as `differs` writes it.
    pub(super) field: Words,
    /// The arm, and what it has.
    pub(super) arm: [Words; 2],
    /// What it is compared with, and what that has.
    pub(super) reference: [Words; 2],
}

impl Differences {
    /// Those that a study's verdict knows of.
    pub(super) fn of(seen: &StudySeen<'_>) -> Differences {
        let Some(verdict) = seen.verdict else { return Differences::default() };
        let mut all = Differences {
            idle: verdict.idle_declarations.iter().map(|name| Words::of(name)).collect(),
            comparisons: verdict.comparisons.len(),
            ..Differences::default()
        };
        let mut unverified: BTreeMap<Words, usize> = BTreeMap::new();
        for comparison in &verdict.comparisons {
            add(&mut all.declared, comparison, &comparison.declared);
            add(&mut all.strategy, comparison, &comparison.strategy);
            refuse(&mut all.refused, comparison);
            for name in &comparison.unverified {
                *unverified.entry(Words::of(name)).or_default() += 1;
            }
        }
        all.unverified = unverified.into_iter().collect();
        all
    }
}

/// Adds those of a comparison that aren't known from another one.
fn add(all: &mut Vec<Difference>, comparison: &Comparison, fields: &[FieldDifference]) {
    for field in fields {
        let difference = Difference {
            field: Words::of(&field.field),
            arm: [Words::of(&comparison.arm), Words::of(&field.arm)],
            reference: [Words::of(&comparison.reference), Words::of(&field.reference)],
        };
        if !all.contains(&difference) {
            all.push(difference);
        }
    }
}

/// Adds why a comparison was refused, where it was.
fn refuse(all: &mut Vec<(Words, Vec<Words>)>, comparison: &Comparison) {
    let Answer::NotComparable { reasons } = &comparison.answer else { return };
    let Comparison { scenario, arm, reference, .. } = comparison;
    let who = Words::of(&format!("{scenario}: {arm} and {reference}"));
    let reasons = reasons.iter().map(|reason| Words::of(reason)).collect();
    let entry = (who, reasons);
    if !all.contains(&entry) {
        all.push(entry);
    }
}
