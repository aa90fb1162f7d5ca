//! Asks every gate, and gives the trial its standing.

use tokenometer_core::{Gate, GateClass, GateStatus, Standing, Validity};

use crate::gate::{self, Fall};
use crate::{Evidence, Thresholds};

/// Judges a trial: every gate in the order of its id, and the standing that
/// follows from those that failed.
///
/// An engine that came down is *failed*, whatever else went wrong: nothing
/// arrives any more that could be stamped, sent or read in time, and were that
/// called a fault of the instrument, the losing arm would disappear. Otherwise
/// the instrument and the environment come first, since what they spoil says
/// nothing of the engine: *invalid*. Then the engine's own faults: *failed*, and
/// *saturated* for a load that it could not keep up with. Gates of the work never
/// change the standing, and neither does one that is unknown.
pub fn judge(evidence: &Evidence, thresholds: &Thresholds) -> Validity {
    let gates: Vec<Gate> = gate::ALL.iter().map(|gate| gate(evidence, thresholds)).collect();
    let standing = match came_down(evidence, &gates) {
        true => Standing::Failed,
        false => standing(&gates),
    };
    Validity { standing, gates }
}

/// Whether the engine came down, and nothing of ours can be to blame for it.
///
/// A client can't kill an engine by being slow; only a machine that was itself
/// started anew, or is broken, takes an innocent engine with it. That an engine
/// answers nothing could be no more than a client that reads nothing: it counts
/// against the engine only where client and machine were well. And a run that
/// somebody stopped may have had its engine stopped, too.
fn came_down(evidence: &Evidence, gates: &[Gate]) -> bool {
    let failed = |id: &str| has(gates, |gate| gate.id == id);
    let of_environment = || has(gates, |gate| gate.class == GateClass::Environment);
    let client = [gate::CPU.id, gate::BACKLOG.id, gate::CLOCK.id];
    match gate::fall(evidence) {
        None => false,
        Some(_) if evidence.interrupted => false,
        Some(Fall::Died) => !failed(gate::ERRORS.id),
        Some(Fall::Hung) => !of_environment() && !client.into_iter().any(failed),
    }
}

/// Whether one of these gates failed.
fn has(gates: &[Gate], is: impl Fn(&Gate) -> bool) -> bool {
    gates.iter().any(|gate| gate.status == GateStatus::Failed && is(gate))
}

fn standing(gates: &[Gate]) -> Standing {
    // A gate that withholds metrics has dealt with its fault by that: I5
    // leaves the rest of the trial as good as it was.
    let voids = |gate: &Gate| {
        matches!(gate.class, GateClass::Instrument | GateClass::Environment)
            && gate.withholds.is_empty()
    };
    let is_arm = |gate: &Gate| gate.class == GateClass::Arm;
    if has(gates, voids) {
        Standing::Invalid
    } else if has(gates, |gate| is_arm(gate) && gate.id != gate::SATURATED.id) {
        Standing::Failed
    } else if has(gates, |gate| gate.id == gate::SATURATED.id) {
        Standing::Saturated
    } else {
        Standing::Valid
    }
}
