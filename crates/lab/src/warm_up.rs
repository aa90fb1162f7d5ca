//! The warm-up: requests that aren't measured, until the engine has settled.
//!
//! It is one closed loop that goes on while its ends are counted in batches,
//! so that no batch sees the load build up or run out. Throughput is taken as
//! slots × Σ tokens ÷ Σ E2E, which by Little's law is that of a closed loop,
//! and which, other than tokens over a batch's time, doesn't swing with the
//! lengths of the twenty answers that happen to end in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokenometer_core::stats::Level;
use tokenometer_core::stats::quantile::quantile;
use tokenometer_core::{
    Chunk, Close, Nanos, Observer, Outcome, Pace, Phase, Record, Request, Schedule, Sink,
    SinkError, Target,
};
use tokenometer_load::{Client, Rendering, Stop, prepare};
use tokenometer_verdict::{Thresholds, WarmUpBatch, has_settled};
use tokenometer_workload::{LoadSettings, Settled, Workload};

use crate::LabError;
use crate::settings::WarmUp;

/// How many of the workload's batches a warm-up goes round in.
const BATCHES_MADE: u32 = 16;
/// The least that a batch counts (W6).
const SMALLEST_BATCH: usize = 20;

/// What a warm-up needs of its surroundings.
pub(crate) struct Surroundings<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) load: &'a LoadSettings,
    pub(crate) target: &'a Target,
    pub(crate) rendering: &'a Rendering,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stop: &'a Stop,
    /// The classes of prompt lengths that will be measured.
    pub(crate) classes: Option<BTreeSet<u32>>,
    /// The engine's log, where it is known.
    pub(crate) log: Option<&'a Path>,
}

/// What a warm-up showed.
#[derive(Debug, Default)]
pub(crate) struct Warmed {
    pub(crate) evidence: Option<tokenometer_verdict::WarmUp>,
    pub(crate) settled: Option<Settled>,
    pub(crate) span: Option<(Nanos, Nanos)>,
    /// What was sent.
    pub(crate) sent: Vec<Request>,
    /// From where on, in bytes, the engine's log tells of the batches that decide,
    /// and of all that came after them.
    pub(crate) log_from: Option<u64>,
}

/// Warms the target up over `client`; every record goes to `sink`, which comes
/// back.
pub(crate) fn warm_up<S: Sink>(
    surroundings: &Surroundings<'_>,
    how: WarmUp,
    client: &mut Client,
    sink: S,
) -> Result<(Warmed, S), LabError> {
    let Some((schedule, at_most)) = schedule(surroundings, how)? else {
        return Ok((Warmed::default(), sink));
    };
    let slots = match &schedule.pace {
        Pace::Closed { starts, .. } => starts.len(),
        Pace::Open { .. } => 1,
    };
    client.ensure(slots)?;
    let requests = schedule.requests.clone();
    let prepared = prepare(schedule, surroundings.target, surroundings.rendering)?;
    let stop = surroundings.stop.child();
    let thermometer = Thermometer {
        inner: sink,
        slots,
        until: at_most.map(|_| stop.clone()),
        began: Instant::now(),
        thresholds: Thresholds::default(),
        current: Vec::new(),
        batches: Vec::new(),
        times: Vec::new(),
        lengths: BTreeSet::new(),
        rows: BTreeSet::new(),
        log: surroundings.log.map(Path::to_owned),
        log_at: surroundings.log.and_then(length).into_iter().collect(),
        requests: 0,
    };
    let finished = client.run(&prepared, thermometer, surroundings.observer, &stop)?;
    let ended = finished.started + finished.sink.began.elapsed().into();
    let mut warmed =
        finished.sink.read_off(surroundings.classes.as_ref(), (finished.started, ended));
    warmed.sent = chosen(requests, &finished.sink.rows);
    Ok((warmed, finished.sink.inner))
}

