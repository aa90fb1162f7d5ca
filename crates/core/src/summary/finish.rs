//! Makes the summary, once every request has been seen.

use super::Summary;
use super::describe::Basis;
use super::evidence::Evidence;
use super::flows::goodput;
use super::summariser::Summariser;
use crate::Outcome;

/// The summary of everything that `summariser` was given.
pub(super) fn finish(summariser: Summariser) -> Summary {
    let Summariser { window, objectives, strongest, mut cohort, flow, tallies } = summariser;
    let censored = tallies.outcomes.of(Outcome::Censored);
    let evidence = Evidence::weigh(&mut cohort, strongest, tallies.output.total().err());
    let mut cohort = cohort.in_order(evidence.bearing);
    let in_flight = flow.in_flight.mean().unwrap_or(0.0);
    let basis = Basis { places: cohort.len(), in_flight };

    let mut summary = Summary::default();
    summary.take_tallies(&tallies);
    summary.take_flow(&flow, window, evidence.no_tokens.as_deref());
    summary.take_latencies(&cohort, basis);
    summary.take_tails(&cohort, basis, censored);
    summary.take_paces(&cohort, basis, &evidence);
    summary.take_gaps(&mut cohort, basis, &evidence);
    summary.goodput = goodput(&cohort, &objectives, window);
    summary.withhold_answers(tallies.unparsed_reasoning);
    summary.withhold_means(censored);
    summary.token_rule = evidence.rule;
    summary.token_rules = evidence.counts;
    summary
}
