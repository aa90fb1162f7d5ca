//! Inter-chunk latency (M7): the wait that somebody who reads along feels.
//!
//! **Formula** an arrival's instant − that of the arrival before, once each.
//! **Unit** nanoseconds. **Window** the arrivals of the cohort's `ok`
//! requests, pooled: long requests weigh more.
//! **Absent** with fewer than two arrivals. Withheld where more than 1 % of
//! the arrivals are coalesced.

use super::Absent;
use crate::Nanos;
use crate::timeline::{Arrival, Timeline};

/// Each arrival but the first, with the gap before it. Every gap is above zero.
pub fn gaps(arrivals: &[Arrival]) -> impl Iterator<Item = (Nanos, &Arrival)> {
    arrivals.windows(2).map(|pair| (pair[1].received - pair[0].received, &pair[1]))
}

/// Why a request has no gap between arrivals.
pub fn missing(timeline: &Timeline) -> Option<Absent> {
    match timeline.arrivals {
        _ if !timeline.is_streamed => Some(Absent::NotStreamed),
        0 => Some(Absent::NothingBorne),
        1 => Some(Absent::OneArrival),
        _ => None,
    }
}
