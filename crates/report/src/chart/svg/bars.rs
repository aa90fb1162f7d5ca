//! Bars over names, side by side or one upon the other.

use super::axes::{self, TICK, height_of, standing_room};
use super::canvas::{Canvas, FAINT, INK, Rect, Stroke, Text, WHITE};
use super::curves::{bounded, whisker};
use super::frame::{COLOURS, Entry, MARGIN, Sign, patch};
use super::ruler::{Ruler, can_be_placed};
use super::words::{shortened, width, wrapped};
use super::{ARROWS, left_out};
use crate::chart::{Bar, Bars, Group};
use crate::number::short;

/// How high the axes and what lies between them are together.
pub(super) const HEIGHT: f64 = 420.0;
/// The usual width of a picture, and the widest.
const WIDTH: f64 = 900.0;
const WIDEST: f64 = 1800.0;
/// The share of a name's room that its bars fill.
const FILLED: f64 = 0.8;
/// The narrowest bar that can still be told apart.
const LEAST: f64 = 12.0;
/// The size of a bar's number.
const VALUE: f64 = 10.5;
/// The least gap between two of them.
const GAP: f64 = 2.0;
/// The longest that a turned name gets.
const TURNED_ROOM: f64 = 150.0;

/// What stands in the legend.
pub(super) fn entries(bars: &Bars) -> Vec<Entry> {
    let entry = |(group, place): (&Group, usize)| Entry {
        name: group.series.name.clone(),
        sign: Sign::Patch(place),
    };
    bars.groups.iter().zip(places(bars)).map(entry).collect()
}

/// The place of each group in the palette: that of its arm. Where an arm has several groups
/// they share its colour, and the later ones are hatched.
fn places(bars: &Bars) -> Vec<usize> {
    let of_group = |(index, group): (usize, &Group)| {
        let is_alike = |other: &&Group| other.series.look == group.series.look;
        let before = bars.groups[..index].iter().filter(is_alike).count();
        group.series.look + before * COLOURS
    };
    bars.groups.iter().enumerate().map(of_group).collect()
}

/// How wide the picture should be for its bars to be told apart.
pub(super) fn width_of(bars: &Bars) -> f64 {
    let slots = bars.names.len() * if bars.stacked { 1 } else { bars.groups.len() };
    let wanted = slots as f64 * LEAST / FILLED + 120.0;
    wanted.clamp(WIDTH, WIDEST)
}

/// Where everything lies.
struct Plane<'a> {
    bars: &'a Bars,
    ruler: Ruler,
    inner: Rect,
    /// The place of each group in the palette.
    places: Vec<usize>,
    /// The room of one name.
    band: f64,
    /// Whether names are turned to be read.
    are_turned: bool,
}

/// What must be said below the bars.
#[derive(Default)]
struct Said {
    is_cut: bool,
    without_place: usize,
    parts_missing: Vec<String>,
    has_thin_gap: bool,
}

/// Draws the chart; returns what must be said below it.
pub(super) fn draw(canvas: &mut Canvas, bars: &Bars, area: Rect) -> Vec<String> {
    let plane = Plane::of(bars, area);
    axes::standing(canvas, &bars.y, &plane.ruler, plane.inner);
    let (x, bottom) = (plane.inner.x, height_of(&plane.ruler, 0.0, plane.inner));
    canvas.line((x, bottom), (plane.inner.right(), bottom), Stroke::solid(FAINT, 1.0));
    let mut said = Said::default();
    for (place, name) in bars.names.iter().enumerate() {
        let middle = plane.inner.x + (place as f64 + 0.5) * plane.band;
        if bars.stacked {
            plane.stack(canvas, &mut said, place, middle);
        } else {
            plane.group(canvas, &mut said, place, middle);
        }
        plane.name(canvas, name, middle);
    }
    said.notes()
}

