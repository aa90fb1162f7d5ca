//! One trial of a study: carried out on an engine that runs, and committed, as
//! its numbers or as its failure.

use std::fmt::Write as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokenometer_core::Standing;
use tokenometer_engine::flush_by;
use tokenometer_engine::process::last_lines;
use tokenometer_results::{Failure, Step as Reached, Trial, TrialId};

use super::arm::Serving;
use super::{Carrying, conditions};
use crate::cache_state::CacheState;
use crate::course::Course;
use crate::environment::tool;
use crate::start::Started;
use crate::study::{Block, Step};
use crate::trial::{Parts, Place, ServedBy, carry_out};
use crate::{LabError, StartTrouble, TargetSettings, TokenizerChoice, check, tokenizer};

/// How often it is looked after the engine while a trial runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How many of the last lines of an engine's log a failure quotes.
const QUOTED: usize = 15;

impl Carrying<'_> {
    /// Whether a trial has its numbers, or is known to have none.
    pub(super) fn is_settled(
        &self,
        block: &Block,
        arm: usize,
        step: Step,
    ) -> Result<bool, LabError> {
        let id = self.id(block.number, arm, &self.plan.cells[step.cell].name);
        Ok(self.run.pass(&id, self.pass(step))?.is_committed())
    }

    /// Under which number a pass is kept: where only the last one counts, it is
    /// the only one that is.
    fn pass(&self, step: Step) -> u32 {
        match self.plan.passes().keep {
            crate::study::grammar::PassesKept::All => step.pass,
            crate::study::grammar::PassesKept::Last => 1,
        }
    }

    /// Carries a trial out. Its failure is a result; an error is what ends the
    /// study.
    pub(super) fn cell(
        &self,
        block: &Block,
        arm: usize,
        step: Step,
        serving: &mut Serving,
    ) -> Result<(), LabError> {
        self.go_on()?;
        self.pause(serving.is_used)?;
        let id = self.id(block.number, arm, &self.plan.cells[step.cell].name);
        self.step(format!("block {}: {} on {}", id.block, id.scenario, id.arm));
        let folder = self.run.pass(&id, self.pass(step))?;
        // A pass before this one may have failed, and with it the cell.
        if folder.is_committed() {
            return Ok(());
        }
        folder.discard()?;
        let cache = self.tidy_cache(arm, serving);
        serving.is_used = true;
        let engine = serving.started.as_ref().map(|(engine, _)| engine);
        let course = Course::new(self.stop, engine);
        let carried =
            watched_over(&course, || self.trial(block, arm, step, (serving, cache), &course));
        // What an engine that dies does to the load comes before its end is known.
        let carried = match carried {
            Err(error) if !ends_all(&error) => course.still_has_engine().and(Err(error)),
            carried => carried,
        };
        match carried {
            Ok(trial) => {
                self.note(format!("{} {}: {}", id.block, told(&trial), standing(&trial)));
                if !step.counts {
                    folder.discard()?;
                } else if self.is_to_be_repeated(&id, step, &trial)? {
                    return self.cell(block, arm, step, serving);
                }
                Ok(())
            }
            Err(error) if ends_all(&error) => Err(error),
            Err(error) => {
                let fallen = Fallen::at(course.step(), error).with_log(engine);
                self.fail(block, arm, step, &fallen)?;
                self.quote(&fallen);
                Ok(())
            }
        }
    }

    /// Whether a trial is void, by no fault of the engine's, and hasn't been repeated
    /// too often: then it is moved aside. Nobody has looked at its numbers, so that
    /// none is repeated until it looks better.
    fn is_to_be_repeated(&self, id: &TrialId, step: Step, trial: &Trial) -> Result<bool, LabError> {
        let pass = self.pass(step);
        let is_void = trial.validity.standing == Standing::Invalid && !trial.interrupted;
        if !is_void || self.run.void_tries(id, pass)? >= self.plan.reruns() {
            return Ok(false);
        }
        self.run.void_trial(id, pass)?;
        self.run.write_summary()?;
        self.note(format!("{} is void and run again", id.folder_name()?));
        Ok(true)
    }

    /// The trial itself.
    fn trial(
        &self,
        block: &Block,
        arm: usize,
        step: Step,
        (serving, cache): (&Serving, CacheState),
        course: &Course<'_>,
    ) -> Result<Trial, LabError> {
        let settings = check::with_warm_up_size(&self.plan.trial(block, arm, step));
        let address = serving.met.target.address.clone();
        let model = Some(serving.met.target.model.clone());
        let target = TargetSettings::Running { address, model, ready_within: Duration::ZERO };
        let tokenizer = tokenizer::choose(&settings, &target, self.host)?;
        let workload = check::open(&settings, tokenizer.clone())?;
        let scenario = &self.plan.cells[step.cell];
        let log = serving.started.as_ref().map(|(engine, name)| (engine.log(), name.clone()));
        let parts = Parts {
            settings: &settings,
            host: self.host,
            run: &self.run,
            id: self.id(block.number, arm, &scenario.name),
            place: Place {
                blocks: self.plan.blocks.len() as u32,
                pass: self.pass(step),
                workload: format!("{}-{}@{}", block.number, scenario.name, step.pass),
                counts_if_stopped: false,
                counts: step.counts,
            },
            workload: &workload,
            tokenizer: tokenizer.filter(|_| settings.tokenizer != TokenizerChoice::OfPrompts),
            met: &serving.met,
            serving: ServedBy {
                counters: self.plan.arms[arm].profile.counters.as_ref(),
                configuration: &self.plan.arms[arm].profile.says.configuration,
                profile: Some(&self.plan.arms[arm].profile),
                declared: serving.started.as_ref().map_or(&[], |(engine, _)| &engine.declared),
                log,
                cache: Some(cache),
            },
            course,
            observer: self.observer,
        };
        carry_out(&parts)
    }

    /// Empties the engine's prefix cache between two trials, where it can, so
    /// that none finds what another left; says what it holds then.
    fn tidy_cache(&self, arm: usize, serving: &Serving) -> CacheState {
        if !serving.is_used {
            return match serving.started {
                Some(_) => CacheState::Fresh,
                None => CacheState::Unknown,
            };
        }
        let Some(cache) = &self.plan.arms[arm].profile.cache else {
            return CacheState::AsLeft("it can't be emptied".to_owned());
        };
        match flush_by(&serving.met.control, &cache.flush) {
            Ok(route) => CacheState::Emptied(route.to_owned()),
            Err(error) => CacheState::AsLeft(error.to_string()),
        }
    }

    /// Waits between two trials on one engine, where the study asks for it.
    fn pause(&self, is_used: bool) -> Result<(), LabError> {
        let pause = self.plan.pause();
        let began = Instant::now();
        while is_used && began.elapsed() < pause {
            self.go_on()?;
            thread::sleep(LOOK_EVERY.min(pause.saturating_sub(began.elapsed())));
        }
        Ok(())
    }

    /// Tells what an engine that failed said last.
    pub(super) fn quote(&self, fallen: &Fallen) {
        fallen.last_lines.iter().for_each(|line| self.note(format!("  | {line}")));
    }

    /// Commits a trial as a failure.
    pub(super) fn fail(
        &self,
        block: &Block,
        arm: usize,
        step: Step,
        fallen: &Fallen,
    ) -> Result<(), LabError> {
        let id = self.id(block.number, arm, &self.plan.cells[step.cell].name);
        let error = &fallen.error;
        self.note(format!("{} {} on {}: failed: {error}", id.block, id.scenario, id.arm));
        let failure = Failure {
            causes: causes(error),
            last_lines: fallen.last_lines.clone(),
            error_lines: fallen.error_lines.clone(),
            ..Failure::new(tool(), &id, fallen.reached, conditions::clock(), error.to_string())
        };
        self.run.create_pass(&id, self.pass(step))?.write_failure(&failure)?;
        self.run.write_summary()?;
        Ok(())
    }
}

