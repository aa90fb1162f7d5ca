//! Batches of neighbouring requests, so that an interval allows for requests
//! that resemble those beside them (M15; batch means: Schmeiser 1982).

use super::Value;
use super::student;

/// The usual number of batches.
const USUAL: u64 = 20;
/// Fewer than this say too little about their own spread.
const FEWEST: u64 = 10;
/// A batch holds at least this many times the requests in flight, so that few
/// of its requests were served beside those of the next batch.
const IN_FLIGHT: f64 = 2.0;

/// The requests that have values, in the order of their intended instants, cut
/// into batches of equal size (give or take one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batches {
    /// The batch of each request, by its place in the order.
    batch_of: Vec<u8>,
    count: u8,
}

impl Batches {
    /// Cuts the requests that are `present` into batches. `None` if there are
    /// too few for ten batches of twice the requests in flight.
    pub fn over(present: &[bool], in_flight: f64) -> Option<Batches> {
        let requests = present.iter().filter(|&&is| is).count() as u64;
        let count = (requests / fewest_requests(in_flight)).min(USUAL);
        if count < FEWEST {
            return None;
        }
        let mut seen = 0;
        let batch_of = present
            .iter()
            .map(|&is| {
                // An absent request is never asked for; it takes the batch of
                // the next present one, or of none.
                let batch = seen * count / requests;
                seen += u64::from(is);
                batch as u8
            })
            .collect();
        Some(Batches { batch_of, count: count as u8 })
    }

    /// How many.
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// Over each batch, the mean of `of` over its values.
    pub fn means(&self, values: impl Iterator<Item = Value>, of: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut sums = vec![(0.0, 0_u64); self.count()];
        for value in values {
            let (sum, count) = &mut sums[usize::from(self.batch_of[value.request as usize])];
            *sum += of(value.value) * f64::from(value.weight);
            *count += u64::from(value.weight);
        }
        sums.into_iter().map(|(sum, count)| sum / count as f64).collect()
    }
}

/// The fewest requests that a batch may hold.
pub fn fewest_requests(in_flight: f64) -> u64 {
    (IN_FLIGHT * in_flight).ceil().max(1.0) as u64
}

/// The fewest requests from which an interval can be made.
pub fn fewest_for_interval(in_flight: f64) -> u64 {
    FEWEST * fewest_requests(in_flight)
}

/// The variance of several numbers, with n − 1.
pub fn variance(numbers: &[f64]) -> f64 {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

/// Half the width of the 95 % t interval for the mean of several numbers.
pub fn half_width(numbers: &[f64]) -> f64 {
    let count = numbers.len();
    let t =
        student::quantile(0.975, count as u64 - 1).expect("an interval is of two numbers at least");
    t * (variance(numbers) / count as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_equal_give_or_take_one_and_hold_twice_the_requests_in_flight() {
        let sizes = |requests: usize, in_flight: f64| {
            Batches::over(&vec![true; requests], in_flight).map(|batches| {
                let mut sizes = vec![0; batches.count()];
                batches.batch_of.iter().for_each(|&batch| sizes[usize::from(batch)] += 1);
                sizes
            })
        };
        assert_eq!(sizes(400, 4.0), Some(vec![20; 20]));
        assert_eq!(sizes(160, 8.0), Some(vec![16; 10]));
        assert_eq!(sizes(159, 8.0), None);
        assert_eq!(sizes(10, 0.0), Some(vec![1; 10]));
        assert_eq!(sizes(9, 0.0), None);
        let uneven = sizes(25, 1.0).unwrap();
        assert_eq!((uneven.len(), uneven.iter().sum::<usize>()), (12, 25));
        assert!(uneven.iter().all(|&size| size == 2 || size == 3));
    }

    #[test]
    fn requests_without_a_value_fill_no_batch() {
        let present: Vec<bool> = (0..20).map(|i| i % 2 == 0).collect();
        let batches = Batches::over(&present, 0.1).unwrap();
        assert_eq!(batches.count(), 10);
        let values = (0..20).step_by(2).map(|i| Value::of_request(f64::from(i), i));
        let means = batches.means(values, |x| x);
        assert_eq!(means, (0..10).map(|i| f64::from(2 * i)).collect::<Vec<_>>());
    }

    #[test]
    fn the_half_width_is_that_of_the_t_interval() {
        // Ten numbers with variance 1: t(9, 0.975) / √10.
        let numbers: Vec<f64> =
            (0..10).map(|i| if i % 2 == 0 { -0.9_f64.sqrt() } else { 0.9_f64.sqrt() }).collect();
        assert!((variance(&numbers) - 1.0).abs() < 1e-12);
        assert!((half_width(&numbers) - 2.262_157_163 / 10.0_f64.sqrt()).abs() < 1e-6);
    }
}
