//! How requests are sent, and what can't be meant of it.

use std::num::NonZeroU32;
use std::time::Duration;

use super::MOST_REQUESTS;
use crate::Mistake;

/// The most slots in flight: more than a machine has ports.
const MOST_SLOTS: u32 = 1 << 20;

/// The highest finite rate, in requests a second: one a microsecond, a thousand
/// times the resolution of a schedule.
const HIGHEST_RATE: f64 = 1e6;

/// The lowest burstiness. Below it nearly all requests are due at a handful of
/// instants, which is no process but a few bursts.
const LOWEST_BURSTINESS: f64 = 0.01;

/// How the requests are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadSettings {
    /// The rule by which requests become due.
    pub pattern: Pattern,
    /// How much is measured.
    pub extent: Extent,
    /// How long the load may go on after the window at most; an open loop makes
    /// no more arrivals than that. `None` sets no limit here.
    pub drain_limit: Option<Duration>,
    /// How many requests a batch of the warm-up has (`--warmup-requests`);
    /// `None` takes as many as the load needs.
    pub warm_up_requests: Option<u32>,
    /// How many different prompts a closed loop with a duration goes round in.
    /// `None` takes as many as it will need, by what `Settled` says of this one
    /// arm; arms that are to be compared must be given one number.
    pub pool: Option<NonZeroU32>,
}

/// The rule by which requests become due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pattern {
    /// A closed loop: so many slots, each sending its next request when the one
    /// before has ended (`--max-concurrency` alone).
    Closed {
        /// The number of slots.
        concurrency: u32,
    },
    /// An open loop: requests are due whatever the server does.
    Open {
        /// Requests a second (`--request-rate`). Infinity makes all of them due
        /// at once; with a cap that is a closed loop.
        rate: f64,
        /// The shape of the gamma distribution of the gaps (`--burstiness`): 1
        /// is a Poisson process, less comes in bursts, more is more even,
        /// infinity constant.
        burstiness: f64,
        /// The most requests in flight (`--max-concurrency`).
        cap: Option<u32>,
    },
    /// An open loop whose rate rises, or falls, over the window.
    Ramp(Ramp),
}

/// A rate that changes over the window (`--ramp-up-strategy`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// Requests a second when the window opens (`--ramp-up-start-rps`).
    pub from: f64,
    /// Requests a second when it closes (`--ramp-up-end-rps`).
    pub to: f64,
    /// How it gets there.
    pub shape: RampShape,
    /// As of a steady rate.
    pub burstiness: f64,
    /// As of a steady rate.
    pub cap: Option<u32>,
}

/// How a rate gets from one value to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RampShape {
    /// By equal steps in equal times.
    Linear,
    /// By equal factors in equal times.
    Exponential,
}

impl RampShape {
    /// The name used in flags and files.
    pub const fn name(self) -> &'static str {
        match self {
            RampShape::Linear => "linear",
            RampShape::Exponential => "exponential",
        }
    }
}

impl Ramp {
    /// The mean rate over the window, in requests a second.
    pub(crate) fn mean_rate(self) -> f64 {
        let Ramp { from, to, .. } = self;
        match self.shape {
            RampShape::Exponential if from != to => (to - from) / libm::log(to / from),
            _ => (from + to) / 2.0,
        }
    }

    /// When, as a share of the window, this share of its requests has come: the
    /// inverse of the rate's integral.
    pub(crate) fn instant_of(self, share: f64) -> f64 {
        let Ramp { from, to, shape, .. } = self;
        if from == to {
            return share;
        }
        match shape {
            // a·t + (b−a)·t²/2 = u·(a+b)/2, solved for t.
            RampShape::Linear => {
                let square = from * from + share * (to * to - from * from);
                (libm::sqrt(square) - from) / (to - from)
            }
            // a·((b/a)^t − 1)/ln(b/a) = u·(b−a)/ln(b/a), solved for t.
            RampShape::Exponential => libm::log1p(share * (to / from - 1.0)) / libm::log(to / from),
        }
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many requests (`--num-prompts`).
    Requests(u32),
    /// So long a window (`--duration`).
    Duration(Duration),
}

/// What the warm-up showed of the arm, once it had settled. The measured
/// requests don't depend on it; what is sent before and after them does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The mean time from sending a request to its last token.
    pub mean_e2e: Duration,
    /// The 99th percentile of the same.
    pub p99_e2e: Duration,
}

