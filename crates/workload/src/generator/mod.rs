//! The random generators of other tools, bit for bit: those of numpy, old and
//! new, and of Python itself.
//!
//! They serve the rules of other tools and nothing else: what is drawn by our
//! own rules comes from `seed`. All of them are sequences, so that each draw
//! depends on every one before it; a function here must take exactly as many
//! words as the function after which it is named.

mod legacy_numpy;
mod mersenne_twister;
mod numpy_generator;
mod pcg64;
mod python;

pub(crate) use legacy_numpy::LegacyNumpy;
pub(crate) use numpy_generator::NumpyGenerator;
pub(crate) use python::Python;

#[cfg(test)]
mod tests;
