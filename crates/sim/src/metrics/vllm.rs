//! What vLLM publishes, under its names.

use super::exposition::{Exposition, Names, quoted};
use super::{Counters, Readings, Tally};

/// The names of vLLM's series for a model.
fn names(model: &str) -> Names {
    Names::new("vllm:", format!("engine=\"0\",model_name=\"{}\"", quoted(model)))
}

/// What can be said of a scripted engine.
pub(super) fn put_scripted(out: &mut Exposition, model: &str, counters: &Counters) {
    let names = names(model);
    out.put_all(
        &names,
        &[
            (RUNNING, "gauge", "Requests being answered.", counters.running as f64),
            (WAITING, "gauge", "Requests in a queue: there is none.", 0.0),
            (PROMPT, "counter", "Prompt tokens taken in.", counters.prompt_tokens as f64),
            (GENERATION, "counter", "Tokens that left.", counters.generated_tokens as f64),
        ],
    );
    put_success(out, &names, counters, None);
}

/// What can be said of a simulated machine.
pub(super) fn put_simulated(
    out: &mut Exposition,
    model: &str,
    counters: &Counters,
    readings: &Readings<'_>,
) {
    let names = names(model);
    let Readings { gauges, tally, .. } = readings;
    out.put_all(
        &names,
        &[
            (RUNNING, "gauge", "Requests in the engine's steps.", f64::from(gauges.running)),
            (WAITING, "gauge", "Requests that wait for room.", f64::from(gauges.waiting)),
            ("kv_cache_usage_perc", "gauge", "Share of the KV cache in use.", readings.use_share()),
            (
                "num_preemptions_total",
                "counter",
                "Times that a request had to give up its room.",
                gauges.preemptions as f64,
            ),
            (
                "prefix_cache_queries_total",
                "counter",
                "Prompt tokens looked up in the prefix cache.",
                gauges.prefix_queries as f64,
            ),
            (
                "prefix_cache_hits_total",
                "counter",
                "Those of them that were found.",
                gauges.prefix_hits as f64,
            ),
            (
                PROMPT,
                "counter",
                "Prompt tokens of requests that have their first token.",
                gauges.prompt_tokens as f64,
            ),
            (
                "prompt_tokens_cached_total",
                "counter",
                "Those of them that were cached.",
                tally.cached_tokens() as f64,
            ),
            (GENERATION, "counter", "Tokens generated.", gauges.generation_tokens as f64),
        ],
    );
    put_drafts(out, &names, readings);
    put_success(out, &names, counters, Some(tally.aborted()));
    put_latencies(out, &names, tally);
    put_configuration(out, &names, readings);
}

const RUNNING: &str = "num_requests_running";
const WAITING: &str = "num_requests_waiting";
const PROMPT: &str = "prompt_tokens_total";
const GENERATION: &str = "generation_tokens_total";

/// Answers by their reasons to end; `aborted` where that is known.
fn put_success(out: &mut Exposition, names: &Names, counters: &Counters, aborted: Option<u64>) {
    let name = "request_success_total";
    let by = |reason, count: u64| {
        (names.series(name, &format!("finished_reason=\"{reason}\"")), count as f64)
    };
    let mut series =
        vec![by("stop", counters.finished_by_stop), by("length", counters.finished_by_length)];
    series.extend(aborted.map(|aborted| by("abort", aborted)));
    let help = match aborted {
        Some(_) => "Requests by the reason of their end.",
        None => "Answers that came to their end, by finish reason.",
    };
    out.put(&names.family(name), "counter", help, &series);
}

/// What became of drafts; nothing where there are none, as in vLLM.
fn put_drafts(out: &mut Exposition, names: &Names, readings: &Readings<'_>) {
    if !readings.drafts {
        return;
    }
    let gauges = &readings.gauges;
    let drafts = "Times that drafts were verified for a request.";
    let tokens = [gauges.draft_tokens as f64, gauges.accepted_tokens as f64];
    out.put_all(
        names,
        &[
            ("spec_decode_num_drafts_total", "counter", drafts, gauges.drafts as f64),
            ("spec_decode_num_draft_tokens_total", "counter", "Tokens drafted.", tokens[0]),
            ("spec_decode_num_accepted_tokens_total", "counter", "Drafts accepted.", tokens[1]),
        ],
    );
}

fn put_latencies(out: &mut Exposition, names: &Names, tally: &Tally) {
    let first = "From a request's arrival to its first token.";
    let between = "From the tokens that left together to the next.";
    let whole = "From a request's arrival to its last token.";
    for (name, help, latency) in [
        ("time_to_first_token_seconds", first, &tally.first_token),
        ("inter_token_latency_seconds", between, &tally.between_tokens),
        ("e2e_request_latency_seconds", whole, &tally.request),
    ] {
        out.put(&names.family(name), "histogram", help, &latency.series(names, name));
    }
}

/// The KV cache, told in labels.
fn put_configuration(out: &mut Exposition, names: &Names, readings: &Readings<'_>) {
    let name = "cache_config_info";
    let scheduling = &readings.scheduling;
    let blocks = readings.gauges.kv_capacity / u64::from(scheduling.block_size);
    let prefix = if scheduling.prefix_cache { "True" } else { "False" };
    let labels = format!(
        "block_size=\"{}\",enable_prefix_caching=\"{prefix}\",gpu_memory_utilization=\"{}\",\
         num_gpu_blocks=\"{blocks}\"",
        scheduling.block_size, scheduling.memory_share,
    );
    let series = [(names.series(name, &labels), 1.0)];
    out.put(&names.family(name), "gauge", "The KV cache as it is set up.", &series);
}
