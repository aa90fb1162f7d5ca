//! Does the clock of the stamps run evenly? Its offset to the monotonic clock
//! is watched for a second.

use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::{Check, micros};

const NAME: &str = "clock steps";
/// Samples, and the time between two.
const SAMPLES: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(20);
/// What the offset may change by at once, in nanoseconds (I6) …
const STEP_ALLOWED: i64 = 100_000;
/// … and in proportion to the time between: the kernel slews by no more.
const SLEW_ALLOWED: i64 = BETWEEN.as_nanos() as i64 / 1_000_000 * 500;

pub(super) fn check() -> Check {
    let offsets: Vec<i64> = (0..SAMPLES)
        .map(|_| {
            thread::sleep(BETWEEN);
            offset()
        })
        .collect();
    judge(&offsets)
}

fn judge(offsets: &[i64]) -> Check {
    let changes = offsets.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    let largest = changes.max().unwrap_or(0);
    let drift = offsets.last().zip(offsets.first()).map_or(0, |(last, first)| last - first);
    let saw = format!(
        "moved by {} against the monotonic clock in {} samples, {} at most at once",
        micros(drift),
        offsets.len(),
        micros(largest)
    );
    if largest <= STEP_ALLOWED + SLEW_ALLOWED {
        return Check::good(
            NAME,
            saw,
            "stamps of one second can be compared with those of the next",
        );
    }
    Check::bad(
        NAME,
        saw,
        "the clock was set while it was watched; a trial in which that happens is void (I6)",
        "let the time service finish its first synchronisation, and have it slew, not step \
         (chrony: `makestep 1 3`)",
    )
}

/// `CLOCK_REALTIME` − `CLOCK_MONOTONIC` in nanoseconds: the narrowest of
/// several tries, so that a pause of ours isn't taken for a step.
fn offset() -> i64 {
    let tries = (0..5).map(|_| {
        let before = nanos(clock_gettime(ClockId::Realtime));
        let monotonic = nanos(clock_gettime(ClockId::Monotonic));
        let after = nanos(clock_gettime(ClockId::Realtime));
        (after - before, before + (after - before) / 2 - monotonic)
    });
    tries.min_by_key(|(width, _)| *width).map_or(0, |(_, offset)| offset)
}

fn nanos(time: Timespec) -> i64 {
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_step_is_told_from_a_slew() {
        assert_eq!(judge(&[0, 9_000, 18_000]).status, Status::Good);
        let stepped = judge(&[0, 0, 500_000]);
        assert_eq!(stepped.status, Status::Bad);
        assert_eq!(
            stepped.saw,
            "moved by 500.0 µs against the monotonic clock in 3 samples, 500.0 µs at most at once"
        );
    }
}