/// The load of the warm-up, and how long it may take if it is to end by
/// itself.
fn schedule(
    surroundings: &Surroundings<'_>,
    how: WarmUp,
) -> Result<Option<(Schedule, Option<Duration>)>, LabError> {
    let batch = |number| surroundings.workload.warm_up(surroundings.load, number);
    match how {
        WarmUp::None => Ok(None),
        WarmUp::Requests(_) => Ok(batch(0)?.map(|schedule| (schedule, None))),
        WarmUp::UntilSettled { at_most } => {
            let Some(mut all) = batch(0)? else { return Ok(None) };
            for number in 1..BATCHES_MADE {
                all.requests.extend(batch(number)?.map(|more| more.requests).unwrap_or_default());
            }
            let count = u32::try_from(all.requests.len()).unwrap_or(u32::MAX);
            if let Pace::Closed { measured, drain, close, .. } = &mut all.pace {
                *measured = 0..count;
                *drain = count..count;
                *close = Close::After(at_most);
            }
            Ok(Some((all, Some(at_most))))
        }
    }
}

/// How long a file is.
fn length(path: &Path) -> Option<u64> {
    Some(std::fs::metadata(path).ok()?.len())
}

/// The requests of these rows.
fn chosen(requests: Vec<Request>, rows: &BTreeSet<u32>) -> Vec<Request> {
    let numbered = (0..).zip(requests);
    numbered.filter(|(row, _)| rows.contains(row)).map(|(_, request)| request).collect()
}

/// The class of a prompt's length: the power of two below it.
pub(crate) fn length_class(tokens: u32) -> u32 {
    tokens.max(1).ilog2()
}

/// Passes records on, and tells when the engine has settled.
struct Thermometer<S> {
    inner: S,
    slots: usize,
    /// What to stop then; `None` if the number of requests was given.
    until: Option<Stop>,
    began: Instant,
    thresholds: Thresholds,
    current: Vec<Sample>,
    batches: Vec<WarmUpBatch>,
    /// How long each `ok` request took, in nanoseconds.
    times: Vec<f64>,
    lengths: BTreeSet<u32>,
    /// The rows that were sent.
    rows: BTreeSet<u32>,
    log: Option<PathBuf>,
    /// How long the engine's log was at the start, and when each batch had ended.
    log_at: Vec<u64>,
    requests: u64,
}

/// What one request shows of the engine's speed.
struct Sample {
    tokens: Option<u32>,
    took: Nanos,
    pace_ms: Option<f64>,
}

impl<S: Sink> Sink for Thermometer<S> {
    fn keep(&mut self, record: &Record, chunks: &[Chunk]) -> Result<(), SinkError> {
        self.inner.keep(record, chunks)?;
        if record.phase == Phase::WarmUp && record.outcome != Outcome::Cancelled {
            self.notice(record);
        }
        Ok(())
    }
}

impl<S> Thermometer<S> {
    fn notice(&mut self, record: &Record) {
        self.requests += 1;
        if record.sent.is_some() {
            self.rows.insert(record.row);
        }
        let class = record.input.asked.or(record.input.server).map(length_class);
        self.lengths.extend(class);
        let took = record.end.zip(record.sent).map(|(end, sent)| end - sent);
        if let (Some(took), true) = (took, record.outcome.is_ok()) {
            self.times.push(took.0 as f64);
            self.current.push(Sample {
                tokens: record.output.server,
                took,
                pace_ms: pace_ms(record),
            });
        }
        if self.current.len() >= SMALLEST_BATCH.max(2 * self.slots) {
            self.close_batch();
        }
    }

    fn close_batch(&mut self) {
        let samples = std::mem::take(&mut self.current);
        let took: f64 = samples.iter().map(|sample| sample.took.as_secs_f64()).sum();
        let tokens: Option<u64> = samples.iter().map(|sample| sample.tokens.map(u64::from)).sum();
        let mut paces: Vec<f64> = samples.iter().filter_map(|sample| sample.pace_ms).collect();
        paces.sort_by(f64::total_cmp);
        self.batches.push(WarmUpBatch {
            tokens_per_second: tokens
                .filter(|_| took > 0.0)
                .map(|tokens| self.slots as f64 * tokens as f64 / took),
            tpot_p50_ms: quantile(&paces, Level::P50),
        });
        self.log_at.extend(self.log.as_deref().and_then(length));
        let is_long_enough = self.began.elapsed() >= self.thresholds.warm_up_floor;
        let is_settled = has_settled(&self.batches, &self.thresholds) == Some(true);
        if let (Some(stop), true) = (&self.until, is_long_enough && is_settled) {
            stop.ask();
        }
    }

