//! What SGLang publishes, under its names.

use super::Readings;
use super::exposition::{Exposition, Names, quoted};

/// Everything that can be said of a simulated machine.
pub(super) fn put_simulated(out: &mut Exposition, model: &str, readings: &Readings<'_>) {
    put_gauges(out, model, readings);
    put_requests(out, model, readings);
}

fn put_gauges(out: &mut Exposition, model: &str, readings: &Readings<'_>) {
    let labels = format!(
        "engine_type=\"unified\",model_name=\"{}\",moe_ep_rank=\"0\",pp_rank=\"0\",tp_rank=\"0\"",
        quoted(model)
    );
    let names = Names::new("sglang:", labels);
    let Readings { gauges, tally, .. } = readings;
    // The cache's own share since it was started; without queries there is none.
    let hit_rate = gauges.prefix_hits as f64 / gauges.prefix_queries.max(1) as f64;
    let throughput = tally.throughput(gauges.running > 0);
    out.put_all(
        &names,
        &[
            ("num_running_reqs", "gauge", "Requests in the engine's steps.", gauges.running.into()),
            ("num_queue_reqs", "gauge", "Requests that wait for room.", gauges.waiting.into()),
            ("token_usage", "gauge", "Share of the KV cache in use.", readings.use_share()),
            ("num_used_tokens", "gauge", "Tokens of the KV cache in use.", gauges.kv_used as f64),
            (
                "max_total_num_tokens",
                "gauge",
                "Tokens that the KV cache holds.",
                gauges.kv_capacity as f64,
            ),
            ("page_size", "gauge", "Tokens of a block.", readings.scheduling.block_size.into()),
            ("cache_hit_rate", "gauge", "Share of prompt tokens that were cached.", hit_rate),
            ("gen_throughput", "gauge", "Tokens a second, over 40 steps.", throughput),
            (
                "num_retracted_requests_total",
                "counter",
                "Times that a request had to give up its room.",
                gauges.preemptions as f64,
            ),
        ],
    );
}

/// Counters of the requests that were streamed, and of the others.
fn put_requests(out: &mut Exposition, model: &str, readings: &Readings<'_>) {
    let labels = format!("engine_type=\"unified\",model_name=\"{}\"", quoted(model));
    let names = Names::new("sglang:", labels);
    let kinds = readings.tally.kinds();
    let mut put = |name: &str, help: &str, counts: [u64; 2]| {
        let series: Vec<_> = kinds
            .iter()
            .zip(counts)
            .map(|((streamed, _), count)| {
                (names.series(name, &format!("is_streaming=\"{streamed}\"")), count as f64)
            })
            .collect();
        out.put(&names.family(name), "counter", help, &series);
    };
    let requests = kinds.map(|(_, requests)| requests);
    let prompt = "Prompt tokens of requests that have their first token.";
    put("prompt_tokens_total", prompt, requests.map(|kind| kind.prompt_tokens));
    let cached = "Those of them that were cached.";
    put("cached_tokens_total", cached, requests.map(|kind| kind.cached_tokens));
    let tokens = "Tokens handed out.";
    put("generation_tokens_total", tokens, requests.map(|kind| kind.generation_tokens));
    let finished = "Requests that have their last token.";
    put("num_requests_total", finished, requests.map(|kind| kind.finished));
    let aborted = "Requests that ended before their last token.";
    put("num_aborted_requests_total", aborted, requests.map(|kind| kind.aborted));
}
