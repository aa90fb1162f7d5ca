//! The few statistics that the experiments need.

/// The value at the share `q` of sorted values, the nearest one.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len().max(1) - 1) as f64 * q).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn median(values: &[f64]) -> f64 {
    quantile(&mut values.to_vec(), 0.5)
}

/// `median (min – max)`.
pub(crate) fn spread(values: &[f64]) -> String {
    let (low, high) = (quantile(&mut values.to_vec(), 0.0), quantile(&mut values.to_vec(), 1.0));
    format!("{:.3} ({low:.3} – {high:.3})", median(values))
}

/// What one client needed over what the other did, pair by pair.
pub(crate) fn ratios(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| one / other).collect()
}

/// The largest distance between two empirical distributions (Kolmogorov).
pub(crate) fn distance(one: &mut [f64], other: &mut [f64]) -> f64 {
    one.sort_by(f64::total_cmp);
    other.sort_by(f64::total_cmp);
    let share = |values: &[f64], at: f64| {
        values.partition_point(|value| *value <= at) as f64 / values.len() as f64
    };
    let both = one.iter().chain(other.iter());
    both.map(|&at| (share(one, at) - share(other, at)).abs()).fold(0.0, f64::max)
}
