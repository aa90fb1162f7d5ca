//! What whoever asked for something got wrong. Mistakes are values, so that all
//! of them can be told at once.

use std::fmt;

/// One mistake of whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is: a flag with its value, or a line of a file.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub cure: String,
}

impl Mistake {
    /// A mistake at `place`.
    pub fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> Mistake {
        Mistake { place: place.into(), problem: problem.into(), cure: cure.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.cure)
    }
}
