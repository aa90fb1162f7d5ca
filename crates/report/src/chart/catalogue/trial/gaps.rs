//! How long the gaps between token arrivals were: stalls show as points far to the right.

use crate::chart::{Axis, Body, Chart, Curves, Line, Point, Series};
use crate::digest::GapCounts;
use crate::number::count;

use super::super::sureness::scale;

/// How often gaps of which length occurred.
pub(super) fn chart(gaps: &GapCounts) -> Option<Chart> {
    let bins = gaps.borders_ms.windows(2).zip(&gaps.counts).filter(|(_, count)| **count > 0);
    let points: Vec<Point> = bins
        .map(|(borders, count)| Point {
            x: middle(borders[0], borders[1]),
            y: *count as f64,
            interval: None,
            label: None,
        })
        .collect();
    let all: u64 = gaps.counts.iter().sum();
    (!points.is_empty()).then(|| Chart {
        id: "token-gaps".to_owned(),
        title: "Gaps between token arrivals".to_owned(),
        about: format!(
            "How many of the {} gaps are how long: a point for each bin of lengths in which \
             there is one, at the bin's middle.",
            count(all)
        ),
        notes: Vec::new(),
        body: Body::Curves(Curves {
            x: Axis::new("gap", "ms", scale(points.iter().map(|point| point.x))),
            y: Axis::new("gaps", "", scale(points.iter().map(|point| point.y))),
            lines: vec![Line {
                series: Series { name: "gaps".to_owned(), look: 0 },
                joined: false,
                points,
            }],
            marks: Vec::new(),
        }),
    })
}

/// The middle of a bin on a logarithmic axis; of a bin without one of its borders, the other.
fn middle(from: f64, to: f64) -> f64 {
    match (from > 0.0, to.is_finite()) {
        (true, true) => (from * to).sqrt(),
        (true, false) => from,
        (false, _) => to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_has_its_point_in_its_middle() {
        assert_eq!(middle(1.0, 4.0), 2.0);
        assert_eq!(middle(0.0, 4.0), 4.0);
        assert_eq!(middle(8.0, f64::INFINITY), 8.0);
    }
}
