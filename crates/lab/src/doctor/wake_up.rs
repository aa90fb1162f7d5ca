//! How late a thread comes to a deadline for which it slept, and for which it
//! slept and then spun, as the client does before it sends.

use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use super::{Check, at_quantile, micros};

const NAME: &str = "wake-up";
/// Deadlines of either kind.
const DEADLINES: u32 = 300;
/// Between two deadlines.
const PERIOD: Duration = Duration::from_millis(1);
/// How long before a deadline the client stops sleeping.
const SPIN: Duration = Duration::from_micros(80);
/// p99 of lateness that a trial is always allowed, in nanoseconds (I1).
const ALLOWED: i64 = 250_000;

pub(super) fn check() -> Check {
    // On a thread of its own, which takes its timer's exactness along when it
    // ends.
    let measured = thread::spawn(|| {
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        (lateness(Duration::ZERO), lateness(SPIN))
    });
    let (slept, spun) = measured.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    judge(&slept, &spun)
}

/// How late each deadline was met, in nanoseconds, ascending.
fn lateness(spin: Duration) -> Vec<i64> {
    let began = Instant::now();
    let mut late: Vec<i64> = (1..=DEADLINES)
        .map(|number| {
            let deadline = began + PERIOD * number;
            thread::sleep((deadline - spin).saturating_duration_since(Instant::now()));
            while Instant::now() < deadline {
                std::hint::spin_loop();
            }
            i64::try_from((Instant::now() - deadline).as_nanos()).unwrap_or(i64::MAX)
        })
        .collect();
    late.sort_unstable();
    late
}

fn judge(slept: &[i64], spun: &[i64]) -> Check {
    let at = |late: &[i64], quantile| at_quantile(late, quantile).unwrap_or(0);
    let p99 = at(spun, 0.99);
    let saw = format!(
        "after sleeping {} late (p50), {} (p99); after sleeping and spinning {}, {}",
        micros(at(slept, 0.5)),
        micros(at(slept, 0.99)),
        micros(at(spun, 0.5)),
        micros(p99)
    );
    if p99 <= ALLOWED {
        return Check::good(NAME, saw, "requests leave when they are due");
    }
    Check::doubtful(
        NAME,
        saw,
        "requests leave later than they are due, which gate I1 may refuse",
        "end other work on this machine, give the client a processor of its own (taskset), keep \
         idle processors awake (docs/validity.md says how), or use a machine that isn't shared",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn the_tail_after_spinning_decides() {
        let slept = vec![60_000; 300];
        assert_eq!(judge(&slept, &[1_000; 300]).status, Status::Good);
        let mut spun = vec![1_000; 290];
        spun.extend([400_000; 10]);
        let check = judge(&slept, &spun);
        assert_eq!(check.status, Status::Doubtful);
        assert_eq!(
            check.saw,
            "after sleeping 60.0 µs late (p50), 60.0 µs (p99); after sleeping and spinning 1.0 µs, \
             400.0 µs"
        );
    }
}
