//! Counts of numbers in buckets whose width grows with the number, so that any
//! quantile can be had to 3 % from a fixed amount of memory.

/// Sub-buckets to a power of two: 2^5, so that a bucket is at most 1/32 wide.
const SUB_BITS: u32 = 5;
/// Buckets for every 64-bit number.
const BUCKETS: usize = ((64 - SUB_BITS as usize) << SUB_BITS) + (1 << SUB_BITS);

/// Counts of numbers in buckets whose width grows with the number.
pub(super) struct Histogram {
    counts: Box<[u64]>,
    total: u64,
    max: u64,
    sum: u128,
}

impl Histogram {
    pub(super) fn new() -> Histogram {
        Histogram { counts: vec![0; BUCKETS].into(), total: 0, max: 0, sum: 0 }
    }

    /// How many numbers there are.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The largest; `None` without any.
    pub(super) fn max(&self) -> Option<u64> {
        (self.total > 0).then_some(self.max)
    }

    pub(super) fn add(&mut self, number: u64) {
        self.counts[bucket(number)] += 1;
        self.total += 1;
        self.max = self.max.max(number);
        self.sum += u128::from(number);
    }

    /// The series of a Prometheus summary, in seconds.
    pub(super) fn series(&self, name: &str) -> Vec<(String, f64)> {
        let quantile = |share: f64| {
            let nanos = self.quantile(share)?;
            Some((format!("{name}{{quantile=\"{share}\"}}"), nanos as f64 / 1e9))
        };
        let mut series: Vec<_> = [0.5, 0.99, 1.0].into_iter().filter_map(quantile).collect();
        series.push((format!("{name}_sum"), self.sum as f64 / 1e9));
        series.push((format!("{name}_count"), self.total as f64));
        series
    }

    /// The upper edge of the bucket in which the quantile lies, by nearest
    /// rank.
    pub(super) fn quantile(&self, share: f64) -> Option<u64> {
        let rank = ((share * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(upper_edge(found).min(self.max))
    }
}

fn bucket(number: u64) -> usize {
    if number < 1 << SUB_BITS {
        return number as usize;
    }
    let shift = number.ilog2() - SUB_BITS;
    ((shift as usize) << SUB_BITS) + (number >> shift) as usize
}

/// The largest number in a bucket.
fn upper_edge(bucket: usize) -> u64 {
    let shift = (bucket >> SUB_BITS).saturating_sub(1);
    let lead = bucket as u64 - ((shift as u64) << SUB_BITS);
    ((lead + 1) << shift).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_holds_its_number_and_is_narrow(number: u64) {
            let edge = upper_edge(bucket(number));
            prop_assert!(edge >= number);
            prop_assert!(edge - number <= number / 32);
            if edge < u64::MAX {
                prop_assert_eq!(bucket(edge + 1), bucket(number) + 1);
            }
        }
    }
}
