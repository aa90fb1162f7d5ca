//! What a study would take, as its rehearsal has it: a table, below the words that
//! it is an estimate and simulated.

use tokenometer_results::{ArmEstimate, Estimate, Taken};

use crate::Style;
use crate::number::decimal;
use crate::page::{Page, Row, printable};

/// What stands where nothing is known.
const UNKNOWN: &str = "–";

/// The estimate as a page of its own, with how the study is rehearsed.
pub fn estimate(estimate: &Estimate, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(&style.bold(&format!("study {}", printable(&estimate.study))));
    page.line("");
    let mut label = "Rehearsed";
    for note in &estimate.notes {
        page.fact(std::mem::take(&mut label), &printable(note));
    }
    write(&mut page, estimate);
    page.into_text()
}

/// Writes the estimate as a part of a page.
pub(crate) fn write(page: &mut Page, estimate: &Estimate) {
    let title = format!("What {} would take", printable(&estimate.study));
    page.heading(&title, "estimate, simulated");
    let header = header(estimate);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut rows: Vec<Row> = estimate.arms.iter().map(|arm| row(arm, estimate)).collect();
    rows.push(total_row(estimate));
    page.table(&header, &rows);
    for arm in &estimate.arms {
        if let Some(why) = &arm.why_not {
            page.aside(&format!("{}: {}.", printable(&arm.arm), printable(why)));
        }
    }
    page.line("");
    let mut label = "Assumed";
    for line in &estimate.assumed {
        page.fact(std::mem::take(&mut label), &printable(line));
    }
}

fn header(estimate: &Estimate) -> Vec<String> {
    let mut header: Vec<String> =
        ["", "GPUs", "starts", "warm-ups", "loads"].map(str::to_owned).to_vec();
    let mut add = |taken: &Taken| {
        header.push(match taken.blocks {
            1 => "1 block".to_owned(),
            blocks => format!("{blocks} blocks"),
        });
        header.push("GPU hours".to_owned());
        header.extend(estimate.currency.clone());
    };
    add(&estimate.least);
    estimate.most.iter().for_each(add);
    header
}

/// An arm: the parts of one block, and all blocks.
fn row(arm: &ArmEstimate, estimate: &Estimate) -> Row {
    let mut cells = vec![printable(&arm.arm)];
    cells.push(arm.gpus.map_or(UNKNOWN.to_owned(), |gpus| gpus.to_string()));
    let part = |part: fn(&tokenometer_results::BlockEstimate) -> f64| {
        arm.block.as_ref().map_or(UNKNOWN.to_owned(), |block| time(part(block)))
    };
    cells.push(part(|block| block.starts_s));
    cells.push(part(|block| block.warm_ups_s));
    cells.push(part(|block| block.loads_s + block.pauses_s));
    cells.extend(taken(arm.least.as_ref(), estimate));
    if estimate.most.is_some() {
        cells.extend(taken(arm.most.as_ref(), estimate));
    }
    Row::Main(cells)
}

fn total_row(estimate: &Estimate) -> Row {
    let mut cells = vec!["all".to_owned()];
    cells.extend(vec![String::new(); 4]);
    cells.extend(taken(Some(&estimate.least), estimate));
    if let Some(most) = &estimate.most {
        cells.extend(taken(Some(most), estimate));
    }
    Row::Main(cells)
}

/// How long so many blocks take, on how many GPUs, and what they cost.
fn taken(taken: Option<&Taken>, estimate: &Estimate) -> Vec<String> {
    let mut cells = vec![
        taken.map_or(UNKNOWN.to_owned(), |taken| time(taken.duration_s)),
        taken.map_or(UNKNOWN.to_owned(), |taken| decimal(taken.gpu_hours, 2)),
    ];
    if estimate.currency.is_some() {
        let cost = taken.and_then(|taken| taken.cost);
        cells.push(cost.map_or(UNKNOWN.to_owned(), |cost| decimal(cost, 2)));
    }
    cells
}

/// A length of time in its two largest units: an estimate is no more exact.
fn time(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) if seconds > 0.0 && seconds < 10.0 => format!("{seconds:.1}s"),
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m {rest:02}s"),
        _ => format!("{hours}h {minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_two_units() {
        let told = [0.0, 0.4, 9.96, 59.6, 61.0, 3599.6, 3661.0, 100.0 * 3600.0].map(time);
        assert_eq!(
            told,
            ["0s", "0.4s", "10.0s", "1m 00s", "1m 01s", "1h 00m", "1h 01m", "100h 00m"]
        );
    }
}
