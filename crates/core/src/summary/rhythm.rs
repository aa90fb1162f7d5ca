//! The metrics of what happens between the first token and the last.

use super::cohort::Ordered;
use super::describe::{Basis, tally};
use super::evidence::{Evidence, too_many, unknown_in};
use super::ranked::rank;
use super::{Ranked, Summary};
use crate::metric::{Absent, PerToken, icl, itl, pace, tpot};
use crate::stats::Level;
use crate::stats::quantile::quantile;
use crate::timeline::Timeline;

/// One in so many arrivals may be coalesced before the metrics of gaps are
/// withheld (gate I5).
const APART_TO: u64 = 100;

/// TPOT of one request in milliseconds a token, or the middle of its ends.
fn tpot_millis(timeline: &Timeline) -> Result<f64, Absent> {
    tpot::tpot(timeline)?.value().map(|nanos| nanos / 1e6).ok_or(Absent::TokensUnknown)
}

/// The paces of the `ok` requests that have more than one arrival.
struct Paces {
    /// Those that are known, or lie between ends.
    each: Vec<PerToken>,
    /// How many have no ends.
    endless: u64,
}

impl Paces {
    fn of(cohort: &Ordered) -> Paces {
        let mut paces = Paces { each: Vec::new(), endless: 0 };
        for (_, timeline) in cohort.ok() {
            match tpot::tpot(timeline) {
                Ok(pace) => paces.each.push(pace),
                Err(Absent::TokensUnknown) => paces.endless += 1,
                Err(_) => {}
            }
        }
        paces
    }

    fn count(&self) -> u64 {
        self.each.len() as u64 + self.endless
    }

    /// In milliseconds a token, over all of them.
    fn pace(&self) -> Option<f64> {
        let pace = pace::pace(self.each.iter().copied()).value();
        pace.filter(|_| !too_many(self.endless, self.count())).map(|nanos| nanos / 1e6)
    }

    /// The means of the lower and of the upper ends, in milliseconds a token;
    /// `None` if there is nothing between any ends.
    fn mean_of_ends(&self) -> Option<[f64; 2]> {
        if self.each.iter().all(|pace| pace.tokens.high == Some(pace.tokens.low)) {
            return None;
        }
        let (low, high) = self.each.iter().try_fold((0.0, 0.0), |(low, high), pace| {
            pace.ends().map(|ends| (low + ends.0, high + ends.1))
        })?;
        let unit = 1e6 * self.each.len() as f64;
        Some([low / unit, high / unit])
    }
}

impl Summary {
    /// TPOT and pace.
    pub(super) fn take_paces(&mut self, cohort: &Ordered, basis: Basis, evidence: &Evidence) {
        self.tpot_ms = basis.describe(cohort.values(tpot_millis));
        let tail = rank(cohort, basis, tpot_millis);
        self.ranked.extend(tail.map(|tail| ("tpot_ms".to_owned(), tail)));

        let paces = Paces::of(cohort);
        let (unknown, all) = (self.unknown_tpots(), paces.count());
        let wide = too_many(unknown, all).then(|| unknown_in(unknown, all));
        if let Some(why) = evidence.no_tokens.as_ref().or(wide.as_ref()) {
            self.tpot_ms.withhold(why);
            self.ranked.entry("tpot_ms".to_owned()).and_modify(|tail| *tail = Ranked::default());
        }
        if let Some(why) = &evidence.no_tokens {
            return self.lacks("pace_ms", why);
        }
        self.tpot_mean_bounds_ms = paces.mean_of_ends();
        self.pace_ms = paces.pace();
        match (self.pace_ms, all) {
            (Some(_), _) => {}
            (None, 0) => self.lacks("pace_ms", "no request has more than one arrival"),
            (None, _) => self.lacks("pace_ms", &unknown_in(unknown, all)),
        }
    }

    /// Requests whose TPOT can't be told for want of counts.
    fn unknown_tpots(&self) -> u64 {
        self.tpot_ms.absent.get(Absent::TokensUnknown.name()).copied().unwrap_or(0)
    }

    /// ICL, ITL and tokens an arrival.
    pub(super) fn take_gaps(&mut self, cohort: &mut Ordered, basis: Basis, evidence: &Evidence) {
        let arrivals: u64 = cohort.ok().map(|(_, t)| u64::from(t.arrivals)).sum();
        let coalesced: u64 = cohort.ok().map(|(_, t)| u64::from(t.coalesced)).sum();
        self.coalesced_share = (arrivals > 0).then(|| coalesced as f64 / arrivals as f64);
        self.coalesced_gap_p99_ms = blind_p99(&mut cohort.pool.blind);
        let no_icl = tally(cohort.ok().filter_map(|(_, t)| icl::missing(t)));
        let no_itl = tally(cohort.ok().filter_map(|(_, t)| itl::missing(t)));

        let gaps = &mut cohort.pool.gaps;
        self.icl_ms = basis.describe_items(gaps, |gap| gap.icl());
        self.itl_ms = basis.describe_items(gaps, |gap| gap.itl());
        self.tokens_per_arrival = basis.describe_items(gaps, |gap| gap.tokens());
        self.icl_ms.absent = no_icl;
        self.tokens_per_arrival.absent.clone_from(&no_itl);
        self.itl_ms.absent = no_itl;

        if coalesced * APART_TO > arrivals {
            let why = merged(coalesced, arrivals);
            self.icl_ms.withhold(&why);
            self.itl_ms.withhold(&why);
        }
        if let Some(why) = evidence.no_tokens.as_ref().or(evidence.no_itl.as_ref()) {
            self.itl_ms.withhold(why);
            self.tokens_per_arrival.withhold(why);
        }
    }
}

/// Why gaps between arrivals are not gaps between chunks.
fn merged(coalesced: u64, arrivals: u64) -> String {
    let share = 100.0 * coalesced as f64 / arrivals as f64;
    format!(
        "{share:.1} % of the arrivals hold several chunks that came together, so their order in \
         time is lost (limit 1 %, gate I5): either the server wrote them at once, or they waited \
         in the kernel because the client was busy"
    )
}

/// p99 of the times during which the socket was not looked at.
fn blind_p99(blind: &mut Vec<f32>) -> Option<f64> {
    let mut blind: Vec<f64> = std::mem::take(blind).into_iter().map(f64::from).collect();
    blind.sort_unstable_by(f64::total_cmp);
    quantile(&blind, Level::P99)
}
