//! A number in each cell of a table, by colour.

use super::axes;
use super::canvas::{AXIS, Canvas, FAINT, INK, Lines, Rect, Stroke, Text, WHITE};
use super::frame::MARGIN;
use super::left_out;
use super::ruler::can_be_placed;
use super::words::{shortened, width, wrapped_to};
use crate::chart::{Heat, Scale};
use crate::number::short;

/// How high a row is.
const ROW: f64 = 34.0;
/// The narrowest and the widest column.
const COLUMN: [f64; 2] = [58.0, 190.0];
/// Room for the names of the columns.
const HEAD: f64 = 52.0;
/// Room for the scale of colours, to the right.
const SCALE_ROOM: f64 = 120.0;
/// The widest name of a row.
const NAME_ROOM: f64 = 240.0;
const SIZE: f64 = 11.5;
/// How high the scale of colours is.
const HIGH: f64 = 102.0;

/// Nine steps of Viridis (van der Walt and Smith, 2015), which rises evenly in lightness and
/// so can be read without seeing colours; red, green and blue from 0 to 255.
const VIRIDIS: [[f64; 3]; 9] = [
    [68.0, 1.0, 84.0],
    [71.0, 44.0, 122.0],
    [59.0, 81.0, 139.0],
    [44.0, 113.0, 142.0],
    [33.0, 144.0, 141.0],
    [39.0, 173.0, 129.0],
    [92.0, 200.0, 99.0],
    [170.0, 220.0, 50.0],
    [253.0, 231.0, 37.0],
];

/// How high the table is.
pub(super) fn height_of(heat: &Heat) -> f64 {
    HEAD + (heat.rows.len() as f64 * ROW).max(HIGH) + 28.0
}

/// How wide the picture should be.
pub(super) fn width_of(heat: &Heat) -> f64 {
    let least = names_room(heat) + heat.columns.len() as f64 * COLUMN[0];
    (least + SCALE_ROOM + 2.0 * MARGIN).max(900.0)
}

fn names_room(heat: &Heat) -> f64 {
    let widest = heat.rows.iter().map(|name| width(name, SIZE)).fold(0.0, f64::max);
    widest.min(NAME_ROOM) + 12.0
}

/// The least and the greatest number that has a colour.
struct Span {
    scale: Scale,
    least: f64,
    greatest: f64,
    is_turned: bool,
}

/// Draws the table; returns what must be said below it.
pub(super) fn draw(canvas: &mut Canvas, heat: &Heat, area: Rect) -> Vec<String> {
    let span = Span::of(heat);
    let left = MARGIN + names_room(heat);
    let wide = area.width - left - SCALE_ROOM - MARGIN;
    let column = (wide / heat.columns.len().max(1) as f64).min(COLUMN[1]);
    for (place, name) in heat.columns.iter().enumerate() {
        let lines = wrapped_to(name, SIZE, column - 6.0, 3);
        for (index, line) in lines.iter().rev().enumerate() {
            let x = left + (place as f64 + 0.5) * column;
            let y = area.y + HEAD - 8.0 - index as f64 * (SIZE + 3.0);
            canvas.text(&Text::new(line, x, y).size(SIZE).middle());
        }
    }
    for (row, name) in heat.rows.iter().enumerate() {
        let y = area.y + HEAD + row as f64 * ROW;
        let name = shortened(name, SIZE, NAME_ROOM);
        canvas.text(&Text::new(&name, left - 8.0, y + ROW / 2.0 + 4.0).size(SIZE).end());
        for place in 0..heat.columns.len() {
            let number = heat.cells.get(row).and_then(|cells| *cells.get(place)?);
            let rect = Rect { x: left + place as f64 * column, y, width: column, height: ROW };
            cell(canvas, &span, rect, number);
        }
    }
    let right = left + column * heat.columns.len() as f64;
    colours(canvas, heat, &span, (right + 26.0, area.y + HEAD));
    notes(heat, &span)
}

fn notes(heat: &Heat, span: &Span) -> Vec<String> {
    let known = || heat.cells.iter().flatten();
    let has_gap = known().any(Option::is_none);
    let mut notes: Vec<String> =
        has_gap.then(|| "–, hatched: no number that counts.".to_owned()).into_iter().collect();
    let without_place = known().flatten().filter(|number| !can_be_placed(span.scale, **number));
    notes.extend(left_out(without_place.count()));
    notes
}

