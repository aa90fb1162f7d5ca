//! When the requests are sent, and how many.

use std::time::Duration;

use tokenometer_lab::WarmUp;
use tokenometer_workload::{Extent, LoadSettings, Pattern};

use super::Mistakes;
use crate::args::BenchArgs;

/// Requests in flight where nothing else is said.
const CONCURRENCY: u32 = 8;
/// The window where nothing else is said: the shortest that the gates take for
/// long enough.
const WINDOW: Duration = Duration::from_secs(30);
/// The longest warm-up where its length is left to us.
const LONGEST_WARM_UP: Duration = Duration::from_secs(15 * 60);

/// The load and what precedes it.
pub(super) fn load(args: &BenchArgs, mistakes: &mut Mistakes) -> (LoadSettings, WarmUp) {
    let pattern = pattern(args, mistakes);
    let extent = extent(args, mistakes);
    let warm_up_requests = mistakes.take("--warmup-requests", args.warmup_requests.clone());
    let warm_up = match (warm_up_requests, extent) {
        (Some(0), _) | (None, Extent::Requests(_)) => WarmUp::None,
        (Some(count), _) => WarmUp::Requests(count),
        (None, Extent::Duration(_)) => WarmUp::UntilSettled { at_most: LONGEST_WARM_UP },
    };
    let load = LoadSettings { pattern, extent, drain_limit: None, warm_up_requests, pool: None };
    mistakes.extend(load.mistakes());
    (load, warm_up)
}

/// The rule by which requests become due.
fn pattern(args: &BenchArgs, mistakes: &mut Mistakes) -> Pattern {
    let cap = mistakes.take("--max-concurrency", args.max_concurrency.clone());
    let rate = mistakes.take("--request-rate", args.request_rate.clone());
    let burstiness = mistakes.take("--burstiness", args.burstiness.clone());
    let closed = match rate {
        None => args.request_rate.is_none(),
        Some(rate) => rate == f64::INFINITY && args.max_concurrency.is_some(),
    };
    if closed {
        mistakes.idle(
            "--burstiness",
            &args.burstiness,
            "it shapes the gaps of a rate, and there is none",
            "give a finite --request-rate, or leave the flag out",
        );
        return Pattern::Closed { concurrency: cap.unwrap_or(CONCURRENCY) };
    }
    // A rate that could not be read is a mistake already; 1 makes no second one.
    Pattern::Open { rate: rate.unwrap_or(1.0), burstiness: burstiness.unwrap_or(1.0), cap }
}

/// How much is measured.
fn extent(args: &BenchArgs, mistakes: &mut Mistakes) -> Extent {
    let requests = mistakes.take("--num-prompts", args.num_prompts.clone());
    let duration = mistakes.take("--duration", args.duration.clone());
    if let (Some(_), Some(_)) = (&args.num_prompts, &args.duration) {
        mistakes.add(
            "--num-prompts with --duration",
            "a run ends after so many requests or after so long a time",
            "leave one of them out",
        );
    }
    match (requests, duration) {
        (Some(requests), _) => Extent::Requests(requests),
        (None, Some(duration)) => Extent::Duration(duration),
        (None, None) => Extent::Duration(WINDOW),
    }
}
