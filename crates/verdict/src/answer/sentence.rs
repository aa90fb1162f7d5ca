//! The words of an answer: the one place where they are made, so that console, page and
//! file say the same.

use tokenometer_core::verdict::{Answer, Comparison};

use super::metric::Metric;

/// An answer as a sentence.
pub(super) fn sentence(comparison: &Comparison, metric: &Metric) -> String {
    let Comparison { arm, reference, scenario, .. } = comparison;
    let per_gpu = comparison.remarks.iter().any(|remark| remark == "per GPU");
    let title = if per_gpu { format!("{} per GPU", metric.title) } else { metric.title.to_owned() };
    let said = match &comparison.answer {
        Answer::Better | Answer::Worse => {
            let word = if comparison.answer == Answer::Better { "better" } else { "worse" };
            format!("{arm} is {word} than {reference}: {title} {}", change(comparison))
        }
        Answer::Equivalent { differ } => {
            let real = match differ {
                true => {
                    format!("; a difference of {} is real but below the margin", size(comparison))
                }
                false => String::new(),
            };
            let by = span(comparison);
            format!("{arm} and {reference} are equivalent: {title} {by}{real}")
        }
        Answer::Undecided => {
            let more = match comparison.more {
                Some(more) => format!(
                    "; a study of {} blocks ({} to {}) would resolve the margin",
                    more.blocks, more.range[0], more.range[1]
                ),
                None => {
                    "; more than a million blocks would be needed to resolve the margin".to_owned()
                }
            };
            let by = span(comparison);
            format!("undecided between {arm} and {reference}: {title} {by}{more}")
        }
        Answer::NotComparable { reasons } => {
            format!("{arm} and {reference} are not comparable: {}", reasons.join("; "))
        }
        Answer::Failed { arms } => {
            format!("{} failed in more than one block in five", arms.join(" and "))
        }
        Answer::Saturated { arms } => {
            let who = arms.join(" and ");
            format!("{who} couldn't keep up with the load, so that {title} says nothing")
        }
        Answer::Invalid { arms } => {
            format!("no verdict on {title}: trials of {} are void", arms.join(" and "))
        }
        Answer::NoVerdict { reason } => format!("no verdict on {title}: {reason}"),
    };
    let declared: Vec<String> = comparison
        .declared
        .iter()
        .map(|field| format!("{} {} against {}", field.field, field.arm, field.reference))
        .collect();
    let beside = match declared.is_empty() {
        true => String::new(),
        false => format!(" (as declared: {})", declared.join(", ")),
    };
    format!("{scenario}: {said}{beside}.")
}

/// `higher by 12.3 % [11.0, 13.6]`.
fn change(comparison: &Comparison) -> String {
    let effect = shown(comparison, comparison.effect.unwrap_or(f64::NAN));
    let ends = comparison.interval.unwrap_or([f64::NAN; 2]);
    let [low, high] = ends.map(|end| shown(comparison, end));
    // Of what is lower the ends change places, with their signs.
    let (word, effect, [low, high]) = match effect > 0.0 {
        true => ("higher", effect, [low, high]),
        false => ("lower", -effect, [-high, -low]),
    };
    format!("{word} by {} {} [{}, {}]", digits(effect), unit(comparison), digits(low), digits(high))
}

/// `by 0.4 %`, without its direction.
fn size(comparison: &Comparison) -> String {
    let effect = comparison.effect.unwrap_or(f64::NAN);
    format!("{} {}", digits(shown(comparison, effect).abs()), unit(comparison))
}

/// `+0.4 % [-0.3, +1.1]`.
fn span(comparison: &Comparison) -> String {
    let signed = |value: f64| {
        let value = shown(comparison, value);
        format!("{}{}", if value < 0.0 { "" } else { "+" }, digits(value))
    };
    let [low, high] = comparison.interval.unwrap_or([f64::NAN; 2]);
    let effect = comparison.effect.unwrap_or(f64::NAN);
    format!("{} {} [{}, {}]", signed(effect), unit(comparison), signed(low), signed(high))
}

/// An effect in per cent, or in points.
fn shown(comparison: &Comparison, effect: f64) -> f64 {
    if comparison.in_points { 100.0 * effect } else { 100.0 * (effect - 1.0) }
}

fn unit(comparison: &Comparison) -> &'static str {
    if comparison.in_points { "points" } else { "%" }
}

/// A number to about three digits, and never to more than two behind the point.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
