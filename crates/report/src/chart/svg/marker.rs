//! The markers of points.

use super::canvas::{Canvas, Stroke, WHITE};
use crate::chart::{Look, Marker};

/// The usual size of a marker: half its width.
pub(super) const SIZE: f64 = 4.5;

/// Draws a marker around its point, with a light rim that parts it from lines below it.
pub(super) fn draw(canvas: &mut Canvas, look: Look, (x, y): (f64, f64), size: f64) {
    let rim = Stroke::solid(WHITE, 1.0);
    match look.marker {
        Marker::Circle => canvas.disc((x, y), size, look.colour, rim),
        Marker::Square => {
            let size = size * 0.9;
            let corners = [(-size, -size), (size, -size), (size, size), (-size, size)];
            shape(canvas, look, (x, y), &corners);
        }
        Marker::Triangle => {
            let corners =
                [(0.0, -size * 1.25), (size * 1.15, size * 0.85), (-size * 1.15, size * 0.85)];
            shape(canvas, look, (x, y), &corners);
        }
        Marker::Diamond => {
            let size = size * 1.25;
            let corners = [(0.0, -size), (size, 0.0), (0.0, size), (-size, 0.0)];
            shape(canvas, look, (x, y), &corners);
        }
        Marker::Cross => cross(canvas, look, (x, y), size),
    }
}

fn shape(canvas: &mut Canvas, look: Look, (x, y): (f64, f64), corners: &[(f64, f64)]) {
    let corners: Vec<(f64, f64)> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    canvas.polygon(&corners, look.colour, Stroke::solid(WHITE, 1.0));
}

fn cross(canvas: &mut Canvas, look: Look, (x, y): (f64, f64), size: f64) {
    let size = size * 0.9;
    for (colour, width) in [(WHITE, 4.5), (look.colour, 2.5)] {
        let stroke = Stroke::solid(colour, width);
        canvas.line((x - size, y - size), (x + size, y + size), stroke);
        canvas.line((x - size, y + size), (x + size, y - size), stroke);
    }
}
