//! Numbers that can't be drawn are left out, and that is said: a rate over a latency of zero
//! has no place on any axis, and no file format of ours can hold it.

use crate::chart::{Bar, Body, Chart, Curves, Point};

/// The chart without what isn't finite; `None` where nothing is left of it.
pub(super) fn only(mut chart: Chart) -> Option<Chart> {
    let (before, after) = match &mut chart.body {
        Body::Curves(curves) => of_curves(curves),
        Body::Bars(bars) => {
            let bars = bars.groups.iter_mut().flat_map(|group| &mut group.bars);
            counted(bars, |bar| bar.as_ref().is_none_or(is_drawable))
        }
        Body::Heat(heat) => {
            let cells = heat.cells.iter_mut().flatten();
            counted(cells, |cell| cell.is_none_or(f64::is_finite))
        }
        Body::Spans(spans) => {
            let (mut before, mut after) = (0, 0);
            for row in &mut spans.rows {
                before += row.spans.len();
                row.spans.retain(|(_, from, to)| from.is_finite() && to.is_finite());
                after += row.spans.len();
            }
            (before, after)
        }
        Body::Forest(forest) => {
            let before = forest.rows.iter().filter(|row| row.effect.is_some()).count();
            for row in &mut forest.rows {
                row.effect = row.effect.filter(|effect| effect.is_finite());
                row.interval = row.interval.filter(is_finite);
            }
            (before, forest.rows.iter().filter(|row| row.effect.is_some()).count())
        }
    };
    if after < before {
        chart.notes.push(match before - after {
            1 => "One number isn't finite, and isn't drawn.".to_owned(),
            count => format!("{count} numbers aren't finite, and aren't drawn."),
        });
    }
    (after > 0 || matches!(chart.body, Body::Forest(_))).then_some(chart)
}

fn of_curves(curves: &mut Curves) -> (usize, usize) {
    let (mut before, mut after) = (0, 0);
    for line in &mut curves.lines {
        before += line.points.len();
        line.points.retain(|point: &Point| {
            point.x.is_finite()
                && point.y.is_finite()
                && point.interval.as_ref().is_none_or(is_finite)
        });
        after += line.points.len();
    }
    curves.lines.retain(|line| !line.points.is_empty());
    (before, after)
}

/// Empties what can't be drawn, and counts what was there before and after.
fn counted<'c, T: 'c>(
    places: impl Iterator<Item = &'c mut Option<T>>,
    is_drawable: impl Fn(&Option<T>) -> bool,
) -> (usize, usize) {
    let (mut before, mut after) = (0, 0);
    for place in places {
        before += usize::from(place.is_some());
        if !is_drawable(place) {
            *place = None;
        }
        after += usize::from(place.is_some());
    }
    (before, after)
}

fn is_drawable(bar: &Bar) -> bool {
    bar.height.is_finite() && bar.interval.as_ref().is_none_or(is_finite)
}

fn is_finite(interval: &[f64; 2]) -> bool {
    interval.iter().all(|end| end.is_finite())
}
