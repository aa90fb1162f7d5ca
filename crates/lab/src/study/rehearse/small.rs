//! A cell made small: a few requests with short answers, under the same load. It
//! keeps its name, so that each cell of the study is rehearsed.

use tokenometer_workload::{Extent, Pattern, Ramp};

use crate::WarmUp;
use crate::study::cells::Cell;
use crate::study::grammar::{DatasetKind, WarmUpSpec, Workload};

/// The most requests of a cell.
pub(super) const REQUESTS: u32 = 8;
/// The longest answer, in tokens.
pub(super) const OUTPUT: u32 = 64;
/// What is sent before anything is measured, in requests.
const WARM_UP: u32 = 2;
/// How many times as fast as the clock rehearsals go.
pub(super) const TIME_SCALE: u32 = 50;

/// Makes a cell small. `scale` is how many times as fast as the clock its engines
/// go: requests that arrive at a rate arrive as many times as often, so that they
/// are the load that they will be.
pub(super) fn make(cell: &mut Cell, scale: u32) {
    let requests = match cell.load.extent {
        Extent::Requests(count) => count.min(REQUESTS),
        Extent::Duration(_) => REQUESTS,
    };
    cell.load.extent = Extent::Requests(requests);
    cell.load.pool = None;
    cell.load.pattern = hastened(cell.load.pattern, f64::from(scale));
    if cell.warm_up != WarmUp::None {
        cell.warm_up = WarmUp::Requests(WARM_UP);
    }
    shorten(&mut cell.words);
}

/// Makes answers short, but for those of a workload that was made before: their
/// lengths are part of it.
fn shorten(words: &mut Workload) {
    if words.dataset != Some(DatasetKind::Frozen) {
        words.output_len = Some(words.output_len.map_or(OUTPUT, |tokens| tokens.min(OUTPUT)));
    }
    words.warm_up = words.warm_up.map(|_| WarmUpSpec::Requests(WARM_UP));
}

fn hastened(pattern: Pattern, scale: f64) -> Pattern {
    match pattern {
        Pattern::Closed { .. } => pattern,
        Pattern::Open { rate, burstiness, cap } => {
            Pattern::Open { rate: rate * scale, burstiness, cap }
        }
        Pattern::Ramp(ramp) => {
            Pattern::Ramp(Ramp { from: ramp.from * scale, to: ramp.to * scale, ..ramp })
        }
    }
}
