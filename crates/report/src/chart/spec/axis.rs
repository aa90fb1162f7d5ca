//! Axes and numbers as plotly.js wants them.

use serde_json::{Map, Value, json};

use super::text::{beside_axis, literal};
use crate::chart::{Axis, Scale};
use crate::number::{decimal, short};

/// So many digits of a number place it more finely than any screen can show.
const DIGITS: i32 = 6;

/// A number as a place in a drawing: six digits of it, and nothing where it isn't finite.
pub(super) fn place(number: f64) -> Value {
    if !number.is_finite() {
        return Value::Null;
    }
    if number == 0.0 {
        return json!(0);
    }
    let magnitude = number.abs().log10().floor() as i32;
    let decimals = (DIGITS - 1 - magnitude).clamp(0, 12) as usize;
    let rounded: f64 = format!("{number:.decimals$}").parse().expect("a number was written");
    // Whole numbers need no point.
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        json!(rounded as i64)
    } else {
        json!(rounded)
    }
}

/// Where numbers lie along an axis. What plotly can't scale itself is scaled here.
pub(super) fn along(axis: &Axis, number: f64) -> Value {
    match axis.scale {
        Scale::Linear | Scale::Log => place(number),
        Scale::Quantile => place(axis.scale.place(number)),
    }
}

/// An axis, with what is written along it. Colours are left to the page.
pub(super) fn axis(axis: &Axis) -> Map<String, Value> {
    let mut spec = Map::new();
    spec.insert("title".to_owned(), json!({ "text": title(axis) }));
    spec.insert("automargin".to_owned(), json!(true));
    match axis.scale {
        Scale::Log => drop(spec.insert("type".to_owned(), json!("log"))),
        // Where zero belongs to what is shown, it is shown.
        Scale::Linear if axis.ticks.is_empty() => {
            spec.insert("type".to_owned(), json!("linear"));
            spec.insert("rangemode".to_owned(), json!("tozero"));
        }
        Scale::Linear | Scale::Quantile => drop(spec.insert("type".to_owned(), json!("linear"))),
    }
    if !axis.ticks.is_empty() {
        let places: Vec<Value> = axis.ticks.iter().map(|(at, _)| along(axis, *at)).collect();
        let words: Vec<String> = axis.ticks.iter().map(|(_, words)| literal(words)).collect();
        spec.insert("tickvals".to_owned(), json!(places));
        spec.insert("ticktext".to_owned(), json!(words));
    }
    spec
}

/// An axis of names, at 0, 1, 2 … Names are never given as places, since plotly would take
/// some for numbers or dates, and two alike for one.
pub(super) fn names(names: &[String]) -> Map<String, Value> {
    let places: Vec<usize> = (0..names.len()).collect();
    let words: Vec<String> = names.iter().map(|name| beside_axis(name)).collect();
    let spec = json!({
        "type": "linear", "tickvals": places, "ticktext": words, "automargin": true,
        "showgrid": false, "zeroline": false, "range": [-0.5, names.len() as f64 - 0.5],
    });
    match spec {
        Value::Object(spec) => spec,
        _ => Map::new(),
    }
}

/// What stands beside an axis.
pub(super) fn title(axis: &Axis) -> String {
    match axis.unit.as_str() {
        "" => literal(&axis.label),
        unit => literal(&format!("{} ({unit})", axis.label)),
    }
}

/// A number with its unit and interval, for whoever points at it.
pub(super) fn said(axis: &Axis, number: f64, interval: Option<[f64; 2]>) -> String {
    let unit = if axis.unit.is_empty() { String::new() } else { format!(" {}", axis.unit) };
    let number_words = match axis.scale {
        Scale::Quantile => format!("p{}", hundredths(number)),
        Scale::Linear | Scale::Log => format!("{}{unit}", brief(number)),
    };
    let interval = interval
        .map(|[low, high]| format!(" ({} to {})", brief(low), brief(high)))
        .unwrap_or_default();
    literal(&format!("{}: {number_words}{interval}", axis.label))
}

/// A number for the eye; a whole one has no decimals.
fn brief(number: f64) -> String {
    if number.fract() == 0.0 { decimal(number, 0) } else { short(number) }
}

/// A quantile in hundredths, with no more decimals than it has.
fn hundredths(quantile: f64) -> f64 {
    (quantile * 100.0 * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_keeps_six_digits() {
        assert_eq!(place(1_234.567_89), json!(1234.57));
        assert_eq!(place(0.000_012_345_678), json!(0.000_012_345_7));
        assert_eq!(place(12_345_678.4), json!(12_345_678));
        assert_eq!(place(-0.0), json!(0));
        assert_eq!(place(f64::NAN), Value::Null);
        assert_eq!(place(f64::INFINITY), Value::Null);
    }
}
