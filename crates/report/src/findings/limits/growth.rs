//! Prompts or answers: which of TTFT and TPOT grew from a low load of a sweep to its
//! highest, where nothing waited in a queue. With a queue, or where the engine doesn't tell
//! of one, TTFT grows for that reason, and nothing can be said.

use tokenometer_results::Trial;

use super::super::sweep::Height;
use super::evidence::WAITING;
use super::{Case, Found, counting, waited};
use crate::measured::{Figure, figure};
use crate::number::short;

/// How many times as high the highest load has to be as the lowest one.
const WIDE: f64 = 2.0;

/// A time that is this many times as long has grown with the load.
const GROWN: f64 = 1.5;

/// A time that is less than this many times as long has stayed as it was.
const STEADY: f64 = 1.2;

/// How many times as long TTFT and TPOT are in one block.
struct Grown {
    block: u32,
    ttft: f64,
    tpot: f64,
}

/// What limits an arm by what grew, or why that isn't known.
pub(super) fn found(case: &Case<'_>) -> Result<Found, String> {
    let waiting = waited(case).ok_or(
        "the engine doesn't tell how many requests wait in it, so that a queue and slow work \
         can't be told apart",
    )?;
    if waiting.iter().any(|requests| *requests >= WAITING) {
        return Err("requests waited in the engine in some blocks and not in others".to_owned());
    }
    let low = lowest(case)?;
    let blocks = grown(case, low);
    if blocks.is_empty() {
        let low = case.sweep.scenarios[low].name;
        return Err(format!("no block has TTFT and TPOT both here and in {low}"));
    }
    let all = |holds: fn(&Grown) -> bool| blocks.iter().all(holds);
    let is_prefill = all(|one| one.ttft >= GROWN && one.tpot < STEADY);
    // A first token waits for a step of those that are answered, and grows with it.
    let is_decode = all(|one| one.tpot >= GROWN && one.ttft < STEADY * one.tpot);
    let words = words(case, low, &blocks);
    match (is_prefill, is_decode) {
        (true, _) => Ok(told(case, "prefill", format!("prefill; {words}"), &blocks)),
        (_, true) => Ok(told(case, "decode", format!("decode; {words}"), &blocks)),
        _ if all(|one| one.ttft < GROWN && one.tpot < GROWN) => {
            Err(format!("neither grew to {GROWN} times, so that none was reached; {words}"))
        }
        _ => Err(format!("what grew points neither to prefill alone nor to decode; {words}")),
    }
}

/// The place of the lowest load of the sweep that the arm has any counting block of.
fn lowest(case: &Case<'_>) -> Result<usize, String> {
    let places = 0..case.place;
    let mut counted =
        places.filter(|&place| !counting(case.sweep.scenarios[place], case.arm).is_empty());
    let Some(low) = counted.next() else {
        return Err("it was measured under no lower load of this kind".to_owned());
    };
    let height = |place: usize| case.sweep.scenarios[place].load.map(Height::of);
    let span = height(case.place).zip(height(low)).and_then(|(top, low)| top.over(low));
    match span {
        Some(span) if span >= WIDE => Ok(low),
        Some(span) => Err(format!(
            "its highest load is {} times its lowest, and {WIDE} times are needed to see what \
             grows",
            short(span)
        )),
        None => Err("all requests at once are no multiple of a rate".to_owned()),
    }
}

/// What grew in each block that has both loads.
fn grown(case: &Case<'_>, low: usize) -> Vec<Grown> {
    let [ttft, tpot] =
        ["ttft_p50_ms", "tpot_p50_ms"].map(|name| figure(name).expect("it is one of the figures"));
    let before = counting(case.sweep.scenarios[low], case.arm);
    let of_block = |top: &&Trial| {
        let low = before.iter().find(|trial| trial.block == top.block)?;
        let times = |figure: &Figure| Some(figure.value(top)? / figure.value(low)?);
        Some(Grown { block: top.block, ttft: times(ttft)?, tpot: times(tpot)? })
    };
    case.trials.iter().filter_map(of_block).collect()
}

/// What grew, in words.
fn words(case: &Case<'_>, low: usize, blocks: &[Grown]) -> String {
    let least = |of: fn(&Grown) -> f64| blocks.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&Grown) -> f64| blocks.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let times = |of: fn(&Grown) -> f64| {
        let [low, high] = [least(of), most(of)].map(short);
        if low == high { low } else { format!("{low} to {high}") }
    };
    format!(
        "from {} the median TTFT came to {} times and the median TPOT to {} times as much, while \
         no queue stood in the engine",
        case.sweep.scenarios[low].name,
        times(|one| one.ttft),
        times(|one| one.tpot),
    )
}

fn told(case: &Case<'_>, topic: &'static str, words: String, blocks: &[Grown]) -> Found {
    let grounds = blocks.iter().flat_map(|one| {
        let trial = case.trials.iter().find(|trial| trial.block == one.block);
        let both = [("median TTFT, times", one.ttft), ("median TPOT, times", one.tpot)];
        trial
            .into_iter()
            .flat_map(move |trial| both.map(|(what, value)| case.ground(trial, what, value)))
    });
    Found { topic, words, grounds: grounds.collect() }
}
