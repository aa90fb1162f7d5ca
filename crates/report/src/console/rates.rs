//! What was done a second, and in all.

use tokenometer_core::metric::counts::CountSource;
use tokenometer_core::{Summary, TokenRule};
use tokenometer_results::Trial;

use crate::number::{count, percent, short};
use crate::page::{Page, Row};

/// One kind of thing that was done.
struct Rate {
    label: &'static str,
    /// Its rate's name in the summary.
    name: &'static str,
    a_second: Option<f64>,
    in_all: Option<u64>,
    source: Option<CountSource>,
}

/// Writes the rates and totals.
pub(super) fn write(page: &mut Page, trial: &Trial) {
    let summary = &trial.summary;
    page.heading("Throughput", "a second: what arrived in the window · in all: by the ok requests");
    let rows: Vec<Row> = rates(summary).map(|rate| row(page, summary, &rate)).into();
    page.table(&["", "a second", "in all", ""], &rows);
    page.footnotes();
    notes(page, trial);
}

/// The rates of a summary.
fn rates(summary: &Summary) -> [Rate; 4] {
    let [input, output] = [summary.input_tokens, summary.output_tokens];
    [
        Rate {
            label: "requests",
            name: "request_throughput",
            a_second: summary.request_throughput,
            in_all: summary.outcomes.get("ok").copied(),
            source: None,
        },
        Rate {
            label: "input tokens",
            name: "input_throughput",
            a_second: summary.input_throughput,
            in_all: input,
            source: summary.input_source,
        },
        Rate {
            label: "output tokens",
            name: "output_throughput",
            a_second: summary.output_throughput,
            in_all: output,
            source: summary.output_source,
        },
        Rate {
            label: "all tokens",
            name: "total_throughput",
            a_second: summary.total_throughput,
            in_all: input.zip(output).map(|(input, output)| input + output),
            source: None,
        },
    ]
}

/// A row of the table; what is absent bears the mark of its reason.
fn row(page: &mut Page, summary: &Summary, rate: &Rate) -> Row {
    let why = summary.withheld.get(rate.name);
    let a_second = match (rate.a_second, why) {
        (Some(rate), _) => short(rate),
        (None, Some(why)) => format!("–{}", page.mark(why)),
        (None, None) => "–".to_owned(),
    };
    let in_all = rate.in_all.map_or("–".to_owned(), count);
    let source = match rate.source {
        Some(CountSource::Server) => "counted by the server",
        Some(CountSource::Counted) => "counted by our tokenizer",
        None => "",
    };
    Row::Main(vec![rate.label.to_owned(), a_second, in_all, source.to_owned()])
}

/// What else is known of the flow.
fn notes(page: &mut Page, trial: &Trial) {
    let summary = &trial.summary;
    if let Some(concurrency) = summary.concurrency {
        let mut text = format!("{} requests, averaged over the window", short(concurrency));
        if let Some(error) = summary.littles_error {
            text.push_str(&format!(" · Little's law is off by {}", percent(error)));
        }
        page.fact("In flight", &text);
    }
    if let Some(makespan) = summary.makespan_s {
        let mut text = format!("{} s from the first send to the last end", short(makespan));
        if let Some(rate) = summary.output_throughput_makespan {
            text.push_str(&format!(" · {} output tokens a second over that", short(rate)));
        }
        page.fact("Makespan", &text);
    }
    if let Some([low, high]) = summary.output_throughput_bounds {
        let text = format!("output tokens a second lie between {} and {}", short(low), short(high));
        page.fact("Bounds", &text);
    }
    goodput(page, summary);
    rules(page, summary);
}

/// The requests that met every objective.
fn goodput(page: &mut Page, summary: &Summary) {
    let Some(goodput) = &summary.goodput else { return };
    let text = match (goodput.per_second, goodput.attainment, &goodput.withheld) {
        (Some(rate), Some(share), _) => {
            format!("{} requests/s met every objective · {} of all", short(rate), percent(share))
        }
        (_, _, Some(why)) => format!("withheld: {why}"),
        _ => return,
    };
    page.fact("Goodput", &text);
}

/// How the tokens of the chunks were found.
fn rules(page: &mut Page, summary: &Summary) {
    let words = |rule| match rule {
        TokenRule::Told => "tokens told by the server, chunk by chunk",
        TokenRule::OneEach => "one token each, since there are as many of either",
        TokenRule::Retokenised => "tokens found by tokenising the whole text again",
        TokenRule::Unknown => "tokens unknown",
    };
    let mut parts: Vec<String> = match summary.token_rules.len() {
        0 => return,
        1 => summary.token_rules.keys().map(|rule| words(*rule).to_owned()).collect(),
        _ => summary
            .token_rules
            .iter()
            .map(|(rule, requests)| format!("{} ({} requests)", words(*rule), count(*requests)))
            .collect(),
    };
    if let Some(mean) = summary.tokens_per_arrival.mean {
        parts.push(format!("{} tokens an arrival", short(mean)));
    }
    page.fact("Chunks", &parts.join(" · "));
}
