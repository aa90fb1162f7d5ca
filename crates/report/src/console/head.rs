//! The head of the report: what was measured.

use tokenometer_core::{Nanos, Standing};
use tokenometer_results::{Extent, Load, PhaseSpan, Span, Traffic, Trial, WorkloadSeen};

use crate::date::utc;
use crate::number::{count, decimal, short};
use crate::page::{Page, printable};

/// Writes the head.
pub(super) fn write(page: &mut Page, trial: &Trial) {
    let style = page.style;
    let title = format!("{} on {}, block {}", trial.scenario, trial.arm, trial.block);
    let tool = printable(&format!("{} {}", trial.tool.name, trial.tool.version));
    page.line(&format!("{}  {}", style.bold(&title), style.dim(&tool)));
    banners(page, trial);
    page.line("");
    let target = &trial.target;
    let streamed = if trial.load.streamed { "streamed" } else { "not streamed" };
    let address = printable(&target.address);
    page.fact("Target", &format!("{address} · {} · {streamed}", target.dialect));
    let engine = match &target.engine {
        Some(engine) => format!("{} {}", engine.name, engine.version.as_deref().unwrap_or("")),
        None => "unknown: the server does not say".to_owned(),
    };
    page.fact("Engine", &printable(&engine));
    page.fact("Model", &printable(&target.model));
    page.fact("Workload", &workload_words(&trial.workload));
    page.fact("Load", &load(trial));
    page.fact("Window", &window(trial));
}

/// What must be known before any number is read.
fn banners(page: &mut Page, trial: &Trial) {
    let style = page.style;
    if trial.simulated {
        let words = match &trial.simulation {
            Some(simulation) => format!(
                "SIMULATED: {}; these numbers describe no real engine.",
                printable(&simulation.to_string())
            ),
            None => "SIMULATED: the engine is the embedded one; these numbers describe no real \
                     engine."
                .to_owned(),
        };
        page.banner(&words);
    }
    if trial.interrupted {
        page.line(&style.doubtful("INTERRUPTED: the trial was stopped before its end."));
    }
    let words = match trial.validity.standing {
        Standing::Valid => return,
        Standing::Invalid => "INVALID: the instrument or the machine was at fault; see Validity.",
        Standing::Failed => "FAILED: the engine did not do what it was asked; see Validity.",
        Standing::Saturated => {
            "SATURATED: the engine could not keep up with the load; see Validity."
        }
    };
    page.line(&style.bad(words));
}

/// The workload in a line.
pub(crate) fn workload_words(workload: &WorkloadSeen) -> String {
    let mut parts = vec![printable(&workload.dataset)];
    let prompts = if workload.requests == 1 { "prompt" } else { "prompts" };
    let lengths = match &workload.input_tokens {
        Some(span) => format!(" of {}", tokens(span)),
        None => " of unknown length".to_owned(),
    };
    parts.push(format!("{} {prompts}{lengths}", count(workload.requests)));
    parts.push(match &workload.output_tokens {
        Some(span) if workload.exact => format!("exactly {} asked for", tokens(span)),
        Some(span) => format!("at most {} asked for", tokens(span)),
        None => "as long an answer as the model likes".to_owned(),
    });
    parts.join(" · ")
}

/// A span of lengths: `12–2,048 tokens (mean 412.3)`.
fn tokens(span: &Span) -> String {
    match (span.min, span.max) {
        (1, 1) => "1 token".to_owned(),
        (min, max) if min == max => format!("{} tokens", count(min)),
        (min, max) => {
            format!("{}–{} tokens (mean {})", count(min), count(max), decimal(span.mean, 1))
        }
    }
}

/// The load of a trial in a line.
pub(crate) fn load(trial: &Trial) -> String {
    load_words(&trial.load)
}

/// A load in a line.
pub(crate) fn load_words(load: &Load) -> String {
    let traffic = match load.traffic {
        Traffic::Closed { concurrency: 1 } => "closed loop · one request at a time".to_owned(),
        Traffic::Closed { concurrency } => {
            format!("closed loop · {} requests in flight", count(concurrency.into()))
        }
        Traffic::Open { rate, burstiness, cap } => open(rate, burstiness, cap),
        Traffic::Ramp { from, to, burstiness, cap } => ramp((from, to), burstiness, cap),
    };
    let extent = match load.extent {
        Extent::Requests(1) => "1 request".to_owned(),
        Extent::Requests(requests) => format!("{} requests", count(requests)),
        Extent::DurationS(seconds) => format!("for {} s", short(seconds)),
    };
    format!("{traffic} · {extent}")
}

/// The traffic of an open loop.
fn open(rate: Option<f64>, burstiness: Option<f64>, cap: Option<u32>) -> String {
    let arrivals = match rate {
        Some(rate) => format!("open loop · {rate} requests/s, {}", gaps(burstiness)),
        None => "open loop · all requests due at once, so latencies are mostly queueing".to_owned(),
    };
    capped(arrivals, cap)
}

/// The traffic of an open loop whose rate changes.
fn ramp((from, to): (f64, f64), burstiness: Option<f64>, cap: Option<u32>) -> String {
    let gaps = gaps(burstiness);
    capped(format!("open loop · from {from} to {to} requests/s, {gaps}"), cap)
}

fn gaps(burstiness: Option<f64>) -> String {
    match burstiness {
        None => "evenly spaced".to_owned(),
        Some(1.0) => "Poisson".to_owned(),
        Some(shape) => format!("gamma gaps, burstiness {shape}"),
    }
}

fn capped(arrivals: String, cap: Option<u32>) -> String {
    match cap {
        Some(cap) => format!("{arrivals} · at most {} in flight", count(cap.into())),
        None => arrivals,
    }
}

/// The measured window, and what lay around it.
fn window(trial: &Trial) -> String {
    let Some(window) = trial.phases.measure else {
        return format!("none: stopped before it opened · begun {}", utc(trial.started_ns));
    };
    let mut text = format!("{} s from {}", length(window), utc(window.start_ns));
    let before = [("warm-up", trial.phases.warm_up), ("ramp-in", trial.phases.ramp_in)];
    let before: Vec<String> = before
        .into_iter()
        .filter_map(|(name, span)| span.map(|span| format!("{} s of {name}", length(span))))
        .collect();
    if !before.is_empty() {
        text.push_str(&format!(" · after {}", before.join(" and ")));
    }
    if let Some(drain) = trial.phases.drain {
        text.push_str(&format!(" · drained in {} s", length(drain)));
    }
    text
}

/// The length of a phase, in seconds.
fn length(span: PhaseSpan) -> String {
    let Nanos(nanos) = span.length();
    short(nanos as f64 / 1e9)
}
