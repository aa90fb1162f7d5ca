//! One made-up trial: its records are kept, summarised and judged as those of a real one.

use std::collections::BTreeMap;

use tokenometer_core::{Dialect, Nanos, Sink, Window};
use tokenometer_results::{
    EngineSeen, Invocation, Kept, LogRange, PhaseSpan, Phases, Run, SCHEMA_VERSION, SimulationSeen,
    Span, TargetSeen, Tool, Traffic, Trial, TrialFolder, TrialId, WorkloadSeen,
};
use tokenometer_verdict::{Thresholds, judge};

use crate::MadeUpError;
use crate::answers::{Answers, Times, Work};
use crate::gates;
use crate::lock::{MACHINE, MODEL};
use crate::plan::{Arm, Plan, Scenario};
use crate::readings::{readings, scrapes, serving};
use crate::seen::{Known, Seen};
use crate::story::Story;

/// When time begins here, in seconds since the Unix epoch: the first of January 2000, when
/// nothing was measured.
const EPOCH_S: i64 = 946_684_800;
/// How long a warm-up and a ramp-in take, in seconds, where a window of fixed length follows.
const WARM_UP_S: f64 = 12.0;
const RAMP_IN_S: f64 = 3.0;

/// The program that made the folder.
pub(crate) fn tool() -> Tool {
    Tool {
        name: "tokenometer-made-up".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: Some("made up: nothing was measured".to_owned()),
    }
}

/// What every arm says that it simulates.
pub(crate) fn simulation(arm: &Arm) -> SimulationSeen {
    SimulationSeen {
        machine: MACHINE.to_owned(),
        gpus: Some(arm.gpus),
        model: MODEL.to_owned(),
        calibration: Some("made up".to_owned()),
        calibrated: Some(false),
        time_scale: Some(1.0),
    }
}

/// When the trial at this place of a block began: a quarter of an hour after the one before.
pub(crate) fn begins(block: u32, place: usize) -> Nanos {
    let quarters = i64::from(block) * 200 + place as i64;
    Nanos((EPOCH_S + quarters * 900) * 1_000_000_000)
}

/// A cell of a plan.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) id: &'a TrialId,
    pub(crate) arm: &'a Arm,
    pub(crate) scenario: &'a Scenario,
    /// Its place in its block, from 0.
    pub(crate) place: usize,
    pub(crate) story: &'a dyn Story,
}

impl<'a> Cell<'a> {
    /// Carries the trial out.
    pub(crate) fn carry(self, run: &Run) -> Result<(), MadeUpError> {
        let times = self.times();
        let folder = run.create_trial(self.id)?;
        let mut writer = folder.writer()?;
        let mut last_end = times.opens;
        for (record, chunks) in Answers::of(self.work(times)) {
            last_end = last_end.max(record.end.unwrap_or(record.intended));
            writer.keep(&record, &chunks)?;
        }
        let window = Window { opens: times.opens, closes: times.closes.unwrap_or(last_end) };
        let mut seen = Seen::new(window, self.plan.ttft_objective_s);
        let mut files = writer.finish(|record, chunks| seen.add(record, chunks))?;
        let (summary, known) = seen.finish();
        self.write_readings(&folder, &known, &mut files)?;
        let mut evidence = gates::evidence(&summary, &known, (self.arm, self.scenario));
        self.story.bear_witness(self.id, &mut evidence);
        let mut trial = self.trial(times, &known, files);
        trial.validity = judge(&evidence, &Thresholds::default());
        trial.instrument = evidence.instrument;
        trial.summary = summary;
        self.story.retell(self.id, &mut trial);
        Ok(folder.write(&trial)?)
    }

    /// Keeps the records up to a break, and nothing else.
    pub(crate) fn break_off(self, run: &Run) -> Result<(), MadeUpError> {
        let mut writer = run.create_trial(self.id)?.writer()?;
        for (record, chunks) in Answers::of(self.work(self.times())).take(20) {
            writer.keep(&record, &chunks)?;
        }
        Ok(())
    }

    fn times(&self) -> Times {
        let warms = begins(self.id.block, self.place);
        let Some(length) = self.scenario.window_s() else {
            return Times { warms, ramps: warms, opens: warms, closes: None };
        };
        let ramps = warms + Nanos::from_secs_f64(WARM_UP_S);
        let opens = ramps + Nanos::from_secs_f64(RAMP_IN_S);
        Times { warms, ramps, opens, closes: Some(opens + Nanos::from_secs_f64(length)) }
    }

