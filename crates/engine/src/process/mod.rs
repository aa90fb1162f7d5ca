//! An engine as processes: started, watched, stopped, and never left behind.
//!
//! Between us and an engine stands a *keeper*, this program run again
//! ([`keep`]). It becomes the reaper of all orphans below it, so that whatever
//! the engine forks, and however often it calls `setsid`, has the keeper above
//! it and is found and killed. It ends the engine when it is told to, when the
//! engine's first process ends, and when the pipe that leads to us ends, which
//! is the case however we die.
//!
//! [`Process`] is our side of it; [`bring_up`] waits until an engine can be
//! asked; [`LogWatch`] reads what it writes; [`free_port`] and [`port_taken`]
//! see to its port.
//!
//! This room must never wait without a limit for an engine, and never end a
//! process that does not descend from a keeper of its own.

mod brood;
mod cold_start;
mod error;
mod job;
mod keeper;
mod kernel;
mod log;
mod lost;
mod port;
mod running;
mod table;

pub use cold_start::{
    ColdStart, ColdStartStage, Progress, Ready, StartError, StartFailure, bring_up,
};
pub use error::ProcessError;
pub use job::{Ended, Job, StopSignal};
pub use keeper::keep;
pub use log::{Lines, LogLine, LogPatterns, LogWatch, Look, last_lines};
pub use port::{Holder, PortTaken, free_port, port_taken};
pub use running::{Left, Process, Stopped};
