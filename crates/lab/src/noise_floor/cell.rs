//! The noise floor of one schedule: the same requests at the same times as a cell of a
//! study, sent to the embedded engine, and how far each metric then is from the truth.
//!
//! All arms share the client, so most of what it adds falls out of a ratio; what is left
//! can't be larger than this. A verdict that claims less than the client can see is none.

use std::time::Duration;

use tokenometer_core::stats::quantile::{Level, quantile};
use tokenometer_core::{Chunk, Observer, Record, Target, Window};
use tokenometer_load::{Client, Rendering, Stop, Trust, prepare};
use tokenometer_results::{EngineFolder, ScenarioFloor};
use tokenometer_workload::{Extent, LoadSettings, Pattern, Ramp, Workload};

use super::pairs::{Pair, pairs, truth};
use crate::LabError;
use crate::embedded::start_embedded;
use crate::processors::Division;
use crate::settings::{Embedded, Host, TrialSettings};
use crate::start::Started;

/// The longest window that is measured for it.
const LONGEST: Duration = Duration::from_secs(5);
/// The most requests that are sent for it, where their number is given.
const MOST_REQUESTS: u32 = 200;
/// The first token of the embedded engine.
const TTFT: &str = "50ms";
/// The shortest gap of its tokens, and how much of one core a token costs it: so many
/// streams are never asked for more than it can give.
const SHORTEST_GAP: Duration = Duration::from_millis(5);
const GAP_A_STREAM: Duration = Duration::from_micros(40);

/// What the floor of a schedule is measured with.
pub(crate) struct Trying<'a> {
    pub(crate) settings: &'a TrialSettings,
    pub(crate) workload: &'a Workload,
    pub(crate) host: &'a Host,
    pub(crate) division: &'a Division,
    pub(crate) folder: &'a EngineFolder,
}

/// Measures the floor of a cell's schedule, shortened; `None` where nothing could be
/// compared.
///
/// # Errors
///
/// If the embedded engine or the load can't be had.
pub(crate) fn floor(
    trying: &Trying<'_>,
    observer: &dyn Observer,
    stop: &Stop,
) -> Result<Option<ScenarioFloor>, LabError> {
    let load = shortened(&trying.settings.load);
    let script = ["--ttft".to_owned(), TTFT.to_owned(), "--gap".to_owned(), gap(&load)];
    let settings = Embedded { arguments: script.to_vec() };
    let engine =
        start_embedded(&settings, trying.host, trying.division, trying.folder, (observer, stop))?;
    let measured = measure(trying, &load, &engine, stop);
    let truth = truth(&engine);
    engine.stop()?;
    let ((window, records), truth) = (measured?, truth?);
    Ok(judge(&pairs(&records, &truth), window))
}

/// The load, in a window that is short.
fn shortened(load: &LoadSettings) -> LoadSettings {
    let extent = match load.extent {
        Extent::Duration(window) => Extent::Duration(window.min(LONGEST)),
        Extent::Requests(count) => Extent::Requests(count.min(MOST_REQUESTS)),
    };
    LoadSettings { extent, drain_limit: Some(LONGEST), ..load.clone() }
}

/// The gap of the engine's tokens under a load.
fn gap(load: &LoadSettings) -> String {
    let streams = match load.pattern {
        Pattern::Closed { concurrency } => concurrency,
        Pattern::Open { rate: f64::INFINITY, cap, .. } => cap.unwrap_or(MOST_REQUESTS),
        // About as many as arrive in a second are open together.
        Pattern::Open { rate, .. } => rate.ceil() as u32,
        Pattern::Ramp(Ramp { from, to, .. }) => from.max(to).ceil() as u32,
    };
    let gap = SHORTEST_GAP.max(GAP_A_STREAM * streams);
    format!("{}us", gap.as_micros())
}

type Seen = (Option<Window>, Vec<(Record, Vec<Chunk>)>);

fn measure(
    trying: &Trying<'_>,
    load: &LoadSettings,
    engine: &Started,
    stop: &Stop,
) -> Result<Seen, LabError> {
    let target = Target {
        address: engine.address.clone(),
        dialect: trying.settings.dialect,
        model: "sim".to_owned(),
    };
    let schedule = trying.workload.schedule(load, None)?;
    // What is meant for the arm's own server is none of the embedded engine's business.
    let rendering =
        Rendering { headers: Vec::new(), route: None, ..trying.settings.rendering.clone() };
    let prepared = prepare(schedule, &target, &rendering)?;
    let limits = trying.settings.limits;
    let mut client = Client::connect(&target, &Trust::default(), limits, prepared.connections())?;
    let finished = client.run(&prepared, Vec::new(), &(), stop)?;
    Ok((finished.window, finished.sink))
}

