//! One arm in one block: its engine is started, serves its trials, and is
//! stopped. An engine that is lost is started again for the trials that are
//! left.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use tokenometer_core::Address;
use tokenometer_engine::profile::{Profile, Wanted};
use tokenometer_results::{EngineFolder, Step as Reached};

use super::Carrying;
use super::cell::{Fallen, ends_all};
use crate::meeting::{Met, access, meet};
use crate::start::{Started, Starting, start};
use crate::study::{Block, Listen, PlannedArm, Step};
use crate::{LabError, TrialSettings};

/// An engine that answers, ours or somebody else's.
pub(super) struct Serving {
    pub(super) met: Met,
    /// The engine, where we started it, and the name of its folder.
    pub(super) started: Option<(Started, String)>,
    /// Whether a trial was carried on it already.
    pub(super) is_used: bool,
}

impl Carrying<'_> {
    /// Carries out what is left of an arm's trials in a block.
    pub(super) fn arm(&self, block: &Block, arm: usize, place: usize) -> Result<(), LabError> {
        for start in self.plan.starts(block, arm) {
            let mut left = Vec::new();
            for step in start.steps {
                if !self.is_settled(block, arm, step)? {
                    left.push(step);
                }
            }
            while !left.is_empty() {
                self.go_on()?;
                self.step(format!(
                    "block {} of {}, arm {} of {}: starting {}",
                    block.number,
                    self.plan.blocks.len(),
                    place + 1,
                    block.arms.len(),
                    self.plan.arms[arm].name
                ));
                left = self.on_one_start(block, arm, &start.options, left)?;
            }
        }
        Ok(())
    }

    /// Starts the arm's engine, and carries out as many trials as it lives for.
    /// Says which are left.
    fn on_one_start(
        &self,
        block: &Block,
        arm: usize,
        options: &Map<String, Value>,
        steps: Vec<Step>,
    ) -> Result<Vec<Step>, LabError> {
        let first = self.plan.trial(block, arm, steps[0]);
        let mut serving = match self.serve(block, arm, options, &first) {
            Ok(serving) => serving,
            Err(fallen) if ends_all(&fallen.error) => return Err(fallen.error),
            Err(fallen) => {
                // Nothing is gained by starting it again for each of them.
                for &step in &steps {
                    self.fail(block, arm, step, &fallen)?;
                }
                self.quote(&fallen);
                return Ok(Vec::new());
            }
        };
        let mut left = steps.into_iter();
        let mut outcome = Ok(());
        for step in left.by_ref() {
            outcome = self.cell(block, arm, step, &mut serving);
            let engine = serving.started.as_ref().map(|(engine, _)| engine);
            let is_lost = engine.is_some_and(|engine| engine.lost_by_now().is_some());
            if outcome.is_err() || is_lost {
                break;
            }
        }
        let stopped = serving.started.map_or(Ok(()), |(engine, _)| engine.stop());
        // What went wrong first is what has to be mended.
        outcome.and(stopped)?;
        Ok(left.collect())
    }

    /// Has the arm's engine answer.
    fn serve(
        &self,
        block: &Block,
        arm: usize,
        options: &Map<String, Value>,
        settings: &TrialSettings,
    ) -> Result<Serving, Box<Fallen>> {
        let planned = &self.plan.arms[arm];
        if planned.profile.command.is_empty() {
            let address = self.running(planned, options).map_err(at(Reached::Meet))?;
            let met = self.meet(planned, &address, settings).map_err(at(Reached::Meet))?;
            return Ok(Serving { met, started: None, is_used: false });
        }
        let place = self.places.of(arm, planned).map_err(at(Reached::Provision))?;
        let (folder, name) = self.new_start(block, planned).map_err(at(Reached::Start))?;
        if let Some(place) = &place {
            folder
                .write_packages(&place.lock)
                .map_err(LabError::from)
                .map_err(at(Reached::Start))?;
        }
        let listen = Listen { host: String::new(), port: 0, executable: PathBuf::new() };
        let starting = Starting {
            profile: &planned.profile,
            place: place.as_deref(),
            wanted: with_own_words(planned.wanted(options, &listen), &planned.profile),
            name: format!("{}-{}-{name}", std::process::id(), self.plan.study.name),
            cores: self.cores(planned),
            ready_within: self
                .plan
                .study
                .limits
                .and_then(|limits| limits.ready)
                .map(|limit| limit.0),
            access: access(settings, self.host),
            folder: &folder,
        };
        let mut started =
            start(starting, self.host, self.observer, self.stop).map_err(at(Reached::Start))?;
        let met = self.meet(planned, &started.address, settings);
        match met.and_then(|met| started.first_token(met.first_token).map(|()| met)) {
            Ok(met) => {
                let started = Some((started, format!("engines/{name}")));
                Ok(Serving { met, started, is_used: false })
            }
            Err(error) => {
                let error = match started.lost_by_now() {
                    Some(why) => LabError::EngineLost { why },
                    None => error,
                };
                let fallen = Fallen::at(Reached::Meet, error).with_log(Some(&started));
                started.stop().map_err(at(Reached::Meet))?;
                Err(Box::new(fallen))
            }
        }
    }

    /// Where a server is that we don't start.
    fn running(&self, arm: &PlannedArm, options: &Map<String, Value>) -> Result<Address, LabError> {
        let listen = Listen { host: String::new(), port: 0, executable: PathBuf::new() };
        let launch =
            arm.profile.launch(&arm.wanted(options, &listen)).map_err(LabError::Mistakes)?;
        let address = launch.address.unwrap_or_default();
        address.parse().map_err(|why| LabError::NoAddress { arm: arm.name.clone(), address, why })
    }

    /// Finds out who answers, with one token.
    fn meet(
        &self,
        arm: &PlannedArm,
        address: &Address,
        settings: &TrialSettings,
    ) -> Result<Met, LabError> {
        let model = arm.served_name.as_deref().or(arm.model.as_deref());
        let counters = arm.profile.counters.as_ref();
        self.step(format!("asking {} for its first token", arm.name));
        meet(settings, self.host, address, (model, Duration::ZERO), counters)
    }

    /// The folder of a new start of an arm, and its name. Those of former starts
    /// stay as they are.
    fn new_start(
        &self,
        block: &Block,
        arm: &PlannedArm,
    ) -> Result<(EngineFolder, String), LabError> {
        for number in 1_u32.. {
            let start = match number {
                1 => arm.name.clone(),
                number => format!("{}@{number}", arm.name),
            };
            let folder = self.run.engine(block.number, &start)?;
            if !folder.path().exists() {
                let name = format!("{}-{start}", block.number);
                return Ok((self.run.create_engine(block.number, &start)?, name));
            }
        }
        unreachable!("there are fewer than 2^32 starts")
    }

    /// The processors of an arm's engine; none leaves it all of ours.
    fn cores(&self, arm: &PlannedArm) -> Vec<usize> {
        let of_study = self.plan.study.cpus.as_ref().and_then(|cpus| cpus.engine.as_ref());
        match arm.words.cpus.as_ref().or(of_study) {
            Some(cores) => cores.numbers(),
            None => self.division.engine.clone(),
        }
    }
}

/// What is wanted, with the variables without which the engine neither tells its
/// configuration nor empties its cache, where it would otherwise.
fn with_own_words(mut wanted: Wanted, profile: &Profile) -> Wanted {
    let needs = profile.cache.iter().flat_map(|cache| &cache.needs).chain(&profile.says.needs);
    for (name, value) in needs {
        wanted.environment.entry(name.clone()).or_insert_with(|| value.clone());
    }
    wanted
}

/// An error, with the step at which it came.
fn at(reached: Reached) -> impl Fn(LabError) -> Box<Fallen> {
    move |error| Box::new(Fallen::at(reached, error))
}
