//! What the client saw of itself while it measured: the evidence for the
//! instrument gates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the load saw of itself over one window. `None` where this system could
/// not tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Instrument {
    /// Reads that the kernel stamped.
    pub reads_stamped: u64,
    /// Reads that only our own clock stamped.
    pub reads_unstamped: u64,
    /// p99 of the time from the kernel's stamp to our reading, in nanoseconds.
    pub backlog_p99_ns: Option<i64>,
    /// The longest such time, in nanoseconds.
    pub backlog_max_ns: Option<i64>,
    /// The share of each second of the window in which the load's thread was
    /// on a CPU.
    pub cpu_busy_shares: Vec<f64>,
    /// The share of the window in which the load's thread was ready but had no
    /// CPU.
    pub run_queue_share: Option<f64>,
    /// How often the offset between `CLOCK_REALTIME` and `CLOCK_MONOTONIC` was
    /// sampled.
    pub clock_samples: u64,
    /// The largest change of that offset between two samples beyond what
    /// slewing allows (0.1 ms + 500 ppm), in nanoseconds; 0 if none.
    pub clock_step_ns: i64,
    /// Connections that had to be opened inside the window.
    pub connections_opened: u64,
    /// Segments that the kernel sent again, over all connections.
    pub segments_retransmitted: Option<u64>,
    /// Segments that the kernel sent, over all connections.
    pub segments_sent: Option<u64>,
    /// How often the load had to wait because the thread that reads the
    /// answers was behind.
    pub reader_waits: u64,
    /// Requests of the ramp-in or the drain that were sent more than once,
    /// because their prompts ran out.
    pub prompts_repeated: u64,
}
