//! The same arm twice: what a study sees where there is nothing to be seen.

use tokenometer_core::verdict::Noise;

use super::{Paired, holm};

/// The level at which a difference between twins is believed.
const ALPHA: f64 = 0.01;

/// What twins say that were compared in each scenario; `None` where they have too few
/// blocks in one of them. Equivalence isn't demanded: it would void sound studies, half
/// of those of three blocks whose spread is half the margin.
pub fn noise(twins: &[Option<Paired>], margin: f64, alpha: f64) -> Noise {
    let p = |p: &dyn Fn(&Paired) -> f64| -> Vec<f64> {
        twins.iter().map(|pair| pair.as_ref().map_or(1.0, p)).collect()
    };
    let differ = holm(&p(&Paired::difference_p), ALPHA);
    let far = |pair: &Option<Paired>| pair.is_some_and(|pair| pair.mean().abs() > margin / 2.0);
    if differ.rejected.iter().zip(twins).any(|(rejected, pair)| *rejected && far(pair)) {
        return Noise::Biased;
    }
    let alike = holm(&p(&|pair| pair.equivalence_p(margin)), alpha);
    if !twins.is_empty() && alike.rejected.iter().all(|rejected| *rejected) {
        Noise::Clean
    } else {
        Noise::Noisy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN: f64 = 0.02;

    fn pair(differences: &[f64]) -> Option<Paired> {
        Paired::of_differences(differences)
    }

    #[test]
    fn twins_are_clean_noisy_or_biased() {
        let quiet = pair(&[0.001, -0.001, 0.002, 0.0, -0.002]);
        let loud = pair(&[0.05, -0.06, 0.02, -0.01, 0.03]);
        let apart = pair(&[0.05, 0.051, 0.049, 0.05, 0.052]);
        // A difference that is real and far below the margin biases nothing.
        let hair = pair(&[0.005, 0.0051, 0.0049, 0.005, 0.0052]);
        assert_eq!(noise(&[quiet, quiet], MARGIN, 0.05), Noise::Clean);
        assert_eq!(noise(&[quiet, loud], MARGIN, 0.05), Noise::Noisy);
        assert_eq!(noise(&[quiet, apart], MARGIN, 0.05), Noise::Biased);
        assert_eq!(noise(&[hair], MARGIN, 0.05), Noise::Clean);
        assert_eq!(noise(&[quiet, None], MARGIN, 0.05), Noise::Noisy);
        assert_eq!(noise(&[], MARGIN, 0.05), Noise::Noisy);
    }
}
