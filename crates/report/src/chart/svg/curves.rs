//! Points over an axis of numbers.

use super::axes::{self, LYING_ROOM, height_of, place_of, standing_room};
use super::canvas::{Canvas, FAINT, INK, Rect, Stroke, Text};
use super::crowd::Crowd;
use super::frame::{Entry, MARGIN, Sign};
use super::marker::{self, SIZE};
use super::ruler::{Ruler, can_be_placed};
use super::words::{shortened, width};
use super::{ARROWS, left_out};
use crate::chart::{Curves, Dash, Line, Look, Point, Scale, look};

/// A line of more points than this is a curve: it has few markers and its intervals are a
/// band.
const FEW: usize = 40;
/// How far apart the markers of a curve are.
const APART: f64 = 110.0;
/// How many different loads an axis is marked at; with more it is marked at round numbers.
const MOST_LOADS: usize = 12;
/// The size of what is written at a point.
const LABEL: f64 = 10.5;
/// How much further than the highest point an interval may stretch the axis.
const STRETCH: f64 = 2.0;

/// How high the axes and what lies between them are together.
pub(super) const HEIGHT: f64 = 420.0;

/// What stands in the legend.
pub(super) fn entries(curves: &Curves) -> Vec<Entry> {
    let entry = |(line, look): (&Line, Look)| {
        let sign = if line.joined { Sign::Line(look) } else { Sign::Hollow(look) };
        Entry { name: line.series.name.clone(), sign }
    };
    curves.lines.iter().zip(looks(&curves.lines)).map(entry).collect()
}

/// The look of each line: that of its arm. Where an arm has several of a kind they share its
/// colour, and the later ones have the dashes and markers of the arms after it.
fn looks(lines: &[Line]) -> Vec<Look> {
    let of_line = |(place, line): (usize, &Line)| {
        let is_alike =
            |other: &&Line| other.series.look == line.series.look && other.joined == line.joined;
        let before = lines[..place].iter().filter(is_alike).count();
        let other = look(line.series.look + before);
        Look { colour: look(line.series.look).colour, ..other }
    };
    lines.iter().enumerate().map(of_line).collect()
}

/// Where everything lies.
struct Plane<'a> {
    curves: &'a Curves,
    x: Ruler,
    y: Ruler,
    inner: Rect,
}

/// Draws the chart; returns what must be said below it.
pub(super) fn draw(canvas: &mut Canvas, curves: &Curves, area: Rect) -> Vec<String> {
    let plane = Plane::of(curves, area);
    axes::standing(canvas, &curves.y, &plane.y, plane.inner);
    axes::lying(canvas, &curves.x, &plane.x, plane.inner);
    let mut crowd = Crowd::new(plane.inner);
    for (name, height) in &curves.marks {
        plane.mark(canvas, &mut crowd, name, *height);
    }
    let mut is_cut = false;
    for line in &curves.lines {
        is_cut |= plane.intervals(canvas, &mut crowd, line);
    }
    for (line, look) in curves.lines.iter().zip(looks(&curves.lines)) {
        plane.line(canvas, &mut crowd, (line, look));
    }
    for line in &curves.lines {
        plane.labels(canvas, &mut crowd, line);
    }
    let mut notes: Vec<String> = is_cut.then(|| ARROWS.to_owned()).into_iter().collect();
    notes.extend(left_out(
        curves
            .lines
            .iter()
            .flat_map(|line| &line.points)
            .filter(|point| !plane.can_hold(point))
            .count(),
    ));
    notes
}

