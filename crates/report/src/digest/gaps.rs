//! Token gaps, counted by length: a trial has millions of them, so none is kept.
//!
//! They fall into bins a thousandth of a decade wide, of which all that can occur fit into
//! 150 kB. A value is read back as the middle of its bin, on a logarithmic scale, and so is
//! off by no more than 10^(1/2000), 0.12 %.

use tokenometer_core::Nanos;
use tokenometer_core::stats::quantile::Place;

use super::GapCounts;
use super::curve::levels;

/// How many bins a factor of ten is cut into.
const PER_DECADE: usize = 1000;
/// Nanoseconds are counted in 63 bits, which reach not quite to 10^19.
const DECADES: usize = 19;
/// How many bins are shown at most.
const MOST_SHOWN: usize = 100;
/// How many bins may be made into one that is shown: each goes evenly into a decade, so that
/// powers of ten are borders.
const JOINED: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/// Gaps by length.
pub(super) struct GapHistogram {
    counts: Vec<u64>,
    all: u64,
    shortest: Nanos,
    longest: Nanos,
}

impl GapHistogram {
    /// No gap seen yet.
    pub(super) fn new() -> GapHistogram {
        let counts = vec![0; DECADES * PER_DECADE];
        GapHistogram { counts, all: 0, shortest: Nanos::MAX, longest: Nanos::ZERO }
    }

    /// Counts a gap. Every gap between arrivals is above zero.
    pub(super) fn add(&mut self, gap: Nanos) {
        let decades = (gap.0.max(1) as f64).log10();
        let bin = (decades * PER_DECADE as f64) as usize;
        self.counts[bin.min(DECADES * PER_DECADE - 1)] += 1;
        self.all += 1;
        self.shortest = self.shortest.min(gap);
        self.longest = self.longest.max(gap);
    }

    /// The quantile curve in milliseconds.
    pub(super) fn curve(&self) -> Vec<[f64; 2]> {
        let mut ranks = Ranks { histogram: self, bin: 0, below: 0 };
        levels(self.all)
            .map(|level| {
                let place = Place::of(level, self.all);
                let (lower, upper) =
                    (ranks.value(place.below), ranks.clone().value(place.below + 1));
                [level, place.between(lower, upper)]
            })
            .collect()
    }

    /// The gaps in few enough bins to be shown, from the shortest to the longest.
    pub(super) fn shown(&self) -> GapCounts {
        let seen = |count: &u64| *count > 0;
        let ends = self.counts.iter().position(seen).zip(self.counts.iter().rposition(seen));
        let Some((first, last)) = ends else { return GapCounts::default() };
        let joined = JOINED
            .into_iter()
            .find(|joined| last / joined - first / joined < MOST_SHOWN)
            .expect("all decades together have fewer than a hundred bins of a decade each");
        let bins = first / joined..last / joined + 1;
        let border = |bin: usize| border(bin * joined) / 1e6;
        GapCounts {
            borders_ms: (bins.start..=bins.end).map(border).collect(),
            counts: bins.map(|bin| self.counts[bin * joined..][..joined].iter().sum()).collect(),
        }
    }
}

/// Where a bin begins, in nanoseconds.
fn border(bin: usize) -> f64 {
    10_f64.powf(bin as f64 / PER_DECADE as f64)
}

/// Goes through the gaps by rank, from the shortest on.
#[derive(Clone)]
struct Ranks<'a> {
    histogram: &'a GapHistogram,
    bin: usize,
    /// How many gaps are shorter than those of the bin.
    below: u64,
}

impl Ranks<'_> {
    /// The gap of this rank, from 0, in milliseconds; beyond the last, the last. Ranks may
    /// only rise.
    fn value(&mut self, rank: u64) -> f64 {
        let GapHistogram { counts, all, shortest, longest } = self.histogram;
        let rank = rank.min(all.saturating_sub(1));
        while self.below + counts[self.bin] <= rank {
            self.below += counts[self.bin];
            self.bin += 1;
        }
        let middle = (border(self.bin) * border(self.bin + 1)).sqrt();
        middle.clamp(shortest.0 as f64, longest.0 as f64) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(gaps: &[i64]) -> GapHistogram {
        let mut histogram = GapHistogram::new();
        gaps.iter().for_each(|&gap| histogram.add(Nanos(gap)));
        histogram
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_quantiles_are_within_half_a_bin(
            gaps in prop::collection::vec(1_i64..=i64::MAX, 1..400)
        ) {
            let histogram = histogram(&gaps);
            let shown = histogram.shown();
            prop_assert_eq!(shown.counts.iter().sum::<u64>(), gaps.len() as u64);
            prop_assert_eq!(shown.borders_ms.len(), shown.counts.len() + 1);
            prop_assert!(shown.counts.len() <= MOST_SHOWN && shown.borders_ms.is_sorted());

            let mut exact: Vec<f64> = gaps.iter().map(|&gap| gap as f64 / 1e6).collect();
            let exact = super::super::curve::curve(&mut exact);
            for ([level, value], [at, truth]) in histogram.curve().into_iter().zip(exact) {
                prop_assert_eq!(level, at);
                prop_assert!((value / truth - 1.0).abs() < 0.0012, "{value} for {truth}");
            }
        }
    }

    #[test]
    fn gaps_within_a_decade_are_told_apart_finely() {
        // 10, 11 … 19 ms, ten times each.
        let gaps: Vec<i64> = (0..100).map(|index| (10 + index % 10) * 1_000_000).collect();
        let shown = histogram(&gaps).shown();
        assert!(shown.counts.len() > 50, "{shown:?}");
        assert_eq!(shown.counts.iter().filter(|&&count| count == 10).count(), 10);
        assert!((shown.borders_ms[0] - 10.0).abs() < 0.1);
    }

    #[test]
    fn of_nothing_there_is_nothing() {
        let none = GapHistogram::new();
        assert_eq!(none.shown(), GapCounts::default());
        assert_eq!(none.curve(), Vec::<[f64; 2]>::new());
    }
}
