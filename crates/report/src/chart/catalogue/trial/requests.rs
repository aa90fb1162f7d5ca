//! Requests one by one: where the time of each went.

use tokenometer_core::Outcome;

use crate::chart::{Axis, Body, Chart, Scale, SpanRow, Spans};
use crate::digest::{RequestSeen, Waterfall};
use crate::number::{count, short};
use crate::page::printable;

/// What a stretch of a request's time is; the places are those of [`KINDS`].
const IN_CLIENT: usize = 0;
const TO_FIRST: usize = 1;
const DECODE: usize = 2;
const REST: usize = 3;
const FAILED: usize = 4;

const KINDS: [&str; 5] = [
    "waiting in the client",
    "until its first token",
    "first to last token",
    "until the stream's end",
    "until it failed",
];

/// The waterfall of a trial's requests, if it has any.
pub(super) fn chart(waterfall: &Waterfall) -> Option<Chart> {
    if waterfall.rows.is_empty() {
        return None;
    }
    let shown = waterfall.rows.len() as u64;
    let chosen = match shown < waterfall.of {
        true if waterfall.every > 1 => format!(
            "{} of {} requests, one in {} by when they were due",
            count(shown),
            count(waterfall.of),
            count(waterfall.every)
        ),
        true => format!("{} of {} requests", count(shown), count(waterfall.of)),
        false => format!("all {} requests", count(shown)),
    };
    let unended = waterfall.rows.iter().filter(|row| row.end_s.is_none()).count();
    let note = (unended > 0).then(|| {
        format!("Of {} no end was seen: they are drawn as far as they came.", count(unended as u64))
    });
    Some(Chart {
        id: "requests".to_owned(),
        title: "Requests over time".to_owned(),
        about: format!(
            "From the instant at which each was due to its end: {chosen}. What took none of its \
             time isn't drawn; a failed request ends in its own colour."
        ),
        notes: note.into_iter().collect(),
        body: Body::Spans(Spans {
            x: Axis::new("time since the window opened", "s", Scale::Linear),
            kinds: KINDS.map(str::to_owned).to_vec(),
            rows: waterfall.rows.iter().map(row).collect(),
        }),
    })
}

fn row(request: &RequestSeen) -> SpanRow {
    let is_ok = request.outcome == Outcome::Ok.name();
    let mut spans = Vec::new();
    let mut from = request.intended_s;
    let mut until = |kind: usize, end: Option<f64>| {
        if let Some(end) = end.filter(|end| *end > from) {
            spans.push((kind, from, end));
            from = end;
        }
    };
    until(IN_CLIENT, request.sent_s);
    until(TO_FIRST, request.first_s);
    until(DECODE, request.last_s);
    until(if is_ok { REST } else { FAILED }, request.end_s);
    SpanRow { name: format!("#{}", request.request), spans, about: about(request) }
}

/// A request in words.
fn about(request: &RequestSeen) -> String {
    let mut parts = vec![format!("due at {} s", short(request.intended_s))];
    let since = |end: Option<f64>, start: Option<f64>| Some((end? - start?) * 1000.0);
    let times = [
        ("sent after", since(request.sent_s, Some(request.intended_s))),
        ("first token after", since(request.first_s, request.sent_s)),
        ("then tokens for", since(request.last_s, request.first_s)),
    ];
    let known = times.into_iter().filter_map(|(what, time)| Some((what, time?)));
    parts.extend(known.map(|(what, time)| format!("{what} {} ms", short(time))));
    let tokens = [(request.input, "in"), (request.output, "out")];
    let known = tokens.into_iter().filter_map(|(tokens, word)| Some((tokens?, word)));
    parts.extend(known.map(|(tokens, word)| format!("{} tokens {word}", count(tokens.into()))));
    let end = request.end_s.map(|end| format!(" after {} s", short(end - request.intended_s)));
    parts.push(format!("{}{}", printable(&request.outcome), end.unwrap_or_default()));
    parts.extend(request.error.as_deref().map(printable));
    parts.join(" · ")
}
