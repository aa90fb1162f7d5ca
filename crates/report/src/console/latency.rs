//! How long things took: one row a metric, its 95 % intervals below it.

use tokenometer_core::{Distribution, Ranked, Summary, Tail};
use tokenometer_results::{Traffic, Trial};

use crate::number::{self, count, decimal, short};
use crate::page::{Page, Row};

/// The statistics of a row, by their names in the summary.
const STATISTICS: [&str; 5] = ["mean", "p50", "p90", "p95", "p99"];

/// Writes the latencies.
pub(super) fn write(page: &mut Page, trial: &Trial) {
    let summary = &trial.summary;
    page.heading(
        "Latency",
        "in ms, of the ok requests · below each: its 95 % interval in this trial",
    );
    let mut rows = Vec::new();
    for (label, metric) in metrics(trial) {
        rows.extend(metric_rows(page, label, metric));
    }
    page.table(&["", "mean", "p50", "p90", "p95", "p99", "max", "n"], &rows);
    if let Some([low, high]) = summary.tpot_mean_bounds_ms {
        page.aside(&format!("The mean TPOT lies between {} and {}.", short(low), short(high)));
    }
    page.footnotes();
    legend(page, trial);
    tails(page, summary);
}

/// The metrics that have something to say of this trial, by label.
fn metrics(trial: &Trial) -> Vec<(&'static str, &Distribution)> {
    let summary = &trial.summary;
    let is_open = matches!(trial.load.traffic, Traffic::Open { .. } | Traffic::Ramp { .. });
    let answer_apart = !same(&summary.ttfo_ms, &summary.ttft_ms);
    let rows = [
        (trial.load.streamed, "TTFT", &summary.ttft_ms),
        (trial.load.streamed && is_open, "TTFT due", &summary.ttft_intended_ms),
        (trial.load.streamed && answer_apart, "TTFO", &summary.ttfo_ms),
        (trial.load.streamed, "TPOT", &summary.tpot_ms),
        (trial.load.streamed, "ITL", &summary.itl_ms),
        (trial.load.streamed, "ICL", &summary.icl_ms),
        (true, "E2E", &summary.e2e_ms),
        (is_open, "E2E due", &summary.e2e_intended_ms),
        (true, "lateness", &summary.lateness_ms),
        (summary.connect_ms.n > 0, "connect", &summary.connect_ms),
    ];
    rows.into_iter().filter(|row| row.0).map(|(_, label, metric)| (label, metric)).collect()
}

/// Whether two metrics print alike.
fn same(one: &Distribution, other: &Distribution) -> bool {
    (one.n, one.mean, one.p50, one.max) == (other.n, other.mean, other.p50, other.max)
}

/// The two rows of a metric: its statistics, and their intervals.
fn metric_rows(page: &mut Page, label: &str, metric: &Distribution) -> Vec<Row> {
    if let Some(why) = metric.withheld.get("all") {
        let mut cells = vec!["–".to_owned(); 8];
        cells[0] = label.to_owned();
        cells[1] = format!("–{}", page.mark(why));
        cells[7] = values(page, metric);
        return vec![Row::Main(cells)];
    }
    let places = number::places(metric.p50.or(metric.mean).or(metric.max).unwrap_or(0.0));
    let given = [metric.mean, metric.p50, metric.p90, metric.p95, metric.p99];
    let mut above = vec![label.to_owned()];
    let mut below = vec![String::new()];
    for (name, value) in STATISTICS.into_iter().zip(given) {
        above.push(statistic(page, metric, name, value.map(|value| sized(value, places))));
        below.push(match value {
            Some(_) => interval(page, metric, name, places),
            None => String::new(),
        });
    }
    above.push(metric.max.map_or("–".to_owned(), |max| sized(max, places)));
    above.push(values(page, metric));
    below.push(String::new());
    below.push(requests(metric));
    if below.iter().all(String::is_empty) {
        return vec![Row::Main(above)];
    }
    vec![Row::Main(above), Row::Below(below)]
}

/// A number with the decimals of its row, or fewer where it is too large to
/// need them.
fn sized(value: f64, places: usize) -> String {
    decimal(value, places.min(number::places(value)))
}

/// A statistic, or the mark of the reason for which it is withheld.
fn statistic(page: &mut Page, metric: &Distribution, name: &str, value: Option<String>) -> String {
    match (value, metric.withheld.get(name)) {
        (Some(value), _) => value,
        (None, Some(why)) => format!("–{}", page.mark(why)),
        (None, None) => "–".to_owned(),
    }
}

