//! The kinds of studies that are made up, each in a file of its own: a closed list.

mod decided;
mod failed;
pub(crate) mod hostile;
mod interrupted;
mod invalid;
mod million;
mod not_comparable;
mod single_block;
mod sweeps;

use std::fmt;
use std::path::Path;

use tokenometer_results::Run;

use crate::MadeUpError;
use crate::folder::write;
use crate::plan::{Arm, Speed};

/// A kind of study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Two arms under four loads in five blocks. They are equivalent where there is little
    /// load, the verdict is open where there is some, and the order flips between the two
    /// higher ones.
    Decided,
    /// One arm dies under load in some blocks, and one never starts.
    Failed,
    /// The client was at fault in most trials of one scenario.
    Invalid,
    /// The arms have caches of different sizes, and the study doesn't say so.
    NotComparable,
    /// The study was stopped half-way.
    Interrupted,
    /// There is one block, so that there are numbers and no verdict.
    SingleBlock,
    /// Every text holds what a page, a table or a terminal could mistake for something else.
    Hostile,
    /// Concurrency, rates and lengths of prompts and answers are swept, a prefix cache is on
    /// and off, one arm has two GPUs, and GPUs are watched.
    Sweeps,
    /// One trial of a million requests, of 16 chunks each. Where it is compiled for speed it
    /// takes half a minute to make; while it is made it takes 0.5 GB of memory and 1.2 GB of
    /// disk, of which a tenth stays.
    Million,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 9] = [
        Kind::Decided,
        Kind::Failed,
        Kind::Invalid,
        Kind::NotComparable,
        Kind::Interrupted,
        Kind::SingleBlock,
        Kind::Hostile,
        Kind::Sweeps,
        Kind::Million,
    ];

    /// Its name: `not-comparable`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Decided => "decided",
            Kind::Failed => "failed",
            Kind::Invalid => "invalid",
            Kind::NotComparable => "not-comparable",
            Kind::Interrupted => "interrupted",
            Kind::SingleBlock => "single-block",
            Kind::Hostile => "hostile",
            Kind::Sweeps => "sweeps",
            Kind::Million => "million",
        }
    }

    /// The kind of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Makes the run folder of a kind in `path`, which must not hold a run yet.
///
/// # Errors
///
/// If the folder can't be written.
pub fn make(kind: Kind, path: &Path) -> Result<Run, MadeUpError> {
    match kind {
        Kind::Decided => write(path, &decided::Decided),
        Kind::Failed => write(path, &failed::Failed),
        Kind::Invalid => write(path, &invalid::Invalid),
        Kind::NotComparable => write(path, &not_comparable::NotComparable),
        Kind::Interrupted => write(path, &interrupted::Interrupted),
        Kind::SingleBlock => write(path, &single_block::SingleBlock),
        Kind::Hostile => write(path, &hostile::Hostile),
        Kind::Sweeps => write(path, &sweeps::Sweeps),
        Kind::Million => make_million(path, 1_000_000),
    }
}

/// As [`Kind::Million`], with another number of requests: for whoever has less time.
///
/// # Errors
///
/// If the folder can't be written.
pub fn make_million(path: &Path, requests: u64) -> Result<Run, MadeUpError> {
    write(path, &million::Million { requests })
}

/// An arm that does well under much load.
fn steady() -> Arm {
    let speed =
        Speed { first_s: 0.08, prompt_token_s: 1.5e-4, token_s: 0.027, crowding: 0.02, seats: 128 };
    Arm::new("steady", speed)
}

/// An arm that is faster than [`steady`] under some load, and runs out of seats.
fn quick() -> Arm {
    let speed = Speed {
        first_s: 0.0806,
        prompt_token_s: 1.512e-4,
        token_s: 0.02721,
        crowding: 0.012,
        seats: 32,
    };
    Arm::new("quick", speed)
}
