//! The elements of a picture as SVG text: the one place that writes XML.
//!
//! Every word is cleaned and escaped here, so that no name can end an element. Nothing is
//! given an identity (`id`), so that several pictures can stand in one page, and nothing
//! hangs on time or chance: the same chart gives the same bytes.

use std::fmt::Write as _;

use super::super::Dash;
use super::words::clean;

/// The ink of words and of what must be read.
pub(crate) const INK: &str = "#1f2328";
/// The ink of what stands behind: units, notes, ticks.
pub(crate) const FAINT: &str = "#57606a";
/// The lines of an axis.
pub(crate) const AXIS: &str = "#8c959f";
/// The lines behind the data.
pub(crate) const GRID: &str = "#e4e7eb";
/// The ground.
pub(crate) const WHITE: &str = "#ffffff";

/// The faces that a reader's machine may have: the first is the one that words are measured
/// with, and the others are no wider.
const FACES: &str = "DejaVu Sans, Verdana, Arial, sans-serif";

/// A rectangle, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Rect {
    pub(crate) fn right(self) -> f64 {
        self.x + self.width
    }

    pub(crate) fn bottom(self) -> f64 {
        self.y + self.height
    }

    pub(crate) fn middle(self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// How much of the other lies in it, in square pixels.
    pub(crate) fn shared(self, other: Rect) -> f64 {
        let wide = self.right().min(other.right()) - self.x.max(other.x);
        let high = self.bottom().min(other.bottom()) - self.y.max(other.y);
        if wide > 0.0 && high > 0.0 { wide * high } else { 0.0 }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke<'a> {
    pub(crate) colour: &'a str,
    pub(crate) width: f64,
    pub(crate) dash: Dash,
}

impl<'a> Stroke<'a> {
    /// A line without a gap.
    pub(crate) fn solid(colour: &'a str, width: f64) -> Stroke<'a> {
        Stroke { colour, width, dash: Dash::Solid }
    }

    fn attributes(self) -> String {
        let dashes = match self.dash {
            Dash::Solid => "",
            Dash::Dashed => " stroke-dasharray=\"8 4\"",
            Dash::Dotted => " stroke-dasharray=\"2 3\"",
        };
        format!("stroke=\"{}\" stroke-width=\"{}\"{dashes}", self.colour, pixels(self.width))
    }
}

/// How the lines of a hatch lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    Rising,
    Falling,
    Level,
    Standing,
}

/// Words at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    words: &'a str,
    x: f64,
    y: f64,
    size: f64,
    anchor: &'static str,
    colour: &'a str,
    is_bold: bool,
    turned: f64,
}

impl<'a> Text<'a> {
    /// Words that begin at `x` and stand on `y`.
    pub(crate) fn new(words: &'a str, x: f64, y: f64) -> Text<'a> {
        Text { words, x, y, size: 12.0, anchor: "start", colour: INK, is_bold: false, turned: 0.0 }
    }

    /// The same words at another place along the line.
    pub(crate) fn at_x(self, x: f64) -> Text<'a> {
        Text { x, ..self }
    }

    /// How large, in pixels.
    pub(crate) fn size(self, size: f64) -> Text<'a> {
        Text { size, ..self }
    }

    /// Has its middle at its place.
    pub(crate) fn middle(self) -> Text<'a> {
        Text { anchor: "middle", ..self }
    }

    /// Ends at its place.
    pub(crate) fn end(self) -> Text<'a> {
        Text { anchor: "end", ..self }
    }

    /// In a heavier face.
    pub(crate) fn bold(self) -> Text<'a> {
        Text { is_bold: true, ..self }
    }

    /// In this colour.
    pub(crate) fn colour(self, colour: &'a str) -> Text<'a> {
        Text { colour, ..self }
    }

    /// Turned about its place, in degrees with the clock.
    pub(crate) fn turned(self, turned: f64) -> Text<'a> {
        Text { turned, ..self }
    }
}

/// Elements in the order in which they are drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Canvas {
    xml: String,
}

impl Canvas {
    /// A rectangle of one colour.
    pub(crate) fn rect(&mut self, rect: Rect, fill: &str) {
        self.push(&format!("<rect {} fill=\"{fill}\"/>", sides(rect)));
    }

    /// A rectangle of one colour with a line around it.
    pub(crate) fn framed(&mut self, rect: Rect, fill: &str, stroke: Stroke<'_>) {
        self.push(&format!("<rect {} fill=\"{fill}\" {}/>", sides(rect), stroke.attributes()));
    }