    fn work(&self, times: Times) -> Work<'a> {
        let shared = format!("{} {} {}", self.plan.seed, self.id.block, self.id.scenario);
        Work {
            id: self.id,
            arm: self.arm,
            scenario: self.scenario,
            story: self.story,
            times,
            seed: seed_of(&format!("{shared} {}", self.id.arm)),
            shared_seed: seed_of(&shared),
        }
    }

    fn write_readings(
        &self,
        folder: &TrialFolder,
        known: &Known,
        files: &mut BTreeMap<String, Kept>,
    ) -> Result<(), MadeUpError> {
        let of = (self.arm, self.scenario);
        let mut read = readings(known, of);
        self.story.add_readings(&mut read);
        let telemetry = folder.write_telemetry(read)?;
        let mut metrics = folder.metrics_writer()?;
        for scrape in scrapes(known, of) {
            metrics.keep(scrape)?;
        }
        files.insert("telemetry.parquet".to_owned(), telemetry);
        files.insert("metrics.parquet".to_owned(), metrics.finish()?);
        Ok(())
    }

    fn trial(&self, times: Times, known: &Known, files: BTreeMap<String, Kept>) -> Trial {
        let (arm, scenario) = (self.arm, self.scenario);
        let mut serving = serving(known, (arm, scenario));
        let engine = format!("engines/{}-{}", self.id.block, arm.name);
        serving.engine_log = Some(LogRange { engine, from: 0, to: 0 });
        let work = format!("made up: {} {}", self.plan.seed, self.id.block);
        Trial {
            schema_version: SCHEMA_VERSION,
            tool: tool(),
            block: self.id.block,
            arm: arm.name.clone(),
            scenario: scenario.name.clone(),
            blocks: self.plan.blocks,
            simulated: true,
            simulation: Some(simulation(arm)),
            interrupted: false,
            started_ns: times.warms.0,
            pass: 1,
            target: target(),
            workload: self.workload(),
            workload_sha256: format!("{work} {}", scenario.name),
            wire_sha256: format!("{work} {} {}", scenario.name, arm.name),
            load: load(scenario),
            seeds: BTreeMap::from([("study".to_owned(), self.plan.seed)]),
            tokenizer: None,
            phases: phases(times, known),
            instrument: tokenometer_core::Instrument::default(),
            summary: tokenometer_core::Summary::default(),
            validity: judge(&tokenometer_verdict::Evidence::default(), &Thresholds::default()),
            failures: known.tally.failures(),
            finish_reasons: known.tally.finish_reasons().clone(),
            invocation: invocation(arm, scenario),
            server_info: None,
            options: arm.options.clone().into_iter().collect(),
            serving,
            warnings: vec![
                "every number of this trial is made up by a formula: nothing was measured"
                    .to_owned(),
            ],
            files,
        }
    }

    fn workload(&self) -> WorkloadSeen {
        let scenario = self.scenario;
        let span = |min: u32, mean: u32, max: u32| {
            Some(Span { min: min.into(), mean: mean.into(), max: max.into() })
        };
        WorkloadSeen {
            name: format!("{}-{}@1", self.id.block, scenario.name),
            dataset: "random".to_owned(),
            requests: 1000,
            input_tokens: span(scenario.input / 2, scenario.input, scenario.input * 3 / 2),
            output_tokens: span(scenario.output, scenario.output, scenario.output),
            exact: true,
        }
    }
}

fn target() -> TargetSeen {
    let version = Some("0.1.0".to_owned());
    TargetSeen {
        address: "http://127.0.0.1:9".to_owned(),
        dialect: Dialect::OpenaiCompletions,
        model: MODEL.to_owned(),
        engine: Some(EngineSeen { name: "made-up".to_owned(), version }),
    }
}

fn load(scenario: &Scenario) -> tokenometer_results::Load {
    tokenometer_results::Load {
        traffic: scenario.traffic,
        extent: scenario.extent,
        streamed: true,
        connections: scenario.concurrency().unwrap_or(64).into(),
        drain_limit_s: 60.0,
    }
}

fn phases(times: Times, known: &Known) -> Phases {
    let span = |start, end| Some(PhaseSpan::between(start, end)).filter(|_| start < end);
    let closes = known.window.closes;
    Phases {
        warm_up: span(times.warms, times.ramps),
        ramp_in: span(times.ramps, times.opens),
        measure: span(times.opens, closes),
        drain: span(closes, known.last_end),
    }
}

/// What would have been asked for with flags.
fn invocation(arm: &Arm, scenario: &Scenario) -> Invocation {
    let request_rate = match scenario.traffic {
        Traffic::Open { rate, .. } => rate,
        Traffic::Closed { .. } | Traffic::Ramp { .. } => None,
    };
    Invocation {
        backend: "openai-completions".to_owned(),
        dataset_name: "random".to_owned(),
        request_rate,
        burstiness: Some(1.0),
        max_concurrency: scenario.concurrency(),
        random_input_len: Some(scenario.input),
        random_output_len: Some(scenario.output),
        random_range_ratio: Some(0.5),
        label: Some(arm.name.clone()),
        ..Invocation::default()
    }
}

/// A seed that hangs on every letter of some words (FNV-1a, of 64 bits).
fn seed_of(words: &str) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    words.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}
