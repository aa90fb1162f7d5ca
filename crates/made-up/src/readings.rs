//! What was read off an engine and its GPUs while a trial ran: made up from how many requests
//! it served, so that curves of both belong together.

use std::collections::BTreeMap;

use tokenometer_core::Nanos;
use tokenometer_results::{CountersAround, CountersSeen, Reading, ScrapeRow, Serving, Watched};

use crate::plan::{Arm, Scenario};
use crate::seen::Known;

/// What a GPU draws when it does nothing and when it is busy, in watts.
const IDLE_W: f64 = 90.0;
const BUSY_W: f64 = 560.0;
/// How warm it is then, in degrees Celsius.
const COOL_C: f64 = 34.0;
const HOT_C: f64 = 71.0;
/// How much memory a GPU has, and how much of it the weights take, in bytes.
const MEMORY: f64 = 80e9;
const WEIGHTS: f64 = 17e9;

/// How busy the arm is at one time.
#[derive(Clone, Copy)]
struct Moment {
    at: Nanos,
    running: f64,
    waiting: f64,
    kv_use: f64,
    utilisation: f64,
}

/// The moments at which it was read: one a bin of the course.
fn moments(known: &Known, (arm, scenario): (&Arm, &Scenario)) -> Vec<Moment> {
    let tokens = f64::from(scenario.input + scenario.output);
    let moment = |(place, (in_flight, waiting)): (usize, (&f64, &f64))| {
        let seats = arm.speed.seats as f64;
        let running = in_flight.min(seats);
        Moment {
            at: known.window.opens
                + Nanos::from_secs_f64((place as f64 + 0.5) * known.seconds.bin_s),
            running,
            waiting: waiting.min(in_flight - running),
            kv_use: (running * tokens / arm.kv_capacity).min(1.0),
            utilisation: 1.0 - (-4.0 * running / seats).exp(),
        }
    };
    let course = &known.seconds;
    course.in_flight.iter().zip(&course.waiting).enumerate().map(moment).collect()
}

/// All readings of a trial.
pub(crate) fn readings(known: &Known, of: (&Arm, &Scenario)) -> Vec<Reading> {
    moments(known, of)
        .into_iter()
        .flat_map(|moment| {
            let gpus = (0..of.0.gpus).flat_map(move |gpu| gpu_readings(moment, gpu));
            engine_readings(moment).into_iter().chain(gpus).collect::<Vec<_>>()
        })
        .collect()
}

fn engine_readings(moment: Moment) -> [Reading; 3] {
    [
        ("running", "requests", moment.running),
        ("waiting", "requests", moment.waiting),
        ("kv_use", "share", moment.kv_use),
    ]
    .map(|(name, unit, value)| reading(moment.at, ("engine", None), (name, unit), value))
}

fn gpu_readings(moment: Moment, gpu: u32) -> [Reading; 4] {
    // GPUs that share a model out are nearly alike.
    let busy = moment.utilisation * (1.0 - 0.03 * f64::from(gpu));
    [
        ("utilisation", "share", busy),
        ("memory", "bytes", WEIGHTS + (MEMORY - WEIGHTS) * (0.1 + 0.8 * moment.kv_use)),
        ("power", "W", IDLE_W + (BUSY_W - IDLE_W) * busy),
        ("temperature", "°C", COOL_C + (HOT_C - COOL_C) * busy),
    ]
    .map(|(name, unit, value)| {
        reading(moment.at, ("gpu", Some(gpu.to_string())), (name, unit), value)
    })
}

fn reading(
    time: Nanos,
    (source, device): (&str, Option<String>),
    (name, unit): (&str, &str),
    value: f64,
) -> Reading {
    let (source, name, unit) = (source.to_owned(), name.to_owned(), unit.to_owned());
    Reading { time, source, device, name, unit, value }
}

/// What was asked of the engine's counters: before and after the window, and in its middle.
pub(crate) fn scrapes(known: &Known, of: (&Arm, &Scenario)) -> Vec<ScrapeRow> {
    let scrape = |moment: Moment, what: Option<&str>| ScrapeRow {
        asked: moment.at,
        answered: moment.at + Nanos::from_millis(1),
        moment: what.map(str::to_owned),
        text: Some(format!(
            "# made up\nmade_up:running {}\nmade_up:waiting {}\n",
            moment.running.round(),
            moment.waiting.round()
        )),
        failure: None,
    };
    let moments = moments(known, of);
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else { return Vec::new() };
    vec![
        scrape(*first, Some("measure before")),
        scrape(moments[moments.len() / 2], None),
        scrape(*last, Some("measure after")),
    ]
}

/// The engine's side of a trial, as it stands in `trial.json`.
pub(crate) fn serving(known: &Known, of: (&Arm, &Scenario)) -> Serving {
    let moments = moments(known, of);
    let at = |moment: Option<&Moment>, done: f64| CountersSeen {
        time_ns: moment.map(|moment| moment.at.0),
        values: moment.map(|moment| counters(*moment, known, of.0, done)).unwrap_or_default(),
        failure: None,
    };
    let around =
        CountersAround { before: at(moments.first(), 0.0), after: at(moments.last(), 1.0) };
    Serving {
        counters: BTreeMap::from([("measure".to_owned(), around)]),
        watched: Some(Watched { scrapes: moments.len() as u64, gaps: 0, first_gap: None }),
        engine_log: None,
        cache: Some("as a fresh start has it".to_owned()),
    }
}

/// Each counter by its name, when a share of the work is done.
fn counters(moment: Moment, known: &Known, arm: &Arm, done: f64) -> BTreeMap<String, f64> {
    let [prompts, cached] = known.prompts.map(|tokens| (tokens as f64 * done).floor());
    [
        ("running", moment.running),
        ("waiting", moment.waiting),
        ("kv_use", moment.kv_use),
        ("kv_capacity", arm.kv_capacity),
        ("preemptions", 0.0),
        ("prompt_tokens", prompts),
        ("generation_tokens", (known.output[1] as f64 * done).floor()),
        ("prefix_queries", prompts),
        ("prefix_hits", cached),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