    /// A straight line.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke<'_>) {
        self.push(&format!(
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>",
            pixels(from.0),
            pixels(from.1),
            pixels(to.0),
            pixels(to.1),
            stroke.attributes()
        ));
    }

    /// A line through points.
    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        self.push(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}/>",
            listed(points),
            stroke.attributes()
        ));
    }

    /// An area of one colour, so opaque (0 to 1).
    pub(crate) fn area(&mut self, points: &[(f64, f64)], fill: &str, opacity: f64) {
        self.push(&format!(
            "<polygon points=\"{}\" fill=\"{fill}\" fill-opacity=\"{opacity}\"/>",
            listed(points)
        ));
    }

    /// An area of one colour with a line around it.
    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], fill: &str, stroke: Stroke<'_>) {
        self.push(&format!(
            "<polygon points=\"{}\" fill=\"{fill}\" {}/>",
            listed(points),
            stroke.attributes()
        ));
    }

    /// A disc with a line around it.
    pub(crate) fn disc(&mut self, at: (f64, f64), radius: f64, fill: &str, stroke: Stroke<'_>) {
        self.push(&format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{fill}\" {}/>",
            pixels(at.0),
            pixels(at.1),
            pixels(radius),
            stroke.attributes()
        ));
    }

    /// Lines over a rectangle: what marks a place without a number, or another series of
    /// the same colour.
    pub(crate) fn hatch(&mut self, rect: Rect, lines: Lines, stroke: Stroke<'_>) {
        const STEP: f64 = 6.0;
        let (wide, high) = (rect.width, rect.height);
        let length = match lines {
            Lines::Rising | Lines::Falling => wide + high,
            Lines::Level => high,
            Lines::Standing => wide,
        };
        let mut along = STEP;
        while along < length {
            // From the left or the lower side up to the upper or the right one.
            let from = ((along - high).max(0.0), along.min(high));
            let to = (along.min(wide), (along - wide).max(0.0));
            let (from, to) = match lines {
                Lines::Rising => (from, to),
                Lines::Falling => ((wide - from.0, from.1), (wide - to.0, to.1)),
                Lines::Level => ((0.0, along), (wide, along)),
                Lines::Standing => ((along, 0.0), (along, high)),
            };
            let at = |(x, y): (f64, f64)| (rect.x + x, rect.y + y);
            self.line(at(from), at(to), stroke);
            along += STEP;
        }
    }

    /// Words.
    pub(crate) fn text(&mut self, text: &Text<'_>) {
        let (x, y) = (pixels(text.x), pixels(text.y));
        let bold = if text.is_bold { " font-weight=\"bold\"" } else { "" };
        let turned = match text.turned {
            0.0 => String::new(),
            angle => format!(" transform=\"rotate({} {x} {y})\"", pixels(angle)),
        };
        self.push(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{}\" fill=\"{}\"{bold}{turned}>{}</text>",
            pixels(text.size),
            text.anchor,
            text.colour,
            escaped(text.words)
        ));
    }

    /// Opens a group of elements of which a reader who points there is told something.
    pub(crate) fn open(&mut self, told: &str) {
        self.push(&format!("<g><title>{}</title>", escaped(told)));
    }

    /// Closes the group.
    pub(crate) fn close(&mut self) {
        self.push("</g>");
    }

    /// Another picture within this one.
    pub(crate) fn nest(&mut self, picture: &Picture, at: (f64, f64)) {
        let place = format!(" x=\"{}\" y=\"{}\"", pixels(at.0), pixels(at.1));
        let xml = picture.element(&place);
        self.push(xml.trim_end());
    }

    fn push(&mut self, element: &str) {
        self.xml.push_str(element);
        self.xml.push('\n');
    }
}

/// A finished picture.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// What it is called, for those who don't see it.
    pub(crate) title: String,
    /// What it shows, for those who don't see it.
    pub(crate) about: String,
    pub(crate) canvas: Canvas,
}

impl Picture {
    /// The picture as a file.
    pub(crate) fn svg(&self) -> String {
        self.element("")
    }

    fn element(&self, place: &str) -> String {
        let (width, height) = (pixels(self.width), pixels(self.height));
        let mut xml = String::new();
        writeln!(
            xml,
            "<svg xmlns=\"http://www.w3.org/2000/svg\"{place} width=\"{width}\" \
             height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"{FACES}\">"
        )
        .expect("a string takes all that is written");
        xml.push_str(&format!("<title>{}</title>\n", escaped(&self.title)));
        xml.push_str(&format!("<desc>{}</desc>\n", escaped(&self.about)));
        xml.push_str(&format!(
            "<rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" fill=\"{WHITE}\"/>\n"
        ));
        xml.push_str(&self.canvas.xml);
        xml.push_str("</svg>\n");
        xml
    }
}

fn sides(rect: Rect) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        pixels(rect.x),
        pixels(rect.y),
        pixels(rect.width.max(0.0)),
        pixels(rect.height.max(0.0))
    )
}

fn listed(points: &[(f64, f64)]) -> String {
    let points: Vec<String> =
        points.iter().map(|(x, y)| format!("{},{}", pixels(*x), pixels(*y))).collect();
    points.join(" ")
}

/// A length as short as it can be written: a tenth of a pixel is finer than anyone sees.
fn pixels(length: f64) -> String {
    let text = format!("{length:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Someone else's words, as XML holds them.
fn escaped(words: &str) -> String {
    let mut text = String::new();
    for letter in clean(words).chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_end_an_element() {
        assert_eq!(escaped("</text><script>\"'&"), "&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;");
        assert_eq!(escaped("a\u{0}b\u{1b}[31m\u{202e}c\u{ffff}"), "a b [31mc");
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!(pixels(12.04), "12");
        assert_eq!(pixels(12.06), "12.1");
        assert_eq!(pixels(-0.01), "0");
    }

    #[test]
    fn a_hatch_stays_within_its_rectangle() {
        let mut canvas = Canvas::default();
        let rect = Rect { x: 10.0, y: 20.0, width: 12.0, height: 6.0 };
        canvas.hatch(rect, Lines::Rising, Stroke::solid(INK, 1.0));
        let lines: Vec<&str> = canvas.xml.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("<line x1=\"10\" y1=\"26\" x2=\"16\" y2=\"20\""));
        assert!(lines[1].starts_with("<line x1=\"16\" y1=\"26\" x2=\"22\" y2=\"20\""));
    }
}
