//! Static pictures: what is in each kind of them, what they bear, and which a study has.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod extremes;
#[allow(dead_code, reason = "not every test root needs all that can be made up")]
#[path = "../charts/made.rs"]
mod made;
mod samples;
mod studies;

use std::collections::BTreeSet;

use resvg::tiny_skia::Pixmap;
use tokenometer_report::chart::Chart;
use tokenometer_report::chart::png::{PngError, png};
use tokenometer_report::chart::svg::svg;

#[test]
fn each_kind_has_its_picture() {
    for chart in samples::all() {
        insta::assert_snapshot!(chart.id.clone(), svg(&chart));
    }
}

/// The number of colours of a PNG, and how wide it is.
fn colours(png: &[u8]) -> (usize, u32) {
    let pixels = Pixmap::decode_png(png).unwrap();
    let colours: BTreeSet<[u8; 4]> = pixels
        .pixels()
        .iter()
        .map(|pixel| [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()])
        .collect();
    (colours.len(), pixels.width())
}

/// How wide an SVG is, and how high.
fn size(svg: &str) -> [f64; 2] {
    ["width", "height"].map(|side| {
        let (_, rest) = svg.split_once(&format!("{side}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    })
}

fn all() -> Vec<Chart> {
    samples::all().into_iter().chain(extremes::all()).collect()
}

#[test]
fn every_picture_can_be_drawn() {
    for chart in all() {
        let svg = svg(&chart);
        let (colours, width) = colours(&png(&svg).unwrap());
        assert!(colours > 20, "{}: {colours} colours", chart.id);
        assert_eq!(f64::from(width), 2.0 * size(&svg)[0], "{}", chart.id);
    }
}

#[test]
fn a_chart_is_the_same_picture_each_time() {
    for chart in all() {
        assert_eq!(svg(&chart), svg(&chart.clone()), "{}", chart.id);
    }
}

#[test]
fn nothing_stands_beside_the_picture() {
    for chart in all() {
        let svg = svg(&chart);
        assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{}", chart.id);
        let [width, height] = size(&svg);
        for (side, end) in [("x", width), ("y", height), ("cx", width), ("cy", height)] {
            for part in svg.split(&format!(" {side}=\"")).skip(1) {
                let place: f64 = part.split_once('"').unwrap().0.parse().unwrap();
                assert!((0.0..=end).contains(&place), "{}: {side}={place}", chart.id);
            }
        }
    }
}

#[test]
fn no_name_becomes_a_part_of_the_picture() {
    let svg = svg(&extremes::hostile());
    for part in ["<script", "<image", "http://example.com/x.png\"", "\u{202e}", "\u{1b}", "\u{0}"] {
        assert!(!svg.contains(part), "{part:?}");
    }
    assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(svg.contains("&amp;lt;b&amp;gt; &amp;#x41; ]]&gt;"));
    assert!(svg.contains("(without a name)"));
}

#[test]
fn what_is_missing_is_not_zero() {
    let bars = svg(&samples::bars());
    assert_eq!(bars.matches(">no number</text>").count(), 1);
    // The ground, two signs of the legend and five bars.
    assert_eq!(bars.matches("<rect ").count(), 8);
    let stacked = svg(&samples::stacked());
    assert!(stacked.contains("sglang-0.5: some parts have no number."));
    let heat = svg(&samples::heat());
    assert!(heat.contains("–, hatched: no number that counts."));
}

#[test]
fn what_has_no_place_is_said() {
    use tokenometer_report::chart::Scale;
    let linear = svg(&extremes::huge_ranges(Scale::Linear));
    assert!(linear.contains("2 numbers have no place on these axes; they are not drawn."));
    let log = svg(&extremes::huge_ranges(Scale::Log));
    assert!(log.contains("3 numbers have no place on these axes; they are not drawn."));
    assert!(log.contains("it goes on beyond the picture"));
}

#[test]
fn thirty_arms_look_different() {
    let svg = svg(&extremes::thirty_arms_as_bars());
    let whole = svg.split("<text ").filter(|part| part.contains(">arm-")).count();
    assert_eq!(whole, 30);
    // The signs of the legend: a colour, and the first line over it.
    let legend = svg.split(">arm-29</text>").next().unwrap();
    let number = |part: &str, side: &str| -> f64 {
        let (_, rest) = part.split_once(&format!(" {side}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let sign = |part: &str| {
        let line = part.split_once("<line").map(|(_, line)| {
            let across = number(line, "x2") - number(line, "x1");
            (across.signum(), number(line, "y2") == number(line, "y1"), across == 0.0)
        });
        let (_, fill) = part.split_once("fill=\"").unwrap();
        format!("{} {line:?}", fill.split('"').next().unwrap())
    };
    // The first part ends before the ground, the second is the ground.
    let signs: BTreeSet<String> = legend.split("<rect").skip(2).map(sign).collect();
    assert_eq!(signs.len(), 30, "{signs:?}");
}

#[test]
fn what_is_no_picture_is_an_error() {
    assert!(matches!(png("<svg"), Err(PngError::Svg(_))));
}