impl<'a> Plane<'a> {
    fn of(curves: &'a Curves, area: Rect) -> Plane<'a> {
        let points = || curves.lines.iter().flat_map(|line| &line.points);
        let xs: Vec<f64> = points().map(|point| point.x).collect();
        let x = Ruler::until(&curves.x, &xs, 8);
        let x = match curves.x.scale {
            Scale::Log => x.marked_at(&curves.x, &xs, MOST_LOADS),
            Scale::Linear | Scale::Quantile => x,
        };
        let y = Ruler::over(&curves.y, &heights(curves), 6);
        let room = standing_room(&y);
        let inner = Rect {
            x: MARGIN + room,
            y: area.y + 14.0,
            width: area.width - 2.0 * MARGIN - room - 10.0,
            height: area.height - 14.0 - LYING_ROOM,
        };
        Plane { curves, x, y, inner }
    }

    fn can_hold(&self, point: &Point) -> bool {
        can_be_placed(self.curves.x.scale, point.x) && can_be_placed(self.curves.y.scale, point.y)
    }

    fn points<'b>(&'b self, line: &'b Line) -> impl Iterator<Item = (&'b Point, (f64, f64))> {
        line.points.iter().filter(|point| self.can_hold(point)).map(|point| {
            let x = place_of(&self.x, point.x, self.inner);
            (point, (x, height_of(&self.y, point.y, self.inner)))
        })
    }

    /// A line across the chart, with its name at its right end.
    fn mark(&self, canvas: &mut Canvas, crowd: &mut Crowd, name: &str, height: f64) {
        if !can_be_placed(self.curves.y.scale, height) {
            return;
        }
        let y = height_of(&self.y, height, self.inner);
        let stroke = Stroke { colour: INK, width: 1.2, dash: Dash::Dashed };
        canvas.line((self.inner.x, y), (self.inner.right(), y), stroke);
        let name = shortened(name, LABEL, self.inner.width * 0.6);
        let wide = width(&name, LABEL);
        // Above the line, or below where there is no room above it.
        let base = if y - self.inner.y > LABEL + 6.0 { y - 4.0 } else { y + LABEL + 3.0 };
        let text = Text::new(&name, self.inner.right() - 4.0, base).size(LABEL);
        canvas.text(&text.colour(FAINT).end());
        let x = self.inner.right() - 4.0 - wide;
        crowd.take(Rect { x, y: base - LABEL, width: wide, height: LABEL + 2.0 });
    }

    /// The intervals of a line; returns whether any goes on beyond the picture.
    fn intervals(&self, canvas: &mut Canvas, crowd: &mut Crowd, line: &Line) -> bool {
        let colour = look(line.series.look).colour;
        if line.points.len() > FEW {
            self.band(canvas, line, colour);
            return false;
        }
        let mut is_cut = false;
        for (point, (x, _)) in self.points(line) {
            if let Some(interval) = point.interval {
                is_cut |= whisker(canvas, &self.y, (self.inner, x), interval, colour);
                let ends = interval.map(|end| height_of(&self.y, end, self.inner));
                crowd.take_line(&[(x, ends[0]), (x, ends[1])]);
            }
        }
        is_cut
    }

    fn band(&self, canvas: &mut Canvas, line: &Line, colour: &str) {
        let at = |x: f64, height: f64| (x, height_of(&self.y, height, self.inner));
        let with_interval = |(point, (x, _)): (&Point, (f64, f64))| Some((x, point.interval?));
        let known: Vec<(f64, [f64; 2])> = self.points(line).filter_map(with_interval).collect();
        let upper = known.iter().map(|(x, interval)| at(*x, interval[1]));
        let lower = known.iter().rev().map(|(x, interval)| at(*x, interval[0]));
        let around: Vec<(f64, f64)> = upper.chain(lower).collect();
        if !around.is_empty() {
            canvas.area(&around, colour, 0.15);
        }
    }

    fn line(&self, canvas: &mut Canvas, crowd: &mut Crowd, (line, look): (&Line, Look)) {
        let places: Vec<(f64, f64)> = self.points(line).map(|(_, place)| place).collect();
        if line.joined && places.len() > 1 {
            let stroke = Stroke { colour: look.colour, width: 2.0, dash: look.dash };
            canvas.polyline(&places, stroke);
            if places.len() <= FEW {
                crowd.take_line(&places);
            }
        }
        for place in marked(places, line.joined, line.series.look) {
            if line.joined {
                marker::draw(canvas, look, place, SIZE);
            } else {
                marker::hollow(canvas, look, place, SIZE);
            }
            let (x, y) = (place.0 - SIZE, place.1 - SIZE);
            crowd.take(Rect { x, y, width: 2.0 * SIZE, height: 2.0 * SIZE });
        }
    }

