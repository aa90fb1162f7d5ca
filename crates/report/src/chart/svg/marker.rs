//! The markers of points.

use super::canvas::{Canvas, Stroke, WHITE};
use crate::chart::{Look, Marker};

/// The usual size of a marker: half its width.
pub(super) const SIZE: f64 = 4.5;

/// Draws a marker around its point, with a light rim that parts it from lines below it.
pub(super) fn draw(canvas: &mut Canvas, look: Look, place: (f64, f64), size: f64) {
    inked(canvas, look, place, (size, look.colour, Stroke::solid(WHITE, 1.0)));
}

/// Draws a marker as its outline: that of points which no line joins, beside those of the
/// same arm which one does.
pub(super) fn hollow(canvas: &mut Canvas, look: Look, place: (f64, f64), size: f64) {
    inked(canvas, look, place, (size - 0.5, WHITE, Stroke::solid(look.colour, 2.0)));
}

/// Draws a marker of this size and fill, with this stroke around it.
fn inked(
    canvas: &mut Canvas,
    look: Look,
    (x, y): (f64, f64),
    (size, fill, rim): (f64, &str, Stroke<'_>),
) {
    let mut shape = |corners: &[(f64, f64)]| {
        let corners: Vec<(f64, f64)> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        canvas.polygon(&corners, fill, rim);
    };
    match look.marker {
        Marker::Circle => canvas.disc((x, y), size, fill, rim),
        Marker::Square => {
            let size = size * 0.9;
            shape(&[(-size, -size), (size, -size), (size, size), (-size, size)]);
        }
        Marker::Triangle => {
            let (wide, low) = (size * 1.15, size * 0.85);
            shape(&[(0.0, -size * 1.25), (wide, low), (-wide, low)]);
        }
        Marker::Diamond => {
            let size = size * 1.25;
            shape(&[(0.0, -size), (size, 0.0), (0.0, size), (-size, 0.0)]);
        }
        Marker::Cross => cross(canvas, look, (x, y), size),
    }
}

fn cross(canvas: &mut Canvas, look: Look, (x, y): (f64, f64), size: f64) {
    let size = size * 0.9;
    for (colour, width) in [(WHITE, 4.5), (look.colour, 2.5)] {
        let stroke = Stroke::solid(colour, width);
        canvas.line((x - size, y - size), (x + size, y + size), stroke);
        canvas.line((x - size, y + size), (x + size, y - size), stroke);
    }
}