    /// Where the batches that decide begin in the log; its end, where there are
    /// too few of them.
    fn log_from(&self) -> Option<u64> {
        let before = self.log_at.len().checked_sub(self.thresholds.warm_up_batches + 1);
        before
            .and_then(|before| self.log_at.get(before).copied())
            .or_else(|| length(self.log.as_deref()?))
    }

    fn read_off(&self, classes: Option<&BTreeSet<u32>>, span: (Nanos, Nanos)) -> Warmed {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
        let duration = |nanos: f64| Nanos(nanos as i64).as_duration();
        let settled = quantile(&times, Level::P99)
            .map(|p99| Settled { mean_e2e: duration(mean), p99_e2e: duration(p99) });
        let evidence = tokenometer_verdict::WarmUp {
            requests: self.requests,
            length: (span.1 - span.0).as_duration(),
            batches: self.batches.clone(),
            saw_every_class: classes.map(|classes| classes.is_subset(&self.lengths)),
            repeated: None,
            compiled: None,
        };
        Warmed {
            evidence: Some(evidence),
            settled,
            span: Some(span),
            sent: Vec::new(),
            log_from: self.log_from(),
        }
    }
}

/// The pace of a request after its first token, by its counts alone: near
/// enough to tell whether an engine still speeds up.
fn pace_ms(record: &Record) -> Option<f64> {
    let tokens = record.output.server?.checked_sub(1).filter(|&tokens| tokens > 0)?;
    let span = record.last? - record.first?;
    Some(span.as_millis_f64() / f64::from(tokens))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokenometer_core::{OutputLength, Prompt};

    use super::*;
    use crate::testing;

    struct Nowhere;

    impl Sink for Nowhere {
        fn keep(&mut self, _record: &Record, _chunks: &[Chunk]) -> Result<(), SinkError> {
            Ok(())
        }
    }

    fn thermometer(log: &Path) -> Thermometer<Nowhere> {
        Thermometer {
            inner: Nowhere,
            slots: 1,
            until: None,
            began: Instant::now(),
            thresholds: Thresholds::default(),
            current: Vec::new(),
            batches: Vec::new(),
            times: Vec::new(),
            lengths: BTreeSet::new(),
            rows: BTreeSet::new(),
            log: Some(log.to_owned()),
            log_at: length(log).into_iter().collect(),
            requests: 0,
        }
    }

    fn record(row: u32) -> Record {
        let mut record = testing::record();
        (record.row, record.phase) = (row, Phase::WarmUp);
        (record.sent, record.end) = (Some(Nanos(0)), Some(Nanos(1_000_000_000)));
        record.output.server = Some(10);
        record
    }

    #[test]
    fn the_log_is_read_from_where_the_batches_that_decide_began() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut thermometer = thermometer(log.path());
        for row in 0..80 {
            // Each batch of 20 writes 20 bytes.
            log.as_file().write_all(b"x").unwrap();
            thermometer.keep(&record(row), &[]).unwrap();
            let batches = (row + 1) / 20;
            let from = match batches {
                // With too few batches, from the end of the warm-up on.
                0..3 => u64::from(row) + 1,
                _ => u64::from(20 * (batches - 3)),
            };
            assert_eq!(thermometer.log_from(), Some(from), "after {row}");
        }
        assert_eq!(thermometer.rows.len(), 80);
    }

    #[test]
    fn what_was_never_sent_is_not_among_what_was() {
        let output = OutputLength { tokens: 1, exact: false };
        let request = |text: &str| Request::new(Prompt::Text(text.to_owned()), None, output);
        let requests = vec![request("a"), request("b"), request("c")];
        let sent = chosen(requests, &BTreeSet::from([0, 2]));
        assert_eq!(sent, [request("a"), request("c")]);
    }
}
