//! The wire: HTTP/1.1 answers and event streams, on bytes.
//!
//! Nothing here knows a dialect, a socket or a clock.

pub(crate) mod http1;
pub(crate) mod sse;
