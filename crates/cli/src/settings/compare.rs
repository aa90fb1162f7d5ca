//! What is to be compared, and against which limit.

use tokenometer_lab::compare::{Sides, ToCompare, metric_names};

use super::Mistakes;
use crate::args::{CompareArgs, CompareFormat};
use crate::failure::Mistake;

/// What is to be compared, and in which form.
pub(crate) struct Compare {
    /// Folders and files, read.
    pub(crate) sides: Sides,
    /// What is wanted of them.
    pub(crate) asked: ToCompare,
    /// Whether to print JSON.
    pub(crate) json: bool,
}

/// Reads what is to be compared, or tells everything that is wrong with it.
pub(crate) fn compare(args: CompareArgs) -> Result<Compare, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let known = metric_names();
    for name in args.metric.iter().filter(|name| !known.contains(&name.as_str())) {
        let cure = format!("choose of {}", known.join(", "));
        mistakes.add(format_args!("--metric {name}"), "there is no such metric", &cure);
    }
    let limit = args.fail_if_slower.as_deref().and_then(|text| limit(text, &mut mistakes));
    let json = args.json || args.format == CompareFormat::Json;
    // Who says a metric twice means one check.
    let mut metrics: Vec<String> = Vec::new();
    for name in args.metric {
        if !metrics.contains(&name) {
            metrics.push(name);
        }
    }
    let asked =
        ToCompare { metrics, scenarios: args.scenario, limit, numbers_only: args.numbers_only };
    let (reference, others) = args.sides.split_first().expect("clap asks for two at least");
    match Sides::open(reference, others) {
        Ok(sides) => mistakes.or(Compare { sides, asked, json }),
        Err(more) => {
            mistakes.extend(more);
            Err(mistakes.0)
        }
    }
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
