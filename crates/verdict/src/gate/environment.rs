//! E1 to E6: did the machine stay as it was? A trial that fails here is void,
//! and is to be run again.
//!
//! What needs telemetry of a GPU is unknown wherever there may be one, and says
//! so. An endpoint on another machine shows nothing of that machine at all.

use tokenometer_core::{Gate, GateClass};

use super::Rule;
use crate::evidence::{Evidence, Known, MachineFacts};
use crate::thresholds::Thresholds;
use crate::wording::percent;

const SLOWDOWN: Rule = Rule::new("E1", "slowdown", GateClass::Environment);
const SETTINGS: Rule = Rule::new("E2", "settings", GateClass::Environment);
const CLOCKS: Rule = Rule::new("E3", "GPU clocks", GateClass::Environment);
const START: Rule = Rule::new("E4", "start state", GateClass::Environment);
const NEIGHBOURS: Rule = Rule::new("E5", "neighbours", GateClass::Environment);
pub(crate) const ERRORS: Rule = Rule::new("E6", "hardware errors", GateClass::Environment);

/// Why what concerns GPUs is not known.
const NO_TELEMETRY: &str = "that needs telemetry of the GPU, which isn't gathered yet";

/// E1: was the GPU slowed down by heat or power?
pub(super) fn e1_slowdown(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    of_gpu(&SLOWDOWN, evidence, "whether heat or power slowed the GPU down")
}

/// E2: did power limit, clocks, ECC and MIG stay as set?
pub(super) fn e2_settings(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    of_gpu(&SETTINGS, evidence, "whether power limit, clocks, ECC and MIG stayed as they were")
}

/// E3: were the GPU's clocks as in the arm's other blocks?
pub(super) fn e3_clocks(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    of_gpu(&CLOCKS, evidence, "whether the GPU's clocks were those of the arm's other blocks")
}

/// E4: did the GPU start as cool, and as awake, as before?
pub(super) fn e4_start_state(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    of_gpu(&START, evidence, "how warm the GPU was at the start")
}

/// A gate that only telemetry of a GPU could answer.
fn of_gpu(rule: &Rule, evidence: &Evidence, what: &str) -> Gate {
    match evidence.machine.as_ref().and_then(|machine| machine.has_gpu) {
        Some(false) => rule.waived("this machine has no GPU"),
        _ => rule.unknown(format!("{what}: {NO_TELEMETRY}")),
    }
}

/// One of several things that a gate looks at.
struct Part {
    /// What was seen beside what is allowed, or why nothing was.
    saw: String,
    /// Whether it is as it should be; `None` if that isn't known.
    is_fine: Option<bool>,
    /// What it means, and what to do, where it isn't.
    advice: &'static str,
}

impl Part {
    fn of<T>(
        (name, fact): (&str, &Known<T>),
        look: impl FnOnce(&T) -> (String, bool),
        advice: &'static str,
    ) -> Part {
        match fact {
            Ok(fact) => {
                let (saw, is_fine) = look(fact);
                Part { saw, is_fine: Some(is_fine), advice }
            }
            Err(why) => Part { saw: format!("{name} not known: {why}"), is_fine: None, advice },
        }
    }
}

/// What several parts come to: one fault is a fault of the whole, and of the
/// others none may be unknown.
fn joined(rule: &Rule, parts: &[Part]) -> Gate {
    let saw = parts.iter().map(|part| part.saw.as_str()).collect::<Vec<_>>().join("; ");
    let faults: Vec<&str> =
        parts.iter().filter(|part| part.is_fine == Some(false)).map(|part| part.advice).collect();
    if !faults.is_empty() {
        return rule.failed(saw, faults.join("; besides, "));
    }
    match parts.iter().all(|part| part.is_fine.is_some()) {
        true => rule.passed(saw),
        false => rule.unknown(saw),
    }
}

/// E5: was the machine ours alone?
pub(super) fn e5_neighbours(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let Some(machine) = &evidence.machine else {
        return NEIGHBOURS
            .unknown("the engine runs on another machine: what else runs there is not seen");
    };
    let others = Part::of(
        ("what others took", &machine.others_cpu_share),
        |share| at_most("others took", *share, thresholds.others_cpu_share),
        "other programs ran beside client and engine, and what they took is missing from the \
         numbers; stop them, or measure when the machine is idle",
    );
    let steal = Part::of(
        ("what the host took", &machine.steal_share),
        |share| at_most("the host took", *share, thresholds.steal_share),
        "the host gave processors of this virtual machine to others, so everything on it stood \
         still now and then; use a machine with processors of its own",
    );
    let swap = Part::of(
        ("whether memory was swapped", &machine.pages_swapped_in),
        |pages| (format!("{pages} pages read back from swap (limit 0)"), *pages == 0),
        "memory ran short, so something waited for the disk; stop other programs, give the engine \
         less memory, or switch swap off",
    );
    let processors = Part::of(
        ("the engine's processors", &machine.shared_cpus),
        |shared| processors(shared),
        "the client and the engine take processors from each other; give each its own with `cpus` \
         in the study, or with `taskset`",
    );
    joined(&NEIGHBOURS, &[others, steal, swap, processors, on_gpu(machine, GPU_NEIGHBOURS)])
}

const GPU_NEIGHBOURS: &str = "other processes on the GPU";
const GPU_ERRORS: &str = "errors of the GPU (ECC, row remapping, Xid)";

fn at_most(who: &str, share: f64, limit: f64) -> (String, bool) {
    let saw = format!("{who} {} of the processors (limit {})", percent(share), percent(limit));
    (saw, share <= limit)
}

fn processors(shared: &[usize]) -> (String, bool) {
    let saw = match shared {
        [] => "client and engine on processors of their own".to_owned(),
        [one] => format!("client and engine share processor {one} (limit: none)"),
        many => format!("client and engine share {} processors (limit: none)", many.len()),
    };
    (saw, shared.is_empty())
}

/// What of the GPU is not seen, unless there is none.
fn on_gpu(machine: &MachineFacts, what: &str) -> Part {
    match machine.has_gpu {
        Some(false) => Part { saw: "no GPU here".to_owned(), is_fine: Some(true), advice: "" },
        _ => Part { saw: format!("{what} not known: {NO_TELEMETRY}"), is_fine: None, advice: "" },
    }
}

/// E6: was it one machine, without errors, from the block's begin on?
pub(super) fn e6_errors(evidence: &Evidence, _thresholds: &Thresholds) -> Gate {
    let Some(machine) = &evidence.machine else {
        return ERRORS.unknown("the engine runs on another machine: its errors are not seen");
    };
    let same = Part::of(
        ("whether the machine is as when the block began", &machine.changes),
        |changes| match changes.as_slice() {
            [] => ("boot, kernel and governor as when the block began".to_owned(), true),
            changes => (format!("{} (limit: no change)", changes.join(", ")), false),
        },
        "the machine is no longer the one that the block began on, so its trials can't be \
         compared; leave it alone while a study runs, and run the block again",
    );
    joined(&ERRORS, &[same, on_gpu(machine, GPU_ERRORS)])
}
