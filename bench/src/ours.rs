//! The client under measurement: all of it, from the schedule to the journal
//! of records.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokenometer_core::{
    Arrival, Close, Dialect, Nanos, OutputLength, Pace, Phase, Prompt, Request, Schedule, Target,
    Window,
};
use tokenometer_load::{Client, Limits, Rendering, Stop, Trust, prepare, request_id};
use tokenometer_results::{Run, TrialId};

use crate::Failure;
use crate::client::{Seen, Task, Told, prompt};

/// Carries a task out.
pub(crate) fn run(task: &Task) -> Result<Told, Failure> {
    let target = Target {
        address: format!("http://127.0.0.1:{}", task.port).parse()?,
        dialect: Dialect::OpenaiCompletions,
        model: "sim".to_owned(),
    };
    let rendering = Rendering { temperature: None, ..Rendering::default() };
    let prepared = prepare(schedule(task), &target, &rendering)?;
    let limits = Limits { connect: Duration::from_secs(60), ..Limits::default() };
    let mut client = Client::connect(&target, &Trust::default(), limits, task.streams)?;
    let folder = tempfile::tempdir()?;
    let run = Run::create(folder.path(), &BTreeMap::from([("name", "instrument")]))?;
    let id = TrialId { block: 1, arm: "arm".to_owned(), scenario: "scenario".to_owned() };
    let writer = run.create_trial(&id)?.writer()?;

    let (cpu, wall) = (clock(ClockId::ProcessCPUTime), clock(ClockId::Monotonic));
    let finished = client.run(&prepared, writer, &(), &Stop::default())?;
    let (cpu_after, wall_after) = (clock(ClockId::ProcessCPUTime), clock(ClockId::Monotonic));

    let mut told = Told {
        cpu_ns: cpu_after - cpu,
        wall_ns: wall_after - wall,
        reads: finished.instrument.reads_stamped + finished.instrument.reads_unstamped,
        unstamped: finished.instrument.reads_unstamped,
        ..Told::default()
    };
    finished.sink.finish(|record, chunks| {
        let bearing = || chunks.iter().filter(|chunk| chunk.bears_tokens());
        told.events += bearing().count() as u64;
        if task.tell && record.phase == Phase::Measure {
            told.requests.push(Seen {
                id: request_id(record.phase, record.request),
                intended: record.intended.0,
                sent: record.sent.map_or(0, |sent| sent.0),
                events: bearing().map(|chunk| chunk.received.0).collect(),
            });
        }
    })?;
    Ok(told)
}

fn schedule(task: &Task) -> Schedule {
    let output = OutputLength { tokens: task.tokens, exact: false };
    let request = Request::new(Prompt::Text(prompt()), None, output);
    let count = u32::try_from(task.requests).unwrap_or(u32::MAX);
    let pace = if task.offsets.is_empty() {
        Pace::Closed {
            starts: vec![Nanos::ZERO; task.streams],
            ramp_in: 0..0,
            measured: 0..count,
            drain: count..count,
            close: Close::AllEnded,
            measured_as: Phase::Measure,
        }
    } else {
        let arrival = |(row, offset): (u32, &i64)| Arrival {
            offset: Nanos(*offset),
            request: row,
            phase: Phase::Measure,
        };
        let last = task.offsets.last().copied().unwrap_or(0);
        Pace::Open {
            arrivals: (0..count).zip(&task.offsets).map(arrival).collect(),
            window: Window { opens: Nanos::ZERO, closes: Nanos(last + 1) },
            cap: None,
        }
    };
    Schedule { requests: vec![request; task.requests], pace }
}

fn clock(which: ClockId) -> i64 {
    let time = clock_gettime(which);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
