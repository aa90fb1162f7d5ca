//! How far a trial has come, and whether its engine was lost on the way: what
//! whoever watches over the engine and whoever carries the load tell each other.

use std::sync::{Mutex, OnceLock, PoisonError};

use tokenometer_load::Stop;
use tokenometer_results::Step;

use crate::LabError;
use crate::start::Started;

/// The course of one trial.
pub(crate) struct Course<'a> {
    step: Mutex<Step>,
    engine: Option<&'a Started>,
    lost: OnceLock<String>,
    stop: Stop,
}

impl<'a> Course<'a> {
    /// The course of a trial that ends when `stop` says so, or when its engine
    /// is lost, where that is ours.
    pub(crate) fn new(stop: &Stop, engine: Option<&'a Started>) -> Course<'a> {
        let step = Mutex::new(Step::Prepare);
        Course { step, engine, lost: OnceLock::new(), stop: stop.child() }
    }

    /// The engine, where it is ours.
    pub(crate) fn engine(&self) -> Option<&'a Started> {
        self.engine
    }

    /// What ends the load.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// The trial has come to this step, which begins outside of the measured
    /// window. With an engine that was lost in the step before it never does.
    pub(crate) fn reach(&self, step: Step) {
        if self.still_has_engine().is_ok() {
            *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
        }
    }

    /// The step that it has come to.
    pub(crate) fn step(&self) -> Step {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails where the engine is gone, or where the trial was stopped.
    pub(crate) fn go_on(&self) -> Result<(), LabError> {
        self.has_engine()?;
        if self.stop.is_asked() { Err(LabError::Stopped) } else { Ok(()) }
    }

    /// Looks after the engine. Fails, and ends the load at once, where it is
    /// gone; what was noticed first is the cause of what follows.
    pub(crate) fn has_engine(&self) -> Result<(), LabError> {
        self.look(Started::lost)
    }

    /// As [`Course::has_engine`], but sees an engine that is just dying, too. Not
    /// for the measured window.
    pub(crate) fn still_has_engine(&self) -> Result<(), LabError> {
        self.look(Started::lost_by_now)
    }

    fn look(&self, lost: impl Fn(&Started) -> Option<String>) -> Result<(), LabError> {
        if self.lost.get().is_none()
            && let Some(why) = self.engine.and_then(lost)
        {
            let _ = self.lost.set(why);
            self.stop.now();
        }
        match self.lost.get() {
            Some(why) => Err(LabError::EngineLost { why: why.clone() }),
            None => Ok(()),
        }
    }
}