impl LoadSettings {
    /// Everything in these settings that can't be meant.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        match self.pattern {
            Pattern::Closed { concurrency } => mistakes.extend(slots_mistake(concurrency)),
            Pattern::Open { rate, burstiness, cap } => {
                mistakes.extend(cap.and_then(slots_mistake));
                mistakes.extend(rate_mistake(rate));
                mistakes.extend(burstiness_mistake(burstiness, rate));
                mistakes.extend(self.extent_of_open_mistake(rate, cap));
            }
            Pattern::Ramp(ramp) => mistakes.extend(self.ramp_mistakes(ramp)),
        }
        match self.extent {
            Extent::Requests(count) => mistakes.extend(count_mistake("--num-prompts", count)),
            Extent::Duration(Duration::ZERO) => mistakes.push(Mistake::new(
                "--duration 0",
                "nothing can be measured in no time",
                "give a duration such as 30s",
            )),
            Extent::Duration(_) => {}
        }
        mistakes.extend(
            self.warm_up_requests
                .filter(|&count| count > 0)
                .and_then(|count| count_mistake("--warmup-requests", count)),
        );
        mistakes
    }

    fn ramp_mistakes(&self, ramp: Ramp) -> Vec<Mistake> {
        let mut mistakes: Vec<Mistake> = ramp.cap.and_then(slots_mistake).into_iter().collect();
        for (flag, rate) in [("--ramp-up-start-rps", ramp.from), ("--ramp-up-end-rps", ramp.to)] {
            if !(rate > 0.0 && rate <= HIGHEST_RATE) {
                mistakes.push(Mistake::new(
                    format!("{flag} {rate}"),
                    format!("a rate that rises is above 0 and at most {HIGHEST_RATE} a second"),
                    "give such a rate",
                ));
            }
        }
        mistakes.extend(burstiness_mistake(ramp.burstiness, ramp.to));
        if let (true, Extent::Duration(duration)) = (mistakes.is_empty(), self.extent) {
            mistakes.extend(due(ramp.mean_rate(), duration).err());
        }
        mistakes
    }

    fn extent_of_open_mistake(&self, rate: f64, cap: Option<u32>) -> Option<Mistake> {
        let Extent::Duration(duration) = self.extent else { return None };
        if rate == f64::INFINITY {
            return cap.is_none().then(|| {
                Mistake::new(
                    "--request-rate inf",
                    "all requests at once need a number, and --duration gives none",
                    "give --num-prompts, or a cap with --max-concurrency",
                )
            });
        }
        due(rate, duration).err()
    }
}

/// How many requests fall due in a stretch of time: at least none, and at most
/// what a schedule can hold.
pub(crate) fn due(rate: f64, span: Duration) -> Result<u32, Mistake> {
    let count = (rate * span.as_secs_f64()).round();
    if count > f64::from(MOST_REQUESTS) {
        return Err(Mistake::new(
            format!("--request-rate {rate}"),
            format!("over {span:?} it makes {count} requests, more than {MOST_REQUESTS}"),
            "lower the rate, or shorten --duration",
        ));
    }
    Ok(count as u32)
}

fn count_mistake(flag: &str, count: u32) -> Option<Mistake> {
    (!(1..=MOST_REQUESTS).contains(&count)).then(|| {
        Mistake::new(
            format!("{flag} {count}"),
            format!("a load has from 1 to {MOST_REQUESTS} requests"),
            "give a number in between",
        )
    })
}

fn slots_mistake(slots: u32) -> Option<Mistake> {
    (!(1..=MOST_SLOTS).contains(&slots)).then(|| {
        Mistake::new(
            format!("--max-concurrency {slots}"),
            format!("from 1 to {MOST_SLOTS} requests can be in flight"),
            "give a number in between, or leave the flag out where there is a --request-rate",
        )
    })
}

fn rate_mistake(rate: f64) -> Option<Mistake> {
    let meant = rate == f64::INFINITY || (rate > 0.0 && rate <= HIGHEST_RATE);
    (!meant).then(|| {
        Mistake::new(
            format!("--request-rate {rate}"),
            format!("a rate is above 0 and at most {HIGHEST_RATE} requests a second, or `inf`"),
            "give such a rate; `inf` sends all requests at once",
        )
    })
}

fn burstiness_mistake(burstiness: f64, rate: f64) -> Option<Mistake> {
    let place = format!("--burstiness {burstiness}");
    if burstiness.is_nan() || burstiness < LOWEST_BURSTINESS {
        return Some(Mistake::new(
            place,
            format!("a burstiness is at least {LOWEST_BURSTINESS}"),
            "give 1 for a Poisson process, less for bursts, `inf` for constant gaps",
        ));
    }
    (rate == f64::INFINITY && burstiness != 1.0).then(|| {
        Mistake::new(
            place,
            "requests that are all due at once have no gaps to shape",
            "give a finite --request-rate, or leave the burstiness out",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mistakes: &[Mistake]) -> String {
        mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn all_mistakes_of_a_load_are_told_at_once() {
        let load = |pattern, extent| LoadSettings {
            pattern,
            extent,
            drain_limit: None,
            warm_up_requests: Some(u32::MAX),
            pool: None,
        };
        let open = |rate, burstiness| Pattern::Open { rate, burstiness, cap: Some(0) };
        let told = [
            load(Pattern::Closed { concurrency: 0 }, Extent::Requests(0)),
            load(open(f64::NAN, f64::NAN), Extent::Duration(Duration::ZERO)),
            load(open(f64::INFINITY, 2.0), Extent::Requests(u32::MAX)),
            load(open(1e6, 0.001), Extent::Duration(Duration::from_secs(3600))),
            load(
                Pattern::Open { rate: f64::INFINITY, burstiness: 1.0, cap: None },
                Extent::Duration(Duration::from_secs(1)),
            ),
        ]
        .map(|load| told(&load.mistakes()));
        insta::assert_snapshot!(told.join("\n\n"));
    }

    #[test]
    fn what_can_be_meant_is_let_be() {
        for pattern in [
            Pattern::Closed { concurrency: 1 },
            Pattern::Open { rate: f64::INFINITY, burstiness: 1.0, cap: Some(4) },
            Pattern::Open { rate: 0.1, burstiness: f64::INFINITY, cap: None },
            Pattern::Open { rate: 1e6, burstiness: 0.01, cap: None },
        ] {
            let load = LoadSettings {
                pattern,
                extent: Extent::Duration(Duration::from_secs(1)),
                drain_limit: None,
                warm_up_requests: Some(0),
                pool: None,
            };
            assert_eq!(load.mistakes(), [], "{pattern:?}");
        }
    }
}
