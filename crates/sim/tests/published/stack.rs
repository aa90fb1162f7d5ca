//! Which calibration stands for which published stack, and how sure that is.

use tokenometer_sim::Simulation;

use crate::load::Kind;
use crate::row::Row;

/// How a stack is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stack {
    /// The calibration.
    pub calibration: &'static str,
    /// Why it isn't this stack's own; absent where it is.
    pub borrowed: Option<&'static str>,
    /// What was launched otherwise than the calibration has it.
    pub set: &'static [(&'static str, &'static str)],
}

const fn own(calibration: &'static str) -> Stack {
    Stack { calibration, borrowed: None, set: &[] }
}

const fn borrowed(calibration: &'static str, why: &'static str) -> Stack {
    Stack { calibration, borrowed: Some(why), set: &[] }
}

/// With attention shared out by requests every device has a cache of its own.
const EIGHT_CACHES: &[(&str, &str)] = &[("kv-tokens", "4976000")];

/// The stack of a row.
pub fn of(row: &Row) -> Stack {
    let shared = row.load.kind == Kind::SharedPrefix;
    let (carried, expert) = (row.run == "carried over", row.run.contains("expert"));
    match (&*row.engine, &*row.version, &*row.machine) {
        ("sglang", "0.3.0", _) => own("sglang-0.3.0"),
        ("vllm", "0.6.0", _) => own("vllm-0.6.0"),
        ("sglang", "0.2.14", _) if carried => borrowed("sglang-0.3.0", "another version"),
        ("vllm", "0.5.5", _) if carried => Stack {
            set: &[("decode-steps", "1"), ("max-num-batched-tokens", "8192")],
            ..borrowed("vllm-0.6.0", "another version, without runs of ten steps")
        },
        ("sglang", "0.2.14", _) => own("sglang-0.2.14"),
        ("vllm", "0.5.5", _) => own("vllm-0.5.5"),
        ("vllm", "0.7.3", _) => own("vllm-0.7.3-mi300x"),
        ("sglang", "0.4.2.post4", _) => own("sglang-0.4.2-mi300x"),
        ("vllm", "0.7.4", _) if shared => Stack {
            set: &[
                ("prefix-cache", "on"),
                ("policy", "mixed"),
                ("max-num-batched-tokens", "2048"),
                ("max-num-seqs", "256"),
            ],
            ..borrowed("vllm-0.7.4-h200", "launched otherwise: chunked prompts, prefix cache")
        },
        ("vllm", "0.7.4", _) => own("vllm-0.7.4-h200"),
        ("trtllm", "0.17", _) => own("trtllm-0.17-h200"),
        ("trtllm", "0.17 built engine", _) => {
            borrowed("trtllm-0.17-h200", "another backend: a built engine with bfloat16 kernels")
        }
        ("trtllm", _, _) => borrowed("trtllm-0.17-h200", "another version"),
        ("sglang", "0.4.3.post2", _) => Stack {
            set: EIGHT_CACHES,
            ..borrowed("sglang-0.4.2-mi300x", "attention shared out by requests isn't modelled")
        },
        ("sglang", "0.4.5.post1", _) => Stack {
            set: EIGHT_CACHES,
            ..borrowed("sglang-0.4.5", "attention shared out by requests isn't modelled")
        },
        ("sglang", "0.4.5.post2", _) => {
            borrowed("sglang-0.4.5", "another version, whose cache held less")
        }
        ("sglang", "0.4.5.post3", _) => own("sglang-0.4.5"),
        ("vllm", "0.8.4", "h200") => {
            borrowed("ideal", "another model, of which nothing was fitted")
        }
        ("vllm", "0.8.4", _) if expert => borrowed("vllm-0.8.4", "experts shared out by device"),
        ("vllm", "0.8.4", _) if !matches!(&*row.host, "Nebius") => {
            borrowed("vllm-0.8.4", "another host")
        }
        ("vllm", "0.8.4", _) => own("vllm-0.8.4"),
        ("vllm", "unknown", _) => Stack {
            set: &[("decode-steps", "1")],
            ..borrowed("vllm-0.6.0", "the version is unknown, and so are the lengths")
        },
        ("sglang", "unknown", _) => {
            borrowed("sglang-0.3.0", "the version is unknown, and so are the lengths")
        }
        _ => panic!("no calibration stands for {}", row.name()),
    }
}

/// What is simulated for a row: without chance, so that the same always comes out.
pub fn simulation(row: &Row) -> Simulation {
    let stack = of(row);
    let mut simulation =
        Simulation::new(&row.machine, &row.model, Some(stack.calibration)).unwrap();
    let without_chance = [("step-noise", "0"), ("start-noise", "0")];
    for (key, value) in without_chance.iter().chain(stack.set) {
        simulation.set(key, value).unwrap();
    }
    // Only to be quicker: prompts that share nothing gain nothing from a cache of
    // them, and what others share is a whole number of blocks of 16.
    let (key, value) = match row.load.kind {
        Kind::SharedPrefix => ("block-size", "16"),
        _ => ("prefix-cache", "off"),
    };
    simulation.set(key, value).unwrap();
    simulation
}
