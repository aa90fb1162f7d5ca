//! When is an engine warm? One rule, for whoever runs the warm-up and for the
//! gate that looks at it afterwards.

use crate::{Thresholds, WarmUpBatch};

/// Whether the last batches of a warm-up agree in tokens a second and in
/// median TPOT (W6): the largest is above the smallest by no more than the
/// spread allowed. `None` if there are too few batches, or their figures are
/// missing, so that nothing can be said. TTFT is left out of it: a queue's
/// noise would never let it settle.
///
/// Answers of one token have no TPOT; then tokens a second decide alone.
pub fn has_settled(batches: &[WarmUpBatch], thresholds: &Thresholds) -> Option<bool> {
    let wanted = thresholds.warm_up_batches.max(1);
    let last = &batches[batches.len().checked_sub(wanted)?..];
    let rates: Option<Vec<f64>> = last.iter().map(|batch| batch.tokens_per_second).collect();
    let paces: Vec<f64> = last.iter().filter_map(|batch| batch.tpot_p50_ms).collect();
    if !paces.is_empty() && paces.len() < wanted {
        return None;
    }
    let agree = |values: &[f64]| spread(values) <= thresholds.warm_up_spread;
    Some(agree(&rates?) && agree(&paces))
}

/// The largest value over the smallest, less 1; 0 for no values, infinite
/// where the smallest is no positive number.
fn spread(values: &[f64]) -> f64 {
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(0.0, f64::max);
    match smallest {
        smallest if smallest.is_infinite() => 0.0,
        smallest if smallest > 0.0 => largest / smallest - 1.0,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(figures: &[(f64, f64)]) -> Vec<WarmUpBatch> {
        let batch = |&(rate, pace): &(f64, f64)| WarmUpBatch {
            tokens_per_second: Some(rate),
            tpot_p50_ms: Some(pace),
        };
        figures.iter().map(batch).collect()
    }

    #[test]
    fn the_last_three_batches_decide() {
        let rule = Thresholds::default();
        let settled = |figures: &[(f64, f64)]| has_settled(&batches(figures), &rule);
        assert_eq!(settled(&[(100.0, 10.0), (102.0, 10.1)]), None);
        assert_eq!(
            settled(&[(10.0, 90.0), (100.0, 10.0), (102.0, 10.1), (104.9, 10.2)]),
            Some(true)
        );
        assert_eq!(settled(&[(100.0, 10.0), (102.0, 10.1), (106.0, 10.2)]), Some(false));
        assert_eq!(settled(&[(100.0, 10.0), (102.0, 10.1), (104.0, 10.6)]), Some(false));
        assert_eq!(settled(&[(0.0, 10.0), (0.0, 10.0), (0.0, 10.0)]), Some(false));
    }

    #[test]
    fn missing_figures_settle_nothing_unless_there_can_be_none() {
        let rule = Thresholds::default();
        let mut some = batches(&[(100.0, 10.0); 3]);
        some[1].tpot_p50_ms = None;
        assert_eq!(has_settled(&some, &rule), None);
        some.iter_mut().for_each(|batch| batch.tpot_p50_ms = None);
        assert_eq!(has_settled(&some, &rule), Some(true));
        some[2].tokens_per_second = None;
        assert_eq!(has_settled(&some, &rule), None);
    }
}
