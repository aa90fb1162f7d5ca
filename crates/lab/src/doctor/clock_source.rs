//! From which hardware the kernel reads the time, and what a reading costs.

use std::path::Path;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use super::{Check, read};

const NAME: &str = "clock source";
const SOURCE: &str = "sys/devices/system/clocksource/clocksource0/current_clocksource";
/// Readings that are timed.
const READINGS: u32 = 10_000;
/// A reading that needs no system call takes tens of nanoseconds; one that does
/// takes more than this.
const SLOW_NANOS: f64 = 300.0;

pub(super) fn check(root: &Path) -> Check {
    judge(read(root, SOURCE).as_deref(), cost())
}

/// What one reading costs, in nanoseconds.
fn cost() -> f64 {
    let began = Instant::now();
    for _ in 0..READINGS {
        std::hint::black_box(clock_gettime(ClockId::Realtime));
    }
    began.elapsed().as_nanos() as f64 / f64::from(READINGS)
}

fn judge(source: Option<&str>, cost: f64) -> Check {
    let saw = format!("{}, {cost:.0} ns a reading", source.unwrap_or("not told"));
    if cost <= SLOW_NANOS {
        return Check::good(NAME, saw, "reading the time costs next to nothing");
    }
    Check::doubtful(
        NAME,
        saw,
        "each reading is a call into the kernel, some per token: the client tires sooner",
        "choose tsc, or the clock that your hypervisor offers (kvm-clock, hyperv): see \
         available_clocksource beside current_clocksource in /sys",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn the_source_is_named_and_the_cost_decides() {
        let root = machine(&[(SOURCE, "tsc\n")]);
        assert!(check(root.path()).saw.starts_with("tsc, "));
        assert_eq!(judge(Some("tsc"), 22.0).status, Status::Good);
        assert_eq!(judge(Some("hpet"), 1_200.0).status, Status::Doubtful);
        assert_eq!(judge(None, 22.4).saw, "not told, 22 ns a reading");
    }
}
