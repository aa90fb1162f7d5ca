//! The quantile curves of a trial's latencies, together.

use crate::chart::{Body, Chart, Line, Series};
use crate::digest::TrialDigest;

use super::super::quantiles::{LATENCIES, curve, drawn, of_trial};

/// Every latency that the trial has, a line each.
pub(super) fn chart(digest: &TrialDigest) -> Option<Chart> {
    let line = |(look, (metric, _, called)): (usize, (&str, &str, &str))| {
        let points = of_trial(curve(metric, digest)?);
        let series = Series { name: called.to_owned(), look };
        (!points.is_empty()).then_some(Line { series, joined: true, points })
    };
    let lines: Vec<Line> = LATENCIES.into_iter().enumerate().filter_map(line).collect();
    (!lines.is_empty()).then(|| Chart {
        id: "latency-quantiles".to_owned(),
        title: "Quantiles of latencies".to_owned(),
        about: "The latency that so large a share of the requests stays below. The axis is \
                stretched towards the slowest; the very slowest request has no place on it."
            .to_owned(),
        notes: Vec::new(),
        body: Body::Curves(drawn(lines)),
    })
}
