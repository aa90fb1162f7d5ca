//! Effects with their intervals, a row each: the number and the verdict's word stand beside
//! what is drawn, so that nothing must be read off the axis.

use super::ARROWS;
use super::axes::{self, LYING_ROOM, place_of};
use super::canvas::{AXIS, Canvas, FAINT, INK, Rect, Stroke, Text};
use super::frame::{Entry, MARGIN, Sign};
use super::marker::{self, SIZE};
use super::ruler::{Ruler, can_be_placed};
use super::words::{shortened, width, wrapped_to};
use crate::chart::{Dash, Forest, ForestRow, Scale, look};
use crate::number::decimal;

/// How high a row is.
const ROW: f64 = 36.0;
/// The widest name of a row.
const NAME_ROOM: f64 = 300.0;
/// Room for the number and the word.
const WORD_ROOM: f64 = 230.0;
const SIZE_OF_WORDS: f64 = 11.5;
/// The ground of effects that count as none.
const BAND: &str = "#eef1f4";

/// What stands in the legend: each series once.
pub(super) fn entries(forest: &Forest) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for row in &forest.rows {
        if !entries.iter().any(|entry| entry.name == row.series.name) {
            let sign = Sign::Points(look(row.series.look));
            entries.push(Entry { name: row.series.name.clone(), sign });
        }
    }
    entries
}

/// How high all is together.
pub(super) fn height_of(forest: &Forest) -> f64 {
    forest.rows.len().max(1) as f64 * ROW + LYING_ROOM + 24.0
}

/// Draws the chart; returns what must be said below it.
pub(super) fn draw(canvas: &mut Canvas, forest: &Forest, area: Rect) -> Vec<String> {
    let names = forest.rows.iter().map(|row| width(&row.name, SIZE_OF_WORDS));
    let left = MARGIN + names.fold(0.0, f64::max).clamp(80.0, NAME_ROOM) + 12.0;
    let inner = Rect {
        x: left,
        y: area.y + 24.0,
        width: area.width - left - WORD_ROOM - MARGIN,
        height: area.height - LYING_ROOM - 24.0,
    };
    let ruler = Ruler::across(&forest.x, &numbers(forest));
    ground(canvas, forest, &ruler, inner);
    let mut is_cut = false;
    for (index, row) in forest.rows.iter().enumerate() {
        let middle = inner.y + (index as f64 + 0.5) * ROW;
        is_cut |= self::row(canvas, (forest, row), &ruler, (inner, middle));
    }
    is_cut.then(|| ARROWS.to_owned()).into_iter().collect()
}

/// The axis, the band of effects that count as none, and where there is no difference.
fn ground(canvas: &mut Canvas, forest: &Forest, ruler: &Ruler, inner: Rect) {
    let ends = forest.margin.map(|end| place_of(ruler, end, inner));
    let band = Rect { x: ends[0], width: ends[1] - ends[0], ..inner };
    canvas.rect(band, BAND);
    axes::lying(canvas, &forest.x, ruler, inner);
    for x in ends {
        let stroke = Stroke { colour: AXIS, width: 1.0, dash: Dash::Dashed };
        canvas.line((x, inner.y), (x, inner.bottom()), stroke);
    }
    let even = place_of(ruler, forest.even, inner);
    canvas.line((even, inner.y), (even, inner.bottom()), Stroke::solid(FAINT, 1.2));
    let words = Text::new("no difference", even, inner.y - 8.0).size(10.5);
    canvas.text(&words.colour(FAINT).middle());
}

/// One comparison; returns whether its interval goes on beyond the picture.
fn row(
    canvas: &mut Canvas,
    (forest, row): (&Forest, &ForestRow),
    ruler: &Ruler,
    (inner, middle): (Rect, f64),
) -> bool {
    let lines = wrapped_to(&row.name, SIZE_OF_WORDS, NAME_ROOM, 2);
    let first = middle + 4.0 - (lines.len().saturating_sub(1)) as f64 * 7.0;
    for (index, line) in lines.iter().enumerate() {
        let y = first + index as f64 * 14.0;
        canvas.text(&Text::new(line, inner.x - 12.0, y).size(SIZE_OF_WORDS).end());
    }
    let x = inner.right() + 14.0;
    let word = shortened(&row.word, SIZE_OF_WORDS, WORD_ROOM - 14.0);
    let numbers = numbers_in_words(forest, row);
    let above = if numbers.is_empty() { middle + 4.0 } else { middle - 3.0 };
    canvas.text(&Text::new(&word, x, above).size(SIZE_OF_WORDS).bold().colour(INK));
    canvas.text(&Text::new(&numbers, x, middle + 12.0).size(10.5).colour(FAINT));
    drawn(canvas, row, ruler, (inner, middle), forest.x.scale)
}

/// The effect and its interval as a picture.
fn drawn(
    canvas: &mut Canvas,
    row: &ForestRow,
    ruler: &Ruler,
    (inner, y): (Rect, f64),
    scale: Scale,
) -> bool {
    const HALF: f64 = 5.0;
    let look = look(row.series.look);
    let stroke = Stroke::solid(look.colour, 2.0);
    let interval = row.interval.filter(|ends| ends.iter().all(|end| !end.is_nan()));
    let mut is_cut = false;
    if let Some(ends) = interval {
        let places = ends.map(|end| place_of(ruler, end, inner));
        canvas.line((places[0], y), (places[1], y), stroke);
        for (end, x, inward) in [(ends[0], places[0], 6.0), (ends[1], places[1], -6.0)] {
            if ruler.holds(end) {
                canvas.line((x, y - HALF), (x, y + HALF), stroke);
            } else {
                is_cut = true;
                let tip = [(x + inward, y - HALF), (x, y), (x + inward, y + HALF)];
                canvas.polyline(&tip, stroke);
            }
        }
    }
    if let Some(effect) = row.effect.filter(|effect| can_be_placed(scale, *effect)) {
        marker::draw(canvas, look, (place_of(ruler, effect, inner), y), SIZE);
    }
    is_cut
}

/// The effect and its interval as numbers: a ratio, or hundredths of a share.
fn numbers_in_words(forest: &Forest, row: &ForestRow) -> String {
    let number = |value: f64| match forest.x.scale {
        Scale::Log => decimal(value, 3),
        Scale::Linear | Scale::Quantile => decimal(100.0 * value, 1),
    };
    let unit = if forest.x.scale == Scale::Log { "" } else { " points" };
    let effect = row.effect.map(|effect| {
        let sign = if forest.x.scale == Scale::Log { "×" } else { "" };
        format!("{sign}{}{unit}", number(effect))
    });
    let interval = row.interval.map(|[low, high]| format!("[{}, {}]", number(low), number(high)));
    [effect, interval].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// All numbers that the axis must hold: effects, the margin, and intervals as far as they
/// don't make the effects too small to be told apart.
fn numbers(forest: &Forest) -> Vec<f64> {
    let scale = forest.x.scale;
    let mut numbers: Vec<f64> = forest.rows.iter().filter_map(|row| row.effect).collect();
    numbers.extend(forest.margin);
    numbers.push(forest.even);
    let away = |number: f64| (scale.place(number) - scale.place(forest.even)).abs();
    let placed = numbers.iter().copied().filter(|number| can_be_placed(scale, *number));
    let furthest = placed.map(away).fold(0.0, f64::max);
    let ends = forest.rows.iter().filter_map(|row| row.interval).flatten();
    let near: Vec<f64> =
        ends.filter(|end| can_be_placed(scale, *end) && away(*end) <= furthest * 3.0).collect();
    numbers.extend(near);
    numbers
}
