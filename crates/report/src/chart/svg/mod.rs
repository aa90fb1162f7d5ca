//! A chart as a picture that needs no script: SVG.
//!
//! The picture is white, so that it can be printed and shown in any page, and hangs on
//! nothing but the chart: no clock, no chance, no face of this machine. What a chart has and
//! the picture can't show is said below it, and a missing number is never drawn as zero.

mod axes;
mod bars;
pub(crate) mod canvas;
mod crowd;
mod curves;
mod forest;
mod frame;
mod heat;
mod marker;
pub(crate) mod panels;
mod ruler;
mod spans;
pub(crate) mod table;
mod words;

use super::{Body, Chart};
use canvas::{Canvas, Picture, Rect};
use frame::Entry;

/// The usual width of a picture, in pixels.
const WIDTH: f64 = 900.0;

/// What is said below a picture with an interval that doesn't fit into it.
const ARROWS: &str = "An arrow at the end of an interval: it goes on beyond the picture.";

/// The chart as an SVG file.
pub fn svg(chart: &Chart) -> String {
    picture(chart, &[]).svg()
}

/// The chart as a picture with stamps: what must not be missed about all its numbers.
pub(crate) fn picture(chart: &Chart, stamps: &[String]) -> Picture {
    let width = match &chart.body {
        Body::Bars(bars) => bars::width_of(bars),
        Body::Heat(heat) => heat::width_of(heat),
        Body::Curves(_) | Body::Spans(_) | Body::Forest(_) => WIDTH,
    };
    let mut canvas = Canvas::default();
    let head = frame::head(&mut canvas, (&chart.title, &chart.about), stamps, width);
    let y = frame::legend(&mut canvas, &entries(&chart.body), head, width);
    let area = Rect { x: 0.0, y, width, height: height(&chart.body) };
    let mut notes = chart.notes.clone();
    notes.extend(body(&mut canvas, &chart.body, area));
    let height = frame::foot(&mut canvas, &notes, area.bottom(), width);
    let about = [&[chart.about.as_str()][..], &refs(stamps), &refs(&notes)].concat().join(" ");
    Picture { width, height, title: chart.title.clone(), about, canvas }
}

fn entries(body: &Body) -> Vec<Entry> {
    match body {
        Body::Curves(curves) => curves::entries(curves),
        Body::Bars(bars) => bars::entries(bars),
        Body::Heat(_) => Vec::new(),
        Body::Spans(spans) => spans::entries(spans),
        Body::Forest(forest) => forest::entries(forest),
    }
}

fn height(body: &Body) -> f64 {
    match body {
        Body::Curves(_) => curves::HEIGHT,
        Body::Bars(_) => bars::HEIGHT,
        Body::Heat(heat) => heat::height_of(heat),
        Body::Spans(spans) => spans::height_of(spans),
        Body::Forest(forest) => forest::height_of(forest),
    }
}

/// Draws what the chart has; returns what must be said below it.
fn body(canvas: &mut Canvas, body: &Body, area: Rect) -> Vec<String> {
    match body {
        Body::Curves(curves) => curves::draw(canvas, curves, area),
        Body::Bars(bars) => bars::draw(canvas, bars, area),
        Body::Heat(heat) => heat::draw(canvas, heat, area),
        Body::Spans(spans) => spans::draw(canvas, spans, area),
        Body::Forest(forest) => forest::draw(canvas, forest, area),
    }
}

fn refs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// What is said where numbers have no place on an axis.
fn left_out(count: usize) -> Option<String> {
    let (numbers, them) =
        if count == 1 { ("number has", "it is") } else { ("numbers have", "they are") };
    (count > 0).then(|| format!("{count} {numbers} no place on these axes; {them} not drawn."))
}