fn cell(canvas: &mut Canvas, span: &Span, rect: Rect, number: Option<f64>) {
    let (x, y) = (rect.middle().0, rect.middle().1 + 4.0);
    let rim = Stroke::solid(WHITE, 1.5);
    match number.filter(|number| can_be_placed(span.scale, *number)) {
        Some(number) => {
            let share = span.share(number);
            canvas.framed(rect, &colour(share), rim);
            // Dark colours bear light words; the light half of the scale bears dark ones.
            let ink = if share < 0.55 { WHITE } else { INK };
            canvas.text(&Text::new(&short(number), x, y).size(SIZE).colour(ink).middle());
        }
        None => {
            canvas.framed(rect, "#f3f4f6", rim);
            canvas.hatch(rect, Lines::Rising, Stroke::solid("#c9ced6", 1.0));
            canvas.disc((x, y - 4.0), 8.0, "#f3f4f6", Stroke::solid("#f3f4f6", 1.0));
            canvas.text(&Text::new("–", x, y).size(SIZE).colour(FAINT).middle());
        }
    }
}

/// The scale of colours, with the numbers at its ends.
fn colours(canvas: &mut Canvas, heat: &Heat, span: &Span, (x, y): (f64, f64)) {
    const STEPS: usize = 40;
    if span.least > span.greatest {
        return;
    }
    let step = HIGH / STEPS as f64;
    for index in 0..STEPS {
        // The brightest colour stands above.
        let share = 1.0 - (index as f64 + 0.5) / STEPS as f64;
        let y = y + index as f64 * step;
        // A little higher than its step, so that no light line shows between two.
        canvas.rect(Rect { x, y, width: 16.0, height: step + 0.5 }, &colour(share));
    }
    canvas.framed(Rect { x, y, width: 16.0, height: HIGH }, "none", Stroke::solid(AXIS, 1.0));
    let (above, below) =
        if span.is_turned { (span.least, span.greatest) } else { (span.greatest, span.least) };
    canvas.text(&Text::new(&short(above), x + 22.0, y + 10.0).size(SIZE));
    canvas.text(&Text::new(&short(below), x + 22.0, y + HIGH).size(SIZE));
    let which = if heat.higher_is_better { "more is better" } else { "less is better" };
    canvas.text(&Text::new(which, x, y + HIGH + 18.0).size(10.5).colour(FAINT));
    let name = axes::name(&heat.value);
    for (index, line) in wrapped_to(&name, 10.5, SCALE_ROOM - 22.0, 2).iter().enumerate() {
        let y = y - 24.0 + index as f64 * 13.0;
        canvas.text(&Text::new(line, x, y).size(10.5).colour(FAINT));
    }
}

impl Span {
    fn of(heat: &Heat) -> Span {
        let scale = heat.value.scale;
        let numbers = || {
            let known = heat.cells.iter().flatten().flatten().copied();
            known.filter(|number| can_be_placed(scale, *number))
        };
        Span {
            scale,
            least: numbers().fold(f64::INFINITY, f64::min),
            greatest: numbers().fold(f64::NEG_INFINITY, f64::max),
            is_turned: !heat.higher_is_better,
        }
    }

    /// How bright a number is, from 0 to 1: the better, the brighter.
    fn share(&self, number: f64) -> f64 {
        let along = |number: f64| self.scale.place(number) - self.scale.place(self.least);
        let whole = along(self.greatest);
        if whole <= 0.0 || !whole.is_finite() {
            return 0.5;
        }
        let share = along(number) / whole;
        if self.is_turned { 1.0 - share } else { share }
    }
}

/// A colour of the scale, from 0 to 1.
fn colour(share: f64) -> String {
    let last = VIRIDIS.len() - 1;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = (place.floor() as usize).min(last - 1);
    let rest = place - below as f64;
    let part = |index: usize| {
        let (from, to) = (VIRIDIS[below][index], VIRIDIS[below + 1][index]);
        (from + (to - from) * rest).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", part(0), part(1), part(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_rise_from_dark_to_light() {
        assert_eq!(colour(0.0), "#440154");
        assert_eq!(colour(1.0), "#fde725");
        assert_eq!(colour(0.5), "#21908d");
    }
}
