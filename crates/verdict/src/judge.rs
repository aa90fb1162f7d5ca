//! Asks every gate, and gives the trial its standing.

use tokenometer_core::{Gate, GateClass, GateStatus, Standing, Validity};

use crate::{Evidence, Thresholds, gate};

/// Judges a trial: every gate in the order of its id, and the standing that
/// follows from those that failed.
///
/// The instrument and the environment come first, since what they spoil says
/// nothing of the engine: *invalid*. Then the engine's own faults: *failed*,
/// and *saturated* for a load that it could not keep up with. Gates of the
/// work never change the standing, and neither does one that is unknown.
pub fn judge(evidence: &Evidence, thresholds: &Thresholds) -> Validity {
    let gates: Vec<Gate> = gate::ALL.iter().map(|gate| gate(evidence, thresholds)).collect();
    Validity { standing: standing(&gates), gates }
}

fn standing(gates: &[Gate]) -> Standing {
    let any = |is: &dyn Fn(&Gate) -> bool| {
        gates.iter().any(|gate| gate.status == GateStatus::Failed && is(gate))
    };
    // A gate that withholds metrics has dealt with its fault by that: I5
    // leaves the rest of the trial as good as it was.
    let voids = |gate: &Gate| {
        matches!(gate.class, GateClass::Instrument | GateClass::Environment)
            && gate.withholds.is_empty()
    };
    let is_arm = |gate: &Gate| gate.class == GateClass::Arm;
    if any(&voids) {
        Standing::Invalid
    } else if any(&|gate| is_arm(gate) && gate.id != gate::SATURATED.id) {
        Standing::Failed
    } else if any(&|gate| gate.id == gate::SATURATED.id) {
        Standing::Saturated
    } else {
        Standing::Valid
    }
}
