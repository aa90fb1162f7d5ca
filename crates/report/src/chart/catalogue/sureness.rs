//! How sure the points of a chart are, and what is left out of it.

use crate::chart::{Bar, Point, Scale};
use crate::measured::{ArmMeasured, Figure, Mean};
use crate::{CellSeen, Ending};

use super::names::shown;

/// Numbers that span more than this lie on a logarithmic axis.
const WIDE: f64 = 30.0;

/// Of which kinds the intervals of a chart are, so that it can say so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sureness {
    by_spread: bool,
    by_range: bool,
    one_block: bool,
}

impl Sureness {
    /// The interval that is drawn of a mean.
    pub(crate) fn of(&mut self, mean: &Mean) -> Option<[f64; 2]> {
        match mean.interval {
            Some(interval) => {
                self.by_spread = true;
                Some(interval)
            }
            None if mean.blocks > 1 => {
                self.by_range = true;
                Some(mean.range)
            }
            None => {
                self.one_block = true;
                None
            }
        }
    }

    /// A mean over a number.
    pub(crate) fn point(&mut self, x: f64, mean: &Mean) -> Point {
        Point { x, y: mean.value, interval: self.of(mean), label: None }
    }

    /// A mean as a bar.
    pub(super) fn bar(&mut self, mean: &Mean) -> Bar {
        Bar { height: mean.value, interval: self.of(mean) }
    }

    /// The same in a sentence.
    pub(crate) fn words(self) -> String {
        self.sentence("Whiskers")
    }

    /// The same, where the whiskers are of one of two numbers alone.
    pub(super) fn words_of(self, what: &str) -> String {
        self.sentence(&format!("Whiskers, of the {what} alone"))
    }

    fn sentence(self, subject: &str) -> String {
        let two = "of two blocks, from the one to the other";
        let mut parts = Vec::new();
        if self.by_spread {
            parts.push("95 % interval of the mean over the blocks, by Student's t");
        }
        if self.by_range {
            parts.push(two);
        }
        if self.one_block && !parts.is_empty() {
            parts.push("of one block, none");
        }
        match parts.is_empty() {
            true if self.one_block => {
                "There are no whiskers, since one block doesn't tell how sure a number is."
                    .to_owned()
            }
            true => String::new(),
            false => format!("{subject}: {}.", parts.join("; ")),
        }
    }
}

/// Why a figure of an arm doesn't count in some blocks of a scenario; `None` where it counts
/// in all.
pub(crate) fn left_out(arm: &ArmMeasured<'_>, scenario: &str, figure: &Figure) -> Option<String> {
    left_out_because(arm, scenario, |cell| match cell.ending {
        Ending::Carried(trial) if figure.value(trial).is_some() => None,
        Ending::Carried(trial) if figure.kind.counts(trial) => {
            Some(format!("{} absent", figure.title))
        }
        _ => Some(cell.ending.standing().to_owned()),
    })
}

/// Why something of an arm isn't shown of some blocks of a scenario.
pub(crate) fn left_out_because(
    arm: &ArmMeasured<'_>,
    scenario: &str,
    why: impl Fn(&CellSeen<'_>) -> Option<String>,
) -> Option<String> {
    let mut reasons: Vec<(String, Vec<u32>)> = Vec::new();
    for cell in &arm.cells {
        let Some(why) = why(cell) else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, blocks)) => blocks.push(cell.block),
            None => reasons.push((why, vec![cell.block])),
        }
    }
    let reasons: Vec<String> = reasons
        .into_iter()
        .map(|(why, blocks)| format!("{why} in {}", in_words(&blocks)))
        .collect();
    let who = format!("{}, {}", shown(arm.name), shown(scenario));
    (!reasons.is_empty()).then(|| format!("Left out: {who}: {}.", reasons.join("; ")))
}

/// Blocks in words.
fn in_words(blocks: &[u32]) -> String {
    let numbers: Vec<String> = blocks.iter().map(u32::to_string).collect();
    format!("block{} {}", if blocks.len() == 1 { "" } else { "s" }, numbers.join(", "))
}

/// Adds notes that aren't there yet.
pub(crate) fn note(notes: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for note in more {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// How numbers lie best along an axis: by their logarithm where they span much, and none of
/// them, nor of the ends of their intervals, is zero or less.
pub(crate) fn scale(numbers: impl IntoIterator<Item = f64>) -> Scale {
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for number in numbers {
        least = least.min(number);
        greatest = greatest.max(number);
    }
    if least > 0.0 && greatest / least > WIDE { Scale::Log } else { Scale::Linear }
}

/// The heights of points and the ends of their intervals.
pub(super) fn heights(points: &[Point]) -> impl Iterator<Item = f64> {
    points
        .iter()
        .flat_map(|point| std::iter::once(point.y).chain(point.interval.into_iter().flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_span_is_logarithmic() {
        assert_eq!(scale([1.0, 30.0]), Scale::Linear);
        assert_eq!(scale([1.0, 31.0]), Scale::Log);
        assert_eq!(scale([0.0, 31.0]), Scale::Linear);
        assert_eq!(scale([]), Scale::Linear);
    }

    #[test]
    fn a_chart_says_of_which_kind_its_whiskers_are() {
        let words = |values: &[&[f64]]| {
            let mut sureness = Sureness::default();
            for values in values {
                sureness.of(&Mean::of(values).unwrap());
            }
            sureness.words()
        };
        assert_eq!(
            words(&[&[1.0, 2.0, 3.0], &[1.0, 2.0], &[1.0]]),
            "Whiskers: 95 % interval of the mean over the blocks, by Student's t; of two blocks, \
             from the one to the other; of one block, none."
        );
        assert_eq!(
            words(&[&[1.0]]),
            "There are no whiskers, since one block doesn't tell how sure a number is."
        );
    }
}
