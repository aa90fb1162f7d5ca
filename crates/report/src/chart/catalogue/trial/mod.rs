//! The charts of one trial: its requests one by one, and what happened over time.
//!
//! They show what was seen in one trial, whether or not it counts: how a trial went wrong is
//! what one looks for here. Their colours are of what is drawn, since all is of one arm.

mod course;
mod gaps;
mod quantiles;
mod readings;
mod requests;

use tokenometer_results::Trial;

use crate::chart::Chart;
use crate::digest::TrialDigest;

/// Every chart of a trial that has something to show.
pub(super) fn charts(trial: &Trial, digest: &TrialDigest) -> Vec<Chart> {
    let mut charts = Vec::new();
    charts.extend(requests::chart(&digest.waterfall));
    charts.extend(course::charts(trial, digest));
    charts.extend(gaps::chart(&digest.gaps));
    charts.extend(quantiles::chart(digest));
    charts.extend(readings::charts(digest));
    charts
}
