//! Renders a schedule for one target: every byte of every body, before the
//! clock starts.

use thiserror::Error;
use tokenometer_core::{Schedule, Target};

use crate::Rendering;

/// A schedule, rendered for one target.
#[derive(Debug)]
pub struct Prepared {
    wire_sha256: String,
}

impl Prepared {
    /// The SHA-256 of every byte of every body, in the order of the schedule's
    /// requests, in hexadecimal.
    pub fn wire_sha256(&self) -> &str {
        &self.wire_sha256
    }

    /// How many connections to open before the window (design: as many as the
    /// cap, without one min(requests, rate × 10 s, 1024)).
    pub fn connections(&self) -> usize {
        1
    }
}

/// Why a schedule can't be rendered.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum PrepareError {
    /// The body asks for several choices, which no metric here is made for.
    #[error("`{field}` asks for {value} choices a request; one choice is what is measured")]
    SeveralChoices {
        /// The field of the body.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// The dialect can't carry this shape of prompt.
    #[error("{dialect} can't carry a prompt as {shape}")]
    Prompt {
        /// The dialect.
        dialect: &'static str,
        /// The prompt's shape.
        shape: &'static str,
    },
    /// A header holds what no header may.
    #[error("the header `{0}` holds a line break or another control character")]
    Header(String),
}

/// Renders `schedule` for `target`.
pub fn prepare(
    _schedule: Schedule,
    _target: &Target,
    _rendering: &Rendering,
) -> Result<Prepared, PrepareError> {
    Ok(Prepared { wire_sha256: String::new() })
}
