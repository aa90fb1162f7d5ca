//! A number in each cell of a table.

use serde_json::{Map, Value, json};

use super::axis::{names, place, said, title};
use super::text::{lines, literal};
use crate::chart::{Heat, Scale};
use crate::number::short;

/// The steps of a logarithmic bar within each power of ten.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

pub(super) fn spec(heat: &Heat) -> (Vec<Value>, Map<String, Value>) {
    let said = |row: usize, column: usize, number: f64| {
        json!(lines(&[
            literal(&heat.rows[row]),
            literal(&heat.columns[column]),
            said(&heat.value, number, None),
        ]))
    };
    let places = |names: &[String]| -> Vec<usize> { (0..names.len()).collect() };
    let data = json!({
        "type": "heatmap", "x": places(&heat.columns), "y": places(&heat.rows),
        "z": cells(heat, Value::Null, &|_, _, number| place(heat.value.scale.place(number))),
        "text": cells(heat, json!(""), &|_, _, number| json!(short(number))),
        "texttemplate": "%{text}",
        "hoverinfo": "text", "hovertext": cells(heat, json!(""), &said), "hoverongaps": false,
        // A scale that all eyes read alike; its bright end is the good one.
        "colorscale": "Cividis", "reversescale": !heat.higher_is_better,
        "colorbar": colorbar(heat),
        "xgap": 2, "ygap": 2,
    });
    let mut rows = names(&heat.rows);
    // The first row stands above.
    rows.insert("range".to_owned(), json!([heat.rows.len() as f64 - 0.5, -0.5]));
    let layout = Map::from_iter([
        ("showlegend".to_owned(), json!(false)),
        ("xaxis".to_owned(), Value::Object(names(&heat.columns))),
        ("yaxis".to_owned(), Value::Object(rows)),
    ]);
    (vec![data], layout)
}

/// Something of each cell, by its row, its column and its number.
fn cells(heat: &Heat, absent: Value, of: &dyn Fn(usize, usize, f64) -> Value) -> Value {
    let row = |(row, cells): (usize, &Vec<Option<f64>>)| -> Value {
        let cell = |(column, cell): (usize, &Option<f64>)| {
            cell.map_or_else(|| absent.clone(), |number| of(row, column, number))
        };
        cells.iter().enumerate().map(cell).collect()
    };
    heat.cells.iter().enumerate().map(row).collect()
}

/// What the colours mean. Plotly colours evenly, so that a logarithmic scale is written out.
fn colorbar(heat: &Heat) -> Value {
    let mut bar = json!({ "title": { "text": title(&heat.value) } });
    if heat.value.scale == Scale::Log {
        let numbers = || heat.cells.iter().flatten().flatten().copied();
        let least = numbers().fold(f64::INFINITY, f64::min);
        let greatest = numbers().fold(0.0, f64::max);
        let powers = least.log10().floor() as i32..=greatest.log10().ceil() as i32;
        let steps = powers.flat_map(|power| STEPS.map(|step| step * 10_f64.powi(power)));
        let steps: Vec<f64> = steps.filter(|at| (least..=greatest).contains(at)).collect();
        bar["tickvals"] = steps.iter().map(|at| place(at.log10())).collect();
        bar["ticktext"] = steps.iter().map(|at| json!(short(*at))).collect();
    }
    bar
}
