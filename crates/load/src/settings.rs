//! What a load may be told, beside its schedule and its target.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::Wording;

/// How requests are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendering {
    /// Whether to ask for a stream of events.
    pub stream: bool,
    /// The sampling temperature; `None` leaves it to the server.
    pub temperature: Option<f64>,
    /// Headers beside those that HTTP needs.
    pub headers: Vec<Header>,
    /// Merged into every body last, as a JSON merge patch (RFC 7396): an
    /// object is merged, `null` removes the field.
    pub extra: Map<String, Value>,
    /// What precedes [`request_id`](crate::request_id) in an `x-request-id`.
    pub id_prefix: String,
    /// The path that requests go to, after the address's prefix, instead of the
    /// dialect's own.
    pub route: Option<String>,
    /// Another tool whose bodies are sent, to the byte; `None` for our own.
    /// There `extra` is set over the body's fields as that tool does it.
    pub wording: Option<Wording>,
}

impl Default for Rendering {
    fn default() -> Rendering {
        Rendering {
            stream: true,
            temperature: Some(0.0),
            headers: Vec::new(),
            extra: Map::new(),
            id_prefix: String::new(),
            route: None,
            wording: None,
        }
    }
}

/// One HTTP header. Its value may be a secret, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: (not shown)", self.name)
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For the first byte of an answer, from the write.
    pub first: Duration,
    /// For the next byte, from the one before.
    pub idle: Duration,
    /// For a request, from its write to its end.
    pub total: Duration,
    /// For the measured requests, from the end of the window; what still runs
    /// then is censored.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            first: Duration::from_secs(600),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(3600),
            drain: Duration::from_secs(60),
        }
    }
}

/// Whom to trust when a target speaks TLS.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Certificates of authorities, DER-encoded.
    pub roots: Vec<Vec<u8>>,
}

/// A request to stop, shared between whoever asks and the load.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicU8>,
    parent: Option<Arc<Stop>>,
}

/// Send nothing more.
const FINISH: u8 = 1;
/// End at once.
const NOW: u8 = 2;

impl Stop {
    /// A stop of its own that follows this one too: asking for it ends one
    /// load of several, asking for the parent ends them all.
    pub fn child(&self) -> Stop {
        Stop { asked: Arc::default(), parent: Some(Arc::new(self.clone())) }
    }

    /// Sends nothing more, and lets what is in flight end.
    pub fn ask(&self) {
        self.asked.fetch_max(FINISH, Ordering::Relaxed);
    }

    /// Ends at once: what is in flight is recorded as cancelled.
    pub fn now(&self) {
        self.asked.fetch_max(NOW, Ordering::Relaxed);
    }

    /// Whether anybody asked.
    pub fn is_asked(&self) -> bool {
        self.level() >= FINISH
    }

    /// Whether to end at once.
    pub fn is_now(&self) -> bool {
        self.level() >= NOW
    }

    fn level(&self) -> u8 {
        let above = self.parent.as_ref().map_or(0, |parent| parent.level());
        self.asked.load(Ordering::Relaxed).max(above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_follows_its_parent_and_not_the_other_way() {
        let all = Stop::default();
        let one = all.child();
        one.ask();
        assert!(one.is_asked() && !all.is_asked());
        let other = all.child();
        all.now();
        assert!(other.is_now() && one.is_now());
    }
}
