//! Where the engines of a study are on this machine: looked for, or made, once
//! an arm, when it is first needed.

use std::cell::OnceCell;
use std::rc::Rc;

use tokenometer_core::Observer;
use tokenometer_engine::provision::{Asked, Machine, Place, Watch, choose, prepare};
use tokenometer_load::Stop;

use crate::LabError;
use crate::study::{Plan, PlannedArm};

/// The place of each arm's engine.
pub(super) struct Places<'a> {
    machine: &'a Machine,
    observer: &'a dyn Observer,
    stop: &'a Stop,
    found: Vec<OnceCell<Option<Rc<Place>>>>,
}

impl<'a> Places<'a> {
    /// None is looked for yet.
    pub(super) fn new(
        plan: &Plan,
        machine: &'a Machine,
        observer: &'a dyn Observer,
        stop: &'a Stop,
    ) -> Places<'a> {
        let found = plan.arms.iter().map(|_| OnceCell::new()).collect();
        Places { machine, observer, stop, found }
    }

    /// Where the engine of an arm is; `None` where its command says it all.
    ///
    /// # Errors
    /// It can't be had here. It is tried again when it is asked for again: what
    /// was in the way may be gone by then.
    pub(super) fn of(&self, index: usize, arm: &PlannedArm) -> Result<Option<Rc<Place>>, LabError> {
        if let Some(found) = self.found[index].get() {
            return Ok(found.clone());
        }
        let place = self.look(arm)?.map(Rc::new);
        Ok(self.found[index].get_or_init(|| place).clone())
    }

    fn look(&self, arm: &PlannedArm) -> Result<Option<Place>, LabError> {
        if arm.is_ours() {
            return Ok(None);
        }
        let program = arm.profile.command.first().map_or("", String::as_str);
        let ways = arm.profile.provision.ways(program);
        let asked =
            Asked { engine: &arm.profile.name, version: arm.profile.version.as_deref(), program };
        let way = choose(&ways, &asked, self.machine)?;
        let stopped = || self.stop.is_asked();
        let watch = Watch { observer: self.observer, stopped: &stopped };
        match prepare(way, &asked, self.machine, watch) {
            Err(_) if self.stop.is_asked() => Err(LabError::Stopped),
            other => Ok(Some(other?)),
        }
    }
}
