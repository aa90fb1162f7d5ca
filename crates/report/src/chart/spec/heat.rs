//! A number in each cell of a table.

use serde_json::{Map, Value, json};

use super::axis::{names, place, said, title};
use super::text::{lines, literal};
use crate::chart::Heat;
use crate::number::short;

pub(super) fn spec(heat: &Heat) -> (Vec<Value>, Map<String, Value>) {
    let cells = |of: &dyn Fn(usize, usize, f64) -> Value| -> Value {
        let row = |(row, cells): (usize, &Vec<Option<f64>>)| -> Value {
            let cell = |(column, cell): (usize, &Option<f64>)| {
                cell.map_or(Value::Null, |number| of(row, column, number))
            };
            cells.iter().enumerate().map(cell).collect()
        };
        heat.cells.iter().enumerate().map(row).collect()
    };
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
        "z": cells(&|_, _, number| place(number)),
        "text": cells(&|_, _, number| json!(short(number))), "texttemplate": "%{text}",
        "hoverinfo": "text", "hovertext": cells(&said), "hoverongaps": false,
        // A scale that all eyes read alike; its bright end is the good one.
        "colorscale": "Cividis", "reversescale": !heat.higher_is_better,
        "colorbar": { "title": { "text": title(&heat.value) } },
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
