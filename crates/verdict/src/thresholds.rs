//! Every threshold of every gate, with the reason for its default.

use std::time::Duration;

/// What the gates allow. Shares are fractions of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// I1: p99 of lateness that is always allowed, in milliseconds. A plain
    /// thread that sleeps and then spins holds this on a core of its own.
    pub lateness_floor_ms: f64,
    /// I1: p99 of lateness as a share of the median TTFT. A hundredth is half
    /// of the 2 % margin within which engines are called equivalent.
    pub lateness_share_of_ttft: f64,
    /// I1: how unlikely the number of late requests must be, were only a
    /// hundredth of them late, where there are too few for a p99. It is asked of
    /// every trial, so it must be far rarer than trials are many.
    pub lateness_doubt: f64,
    /// I1: the largest lateness of any request, in milliseconds. Beyond it the
    /// client was not running at all.
    pub lateness_max_ms: f64,
    /// I2: the busiest second of a load thread. Queueing delay grows as
    /// 1/(1−ρ): at 70 % a stamp waits for 2.3 reads on average, at 90 % for 9.
    pub cpu_busy_share: f64,
    /// I2: the share of the window that a load thread waited for a CPU. A
    /// hundredth is half of the margin, as for lateness.
    pub run_queue_share: f64,
    /// I3: p99 of read − stamp that is always allowed, in milliseconds.
    pub backlog_floor_ms: f64,
    /// I3: the same as a share of the median TPOT. Beyond one gap a second
    /// segment may wait in the kernel's queue, and its stamp hides the first.
    pub backlog_share_of_tpot: f64,
    /// I4: the share of reads that the kernel has to have stamped. The two
    /// sources of stamps differ by the client's own delay.
    pub stamped_share: f64,
    /// I5: the share of token arrivals that may hold several chunks. Their
    /// gaps are unknown, so more of them would show in the tail of ITL.
    pub coalesced_share: f64,
    /// I6: how often the clocks' offset has to be sampled, a second. A slower
    /// watch could let a step pass for slewing.
    pub clock_samples_per_second: f64,
    /// I7: new connections inside the window, as a share of the cohort. The
    /// requests that open one pay for it in their TTFT.
    pub new_connection_share: f64,
    /// I7: segments sent again, as a share of those sent. One that is missed
    /// only when time runs out costs 200 ms on Linux: many gaps between tokens.
    pub retransmitted_share: f64,
    /// E5: the share of all processors' time that others may take. An idle
    /// system takes about 1 % for itself; work of more than 5 % comes and goes,
    /// and one arm meets more of it than the other.
    pub others_cpu_share: f64,
    /// E5: the share of all processors' time that the host may take away. It
    /// takes it in slices of milliseconds, in which everything stands still.
    pub steal_share: f64,
    /// A2: the share of the cohort that may fail. Half of the 1 % that a p99
    /// leaves out, so that failures alone can't make up the tail.
    pub failed_share: f64,
    /// A3 and W5: the p-value below which a trend is no accident.
    pub trend_p: f64,
    /// A3 and W5: the change over the window, as a share of the median, that
    /// is large enough to matter. Significance alone would catch drifts that
    /// no one would care for.
    pub trend_change: f64,
    /// A3 and W5: the fewest bins that a trend is looked for in.
    pub trend_bins: usize,
    /// A3: the share of the cohort that may be unfinished long after the
    /// window.
    pub unfinished_share: f64,
    /// A4: the share of finished requests that have exactly the length asked.
    pub exact_share: f64,
    /// A4: how far the total of generated tokens may be from the total asked.
    pub exact_total_share: f64,
    /// W2: how far the server's count of generated tokens may be from ours.
    pub count_share: f64,
    /// W3: how far the cache's hit share may be from the expected one, as a
    /// share of all prompt tokens (2 points). Each point is a hundredth of the
    /// prefill, so this is the margin again.
    pub cache_share: f64,
    /// W3: how far above it for a cache that began empty (1 point). Such a cache
    /// may hold less than expected: prompts that are due together can't find
    /// each other's prefixes yet. More than expected it can't come by.
    pub cold_cache_share: f64,
    /// W4: the shortest window. Prefill and decode come in waves of seconds.
    pub window_floor: Duration,
    /// W4: the shortest window in median E2E: below ten, what was in flight at
    /// its borders weighs too much.
    pub window_in_e2e: f64,
    /// W4: the smallest cohort. A p90 needs 36 requests, a p95 72.
    pub cohort_floor: u64,
    /// W4: the smallest cohort in requests in flight, for the same reason as
    /// the window's.
    pub cohort_in_concurrency: f64,
    /// W6: how many of the last batches of a warm-up have to agree.
    pub warm_up_batches: usize,
    /// W6: how far they may lie apart, largest to smallest.
    pub warm_up_spread: f64,
    /// W6: the shortest warm-up that tells anything. Compilation goes on in
    /// the background for seconds after the first requests are fast.
    pub warm_up_floor: Duration,
    /// W7: how far the client's count in flight may be from the engine's.
    pub in_flight_floor: f64,
    /// W7: the same as a share of the client's.
    pub in_flight_share: f64,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            lateness_floor_ms: 0.25,
            lateness_share_of_ttft: 0.01,
            lateness_doubt: 0.001,
            lateness_max_ms: 50.0,
            cpu_busy_share: 0.70,
            run_queue_share: 0.01,
            backlog_floor_ms: 0.5,
            backlog_share_of_tpot: 0.10,
            stamped_share: 0.999,
            coalesced_share: 0.01,
            clock_samples_per_second: 10.0,
            new_connection_share: 0.01,
            retransmitted_share: 0.001,
            others_cpu_share: 0.05,
            steal_share: 0.01,
            failed_share: 0.005,
            trend_p: 0.01,
            trend_change: 0.05,
            trend_bins: 10,
            unfinished_share: 0.05,
            exact_share: 0.999,
            exact_total_share: 0.001,
            count_share: 0.01,
            cache_share: 0.02,
            cold_cache_share: 0.01,
            window_floor: Duration::from_secs(30),
            window_in_e2e: 10.0,
            cohort_floor: 100,
            cohort_in_concurrency: 10.0,
            warm_up_batches: 3,
            warm_up_spread: 0.05,
            warm_up_floor: Duration::from_secs(10),
            in_flight_floor: 2.0,
            in_flight_share: 0.05,
        }
    }
}