/// The interval of a statistic; that of a mean lies evenly about it.
fn interval(page: &mut Page, metric: &Distribution, name: &str, places: usize) -> String {
    match (metric.intervals.get(name), metric.withheld.get(&format!("{name}_interval"))) {
        (Some([low, high]), _) if name == "mean" => {
            format!("±{}", decimal((high - low) / 2.0, places))
        }
        (Some([low, high]), _) => {
            let places = places.min(number::places(*high));
            format!("{}–{}", decimal(*low, places), decimal(*high, places))
        }
        (None, Some(why)) => format!("–{}", page.mark(why)),
        (None, None) => String::new(),
    }
}

/// How many values there are, marked where requests have none.
fn values(page: &mut Page, metric: &Distribution) -> String {
    if metric.absent.is_empty() {
        return count(metric.n);
    }
    let why: Vec<String> = metric
        .absent
        .iter()
        .map(|(why, requests)| format!("{} {}", count(*requests), absence(why)))
        .collect();
    let mark = page.mark(&format!("requests without a value: {}", why.join(", ")));
    format!("{}{mark}", count(metric.n))
}

/// Why a request has no value, in words.
fn absence(why: &str) -> String {
    match why {
        "not_sent" => "never sent".to_owned(),
        "not_streamed" => "not streamed".to_owned(),
        "nothing_borne" => "with nothing generated".to_owned(),
        "one_arrival" => "whose tokens all came at once".to_owned(),
        "tokens_unknown" => "whose chunks hold an unknown number of tokens".to_owned(),
        "reasoning_only" => "that ended in their reasoning".to_owned(),
        "no_end" => "whose end was not seen".to_owned(),
        other => other.replace('_', " "),
    }
}

/// The requests that the values come from, where they are not one each.
fn requests(metric: &Distribution) -> String {
    if metric.requests == metric.n {
        String::new()
    } else {
        format!("{} req", count(metric.requests))
    }
}

/// What the labels mean.
fn legend(page: &mut Page, trial: &Trial) {
    let from = if matches!(trial.load.traffic, Traffic::Open { .. } | Traffic::Ramp { .. }) {
        " · due: from the intended instant"
    } else {
        ""
    };
    if trial.load.streamed {
        page.aside(&format!(
            "TTFT sent to first token · TPOT pace after it, per token · ITL gap per token · ICL gap \
             between arrivals · E2E sent to last token · lateness intended to sent, of all that \
             were sent{from}"
        ));
    } else {
        page.aside(&format!(
            "E2E sent to last byte · lateness intended to sent, of all that were sent{from}"
        ));
    }
}

/// The tails with failures counted as endless, where there are failures.
fn tails(page: &mut Page, summary: &Summary) {
    let ok = summary.outcomes.get("ok").copied().unwrap_or(0);
    if ok == summary.requests {
        return;
    }
    let known = [("TTFT", "ttft_ms"), ("TPOT", "tpot_ms"), ("E2E", "e2e_ms")];
    let mut rows = Vec::new();
    for (label, name) in known {
        if let Some(ranked) = summary.ranked.get(name) {
            rows.extend(tail_rows(label, ranked));
        }
    }
    if !rows.is_empty() {
        page.heading("Tails", "in ms, of all requests, with each that failed counted as endless");
        page.table(&["", "p50", "p90", "p95", "p99"], &rows);
    }
}

/// The rows of one metric's tails.
fn tail_rows(label: &str, ranked: &Ranked) -> Vec<Row> {
    let tails = [ranked.p50, ranked.p90, ranked.p95, ranked.p99];
    let mut cells = vec![label.to_owned()];
    cells.extend(tails.map(|tail| match tail {
        Tail::Withheld => "–".to_owned(),
        Tail::Unbounded => "unbounded".to_owned(),
        Tail::At(value) => short(value),
    }));
    let mut rows = vec![Row::Main(cells)];
    if !ranked.kaplan_meier.is_empty() {
        // What a censored request would have taken is unknown, but longer.
        let mut cells = vec!["  Kaplan–Meier".to_owned()];
        cells.extend(["p50", "p90", "p95", "p99"].map(|name| {
            let value = ranked.kaplan_meier.get(name).copied().flatten();
            value.map_or("–".to_owned(), short)
        }));
        rows.push(Row::Below(cells));
    }
    rows
}
