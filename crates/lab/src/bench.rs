//! `bench`: a study of one arm, one scenario and one block.

use std::path::Path;
use std::time::Duration;

use tokenometer_core::{Event, Observer};
use tokenometer_load::Stop;
use tokenometer_results::{Run, TrialId};

use crate::cache_state::CacheState;
use crate::course::Course;
use crate::embedded::start_embedded;
use crate::environment::look_around;
use crate::lock::Lock;
use crate::meeting::{Met, meet};
use crate::processors::Division;
use crate::settings::{Bench, Done, Host, TargetSettings};
use crate::start::Started;
use crate::trial::{Parts, Place, ServedBy, carry_out};
use crate::{LabError, check, tokenizer};

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
    let settings = &check::with_warm_up_size(&bench.trial);
    let tokenizer = tokenizer::choose(settings, &bench.target, host)?;
    let workload = check::open(settings, tokenizer.clone())?;
    let counts_alike = |met: &Met| match &tokenizer {
        Some(tokenizer) if bench.strict_tokenizer => {
            tokenizer::compare(tokenizer, &workload, &settings.load, met)
        }
        _ => Ok(()),
    };
    let (run, own, met) = arrange(bench, host, (observer, stop), &counts_alike)?;
    let engine = own.as_ref().map(|(engine, _)| engine);
    run.write_environment(&look_around(Path::new("/")))?;
    let parts = Parts {
        settings,
        host,
        run: &run,
        id: TrialId { block: BLOCK, arm: ARM.to_owned(), scenario: SCENARIO.to_owned() },
        place: Place {
            blocks: BLOCK,
            pass: 1,
            workload: SCENARIO.to_owned(),
            counts_if_stopped: true,
            counts: true,
        },
        workload: &workload,
        tokenizer,
        met: &met,
        serving: ServedBy {
            log: engine.map(|engine| (engine.log(), format!("engines/{BLOCK}-{ARM}"))),
            cache: Some(engine.map_or(CacheState::Unknown, |_| CacheState::Fresh)),
            ..ServedBy::default()
        },
        course: &Course::new(stop, engine),
        observer,
    };
    let trial = carry_out(&parts)?;
    if let Some((engine, _)) = own {
        engine.stop()?;
    }
    Ok(Done { run: run.path().to_owned(), trial })
}

/// The engine that was started for this bench, and the division of processors
/// that goes with it.
type Own = Option<(Started, Division)>;

/// Finds the target, or starts it, and makes the run folder. A running server
/// is asked and checked first, so that no empty folder is left where nobody
/// answers or another tokenizer does; the embedded engine's log needs one.
fn arrange(
    bench: &Bench,
    host: &Host,
    (observer, stop): (&dyn Observer, &Stop),
    check: &dyn Fn(&Met) -> Result<(), LabError>,
) -> Result<(Run, Own, Met), LabError> {
    let lock = Lock::of(bench, ARM, SCENARIO);
    match &bench.target {
        TargetSettings::Running { address, model, ready_within } => {
            observer.notice(Event::Step(format!("asking {address} who it is")));
            let met = meet(&bench.trial, host, address, (model.as_deref(), *ready_within), None)?;
            check(&met)?;
            let run = Run::create(&bench.out, &lock)?;
            Ok((run, None, met))
        }
        TargetSettings::Embedded(embedded) => {
            let run = Run::create(&bench.out, &lock)?;
            let folder = run.create_engine(BLOCK, ARM)?;
            let division = Division::usual();
            let mut engine = start_embedded(embedded, host, &division, &folder, (observer, stop))?;
            let met = meet(&bench.trial, host, &engine.address, (None, Duration::ZERO), None)?;
            engine.first_token(met.first_token)?;
            check(&met)?;
            Ok((run, Some((engine, division)), met))
        }
    }
}
