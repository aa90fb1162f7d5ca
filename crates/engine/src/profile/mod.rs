//! Engines as data: what a profile says, and the command that follows from it.
