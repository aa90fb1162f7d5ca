//! Which warnings a trial deserves.

use tokenometer_core::{Distribution, TokenRule};
use tokenometer_results::{Traffic, Trial};

use super::Warning;

/// Requests that were due waited this long in the client before it is worth a
/// word, in milliseconds.
const WORTHY_WAIT_MS: f64 = 10.0;

/// The share of reads without the kernel's stamp that is worth a word. A few in
/// 10,000 come back unstamped on a sound system.
const WORTHY_UNSTAMPED: f64 = 0.001;

/// The share of tokens without text that is worth a word (M1).
const WORTHY_TEXTLESS: f64 = 0.01;

/// Every warning that a trial deserves, the gravest first.
pub fn warnings(trial: &Trial) -> Vec<Warning> {
    let found = [
        interrupted(trial),
        failures(trial),
        few_requests(trial),
        started_together(trial),
        queued_in_client(trial),
        connections_opened(trial),
        usage_missing(trial),
        chunks_not_counted(trial),
        output_counts_disagree(trial),
        prompt_counts_disagree(trial),
        textless_tokens(trial),
        prompts_repeated(trial),
        reader_waits(trial),
        stamps_missing(trial),
        mixed_finish_reasons(trial),
    ];
    let said = trial.warnings.iter().cloned().map(Warning::Said);
    found.into_iter().flatten().chain(said).collect()
}

fn interrupted(trial: &Trial) -> Option<Warning> {
    let requests = trial.summary.requests;
    trial.interrupted.then_some(Warning::Interrupted { requests })
}

fn failures(trial: &Trial) -> Option<Warning> {
    let summary = &trial.summary;
    let ok = summary.outcomes.get("ok").copied().unwrap_or(0);
    let failed = summary.requests.saturating_sub(ok);
    (failed > 0).then_some(Warning::Failures { failed, requests: summary.requests })
}

fn few_requests(trial: &Trial) -> Option<Warning> {
    let metrics = [("TTFT", &trial.summary.ttft_ms), ("E2E", &trial.summary.e2e_ms)];
    let (metric, withheld) = metrics
        .into_iter()
        .map(|(metric, distribution)| (metric, withheld_quantiles(distribution)))
        .find(|(_, withheld)| !withheld.is_empty())?;
    let quantiles = match withheld.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        all => all.join(""),
    };
    Some(Warning::FewRequests { quantiles: format!("{quantiles} of {metric}") })
}

/// The quantiles that a metric with values does not give.
fn withheld_quantiles(distribution: &Distribution) -> Vec<&'static str> {
    let is_withheld = |name: &&str| distribution.withheld.contains_key(*name);
    let has_values = distribution.n > 0 && !distribution.withheld.contains_key("all");
    ["p50", "p90", "p95", "p99"]
        .into_iter()
        .filter(|name| has_values && is_withheld(name))
        .collect()
}

fn started_together(trial: &Trial) -> Option<Warning> {
    let Traffic::Closed { concurrency } = trial.load.traffic else { return None };
    let measured_at_once = trial.phases.ramp_in.is_none() && trial.phases.measure.is_some();
    let concerns_any = trial.summary.ttft_ms.n + trial.summary.e2e_ms.n > 0;
    (concurrency > 1 && measured_at_once && concerns_any)
        .then_some(Warning::StartedTogether { concurrency })
}

fn queued_in_client(trial: &Trial) -> Option<Warning> {
    let (Traffic::Open { cap: Some(cap), .. } | Traffic::Ramp { cap: Some(cap), .. }) =
        trial.load.traffic
    else {
        return None;
    };
    let longest_ms = trial.summary.lateness_ms.max?;
    (longest_ms > WORTHY_WAIT_MS).then_some(Warning::QueuedInClient { cap, longest_ms })
}

fn connections_opened(trial: &Trial) -> Option<Warning> {
    let requests = trial.summary.connections_opened;
    (requests > 0).then_some(Warning::ConnectionsOpened { requests })
}

fn usage_missing(trial: &Trial) -> Option<Warning> {
    let requests = trial.summary.count_disagreements.output_server_missing;
    let counted = trial.tokenizer.is_some();
    (requests > 0).then_some(Warning::UsageMissing { requests, counted })
}

fn chunks_not_counted(trial: &Trial) -> Option<Warning> {
    let summary = &trial.summary;
    // A stream of one arrival each has no pace to miss, and where the server
    // sent no counts at all that has been said already.
    let misses = summary.icl_ms.n > 0 && summary.token_rule == TokenRule::Unknown;
    let told = summary.count_disagreements.output_server_missing == 0;
    (misses && told && trial.tokenizer.is_none()).then_some(Warning::ChunksNotCounted)
}

fn output_counts_disagree(trial: &Trial) -> Option<Warning> {
    let requests = trial.summary.count_disagreements.output_server_counted;
    (requests > 0).then_some(Warning::OutputCountsDisagree { requests })
}

fn prompt_counts_disagree(trial: &Trial) -> Option<Warning> {
    let requests = trial.summary.count_disagreements.input_server_asked;
    (requests > 0).then_some(Warning::PromptCountsDisagree { requests })
}

fn textless_tokens(trial: &Trial) -> Option<Warning> {
    let share = trial.summary.textless_share?;
    (share > WORTHY_TEXTLESS).then_some(Warning::TextlessTokens { share })
}

fn prompts_repeated(trial: &Trial) -> Option<Warning> {
    let requests = trial.instrument.prompts_repeated;
    (requests > 0).then_some(Warning::PromptsRepeated { requests })
}

fn reader_waits(trial: &Trial) -> Option<Warning> {
    let times = trial.instrument.reader_waits;
    (times > 0).then_some(Warning::ReaderWaits { times })
}

fn stamps_missing(trial: &Trial) -> Option<Warning> {
    let unstamped = trial.instrument.reads_unstamped;
    let reads = trial.instrument.reads_stamped + unstamped;
    let share = unstamped as f64 / reads.max(1) as f64;
    (share > WORTHY_UNSTAMPED).then_some(Warning::StampsMissing { share })
}

fn mixed_finish_reasons(trial: &Trial) -> Option<Warning> {
    let reasons = trial.finish_reasons.clone();
    (reasons.len() > 1).then_some(Warning::MixedFinishReasons { reasons })
}
