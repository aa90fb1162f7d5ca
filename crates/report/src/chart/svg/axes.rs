//! Axes and the lines behind the data.

use super::canvas::{AXIS, Canvas, FAINT, GRID, INK, Rect, Stroke, Text};
use super::ruler::Ruler;
use super::words::{shortened, width};
use crate::chart::Axis;

/// The size of the numbers along an axis.
pub(super) const TICK: f64 = 11.0;
/// The size of an axis's name.
const LABEL: f64 = 12.0;
/// Room for the name of an axis and for the gap to its numbers.
const NAME_ROOM: f64 = 30.0;
/// The least gap between two numbers along an axis.
const GAP: f64 = 3.0;

/// What an axis is called, with its unit.
pub(super) fn name(axis: &Axis) -> String {
    match axis.unit.as_str() {
        "" => axis.label.clone(),
        unit => format!("{} ({unit})", axis.label),
    }
}

/// The room that the standing axis needs to the left of the data.
pub(super) fn standing_room(ruler: &Ruler) -> f64 {
    let widest = ruler.ticks.iter().map(|tick| width(&tick.words, TICK)).fold(0.0, f64::max);
    widest + NAME_ROOM + 8.0
}

/// The room that the lying axis needs below the data.
pub(super) const LYING_ROOM: f64 = 46.0;

/// The height of a number in the data's rectangle.
pub(super) fn height_of(ruler: &Ruler, value: f64, inner: Rect) -> f64 {
    inner.bottom() - ruler.share(value) * inner.height
}

/// The place of a number along the data's rectangle.
pub(super) fn place_of(ruler: &Ruler, value: f64, inner: Rect) -> f64 {
    inner.x + ruler.share(value) * inner.width
}

/// Draws the standing axis, to the left of the data.
pub(super) fn standing(canvas: &mut Canvas, axis: &Axis, ruler: &Ruler, inner: Rect) {
    let mut last = f64::INFINITY;
    for tick in &ruler.ticks {
        let y = height_of(ruler, tick.value, inner);
        canvas.line((inner.x, y), (inner.right(), y), Stroke::solid(GRID, 1.0));
        if !tick.words.is_empty() && last - y > TICK + 2.0 {
            let words = Text::new(&tick.words, inner.x - 8.0, y + 4.0);
            canvas.text(&words.size(TICK).colour(FAINT).end());
            last = y;
        }
    }
    canvas.line((inner.x, inner.y), (inner.x, inner.bottom()), Stroke::solid(AXIS, 1.0));
    let name = shortened(&name(axis), LABEL, inner.height + 40.0);
    let (x, y) = (inner.x - standing_room(ruler) + 14.0, inner.middle().1);
    canvas.text(&Text::new(&name, x, y).size(LABEL).colour(INK).middle().turned(-90.0));
}

/// Draws the lying axis, below the data.
pub(super) fn lying(canvas: &mut Canvas, axis: &Axis, ruler: &Ruler, inner: Rect) {
    let mut last = f64::NEG_INFINITY;
    for tick in &ruler.ticks {
        let x = place_of(ruler, tick.value, inner);
        canvas.line((x, inner.y), (x, inner.bottom()), Stroke::solid(GRID, 1.0));
        let half = width(&tick.words, TICK) / 2.0;
        if !tick.words.is_empty() && x - half > last + GAP {
            let words = Text::new(&tick.words, x, inner.bottom() + 16.0);
            canvas.text(&words.size(TICK).colour(FAINT).middle());
            last = x + half;
        }
    }
    let bottom = inner.bottom();
    canvas.line((inner.x, bottom), (inner.right(), bottom), Stroke::solid(AXIS, 1.0));
    let name = shortened(&name(axis), LABEL, inner.width);
    let at = (inner.middle().0, bottom + 36.0);
    canvas.text(&Text::new(&name, at.0, at.1).size(LABEL).colour(INK).middle());
}
