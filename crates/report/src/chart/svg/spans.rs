//! Stretches of time, one row each: when requests waited, and when they were answered.

use super::axes::{self, LYING_ROOM, TICK};
use super::canvas::{Canvas, Rect, Text};
use super::frame::{Entry, MARGIN, Sign, patch};
use super::left_out;
use super::ruler::{Ruler, can_be_placed};
use super::words::{shortened, width};
use crate::chart::Spans;

/// The lowest and the highest row.
const ROW: [f64; 2] = [4.0, 22.0];
/// What all rows share, where they are many.
const WANTED: f64 = 480.0;
/// The widest name of a row.
const NAME_ROOM: f64 = 200.0;
/// The least width at which a stretch can be seen.
const SEEN: f64 = 1.0;

/// What stands in the legend.
pub(super) fn entries(spans: &Spans) -> Vec<Entry> {
    let entry =
        |(place, name): (usize, &String)| Entry { name: name.clone(), sign: Sign::Patch(place) };
    spans.kinds.iter().enumerate().map(entry).collect()
}

/// How high all is together.
pub(super) fn height_of(spans: &Spans) -> f64 {
    spans.rows.len().max(1) as f64 * row_height(spans) + LYING_ROOM + 14.0
}

fn row_height(spans: &Spans) -> f64 {
    (WANTED / spans.rows.len().max(1) as f64).clamp(ROW[0], ROW[1])
}

/// Draws the chart; returns what must be said below it.
pub(super) fn draw(canvas: &mut Canvas, spans: &Spans, area: Rect) -> Vec<String> {
    let times: Vec<f64> = spans
        .rows
        .iter()
        .flat_map(|row| row.spans.iter().flat_map(|(_, from, to)| [*from, *to]))
        .collect();
    let ruler = Ruler::until(&spans.x, &times, 8);
    let widest = spans.rows.iter().map(|row| width(&row.name, TICK)).fold(0.0, f64::max);
    let left = MARGIN + widest.min(NAME_ROOM) + 10.0;
    let inner = Rect {
        x: left,
        y: area.y + 14.0,
        width: area.width - MARGIN - left - 10.0,
        height: area.height - LYING_ROOM - 14.0,
    };
    axes::lying(canvas, &spans.x, &ruler, inner);
    let mut without_place = 0;
    let mut last = f64::NEG_INFINITY;
    let high = row_height(spans);
    for (index, row) in spans.rows.iter().enumerate() {
        let y = inner.y + index as f64 * high;
        canvas.open(&format!("{}: {}", row.name, row.about));
        // Rows lower than a line of words have a name each now and then.
        if y - last >= TICK + 1.0 {
            let name = shortened(&row.name, TICK, NAME_ROOM);
            canvas.text(&Text::new(&name, left - 6.0, y + high / 2.0 + 4.0).size(TICK).end());
            last = y;
        }
        for (kind, from, to) in &row.spans {
            if !can_be_placed(spans.x.scale, *from) || !can_be_placed(spans.x.scale, *to) {
                without_place += 1;
                continue;
            }
            let ends = [*from, *to].map(|time| axes::place_of(&ruler, time, inner));
            let wide = (ends[1] - ends[0]).max(SEEN);
            let gap = (high * 0.12).min(2.0);
            let rect = Rect { x: ends[0], y: y + gap, width: wide, height: high - 2.0 * gap };
            patch(canvas, rect, *kind);
        }
        canvas.close();
    }
    left_out(without_place).into_iter().collect()
}
