//! E1 to E6: did the machine stay as it was? A trial that fails here is void,
//! and is to be run again.
//!
//! All of these need telemetry of the machine that the engine runs on. An
//! endpoint alone has none, so that they are unknown, and say so.

use tokenometer_core::{Gate, GateClass};

use super::Rule;
use crate::{Evidence, Thresholds};

const SLOWDOWN: Rule = Rule::new("E1", "slowdown", GateClass::Environment);
const SETTINGS: Rule = Rule::new("E2", "settings", GateClass::Environment);
const CLOCKS: Rule = Rule::new("E3", "GPU clocks", GateClass::Environment);
const START: Rule = Rule::new("E4", "start state", GateClass::Environment);
const NEIGHBOURS: Rule = Rule::new("E5", "neighbours", GateClass::Environment);
const ERRORS: Rule = Rule::new("E6", "hardware errors", GateClass::Environment);

/// E1: was the GPU slowed down by heat or power?
pub(super) fn e1_slowdown(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    SLOWDOWN.unknown("no telemetry of the GPU here: slowing down for heat or power is not seen")
}

/// E2: did power limit, clocks, ECC and MIG stay as set?
pub(super) fn e2_settings(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    SETTINGS.unknown("no telemetry of the GPU here: changes of its settings are not seen")
}

/// E3: were the GPU's clocks as in the arm's other blocks?
pub(super) fn e3_clocks(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    CLOCKS.waived("compares the blocks of an arm; this is a single one")
}

/// E4: did the GPU start as cool, and as awake, as before?
pub(super) fn e4_start_state(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    START.unknown("no telemetry of the GPU here: its temperature at the start is not seen")
}

/// E5: was the machine ours alone?
pub(super) fn e5_neighbours(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    NEIGHBOURS.unknown("the engine's machine was not watched: other work on it is not seen")
}

/// E6: did the hardware report errors?
pub(super) fn e6_errors(_evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    ERRORS.unknown("no telemetry of the GPU here: ECC and Xid errors are not seen")
}
