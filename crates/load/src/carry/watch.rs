//! What the client sees of itself while it measures: stamps, backlog, CPU,
//! clocks. The evidence for the instrument gates.

use std::fs::File;
use std::os::unix::fs::FileExt;

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use tokenometer_core::{Instrument, Nanos};

use crate::transport::nanos;

/// The longest backlog that is told apart, a minute.
const LONGEST_BACKLOG: u64 = 60_000_000_000;
/// By how much the two clocks may move against each other at once …
const STEP_ALLOWED: i64 = 100_000;
/// … and in proportion to the time between two samples: slewing is legal.
const SLEW_ALLOWED_PPM: i64 = 500;
/// Over how long a share of CPU is taken.
const CPU_SPAN: Nanos = Nanos(1_000_000_000);

/// Watches one load. Before the window opens it only compares clocks.
pub(super) struct Watch {
    seen: Instrument,
    backlog: Histogram<u64>,
    opened_before: Option<u64>,
    offset: (Nanos, Nanos),
    cpu: Option<Since>,
    begun: Option<(Nanos, Option<u64>)>,
    scheduler: Option<File>,
}

/// CPU time as it stood at an instant.
#[derive(Clone, Copy)]
struct Since {
    at: Nanos,
    used: Nanos,
}

impl Watch {
    pub(super) fn new(now: Nanos) -> Watch {
        Watch {
            seen: Instrument::default(),
            backlog: Histogram::new_with_bounds(1, LONGEST_BACKLOG, 2)
                .expect("the bounds are in order, and two digits are allowed"),
            opened_before: None,
            offset: (now, clock_offset()),
            cpu: None,
            begun: None,
            scheduler: File::open("/proc/thread-self/schedstat").ok(),
        }
    }

    /// Takes notice of a read: the kernel's stamp, and our clock after it.
    pub(super) fn read(&mut self, stamp: Option<Nanos>, now: Nanos) {
        if self.begun.is_none() {
            return;
        }
        match stamp {
            Some(stamp) => {
                self.seen.reads_stamped += 1;
                let backlog = u64::try_from((now - stamp).0).unwrap_or(0);
                self.backlog.saturating_record(backlog);
            }
            None => self.seen.reads_unstamped += 1,
        }
    }

    /// Looks at clocks and CPU; about twenty times a second.
    pub(super) fn tick(&mut self, now: Nanos, opens: Nanos, opened: u64) {
        self.compare_clocks(now);
        if now < opens {
            return;
        }
        if self.begun.is_none() {
            self.begun = Some((now, self.run_queue_wait()));
            self.opened_before = Some(opened);
            self.cpu = Some(Since { at: now, used: cpu_used() });
        }
        self.sample_cpu(now);
    }

    /// The offset between the clocks, against the sample before (I6).
    fn compare_clocks(&mut self, now: Nanos) {
        let (before, offset_before) = self.offset;
        let offset = clock_offset();
        let allowed = STEP_ALLOWED + (now - before).0.abs() / 1_000_000 * SLEW_ALLOWED_PPM;
        let step = ((offset - offset_before).0.abs() - allowed).max(0);
        self.seen.clock_step_ns = self.seen.clock_step_ns.max(step);
        self.seen.clock_samples += 1;
        self.offset = (now, offset);
    }

    fn sample_cpu(&mut self, now: Nanos) {
        let Some(since) = self.cpu else { return };
        if now - since.at >= CPU_SPAN {
            let used = cpu_used();
            self.push_cpu_share(since, now, used);
            self.cpu = Some(Since { at: now, used });
        }
    }

    fn push_cpu_share(&mut self, since: Since, now: Nanos, used: Nanos) {
        let share = (used - since.used).as_secs_f64() / (now - since.at).as_secs_f64();
        self.seen.cpu_busy_shares.push(share.clamp(0.0, 1.0));
    }

    /// How long this thread was ready without a CPU so far, in nanoseconds:
    /// the second number of its `schedstat`.
    fn run_queue_wait(&self) -> Option<u64> {
        let mut text = [0_u8; 128];
        let read = self.scheduler.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(&text[..read]).ok()?;
        text.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    /// What was seen. A window shorter than a second gives the one share of
    /// CPU that it has.
    pub(super) fn finish(mut self, now: Nanos, opened: u64) -> Instrument {
        if let (Some(since), true) = (self.cpu, self.seen.cpu_busy_shares.is_empty())
            && now > since.at
        {
            self.push_cpu_share(since, now, cpu_used());
        }
        if !self.backlog.is_empty() {
            let quantile = |q| i64::try_from(self.backlog.value_at_quantile(q)).ok();
            self.seen.backlog_p99_ns = quantile(0.99);
            self.seen.backlog_max_ns = quantile(1.0);
        }
        if let Some((begun, Some(waited_before))) = self.begun
            && let Some(waited) = self.run_queue_wait()
            && now > begun
        {
            let share = waited.saturating_sub(waited_before) as f64 / (now - begun).0 as f64;
            self.seen.run_queue_share = Some(share.clamp(0.0, 1.0));
        }
        self.seen.connections_opened = opened - self.opened_before.unwrap_or(opened);
        self.seen
    }
}

/// `CLOCK_REALTIME` − `CLOCK_MONOTONIC`. The monotonic clock is read between
/// two readings of the other, and the narrowest of three tries counts, so that
/// a pause of ours is not taken for a step.
fn clock_offset() -> Nanos {
    let mut best: Option<(Nanos, Nanos)> = None;
    for _ in 0..3 {
        let before = nanos(clock_gettime(ClockId::Realtime));
        let monotonic = nanos(clock_gettime(ClockId::Monotonic));
        let after = nanos(clock_gettime(ClockId::Realtime));
        let width = after - before;
        if best.is_none_or(|(narrowest, _)| width < narrowest) {
            best = Some((width, Nanos(before.0 + width.0 / 2) - monotonic));
        }
    }
    best.map_or(Nanos::ZERO, |(_, offset)| offset)
}

fn cpu_used() -> Nanos {
    nanos(clock_gettime(ClockId::ThreadCPUTime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_beyond_slewing_is_seen() {
        let now = Nanos(1_700_000_000_000_000_000);
        let mut watch = Watch::new(now);
        watch.compare_clocks(now + TICK);
        assert_eq!(watch.seen.clock_step_ns, 0);
        watch.offset.1 += Nanos::from_millis(5);
        watch.compare_clocks(now + TICK + TICK);
        // 5 ms, less 0.1 ms, less 500 ppm of 50 ms, give or take the reading.
        assert!((watch.seen.clock_step_ns - 4_875_000).abs() < 100_000);
    }

    const TICK: Nanos = Nanos::from_millis(50);

    #[test]
    fn only_the_window_is_watched() {
        let mut watch = Watch::new(Nanos(0));
        watch.read(None, Nanos(5));
        watch.tick(Nanos(10), Nanos(100), 4);
        watch.read(None, Nanos(50));
        watch.tick(Nanos(100), Nanos(100), 5);
        watch.read(Some(Nanos(100)), Nanos(1100));
        watch.read(None, Nanos(1200));
        let seen = watch.finish(Nanos(2_000_000_000), 6);
        assert_eq!((seen.reads_stamped, seen.reads_unstamped), (1, 1));
        assert_eq!(seen.connections_opened, 1);
        assert!((1_000..1_020).contains(&seen.backlog_p99_ns.unwrap()));
    }
}
