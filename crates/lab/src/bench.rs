//! `bench`: a study of one arm, one scenario and one block.

use std::path::Path;

use tokenometer_core::{Address, Endpoint, Event, Observer, Target};
use tokenometer_load::{Stop, prepare};
use tokenometer_results::{Run, TrialId};
use tokenometer_workload::{DatasetSettings, Extent, LoadSettings, Mistake, Pattern, Workload};

use crate::embedded::EmbeddedEngine;
use crate::environment::look_around;
use crate::lock::Lock;
use crate::processors::Division;
use crate::settings::{Bench, Done, Host, TargetSettings};
use crate::trial::{Met, Parts, carry_out, meet};
use crate::{LabError, WarmUp, tokenizer};

/// The name of the one arm.
const ARM: &str = "target";
/// The name of the one scenario, and of its workload.
const SCENARIO: &str = "bench";
/// The number of the one block.
const BLOCK: u32 = 1;

/// Measures one target under one load, and leaves a run folder.
///
/// Requests that fail are results; an error means that there are none. A run
/// that is stopped inside its window has results, marked as interrupted.
pub fn bench(
    bench: &Bench,
    host: &Host,
    observer: &dyn Observer,
    stop: &Stop,
) -> Result<Done, LabError> {
    let bench = &with_warm_up_size(bench);
    let tokenizer = tokenizer::choose(bench, host)?;
    check(bench, tokenizer.is_some())?;
    let workload = Workload::open(&bench.workload, tokenizer.clone())?;
    check_rows(bench, &workload)?;
    try_to_render(bench, &workload)?;
    let counts_alike = |met: &Met| match &tokenizer {
        Some(tokenizer) if bench.strict_tokenizer => {
            tokenizer::compare(tokenizer, &workload, bench, met)
        }
        _ => Ok(()),
    };
    let (run, engine, met) = arrange(bench, host, observer, &counts_alike)?;
    run.write_environment(&look_around(Path::new("/")))?;
    let parts = Parts {
        bench,
        host,
        run: &run,
        id: TrialId { block: BLOCK, arm: ARM.to_owned(), scenario: SCENARIO.to_owned() },
        workload: &workload,
        tokenizer,
        met: &met,
        observer,
        stop,
    };
    let trial = carry_out(&parts)?;
    drop(engine);
    Ok(Done { run: run.path().to_owned(), trial })
}

/// The workload sizes the batches of a warm-up, so it must know of one of
/// fixed size.
fn with_warm_up_size(bench: &Bench) -> Bench {
    let mut bench = bench.clone();
    bench.load.warm_up_requests = match bench.warm_up {
        WarmUp::None => Some(0),
        WarmUp::Requests(count) => Some(count),
        WarmUp::UntilSettled { .. } => None,
    };
    bench
}

/// All mistakes of both kinds, at once.
fn check(bench: &Bench, has_tokenizer: bool) -> Result<(), LabError> {
    let mut mistakes = bench.workload.mistakes(has_tokenizer);
    mistakes.extend(bench.load.mistakes());
    if mistakes.is_empty() { Ok(()) } else { Err(LabError::Mistakes(mistakes)) }
}

/// Whether there are as many prompts as are asked for, where none may be sent
/// twice.
fn check_rows(bench: &Bench, workload: &Workload) -> Result<(), LabError> {
    let DatasetSettings::ShareGpt(conversations) = &bench.workload.dataset else { return Ok(()) };
    let (Extent::Requests(count), Some(rows)) = (bench.load.extent, workload.rows()) else {
        return Ok(());
    };
    if conversations.oversample || u64::from(count) <= rows {
        return Ok(());
    }
    Err(LabError::Mistakes(vec![Mistake {
        place: format!("--num-prompts {count} with --no-oversample"),
        problem: format!("only {rows} conversations may be sent"),
        cure: "ask for fewer, or leave out --no-oversample".to_owned(),
    }]))
}

/// Renders one request, so that what can't be written is known before anybody
/// is asked anything.
fn try_to_render(bench: &Bench, workload: &Workload) -> Result<(), LabError> {
    let one = LoadSettings {
        pattern: Pattern::Closed { concurrency: 1 },
        extent: Extent::Requests(1),
        ..bench.load.clone()
    };
    let nowhere = Endpoint::Tcp { host: "localhost".to_owned(), port: 1, tls: false };
    let target = Target {
        address: Address { endpoint: nowhere, prefix: String::new() },
        dialect: bench.dialect,
        model: String::new(),
    };
    prepare(workload.schedule(&one, None)?, &target, &bench.rendering)?;
    Ok(())
}

/// The engine that was started for this bench, and the division of processors
/// that goes with it.
type Started = Option<(EmbeddedEngine, Option<Division>)>;

/// Finds the target, or starts it, and makes the run folder. A running server
/// is asked and checked first, so that no empty folder is left where nobody
/// answers or another tokenizer does; the embedded engine's log needs one.
fn arrange(
    bench: &Bench,
    host: &Host,
    observer: &dyn Observer,
    check: &dyn Fn(&Met) -> Result<(), LabError>,
) -> Result<(Run, Started, Met), LabError> {
    let lock = Lock::of(bench, ARM, SCENARIO);
    match &bench.target {
        TargetSettings::Running { address, model, .. } => {
            observer.notice(Event::Step(format!("asking {address} who it is")));
            let met = meet(bench, host, address, model.as_deref())?;
            check(&met)?;
            let run = Run::create(&bench.out, &lock)?;
            Ok((run, None, met))
        }
        TargetSettings::Embedded(embedded) => {
            observer.notice(Event::Step("starting the embedded engine".to_owned()));
            let run = Run::create(&bench.out, &lock)?;
            let folder = run.create_engine(BLOCK, ARM)?;
            let division = Division::make();
            let cpu = division.as_ref().map(|division| division.engine);
            let engine = EmbeddedEngine::start(embedded, host, cpu, &folder.log())?;
            folder.write_start(&engine.start)?;
            let met = meet(bench, host, &engine.address, None)?;
            check(&met)?;
            Ok((run, Some((engine, division)), met))
        }
    }
}
