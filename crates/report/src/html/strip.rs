//! An effect and its interval, drawn in a strip as wide as its place: what a reader sees of
//! a comparison before reading it. It says nothing that the sentence beside it doesn't.

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_core::Verdict;
use tokenometer_core::verdict::{Comparison, DecisionRule};

/// How much of the half of a strip the longest interval takes, in per cent of the whole.
const REACH: f64 = 47.0;

/// The drawing of one comparison. All places are in per cent of its width; the middle is no
/// difference.
#[derive(Clone, Debug, PartialEq, Template)]
#[template(path = "strip.html")]
pub(super) struct Strip {
    /// What differences count as none.
    band: [f64; 2],
    /// The interval for the whole family.
    interval: [f64; 2],
    /// The effect.
    effect: f64,
}

/// It holds only numbers.
impl HtmlSafe for Strip {}

/// The scales of a verdict's strips: one for all ratios, and one for all shares, so that
/// strips can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scales {
    ratio: Scale,
    points: Scale,
}

/// How far a strip reaches to either side.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    margin: f64,
    reach: f64,
}

impl Scales {
    /// The scales that show every interval of a verdict whole.
    pub(super) fn of(verdict: &Verdict) -> Scales {
        let DecisionRule { margin, margin_points, .. } = verdict.rule;
        let scale = |in_points: bool, margin: f64| {
            let ours = verdict.comparisons.iter().filter(|one| one.in_points == in_points);
            let ends = ours.filter_map(|one| one.interval).flatten();
            let distances = ends.map(|end| place(end, in_points).abs());
            // An end may be endless, which no strip is.
            let longest = distances.filter(|size| size.is_finite()).fold(0.0, f64::max);
            Scale { margin, reach: longest.max(2.0 * margin) }
        };
        Scales { ratio: scale(false, margin.ln_1p()), points: scale(true, margin_points) }
    }

    /// The strip of a comparison, where it has an interval.
    pub(super) fn strip(&self, comparison: &Comparison) -> Option<Strip> {
        let scale = if comparison.in_points { self.points } else { self.ratio };
        let at = |effect: f64| {
            let share = place(effect, comparison.in_points) / scale.reach;
            50.0 + REACH * share.clamp(-1.0, 1.0)
        };
        let band = REACH * scale.margin / scale.reach;
        let interval = comparison.interval?.map(at);
        let effect = at(comparison.effect?);
        // A margin of nothing about an effect of nothing has no scale to be drawn on.
        let has_place = [band, effect, interval[0], interval[1]].iter().all(|at| at.is_finite());
        has_place.then_some(Strip { band: [50.0 - band, 2.0 * band], interval, effect })
    }
}

/// Where an effect lies: shares differ by their difference, everything else by how many
/// times, which is as far to either side as it is to the other way about.
fn place(effect: f64, in_points: bool) -> f64 {
    if in_points { effect } else { effect.ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales(reach: f64) -> Scales {
        let scale = Scale { margin: 0.02, reach };
        Scales { ratio: scale, points: scale }
    }

    fn comparison(effect: f64, interval: [f64; 2]) -> Comparison {
        let json = serde_json::json!({
            "scenario": "s", "metric": "m", "higher_is_better": true, "in_points": false,
            "arm": "a", "reference": "b", "answer": { "word": "better" }, "sentence": "",
            "effect": effect, "interval": interval, "alone": null, "difference_p": null,
            "equivalence_p": null, "resolvable": null, "more": null, "blocks": [],
            "agreement": null, "declared": [], "strategy": [], "unverified": [], "remarks": [],
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_middle_is_no_difference_and_either_way_is_as_far() {
        let scales = scales(2f64.ln());
        let strip = |effect| scales.strip(&comparison(effect, [0.5, 2.0])).unwrap();
        assert_eq!(strip(1.0).effect, 50.0);
        assert_eq!(strip(1.0).interval, [3.0, 97.0]);
        let (half, twice) = (strip(0.75).effect, strip(1.0 / 0.75).effect);
        assert!((half + twice - 100.0).abs() < 1e-9, "{half} {twice}");
        assert_eq!(strip(8.0).effect, 97.0);
    }

    #[test]
    fn what_has_no_place_is_not_drawn() {
        assert_eq!(scales(0.0).strip(&comparison(1.0, [1.0, 1.0])), None);
        assert_eq!(scales(1.0).strip(&comparison(-1.0, [0.5, 1.0])), None);
    }
}
