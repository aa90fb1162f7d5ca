//! What is to be compared, and against which limit.

use tokenometer_lab::compare::{ToCompare, metric_names};

use super::Mistakes;
use crate::args::{CompareArgs, CompareFormat};
use crate::failure::Mistake;

/// What is to be compared, and whether as JSON.
pub(crate) fn compare(args: CompareArgs) -> Result<(ToCompare, bool), Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let known = metric_names();
    for name in args.metric.iter().filter(|name| !known.contains(&name.as_str())) {
        let cure = format!("choose of {}", known.join(", "));
        mistakes.add(format_args!("--metric {name}"), "there is no such metric", &cure);
    }
    let limit = args.fail_if_slower.as_deref().and_then(|text| limit(text, &mut mistakes));
    let json = args.json || args.format == CompareFormat::Json;
    let asked = ToCompare {
        sides: args.sides,
        metrics: args.metric,
        scenarios: args.scenario,
        limit,
        numbers_only: args.numbers_only,
    };
    mistakes.or((asked, json))
}

/// A share as it is written: `3%`. A bare number could be either of two.
fn limit(text: &str, mistakes: &mut Mistakes) -> Option<f64> {
    let number = text.strip_suffix('%').and_then(|number| number.trim_end().parse::<f64>().ok());
    let limit = number.filter(|percent| (0.0..100.0).contains(percent));
    if limit.is_none() {
        let place = format_args!("--fail-if-slower {text}");
        mistakes.add(place, "it is no share from 0% to below 100%", "write it as in 3%");
    }
    limit.map(|percent| percent / 100.0)
}
