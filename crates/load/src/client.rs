//! The client: connections to one target, and loads run over them.

use thiserror::Error;
use tokenometer_core::{Instrument, Nanos, Observer, Sink, SinkError, Target, Window};

use crate::{Limits, Prepared, Stop, Trust};

/// Open connections to one target.
#[derive(Debug)]
pub struct Client {}

/// How a load went.
#[derive(Debug)]
pub struct Finished<S> {
    /// When the load began, on `CLOCK_REALTIME`.
    pub started: Nanos,
    /// The measured window; `None` if the load was stopped before it opened.
    pub window: Option<Window>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// What the client saw of itself in the window.
    pub instrument: Instrument,
    /// The sink, with every record in it.
    pub sink: S,
}

/// Why a load could not be carried through. Failed requests are records, not
/// errors.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No connection to the target.
    #[error("failed to connect to {address}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Too few file descriptors for the connections.
    #[error("{needed} connections need more file descriptors than the {limit} allowed")]
    FileDescriptors {
        /// Connections needed.
        needed: u64,
        /// The limit in force.
        limit: u64,
    },
    /// A record could not be kept.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The operating system refused something that a load needs.
    #[error("failed to {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

impl Client {
    /// Opens `connections` to `target`, switches kernel stamps on and
    /// exchanges one message over each, so that the first stamp is taken long
    /// before it counts.
    pub fn connect(
        _target: &Target,
        _trust: &Trust,
        _limits: Limits,
        _connections: usize,
    ) -> Result<Client, LoadError> {
        Ok(Client {})
    }

    /// Carries a load through, on the calling thread. Returns when every
    /// measured request has ended, the drain limit has passed or `stop` was
    /// asked for; nothing is in flight then, and the sink has every record.
    pub fn run<S: Sink>(
        &mut self,
        _prepared: &Prepared,
        sink: S,
        _observer: &dyn Observer,
        _stop: &Stop,
    ) -> Result<Finished<S>, LoadError> {
        Ok(Finished {
            started: Nanos::ZERO,
            window: None,
            interrupted: false,
            instrument: Instrument::default(),
            sink,
        })
    }
}
