//! How sure the points of a chart are, and how they lie along an axis.

use crate::chart::{Bar, Point, Scale};
use crate::measured::Mean;

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
