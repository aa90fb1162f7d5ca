//! The client's own noise floor on this machine: what it says of the embedded
//! engine beside what the embedded engine says of itself. `mod.rs` asks it of the machine
//! at large; `cell` of one schedule of a study, metric by metric.

mod cell;
mod pairs;

pub(crate) use cell::{Trying, floor};

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tokenometer_core::{
    Chunk, Close, Dialect, Nanos, OutputLength, Pace, Phase, Prompt, Record, Request, Schedule,
    Target,
};
use tokenometer_load::{Client, Limits, Rendering, Stop, Trust, prepare};
use tokenometer_results::EngineFolder;

use crate::LabError;
use crate::doctor::at_quantile;
use crate::embedded::start_embedded;
use crate::processors::Division;
use crate::settings::{Embedded, Host};
use crate::start::Started;
use pairs::{Truth, pairs, truth};

/// Streams that are open together.
const STREAMS: u32 = 16;
/// Requests in all.
const REQUESTS: u32 = 96;
/// Tokens of each answer.
const TOKENS: u32 = 64;
/// What the engine keeps to: about 0.4 s a request. The gaps are drawn, so that
/// streams don't keep in step.
const SCRIPT: [&str; 4] = ["--ttft", "50ms", "--gap", "uniform:3ms:7ms"];

/// How far off the client is here, over some hundred requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoiseFloor {
    /// Requests compared.
    pub requests: u64,
    /// Gaps between tokens compared.
    pub gaps: u64,
    /// |TTFT said − TTFT true|.
    pub ttft: Errors,
    /// |gap said − gap true|.
    pub gap: Errors,
    /// |TPOT said − TPOT true|.
    pub tpot: Errors,
    /// From the instant at which a request was due to its write.
    pub lateness: Errors,
}

/// Sizes of errors, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// The median.
    pub p50_ns: i64,
    /// The 99th percentile.
    pub p99_ns: i64,
    /// The largest.
    pub max_ns: i64,
}

impl Errors {
    fn of(mut sizes: Vec<i64>) -> Option<Errors> {
        sizes.sort_unstable();
        Some(Errors {
            p50_ns: at_quantile(&sizes, 0.5)?,
            p99_ns: at_quantile(&sizes, 0.99)?,
            max_ns: *sizes.last()?,
        })
    }
}

/// Measures the embedded engine for two seconds and compares; its log lies in
/// `scratch` meanwhile. `None` if nothing could be compared.
pub fn noise_floor(host: &Host, scratch: &Path) -> Result<Option<NoiseFloor>, LabError> {
    let folder = scratch.join(format!("tokenometer-doctor-{}", std::process::id()));
    let compared = compared(host, &EngineFolder::create(&folder)?);
    // The log is of interest only if the engine did not start, and then it
    // stands in the error.
    let _ = std::fs::remove_dir_all(&folder);
    compared
}

fn compared(host: &Host, folder: &EngineFolder) -> Result<Option<NoiseFloor>, LabError> {
    let division = Division::usual();
    let settings = Embedded { arguments: SCRIPT.map(str::to_owned).to_vec() };
    let engine = start_embedded(&settings, host, &division, folder, (&(), &Stop::default()))?;
    let records = measure(&engine)?;
    let truth = truth(&engine)?;
    engine.stop()?;
    Ok(compare(&records, &truth))
}

fn measure(engine: &Started) -> Result<Vec<(Record, Vec<Chunk>)>, LabError> {
    let target = Target {
        address: engine.address.clone(),
        dialect: Dialect::OpenaiCompletions,
        model: "sim".to_owned(),
    };
    let prompt = Prompt::Text("How exact is this client?".to_owned());
    let request = Request::new(prompt, None, OutputLength { tokens: TOKENS, exact: true });
    let pace = Pace::Closed {
        starts: (0..STREAMS).map(|slot| Nanos::from_millis(i64::from(slot) * 20)).collect(),
        ramp_in: 0..REQUESTS,
        measured: 0..REQUESTS,
        drain: 0..REQUESTS,
        close: Close::AllEnded,
        measured_as: Phase::Measure,
    };
    let schedule = Schedule { requests: vec![request; REQUESTS as usize], pace };
    let prepared = prepare(schedule, &target, &Rendering::default())?;
    let limits = Limits { total: Duration::from_secs(20), ..Limits::default() };
    let mut client = Client::connect(&target, &Trust::default(), limits, prepared.connections())?;
    Ok(client.run(&prepared, Vec::new(), &(), &Stop::default())?.sink)
}

fn compare(records: &[(Record, Vec<Chunk>)], truth: &HashMap<String, Truth>) -> Option<NoiseFloor> {
    let (mut ttft, mut gap, mut tpot, mut lateness) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in pairs(records, truth) {
        ttft.push((pair.said.ttft() - pair.was.ttft()).abs());
        let errors = pair.said.gaps().zip(pair.was.gaps()).map(|(said, was)| said - was);
        let errors: Vec<i64> = errors.collect();
        let steps = errors.len().max(1) as i64;
        tpot.push((errors.iter().sum::<i64>() / steps).abs());
        gap.extend(errors.into_iter().map(i64::abs));
        lateness.push(pair.lateness);
    }
    let (requests, gaps) = (ttft.len() as u64, gap.len() as u64);
    Some(NoiseFloor {
        requests,
        gaps,
        ttft: Errors::of(ttft)?,
        gap: Errors::of(gap)?,
        tpot: Errors::of(tpot)?,
        lateness: Errors::of(lateness)?,
    })
}

#[cfg(test)]
mod tests {
    use tokenometer_load::request_id;

    use super::*;
    use crate::testing::{chunk, record};

    #[test]
    fn what_was_said_is_held_against_what_was() {
        let mut said = record();
        said.sent = Some(Nanos(100));
        said.intended = Nanos(90);
        let chunks = vec![chunk(1_130, 1), chunk(2_140, 1), chunk(3_100, 1)];
        let line = Truth {
            request: request_id(Phase::Measure, 0),
            arrival_ns: 110,
            writes: vec![(1_120, 1), (2_120, 1), (3_120, 1)],
        };
        let truth = HashMap::from([(line.request.clone(), line)]);
        let floor = compare(&[(said, chunks)], &truth).unwrap();
        assert_eq!((floor.requests, floor.gaps), (1, 2));
        assert_eq!(floor.ttft.max_ns, 20);
        assert_eq!((floor.gap.p50_ns, floor.gap.max_ns), (10, 40));
        assert_eq!((floor.tpot.max_ns, floor.lateness.max_ns), (15, 10));
        assert_eq!(compare(&[], &truth), None);
    }
}
