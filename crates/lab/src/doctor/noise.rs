//! What the client's own noise floor means.

use super::{Check, micros};
use crate::{LabError, NoiseFloor};

const NAME: &str = "noise floor";
/// Up to here a p99 of errors is what a quiet machine shows: a hundredth of the
/// shortest gaps between tokens that engines have, a few milliseconds.
const QUIET: i64 = 100_000;
/// From here on the client itself would show in a TTFT.
const LOUD: i64 = 1_000_000;

/// Judges what a self-measurement came to.
pub fn judge_noise(measured: &Result<Option<NoiseFloor>, LabError>) -> Check {
    let floor = match measured {
        Ok(Some(floor)) => floor,
        Ok(None) => {
            return Check::unknown(
                NAME,
                "the embedded engine was measured, but nothing could be compared",
                "how exact the client is here is not known",
            );
        }
        Err(why) => {
            return Check::unknown(
                NAME,
                format!("no self-measurement: {why}"),
                "how exact the client is here is not known",
            );
        }
    };
    let saw = format!(
        "off by at most (p99 of {} requests): TTFT {}, a gap between tokens {}, TPOT {}; sent {} \
         late",
        floor.requests,
        micros(floor.ttft.p99_ns),
        micros(floor.gap.p99_ns),
        micros(floor.tpot.p99_ns),
        micros(floor.lateness.p99_ns),
    );
    let means = "the client measured the embedded engine, which keeps an account of its own; \
                 smaller differences than these can't be seen from this machine";
    let fix = "end other work on this machine, give the client a processor of its own, and see \
               the checks above";
    match floor.ttft.p99_ns.max(floor.gap.p99_ns) {
        worst if worst <= QUIET => Check::good(NAME, saw, means),
        worst if worst < LOUD => Check::doubtful(NAME, saw, means, fix),
        _ => Check::bad(NAME, saw, means, fix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::noise_floor::Errors;

    fn floor(p99_ns: i64) -> Result<Option<NoiseFloor>, LabError> {
        let errors = Errors { p50_ns: 1, p99_ns, max_ns: p99_ns };
        Ok(Some(NoiseFloor {
            requests: 96,
            gaps: 6000,
            ttft: errors,
            gap: errors,
            tpot: errors,
            lateness: errors,
        }))
    }

    #[test]
    fn errors_are_judged_by_their_size() {
        assert_eq!(judge_noise(&floor(20_000)).status, Status::Good);
        assert_eq!(judge_noise(&floor(200_000)).status, Status::Doubtful);
        assert_eq!(judge_noise(&floor(2_000_000)).status, Status::Bad);
        assert_eq!(judge_noise(&Ok(None)).status, Status::Unknown);
        assert_eq!(judge_noise(&Err(LabError::Stopped)).status, Status::Unknown);
    }
}
