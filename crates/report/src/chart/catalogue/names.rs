//! Names as they stand in charts, and the names of charts.

use std::collections::BTreeSet;

use crate::chart::Series;
use crate::measured::{ArmMeasured, Measured};
use crate::page::printable;

/// A file's name is cut after so many characters of what tells it from others.
const LONGEST: usize = 40;

/// An arm by its name and its place in the study.
pub(super) struct Arm {
    pub(super) name: String,
    pub(super) look: usize,
}

impl Arm {
    /// All of it as a series.
    pub(super) fn series(&self) -> Series {
        Series { name: self.name.clone(), look: self.look }
    }
}

/// Every arm that has a part in any scenario, in the order of the study.
pub(super) fn arms(measured: &Measured<'_>) -> Vec<Arm> {
    let all = measured.scenarios.iter().flat_map(|scenario| &scenario.arms);
    let mut places: Vec<(usize, &str)> = all.map(|arm| (arm.look, arm.name)).collect();
    places.sort_unstable();
    places.dedup_by_key(|(look, _)| *look);
    places.into_iter().map(|(look, name)| Arm { name: shown(name), look }).collect()
}

/// The arm at this place among those of a scenario.
pub(super) fn at<'a, 'm>(arms: &'m [ArmMeasured<'a>], look: usize) -> Option<&'m ArmMeasured<'a>> {
    arms.iter().find(|arm| arm.look == look)
}

/// Someone else's name in a chart: on one line, and nothing else changed. What draws the
/// chart sees to it that nothing in it is taken for more than text.
pub(super) fn shown(name: &str) -> String {
    printable(name)
}

/// Words as a title begins.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The part of a file's name that stands for this name: small letters, digits and hyphens.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c.is_ascii_alphanumeric() {
            true => slug.push(c.to_ascii_lowercase()),
            false if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            false => {}
        }
    }
    slug.truncate(LONGEST);
    slug.trim_end_matches('-').to_owned()
}

/// Names for several charts of one kind: the kind's own where there is but one, otherwise
/// with the part that tells them apart. No two are alike, whatever the names hold.
pub(super) fn ids(kind: &str, labels: &[String]) -> Vec<String> {
    if labels.len() == 1 {
        return vec![kind.to_owned()];
    }
    let mut taken = BTreeSet::new();
    let id = |label: &String| {
        let slug = slug(label);
        let wanted = if slug.is_empty() { kind.to_owned() } else { format!("{kind}-{slug}") };
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|id| !taken.contains(id));
        let free = free.expect("there is always a higher number");
        taken.insert(free.clone());
        free
    };
    labels.iter().map(id).collect()
}

/// What several charts of one kind add to their titles: nothing where there is but one.
pub(super) fn title(kind: &str, label: &str, of: usize) -> String {
    if of == 1 || label.is_empty() { kind.to_owned() } else { format!("{kind}: {label}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_makes_a_file_name() {
        assert_eq!(slug("Chat, 64 in flight"), "chat-64-in-flight");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("模型"), "");
    }

    #[test]
    fn no_two_charts_have_one_name() {
        let labels = ["a b", "a-b", "<>", "", "A B"].map(str::to_owned);
        assert_eq!(ids("x", &labels), ["x-a-b", "x-a-b-2", "x", "x-2", "x-a-b-3"]);
        assert_eq!(ids("x", &labels[..1]), ["x"]);
    }
}