/// How far every metric is off.
fn judge(pairs: &[Pair], window: Option<Window>) -> Option<ScenarioFloor> {
    if pairs.is_empty() {
        return None;
    }
    let mut floor = ScenarioFloor { requests: pairs.len() as u64, ..ScenarioFloor::default() };
    let mut add = |name: &str, of: &dyn Fn(&super::pairs::Account) -> Option<f64>| {
        let both = pairs.iter().filter_map(|pair| Some((of(&pair.said)?, of(&pair.was)?)));
        let (mut said, mut was): (Vec<f64>, Vec<f64>) = both.unzip();
        if said.is_empty() {
            return;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        floor.errors_ms.insert(format!("{name}_mean"), (mean(&said) - mean(&was)).abs());
        said.sort_by(f64::total_cmp);
        was.sort_by(f64::total_cmp);
        for (level, suffix) in [(Level::P50, "p50"), (Level::P99, "p99")] {
            if let (Some(said), Some(was)) = (quantile(&said, level), quantile(&was, level)) {
                floor.errors_ms.insert(format!("{name}_{suffix}"), (said - was).abs());
            }
        }
    };
    let millis = |nanos: i64| nanos as f64 / 1e6;
    add("ttft", &|account| Some(millis(account.ttft())));
    add("e2e", &|account| Some(millis(account.e2e())));
    add("tpot", &|account| {
        let tokens = account.arrivals.len() - 1;
        (tokens > 0).then(|| millis(account.e2e() - account.ttft()) / tokens as f64)
    });
    let gaps = |account: &super::pairs::Account| account.gaps().map(millis).collect::<Vec<f64>>();
    let (said, was): (Vec<f64>, Vec<f64>) =
        pairs.iter().flat_map(|pair| gaps(&pair.said).into_iter().zip(gaps(&pair.was))).unzip();
    if !said.is_empty() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        floor.errors_ms.insert("itl_mean".to_owned(), (mean(&said) - mean(&was)).abs());
    }
    floor.throughput_share = window.and_then(|window| share(pairs, window));
    Some(floor)
}

/// How far the tokens are off that came inside the window, as a share of them.
fn share(pairs: &[Pair], window: Window) -> Option<f64> {
    let inside = |of: &dyn Fn(&Pair) -> &super::pairs::Account| -> f64 {
        let arrivals = pairs.iter().flat_map(|pair| &of(pair).arrivals);
        arrivals.filter(|at| (window.opens.0..window.closes.0).contains(at)).count() as f64
    };
    let (said, was) = (inside(&|pair| &pair.said), inside(&|pair| &pair.was));
    (was > 0.0).then(|| (said / was - 1.0).abs())
}

#[cfg(test)]
mod tests {
    use super::super::pairs::Account;
    use super::*;

    fn account(began: i64, arrivals: &[i64]) -> Account {
        let millis = |at: &i64| at * 1_000_000;
        Account { began: began * 1_000_000, arrivals: arrivals.iter().map(millis).collect() }
    }

    #[test]
    fn each_metric_is_held_against_the_truth() {
        let pairs: Vec<Pair> = (0..6)
            .map(|_| Pair {
                said: account(0, &[52, 62, 75]),
                was: account(1, &[51, 61, 71]),
                lateness: 0,
            })
            .collect();
        let floor = judge(&pairs, None).unwrap();
        let error = |name: &str| floor.errors_ms[name];
        assert_eq!((error("ttft_mean"), error("ttft_p50")), (2.0, 2.0));
        assert_eq!(error("e2e_mean"), 5.0);
        assert!((error("tpot_mean") - 1.5).abs() < 1e-9 && (error("itl_mean") - 1.5).abs() < 1e-9);
        assert_eq!((floor.requests, floor.throughput_share), (6, None));
        assert_eq!(judge(&[], None), None);
    }

    #[test]
    fn tokens_that_came_late_are_missing_in_the_window() {
        let window = Window {
            opens: tokenometer_core::Nanos(0),
            closes: tokenometer_core::Nanos(70_000_000),
        };
        let pairs =
            [Pair { said: account(0, &[52, 62, 75]), was: account(1, &[51, 61, 69]), lateness: 0 }];
        assert!((share(&pairs, window).unwrap() - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn so_many_streams_are_never_more_than_it_can_give() {
        let load = |pattern| LoadSettings {
            pattern,
            extent: Extent::Requests(10),
            drain_limit: None,
            warm_up_requests: None,
            pool: None,
        };
        assert_eq!(gap(&load(Pattern::Closed { concurrency: 8 })), "5000us");
        assert_eq!(gap(&load(Pattern::Closed { concurrency: 1000 })), "40000us");
    }
}
