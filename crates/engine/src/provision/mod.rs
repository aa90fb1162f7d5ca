//! Where an engine comes from: an existing Python environment, a command, a
//! Python environment that is made, a container image.
//!
//! A profile names the ways ([`Provisions`]). [`usable`] looks which of them
//! can be gone on a [`Machine`], and changes nothing; [`prepare`] goes one, and
//! gives the [`Place`] that dresses a launch in what it takes to start it there.
//!
//! It must never start an engine, and reads no environment variable: the caller
//! hands in what the machine has.

mod command;
mod entry;
mod environment;
mod error;
mod machine;
mod packages;
mod pin;
mod place;
mod prepare;
mod recipe;
mod usable;

pub use command::Watch;
pub use entry::{Container, Kind, Provision, Provisions, Python, Runtime};
pub use error::{ProvisionError, Unusable};
pub use machine::Machine;
pub use place::{Around, Dressed, Mount, Place};
pub use prepare::prepare;
pub use usable::{Asked, Outlook, Prospect, choose, usable};
