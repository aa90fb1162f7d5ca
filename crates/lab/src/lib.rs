//! Joins the rooms: from settings to a run folder.
//!
//! [`bench`](fn@bench) is a study of one arm, one scenario and one block. What a
//! trial is, from the target to its results, stands in one place, `trial.rs`,
//! and nowhere else.
//!
//! This room must never speak HTTP itself, print, or read the environment.

mod bench;
mod cache_state;
mod carry;
mod check;
pub mod compare;
pub mod conclude;
mod course;
mod customs;
pub mod dataset;
mod describe;
mod doctor;
mod embedded;
mod environment;
mod error;
mod evidence;
mod lock;
mod machine;
mod meeting;
mod noise_floor;
mod processors;
mod settings;
mod start;
pub mod study;
#[cfg(test)]
mod testing;
mod tokenizer;
mod trial;
mod understand;
mod warm_up;
mod watching;

pub use bench::bench;
pub use carry::{Ran, Undertaking, run};
pub use customs::{
    ALL_PROMPTS, Customs, EndOfSequence, LLM_INFRA_BENCH_FILE, SHAREGPT_FILE, SONNET_FILE,
};
pub use doctor::{Check, Status, examine, judge_noise};
pub use error::{Blame, LabError, StartTrouble};
pub use noise_floor::{Errors, NoiseFloor, noise_floor};
pub use settings::{
    Around, Bench, Done, Embedded, Host, TargetSettings, TokenizerChoice, TrialSettings, WarmUp,
};