impl Said {
    fn notes(self) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(self.is_cut.then(|| ARROWS.to_owned()));
        notes.extend(self.has_thin_gap.then(|| "–: no number that counts.".to_owned()));
        notes.extend(
            self.parts_missing.iter().map(|name| format!("{name}: some parts have no number.")),
        );
        notes.extend(left_out(self.without_place));
        notes
    }
}

impl<'a> Plane<'a> {
    fn of(bars: &'a Bars, area: Rect) -> Plane<'a> {
        let ruler = Ruler::over(&bars.y, &heights(bars), 6);
        let room = standing_room(&ruler);
        let wide = area.width - 2.0 * MARGIN - room;
        let band = wide / bars.names.len().max(1) as f64;
        let are_turned = bars.names.iter().any(|name| is_turned(name, band));
        let below = names_room(bars, band, are_turned);
        let above = values_room(bars, slot(bars, band));
        let inner = Rect {
            x: MARGIN + room,
            y: area.y + above,
            width: wide,
            height: area.height - above - below,
        };
        Plane { bars, ruler, inner, places: places(bars), band, are_turned }
    }

    /// The name of some bars, below them; turned where no three lines hold it.
    fn name(&self, canvas: &mut Canvas, name: &str, middle: f64) {
        let bottom = self.inner.bottom();
        if self.are_turned {
            let name = shortened(name, TICK, TURNED_ROOM);
            let text = Text::new(&name, middle + 4.0, bottom + 14.0).size(TICK);
            canvas.text(&text.end().turned(-40.0));
            return;
        }
        for (row, line) in wrapped(name, TICK, self.band - 6.0).iter().enumerate() {
            let y = bottom + 16.0 + row as f64 * (TICK + 3.0);
            canvas.text(&Text::new(line, middle, y).size(TICK).middle());
        }
    }

    /// The bars of one name, side by side.
    fn group(&self, canvas: &mut Canvas, said: &mut Said, place: usize, middle: f64) {
        let count = self.bars.groups.len().max(1) as f64;
        let slot = slot(self.bars, self.band);
        for (index, group) in self.bars.groups.iter().enumerate() {
            let left = middle + (index as f64 - count / 2.0) * slot;
            match group.bars.get(place).and_then(Option::as_ref) {
                Some(bar) => self.bar(canvas, said, (self.places[index], bar), (left, slot)),
                None => self.missing(canvas, said, (left, slot)),
            }
        }
    }

    fn bar(
        &self,
        canvas: &mut Canvas,
        said: &mut Said,
        (place, bar): (usize, &Bar),
        (left, slot): (f64, f64),
    ) {
        if !can_be_placed(self.bars.y.scale, bar.height) {
            said.without_place += 1;
            return;
        }
        let (y, zero) = (self.height(bar.height), self.height(0.0));
        let gap = (slot * 0.08).min(3.0);
        let rect = Rect {
            x: left + gap,
            y: y.min(zero),
            width: slot - 2.0 * gap,
            height: (zero - y).abs(),
        };
        patch(canvas, rect, place);
        let middle = left + slot / 2.0;
        let mut top = rect.y;
        if let Some(interval) = bar.interval {
            let across = (self.inner, middle);
            said.is_cut |= whisker(canvas, &self.ruler, across, interval, INK);
            top = top.min(self.height(interval[1]));
        }
        value(canvas, bar.height, (middle, top), slot);
    }

    /// What stands where a bar would: it isn't one of no height.
    fn missing(&self, canvas: &mut Canvas, said: &mut Said, (left, slot): (f64, f64)) {
        let zero = self.height(0.0);
        let middle = left + slot / 2.0;
        if slot < LEAST {
            said.has_thin_gap = true;
            canvas.text(&Text::new("–", middle, zero - 4.0).size(VALUE).middle());
            return;
        }
        let text = Text::new("no number", middle + 3.5, zero - 6.0).size(VALUE);
        canvas.text(&text.colour(FAINT).turned(-90.0));
    }

    /// The bars of one name, one upon the other.
    fn stack(&self, canvas: &mut Canvas, said: &mut Said, place: usize, middle: f64) {
        let slot = slot(self.bars, self.band);
        let groups = self.bars.groups.iter().zip(&self.places);
        let parts: Vec<(usize, &Bar)> = groups
            .filter_map(|(group, colour)| Some((*colour, group.bars.get(place)?.as_ref()?)))
            .collect();
        if parts.is_empty() {
            self.missing(canvas, said, (middle - slot / 2.0, slot));
            return;
        }
        if parts.len() < self.bars.groups.len() {
            said.parts_missing.push(self.bars.names[place].clone());
        }
        let mut sum = 0.0;
        for (colour, bar) in parts {
            if !bar.height.is_finite() {
                said.without_place += 1;
                continue;
            }
            let (lower, upper) = (self.height(sum), self.height(sum + bar.height));
            sum += bar.height;
            let height = (lower - upper).abs();
            let rect = Rect { x: middle - slot / 2.0, y: upper.min(lower), width: slot, height };
            patch(canvas, rect, colour);
            canvas.line((rect.x, upper), (rect.right(), upper), Stroke::solid(WHITE, 1.0));
        }
        value(canvas, sum, (middle, self.height(sum)), slot);
    }

    fn height(&self, value: f64) -> f64 {
        height_of(&self.ruler, value, self.inner)
    }
}

/// The number of a bar above it: level, turned where it is too wide for that, or not at all
/// where even that is too wide.
fn value(canvas: &mut Canvas, number: f64, (middle, top): (f64, f64), slot: f64) {
    let words = short(number);
    if width(&words, VALUE) <= slot - GAP {
        canvas.text(&Text::new(&words, middle, top - 5.0).size(VALUE).middle());
    } else if slot >= LEAST - 1.0 {
        let text = Text::new(&words, middle + 3.5, top - 5.0).size(VALUE);
        canvas.text(&text.turned(-90.0));
    }
}

/// The room of one bar, with the gaps beside it.
fn slot(bars: &Bars, band: f64) -> f64 {
    let beside = if bars.stacked { 1 } else { bars.groups.len().max(1) };
    (band * FILLED / beside as f64).min(120.0)
}

/// The room that names need below their bars.
fn names_room(bars: &Bars, band: f64, are_turned: bool) -> f64 {
    let names = bars.names.iter();
    if are_turned {
        let longest = names.map(|name| width(name, TICK)).fold(0.0, f64::max);
        return longest.min(TURNED_ROOM) * 0.65 + 24.0;
    }
    let lines = names.map(|name| wrapped(name, TICK, band - 6.0).len()).max().unwrap_or(0);
    lines as f64 * (TICK + 3.0) + 14.0
}

/// The room that numbers need above the highest bars.
fn values_room(bars: &Bars, slot: f64) -> f64 {
    let all = bars.groups.iter().flat_map(|group| group.bars.iter().flatten());
    let widest = all.map(|bar| width(&short(bar.height), VALUE)).fold(0.0, f64::max);
    if widest <= slot - GAP { 22.0 } else { widest.min(60.0) + 14.0 }
}

/// Whether a name must be turned to be read below bars of this width.
fn is_turned(name: &str, band: f64) -> bool {
    let room = band - 6.0;
    name.split_whitespace().any(|word| width(word, TICK) > room)
        || wrapped(name, TICK, room).len() > 3
}

/// All heights that the axis must hold.
fn heights(bars: &Bars) -> Vec<f64> {
    if bars.stacked {
        let sum = |place: usize| {
            let parts = bars.groups.iter().filter_map(|group| group.bars.get(place)?.as_ref());
            parts.map(|bar| bar.height).filter(|height| height.is_finite()).sum::<f64>()
        };
        return (0..bars.names.len()).map(|place| sum(place) * 1.04).collect();
    }
    let all = || bars.groups.iter().flat_map(|group| group.bars.iter().flatten());
    let mut heights: Vec<f64> = all().map(|bar| bar.height).collect();
    let bounds = bounded(bars.y.scale, &heights, all().filter_map(|bar| bar.interval).flatten());
    heights.extend(bounds);
    heights
}
