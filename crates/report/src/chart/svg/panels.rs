//! Several charts side by side in one picture.

use super::canvas::{Canvas, Picture};
use super::frame;
use super::picture;
use crate::chart::Chart;

/// The charts in so many columns, below one title.
pub(crate) fn panels(
    (title, about): (&str, &str),
    charts: &[Chart],
    columns: usize,
    stamps: &[String],
) -> Picture {
    let parts: Vec<Picture> = charts.iter().map(|chart| picture(chart, &[])).collect();
    let columns = columns.clamp(1, parts.len().max(1));
    let part = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let width = part * columns as f64;
    let mut canvas = Canvas::default();
    let mut y = frame::head(&mut canvas, (title, about), stamps, width);
    for row in parts.chunks(columns) {
        for (place, picture) in row.iter().enumerate() {
            canvas.nest(picture, (place as f64 * part, y));
        }
        y += row.iter().map(|part| part.height).fold(0.0, f64::max);
    }
    let told: Vec<&str> = charts.iter().map(|chart| chart.about.as_str()).collect();
    let about = format!("{about} {}", told.join(" "));
    Picture { width, height: y + 6.0, title: title.to_owned(), about, canvas }
}
