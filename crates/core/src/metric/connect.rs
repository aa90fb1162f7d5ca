//! Connect time (M3).
//!
//! **Formula** the time from the first attempt to open a connection to its
//! being ready for a request, TLS included. **Unit** nanoseconds. **Window**
//! the requests of the cohort that had to open one.
//! **Absent** for a request that went out on an open connection. It lies
//! before *sent*, so it is in no latency but those from *intended*.

use crate::{Nanos, Record};

/// The time to open a connection, if this request had to.
pub fn connect(record: &Record) -> Option<Nanos> {
    record.connect
}

/// Whether it was sent on a connection of its own.
pub fn opened_a_connection(record: &Record) -> bool {
    record.sent.is_some() && !record.reused
}
