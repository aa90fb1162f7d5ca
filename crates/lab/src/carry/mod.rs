//! Carries a plan out: block by block, arm by arm, cell by cell, into a run
//! folder.
//!
//! What has an end is committed at once, so that nothing is lost and nothing is
//! counted twice, whatever becomes of us. What fails is an arm's own affair: it
//! is kept as a failure, and the rest goes on. Only what we can't keep ends a
//! study.

mod arm;
mod block;
mod cell;
mod conditions;
mod floor;
mod places;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use tokenometer_core::{Event, Observer};
use tokenometer_engine::provision::Machine;
use tokenometer_load::Stop;
use tokenometer_results::{Run, TrialId};
use tokenometer_verdict::answer;

use crate::conclude::conclude;
use crate::environment::look_around;
use crate::processors::Division;
use crate::settings::Host;
use crate::study::grammar::Blocks;
use crate::study::{Block, Plan, PlannedArm};
use crate::{LabError, check, tokenizer};
use places::Places;

/// The file of a run folder that whoever is at work in it holds.
const STUDY_LOCK: &str = "study.lock.yaml";

/// What it takes to carry a study out.
pub struct Undertaking<'a> {
    /// What is measured, and in which order.
    pub plan: &'a Plan,
    /// Where the run folder is, or is made.
    pub out: &'a Path,
    /// Whether a run that was broken off goes on there.
    pub resume: bool,
    /// The machine, as far as whoever starts engines there must know it.
    pub machine: &'a Machine,
}

/// A study that was carried out, or as far as it was let.
#[derive(Debug)]
pub struct Ran {
    /// The run folder.
    pub run: PathBuf,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Everything that a study is carried out with.
pub(super) struct Carrying<'a> {
    plan: &'a Plan,
    run: Run,
    host: &'a Host,
    places: Places<'a>,
    division: Division,
    observer: &'a dyn Observer,
    stop: &'a Stop,
}

/// Carries a study out, and leaves a run folder.
///
/// # Errors
/// What can't be meant, before anything is started; and whatever keeps results
/// from being kept. An arm that fails is a result.
pub fn run(
    undertaking: &Undertaking<'_>,
    host: &Host,
    observer: &dyn Observer,
    stop: &Stop,
) -> Result<Ran, LabError> {
    let plan = undertaking.plan;
    let unbuilt = plan.unbuilt();
    if !unbuilt.is_empty() {
        return Err(LabError::Mistakes(unbuilt));
    }
    observer.notice(Event::Step("making what will be sent".to_owned()));
    try_workloads(plan)?;
    let run = open(undertaking, host)?;
    let _held = hold(&run, observer)?;
    // It wouldn't know the trials that come now.
    run.discard_verdict()?;
    run.write_environment(&look_around(Path::new("/")))?;
    let carrying = Carrying {
        plan,
        run,
        host,
        places: Places::new(plan, undertaking.machine, observer, stop),
        division: divide(plan),
        observer,
        stop,
    };
    let carried = carrying.noise_floor().and_then(|()| carrying.blocks());
    let interrupted = match carried {
        Ok(()) => false,
        Err(LabError::Stopped) => true,
        Err(error) => return Err(error),
    };
    carrying.run.write_summary()?;
    if let Some(verdict) = conclude(&carrying.run)? {
        carrying.run.write_verdict(verdict)?;
    }
    Ok(Ran { run: carrying.run.path().to_owned(), interrupted })
}

/// Begins the run, or goes on with it.
fn open(undertaking: &Undertaking<'_>, host: &Host) -> Result<Run, LabError> {
    let plan = undertaking.plan;
    let origin = plan.origin(&host.executable)?;
    let lock = plan.lock();
    let run = match undertaking.resume {
        true => Run::open_or_create(undertaking.out, &lock, &origin)?,
        false => Run::begin(undertaking.out, &lock, &origin)?,
    };
    Ok(run)
}

/// Keeps everybody else from carrying the study out in the same folder, until what
/// is returned is dropped, or we are gone, however. Where the file system knows no
/// locks, that is told.
fn hold(run: &Run, observer: &dyn Observer) -> Result<File, LabError> {
    let path = run.path().join(STUDY_LOCK);
    let failed = |source| LabError::File { path: path.clone(), source };
    // Where files are shared over a network, only one that may be written can be
    // locked.
    let file = File::options().write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LabError::Busy { run: run.path().to_owned() }),
        Err(TryLockError::Error(why)) => {
            let path = path.display();
            let words =
                format!("{path} can't be locked ({why}): use the folder only once at a time");
            observer.notice(Event::Note(words));
            Ok(file)
        }
    }
}

/// Opens every workload that can be opened before an engine runs, so that what
/// can't be sent is known before hours have passed.
fn try_workloads(plan: &Plan) -> Result<(), LabError> {
    let Some(block) = plan.blocks.first() else { return Ok(()) };
    for arm in 0..plan.arms.len() {
        for step in plan.starts(block, arm).iter().flat_map(|start| &start.steps) {
            let settings = check::with_warm_up_size(&plan.trial(block, arm, *step));
            if let Some(tokenizer) = tokenizer::without_server(&settings)? {
                check::open(&settings, tokenizer)?;
            }
        }
    }
    Ok(())
}

/// Which processors are the client's. Client and engines never share any, unless
/// the study says so, or the machine has but one: what they took from each other
/// would be in the numbers (E5). Where nothing is said, our own engine gets one of
/// its own, and others all that a client can spare.
fn divide(plan: &Plan) -> Division {
    let said = plan.study.cpus.as_ref();
    let mut started = plan.arms.iter().filter(|arm| !arm.profile.command.is_empty()).peekable();
    match said.map(|cpus| (&cpus.client, &cpus.engine)) {
        Some((Some(client), _)) => Division::keep(&client.numbers()),
        Some((None, Some(engine))) => Division::leave(&engine.numbers()),
        _ if started.peek().is_none() => Division::none(),
        _ if started.all(PlannedArm::is_ours) => Division::usual(),
        _ => Division::spare(),
    }
}

impl Carrying<'_> {
    /// Carries out all blocks, or as many as it takes where the plan looks after each.
    fn blocks(&self) -> Result<(), LabError> {
        for block in &self.plan.blocks {
            self.block(block)?;
            if self.is_decided_after(block)? {
                self.note(format!("everything is decided after block {}", block.number));
                break;
            }
        }
        Ok(())
    }

    /// Whether the plan looks after this block, and nothing is left to be decided.
    fn is_decided_after(&self, block: &Block) -> Result<bool, LabError> {
        let Blocks::Until { from, at_most } = self.plan.block_budget() else { return Ok(false) };
        if block.number < from || block.number == at_most {
            return Ok(false);
        }
        let verdict = conclude(&self.run)?;
        Ok(verdict.is_some_and(|verdict| answer::is_decided(&verdict)))
    }

    /// The name of a trial.
    fn id(&self, block: u32, arm: usize, scenario: &str) -> TrialId {
        TrialId { block, arm: self.plan.arms[arm].name.clone(), scenario: scenario.to_owned() }
    }

    /// Tells what is done.
    fn step(&self, words: String) {
        self.observer.notice(Event::Step(words));
    }

    /// Tells what is done, to be kept on the screen.
    fn note(&self, words: String) {
        self.observer.notice(Event::Note(words));
    }

    /// Fails where the study is being stopped.
    fn go_on(&self) -> Result<(), LabError> {
        if self.stop.is_asked() { Err(LabError::Stopped) } else { Ok(()) }
    }
}
