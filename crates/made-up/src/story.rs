//! What goes otherwise in one kind of study than in one in which all goes well.

use tokenometer_core::Outcome;
use tokenometer_results::{Environment, Failure, Reading, Start, Trial, TrialId};
use tokenometer_verdict::Evidence;

use crate::plan::Plan;

/// How a cell of the plan ends.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It is carried out.
    Carried,
    /// It has no numbers; the words are put into `failure.json`.
    Failed(Box<Failure>),
    /// It was never come to.
    Missing,
    /// It was broken off: nothing lies in its folder but the records up to then.
    BrokenOff,
}

/// How a request ends that does not end well.
#[derive(Clone, Debug)]
pub(crate) struct Mishap {
    /// How.
    pub(crate) outcome: Outcome,
    /// The HTTP status, where there was an answer.
    pub(crate) status: Option<u16>,
    /// In whose words.
    pub(crate) error: String,
}

/// A kind's own turns. Each has a course in which all goes well, so that a kind says only what
/// is special about it.
pub(crate) trait Story {
    /// What is studied.
    fn plan(&self) -> Plan;

    /// How a cell ends.
    fn fate(&self, _id: &TrialId) -> Fate {
        Fate::Carried
    }

    /// Whether this start of an arm left a folder.
    fn was_started(&self, _block: u32, _arm: &str) -> bool {
        true
    }

    /// How a request of the measured window goes wrong, if it does.
    fn mishap(&self, _id: &TrialId, _row: u32) -> Option<Mishap> {
        None
    }

    /// What is generated for a row of the workload.
    fn text(&self, row: u32, tokens: u32) -> String {
        crate::text::plain(row, tokens)
    }

    /// Changes what the gates look at.
    fn bear_witness(&self, _id: &TrialId, _evidence: &mut Evidence) {}

    /// Changes a trial before it is written.
    fn retell(&self, _id: &TrialId, _trial: &mut Trial) {}

    /// Adds to what was read off engine and machine.
    fn add_readings(&self, _readings: &mut Vec<Reading>) {}

    /// Changes how an engine was started.
    fn restart(&self, _arm: &str, _start: &mut Start) {}

    /// What an engine wrote to its log.
    fn log(&self, arm: &str) -> String {
        format!("{arm}: made up, nothing was started\n")
    }

    /// Changes the machine.
    fn move_house(&self, _environment: &mut Environment) {}

    /// How many times a trial was void before it was measured again.
    fn void_tries(&self, _id: &TrialId) -> u32 {
        0
    }
}
