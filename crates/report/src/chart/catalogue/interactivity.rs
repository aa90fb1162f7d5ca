//! How fast a reader is served against how much a GPU yields.

use tokenometer_results::Trial;

use crate::Ending;
use crate::chart::{Axis, Body, Chart, Curves, Scale};
use crate::measured::{ArmMeasured, Mean, Measured};

use super::families::named;
use super::left_out::{altogether, left_out, lines as in_lines, note};
use super::names::{Arm, arms};
use super::sureness::Sureness;
use super::sweeps::Sweep;
use super::tradeoff::{Placed, has_a_line, over_loads, x};

/// Why an arm has no tokens of a GPU.
const UNTOLD: &str = "nothing tells how many GPUs served it";

/// Tokens a second and GPU against tokens a second and user, over the loads of a study. Where
/// no trial tells how many GPUs served it, they are of the whole server, and that is said.
pub(super) fn charts(measured: &Measured<'_>, sweeps: &[Sweep<'_, '_>]) -> Vec<Chart> {
    let arms = arms(measured);
    let all = measured.scenarios.iter().flat_map(|scenario| &scenario.arms);
    let per_gpu = all.flat_map(ArmMeasured::carried).any(|trial| trial.devices().is_some());
    let per = if per_gpu { "GPU" } else { "server" };
    let heading = format!("Tokens/s/{per} against tokens/s/user");
    let placed = over_loads(sweeps, "throughput-by-interactivity", &heading).into_iter();
    placed.filter_map(|placed| chart(placed, &arms, per_gpu)).collect()
}

fn chart(
    Placed { sweep, id, title }: Placed<'_, '_, '_>,
    arms: &[Arm],
    per_gpu: bool,
) -> Option<Chart> {
    let mut sureness = Sureness::default();
    let mut notes = Vec::new();
    let lines = sweep.labelled_lines(arms, |arm, scenario| {
        note(&mut notes, left_out(arm, scenario, named("output_throughput")));
        note(&mut notes, left_out(arm, scenario, named("tpot_p50_ms")));
        let untold = per_gpu && tells_no_devices(arm);
        note(&mut notes, untold.then(|| altogether(arm, scenario, UNTOLD)));
        let (users, gpus) = speeds(arm, per_gpu)?;
        Some(sureness.point(users.value, &gpus))
    });
    let (per, of_what) = match per_gpu {
        true => ("GPU", " ÷ its GPUs"),
        false => ("server", " (nothing tells how many GPUs served it)"),
    };
    let about = format!(
        "Output throughput of each arm{of_what} over its interactivity, which is 1000 ÷ TPOT p50 \
         in ms ({}), each the mean over the blocks that count; beside each point its {}. More of \
         either lies up and to the right. {}",
        sweep.label,
        sweep.over.words(),
        sureness.words_of("throughput")
    );
    let y = Axis::new("Output throughput", &format!("tokens/s/{per}"), Scale::Linear);
    has_a_line(&lines).then(|| Chart {
        id,
        title,
        about,
        notes: in_lines(&notes),
        body: Body::Curves(Curves {
            x: x("Interactivity", "tokens/s/user", &lines),
            y,
            lines,
            marks: Vec::new(),
        }),
    })
}

fn tells_no_devices(arm: &ArmMeasured<'_>) -> bool {
    arm.carried().any(|trial| trial.devices().is_none())
}

/// Tokens a second of a user, and of a GPU or the server, over the blocks that have both.
fn speeds(arm: &ArmMeasured<'_>, per_gpu: bool) -> Option<(Mean, Mean)> {
    let of_trial = |trial: &Trial| -> Option<(f64, f64)> {
        let devices = if per_gpu { trial.devices()? as f64 } else { 1.0 };
        let throughput = named("output_throughput").value(trial)?;
        Some((1000.0 / named("tpot_p50_ms").value(trial)?, throughput / devices))
    };
    let both = arm.cells.iter().filter_map(|cell| match cell.ending {
        Ending::Carried(trial) => of_trial(trial),
        Ending::Failed { .. } | Ending::Missing => None,
    });
    let (users, gpus): (Vec<f64>, Vec<f64>) = both.unzip();
    Some((Mean::of(&users)?, Mean::of(&gpus)?))
}