    fn labels(&self, canvas: &mut Canvas, crowd: &mut Crowd, line: &Line) {
        for (point, place) in self.points(line) {
            let Some(label) = &point.label else { continue };
            let label = shortened(label, LABEL, 140.0);
            let size = (width(&label, LABEL), LABEL);
            let rect = crowd.beside(place, size);
            let text = Text::new(&label, rect.x, rect.bottom() - 1.5).size(LABEL);
            canvas.text(&text.colour(INK));
        }
    }
}

/// The places at which a line has its markers: all of a few; of many some, at other places
/// for each arm so that they don't lie upon each other.
fn marked(places: Vec<(f64, f64)>, is_joined: bool, look: usize) -> Vec<(f64, f64)> {
    if places.len() <= FEW || !is_joined {
        return places;
    }
    let mut next = places[0].0 + APART * (0.25 + 0.3 * (look % 3) as f64);
    let is_due = |place: &(f64, f64)| {
        let is_due = place.0 >= next;
        if is_due {
            next = place.0 + APART;
        }
        is_due
    };
    places.into_iter().filter(is_due).collect()
}

/// All heights that the axis must hold: points, marks, and intervals as far as they don't
/// make the points too small to be told apart.
fn heights(curves: &Curves) -> Vec<f64> {
    let points = || curves.lines.iter().flat_map(|line| &line.points);
    let mut heights: Vec<f64> = points().map(|point| point.y).collect();
    let bounds = points().filter_map(|point| point.interval).flatten();
    let bounds = bounded(curves.y.scale, &heights, bounds);
    heights.extend(bounds);
    heights.extend(curves.marks.iter().map(|(_, height)| *height));
    heights
}

/// The ends of intervals that an axis should hold, given the numbers that they belong to.
pub(super) fn bounded(
    scale: Scale,
    heights: &[f64],
    bounds: impl Iterator<Item = f64>,
) -> Vec<f64> {
    let placed = || heights.iter().copied().filter(|height| can_be_placed(scale, *height));
    let greatest = placed().fold(f64::NEG_INFINITY, f64::max);
    let least = placed().fold(f64::INFINITY, f64::min);
    let low = match scale {
        // What cannot be negative has no interval below zero worth the room.
        Scale::Linear if least >= 0.0 => 0.0,
        Scale::Linear => least * STRETCH,
        Scale::Log => least / STRETCH,
        Scale::Quantile => 0.0,
    };
    let high = if greatest > 0.0 { greatest * STRETCH } else { 0.0 };
    bounds.filter(|bound| bound.is_finite()).map(|bound| bound.clamp(low.min(high), high)).collect()
}

/// An interval as a standing line with a bar at each end, or with an arrow where it goes on
/// beyond the picture; returns whether it does.
pub(super) fn whisker(
    canvas: &mut Canvas,
    ruler: &Ruler,
    (inner, x): (Rect, f64),
    interval: [f64; 2],
    colour: &str,
) -> bool {
    const HALF: f64 = 4.0;
    if interval.iter().any(|bound| bound.is_nan()) {
        return false;
    }
    let ends = interval.map(|bound| height_of(ruler, bound, inner));
    let stroke = Stroke::solid(colour, 1.4);
    canvas.line((x, ends[0]), (x, ends[1]), stroke);
    for (bound, y, inward) in [(interval[0], ends[0], -5.0), (interval[1], ends[1], 5.0)] {
        if ruler.holds(bound) {
            canvas.line((x - HALF, y), (x + HALF, y), stroke);
        } else {
            let tip = [(x - HALF, y + inward), (x, y), (x + HALF, y + inward)];
            canvas.polyline(&tip, stroke);
        }
    }
    !interval.iter().all(|bound| ruler.holds(*bound))
}
