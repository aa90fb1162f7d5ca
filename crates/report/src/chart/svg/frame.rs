//! What stands around every picture: its title, what it shows, the stamps that a reader
//! must not miss, the legend, and the notes at its foot.

use super::canvas::{Canvas, FAINT, INK, Lines, Rect, Stroke, Text, WHITE};
use super::marker::{self, SIZE};
use super::words::{bold_width, shortened, width, wrapped, wrapped_to};
use crate::chart::{Look, look};

/// The margin of a picture.
pub(super) const MARGIN: f64 = 20.0;

const TITLE: f64 = 17.0;
const ABOUT: f64 = 12.0;
const NOTE: f64 = 11.0;
const STAMP: f64 = 12.0;
const ENTRY: f64 = 12.0;
/// The widest that an entry of the legend gets.
const ENTRY_ROOM: f64 = 400.0;
/// The gap between two entries, and between two rows of them.
const GAP: [f64; 2] = [22.0, 8.0];
/// The most lines that a title and what is shown get; all of it stands in the description.
const LINES: [usize; 2] = [3, 6];
/// The paper and the ink of a stamp: dark upon light, since many pictures are printed.
const STAMP_FILL: &str = "#fff1d6";
const STAMP_INK: &str = "#8a4b00";

/// An entry of the legend.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) sign: Sign,
}

/// What stands beside a name in the legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign {
    /// A line with its marker.
    Line(Look),
    /// A marker alone.
    Points(Look),
    /// The outline of a marker.
    Hollow(Look),
    /// A patch of colour, as bars have it: that of an arm, by its place.
    Patch(usize),
}

/// Draws the head of a picture; returns where it ends.
pub(super) fn head(
    canvas: &mut Canvas,
    (title, about): (&str, &str),
    stamps: &[String],
    width: f64,
) -> f64 {
    let room = width - 2.0 * MARGIN;
    let mut y = MARGIN;
    for stamp in stamps {
        y = self::stamp(canvas, stamp, y, room);
    }
    y += TITLE;
    // The heavier face is about an eighth wider than the one in which lines are parted.
    for line in wrapped_to(title, TITLE * 1.13, room, LINES[0]) {
        canvas.text(&Text::new(&line, MARGIN, y).size(TITLE).bold());
        y += TITLE + 5.0;
    }
    for line in wrapped_to(about, ABOUT, room, LINES[1]) {
        canvas.text(&Text::new(&line, MARGIN, y).size(ABOUT).colour(FAINT));
        y += ABOUT + 4.0;
    }
    y
}

fn stamp(canvas: &mut Canvas, words: &str, y: f64, room: f64) -> f64 {
    let words = shortened(words, STAMP * 1.13, room - 16.0);
    let rect = Rect { x: MARGIN, y, width: bold_width(&words, STAMP) + 16.0, height: STAMP + 10.0 };
    canvas.framed(rect, STAMP_FILL, Stroke::solid(STAMP_INK, 1.0));
    let text = Text::new(&words, rect.x + 8.0, rect.y + STAMP + 3.5).size(STAMP);
    canvas.text(&text.bold().colour(STAMP_INK));
    rect.bottom() + 6.0
}

/// Draws a legend in as many rows as it needs; returns where it ends. In several rows the
/// entries stand below each other.
pub(super) fn legend(canvas: &mut Canvas, entries: &[Entry], y: f64, width: f64) -> f64 {
    if entries.is_empty() {
        return y;
    }
    let names: Vec<String> = entries.iter().map(|entry| named(&entry.name)).collect();
    let wide =
        |(entry, name): (&Entry, &String)| entry.sign.width() + 6.0 + self::width(name, ENTRY);
    let widths: Vec<f64> = entries.iter().zip(&names).map(wide).collect();
    let room = width - 2.0 * MARGIN;
    let in_a_row = widths.iter().map(|wide| wide + GAP[0]).sum::<f64>() - GAP[0] <= room;
    let column = widths.iter().copied().fold(0.0, f64::max) + GAP[0];
    let columns = ((room + GAP[0]) / column).floor().max(1.0) as usize;
    let (mut x, mut y) = (MARGIN, y + 8.0);
    for (index, (entry, name)) in entries.iter().zip(&names).enumerate() {
        if !in_a_row && index > 0 && index % columns == 0 {
            x = MARGIN;
            y += ENTRY + GAP[1];
        }
        sign(canvas, entry.sign, (x, y));
        let beside = x + entry.sign.width() + 6.0;
        canvas.text(&Text::new(name, beside, y + 4.5).size(ENTRY));
        x += if in_a_row { widths[index] + GAP[0] } else { column };
    }
    y + ENTRY
}

/// A name as the legend has it.
fn named(name: &str) -> String {
    match shortened(name, ENTRY, ENTRY_ROOM) {
        name if name.is_empty() => "(without a name)".to_owned(),
        name => name,
    }
}

impl Sign {
    fn width(self) -> f64 {
        match self {
            Sign::Line(_) => 34.0,
            Sign::Points(_) | Sign::Hollow(_) => 14.0,
            Sign::Patch(_) => 22.0,
        }
    }
}

fn sign(canvas: &mut Canvas, sign: Sign, (x, y): (f64, f64)) {
    let middle = (x + sign.width() / 2.0, y);
    match sign {
        Sign::Line(look) => {
            let stroke = Stroke { colour: look.colour, width: 2.0, dash: look.dash };
            canvas.line((x, y), (x + sign.width(), y), stroke);
            marker::draw(canvas, look, middle, SIZE);
        }
        Sign::Points(look) => marker::draw(canvas, look, middle, SIZE),
        Sign::Hollow(look) => marker::hollow(canvas, look, middle, SIZE),
        Sign::Patch(place) => {
            let rect = Rect { x, y: y - 6.0, width: sign.width(), height: 12.0 };
            patch(canvas, rect, place);
        }
    }
}

/// How many colours the palette of arms has.
pub(super) const COLOURS: usize = 6;

/// A rectangle in the colour of an arm; hatched, each time otherwise, where the palette has
/// begun anew.
pub(super) fn patch(canvas: &mut Canvas, rect: Rect, place: usize) {
    const LINES: [Option<Lines>; 5] = [
        None,
        Some(Lines::Rising),
        Some(Lines::Falling),
        Some(Lines::Level),
        Some(Lines::Standing),
    ];
    canvas.rect(rect, look(place).colour);
    if let Some(lines) = LINES[(place / COLOURS) % LINES.len()] {
        canvas.hatch(rect, lines, Stroke::solid(WHITE, 1.5));
    }
}

/// Draws the notes below a picture; returns where the picture ends.
pub(super) fn foot(canvas: &mut Canvas, notes: &[String], y: f64, width: f64) -> f64 {
    let mut y = y + 4.0;
    for note in notes {
        for (index, line) in wrapped(note, NOTE, width - 2.0 * MARGIN - 12.0).iter().enumerate() {
            y += NOTE + 4.0;
            if index == 0 {
                canvas.text(&Text::new("•", MARGIN, y).size(NOTE).colour(FAINT));
            }
            canvas.text(&Text::new(line, MARGIN + 12.0, y).size(NOTE).colour(INK));
        }
    }
    y + 14.0
}
