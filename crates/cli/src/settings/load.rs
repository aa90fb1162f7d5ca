//! When the requests are sent, and how many.

use std::time::Duration;

use tokenometer_lab::WarmUp;
use tokenometer_workload::{self as workload, Extent, LoadSettings, Pattern, Ramp};

use super::Mistakes;
use super::backend::rules;
use crate::args::{BenchArgs, RampShape};
use crate::rules::Customs;

/// The window where nothing else is said: the shortest that the gates take for
/// long enough.
const WINDOW: Duration = Duration::from_secs(30);
/// The longest warm-up where its length is left to us.
const LONGEST_WARM_UP: Duration = Duration::from_secs(15 * 60);

/// The load and what precedes it.
pub(super) fn load(args: &BenchArgs, mistakes: &mut Mistakes) -> (LoadSettings, WarmUp) {
    let customs = Customs::of(rules(&args.workload));
    let pattern = pattern(args, customs, mistakes);
    let extent = extent(args, customs, mistakes);
    let given = mistakes.take("--warmup-requests", args.load.warmup_requests.clone());
    let warm_up_requests = given.or(customs.warm_up);
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
fn pattern(args: &BenchArgs, customs: &Customs, mistakes: &mut Mistakes) -> Pattern {
    let load = &args.load;
    let cap = mistakes.take("--max-concurrency", load.max_concurrency.clone());
    let rate = mistakes.take("--request-rate", load.request_rate.clone());
    let burstiness = mistakes.take("--burstiness", load.burstiness.clone());
    if let Some(shape) = load.ramp_up_strategy {
        return ramp(args, (shape, burstiness.unwrap_or(1.0), cap), mistakes);
    }
    let closed = match rate {
        None => load.request_rate.is_none() && customs.concurrency.or(cap).is_some(),
        Some(rate) => rate == f64::INFINITY && load.max_concurrency.is_some(),
    };
    if closed {
        mistakes.idle(
            "--burstiness",
            &load.burstiness,
            "it shapes the gaps of a rate, and there is none",
            "give a finite --request-rate, or leave the flag out",
        );
        let concurrency = cap.or(customs.concurrency).unwrap_or(1);
        return Pattern::Closed { concurrency };
    }
    // A rate that could not be read is a mistake already; 1 makes no second one.
    let unread = if load.request_rate.is_some() { 1.0 } else { f64::INFINITY };
    Pattern::Open { rate: rate.unwrap_or(unread), burstiness: burstiness.unwrap_or(1.0), cap }
}

/// A rate that rises.
fn ramp(
    args: &BenchArgs,
    (shape, burstiness, cap): (RampShape, f64, Option<u32>),
    mistakes: &mut Mistakes,
) -> Pattern {
    let load = &args.load;
    mistakes.idle(
        "--request-rate",
        &load.request_rate,
        "the rate is said by --ramp-up-start-rps and --ramp-up-end-rps",
        "leave it out, or leave out --ramp-up-strategy",
    );
    let mut end = |flag: &str, given: &Option<_>| {
        // One that could not be read is a mistake already.
        mistakes.take(flag, Option::clone(given)).unwrap_or(1.0)
    };
    Pattern::Ramp(Ramp {
        from: end("--ramp-up-start-rps", &load.ramp_up_start_rps),
        to: end("--ramp-up-end-rps", &load.ramp_up_end_rps),
        shape: match shape {
            RampShape::Linear => workload::RampShape::Linear,
            RampShape::Exponential => workload::RampShape::Exponential,
        },
        burstiness,
        cap,
    })
}

/// How much is measured.
fn extent(args: &BenchArgs, customs: &Customs, mistakes: &mut Mistakes) -> Extent {
    let given = &args.workload.num_prompts;
    let requests = mistakes.take("--num-prompts", given.clone());
    let duration = mistakes.take("--duration", args.load.duration.clone());
    if let (Some(_), Some(_)) = (given, &args.load.duration) {
        mistakes.add(
            "--num-prompts with --duration",
            "a run ends after so many requests or after so long a time",
            "leave one of them out",
        );
    }
    match (requests.or(customs.num_prompts), duration) {
        (Some(requests), _) => Extent::Requests(requests),
        (None, Some(duration)) => Extent::Duration(duration),
        (None, None) => Extent::Duration(WINDOW),
    }
}
