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
        Some(Strip {
            band: [50.0 - band, 2.0 * band],
            interval: comparison.interval?.map(at),
            effect: at(comparison.effect?),
        })
    }
}

/// Where an effect lies: shares differ by their difference, everything else by how many
/// times, which is as far to either side as it is to the other way about.
fn place(effect: f64, in_points: bool) -> f64 {
    if in_points { effect } else { effect.ln() }
}
