//! Which arms are compared: fixed by the study's words, before anything was measured.

use tokenometer_verdict::answer::Contrast;

use super::locked::Locked;
use crate::study::grammar::{Compare, CompareWord};

/// From so many arms on, all pairs are too many to be meant where nothing is said.
const MOST_PAIRED: usize = 4;

/// The comparisons of a study.
pub(super) struct Contrasts {
    /// Those of the family.
    pub(super) family: Vec<Contrast>,
    /// The reference and its twin.
    pub(super) twins: Option<Contrast>,
}

/// The comparisons that a study asks for.
pub(super) fn contrasts(locked: &Locked) -> Contrasts {
    let study = &locked.text.study;
    let arms: Vec<&String> = locked.text.arms.keys().collect();
    let reference = study.reference.as_ref().or_else(|| arms.first().copied());
    let twin = reference.and_then(|reference| twin_of(locked, reference));
    let arms: Vec<&String> = arms.into_iter().filter(|arm| Some(*arm) != twin).collect();
    let contrast = |arm: &str, reference: &str| Contrast {
        arm: arm.to_owned(),
        reference: reference.to_owned(),
    };
    let against = |reference: &str| -> Vec<Contrast> {
        let others = arms.iter().filter(|arm| **arm != reference);
        others.map(|arm| contrast(arm, reference)).collect()
    };
    let pairs = || -> Vec<Contrast> {
        let earlier = |at: usize| arms[..at].iter();
        let all = arms.iter().enumerate();
        all.flat_map(|(at, arm)| earlier(at).map(|first| contrast(arm, first))).collect()
    };
    let family = match (&study.compare, reference) {
        (Some(Compare::Pairs(pairs)), _) => {
            pairs.iter().map(|[arm, reference]| contrast(arm, reference)).collect()
        }
        (Some(Compare::Word(CompareWord::Pairs)), _) => pairs(),
        (Some(Compare::Word(CompareWord::Reference)), Some(reference)) => against(reference),
        (None, Some(reference)) if study.reference.is_some() || arms.len() > MOST_PAIRED => {
            against(reference)
        }
        _ => pairs(),
    };
    let twins = twin.zip(reference).map(|(twin, reference)| contrast(twin, reference));
    Contrasts { family, twins }
}

/// The arm that is the reference once more: started and asked in the very same way.
fn twin_of<'a>(locked: &'a Locked, reference: &str) -> Option<&'a String> {
    let own = locked.text.arms.get(reference)?;
    let asked_alike = |arm: &str| {
        locked.text.cells.iter().all(|cell| cell.arms.get(arm) == cell.arms.get(reference))
    };
    let words = |arm: &str| {
        let arms = &locked.text.study.arms;
        arms.iter().find(|(name, _)| name.0 == arm).map(|(_, words)| words)
    };
    let is_twin = |(name, arm): &(&String, &serde_json::Value)| {
        *name != reference && *arm == own && asked_alike(name) && words(name) == words(reference)
    };
    locked.text.arms.iter().find(is_twin).map(|(name, _)| name)
}
