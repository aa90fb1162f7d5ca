//! How long one step of an engine takes on given hardware: shapes of models,
//! figures of machines, and the formula that joins them.
//!
//! A step is bound by arithmetic or by memory, part by part (a roofline), and
//! then the host adds its own: something for every step, for every sequence that
//! decodes, for a step with a prompt in it, for every reduction over several
//! devices. Without those a roofline is up to fifteen times too fast; a
//! [`Calibration`] has them, with the shares of the peaks that are reached.
//!
//! All figures stand in `data/*.json`, each with its source. Nothing here knows a
//! scheduler, a clock or a chance: the same step always takes the same time.

mod batch;
mod calibration;
mod data;
mod machine;
mod model;
mod step;

pub use batch::Batch;
pub use calibration::{Admission, Calibration, Policy, Scheduling, Stack};
pub use machine::Machine;
pub use model::{Attention, Experts, Model, Weights};
pub use step::{Roofline, RooflineError};