/// Why there are no numbers, and how far it came.
pub(super) struct Fallen {
    reached: Reached,
    pub(super) error: LabError,
    last_lines: Vec<String>,
    error_lines: Vec<String>,
}

impl Fallen {
    /// An error at a step, with what it holds of the engine's log.
    pub(super) fn at(reached: Reached, error: LabError) -> Fallen {
        let (last_lines, error_lines) = match &error {
            LabError::Start(StartTrouble::Late(late)) => {
                (late.last_lines.clone(), late.errors.clone())
            }
            _ => (Vec::new(), Vec::new()),
        };
        Fallen { reached, error, last_lines, error_lines }
    }

    /// With what the log of the engine says, where there is one.
    pub(super) fn with_log(self, engine: Option<&Started>) -> Fallen {
        let Some(engine) = engine else { return self };
        Fallen {
            last_lines: last_lines(&engine.log(), QUOTED),
            error_lines: engine.error_lines(),
            ..self
        }
    }
}

/// Whether an error is no affair of an arm's: the study is stopped, what is
/// measured can't be kept, or this very program can't be run any more.
pub(super) fn ends_all(error: &LabError) -> bool {
    use tokenometer_engine::process::ProcessError;
    use tokenometer_load::LoadError;
    matches!(
        error,
        LabError::Stopped
            | LabError::Results(_)
            | LabError::Watched(_)
            | LabError::Load(LoadError::Sink(_))
            | LabError::Start(StartTrouble::Process(
                ProcessError::Log { .. } | ProcessError::Keeper { .. }
            ))
    )
}

/// The causes below an error, the nearest first.
fn causes(error: &LabError) -> Vec<String> {
    let first = std::error::Error::source(error);
    std::iter::successors(first, |cause| cause.source()).map(ToString::to_string).collect()
}

/// Does something while it is looked after the engine: if that is lost, so is
/// the trial, at once.
fn watched_over<T>(course: &Course<'_>, work: impl FnOnce() -> T) -> T {
    let (done, over) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if course.has_engine().is_err() {
                    return;
                }
            }
        });
        let worked = work();
        drop(done);
        worked
    })
}

/// What a trial was, in a line.
fn told(trial: &Trial) -> String {
    let mut text = format!("{} on {}", trial.scenario, trial.arm);
    if let Some(rate) = trial.summary.output_throughput {
        let _ = write!(text, ", {rate:.1} output tokens/s");
    }
    text
}

fn standing(trial: &Trial) -> &'static str {
    use tokenometer_core::Standing;
    match trial.validity.standing {
        Standing::Valid => "valid",
        Standing::Invalid => "invalid",
        Standing::Failed => "failed",
        Standing::Saturated => "saturated",
    }
}
