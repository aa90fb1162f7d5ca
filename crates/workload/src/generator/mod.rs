//! The random generators of other tools, bit for bit: those of numpy, old and
//! new, and of Python itself.
//!
//! They serve the rules of other tools and nothing else: what is drawn by our
//! own rules comes from `seed`.

mod legacy_numpy;
mod mersenne_twister;

pub(crate) use legacy_numpy::LegacyNumpy;
