//! How far to trust the numbers: what the client saw of itself, the gates, and
//! the warnings.

use tokenometer_core::{Gate, GateStatus, Instrument, Standing, Summary};
use tokenometer_results::Trial;

use crate::number::{count, percent, short};
use crate::page::{Page, printable};
use crate::warning::warnings;

/// Writes what the trust rests on.
pub(super) fn write(page: &mut Page, trial: &Trial) {
    instrument(page, trial);
    validity(page, trial);
    let warnings = warnings(trial);
    if warnings.is_empty() {
        return;
    }
    page.heading("Warnings", "");
    for warning in &warnings {
        let mark = page.style.doubtful("!");
        page.item(&mark, &printable(&warning.to_string()));
    }
}

/// What the client saw of itself.
fn instrument(page: &mut Page, trial: &Trial) {
    let instrument = &trial.instrument;
    page.heading("Instrument", "what the client saw of itself in the window");
    page.fact("Stamps", &stamps(instrument));
    if let Some(text) = coalesced(&trial.summary) {
        page.fact("Coalesced", &text);
    }
    page.fact("Client", &client(instrument));
    page.fact("Clock", &clock(instrument));
    page.fact("Connections", &connections(trial));
}

/// Who stamped the arrivals, and how long they lay unread.
fn stamps(instrument: &Instrument) -> String {
    let reads = instrument.reads_stamped + instrument.reads_unstamped;
    if reads == 0 {
        return "nothing was read".to_owned();
    }
    let share = instrument.reads_stamped as f64 / reads as f64;
    let reads = count(reads);
    let mut text = match instrument.reads_unstamped {
        0 => format!("all {reads} reads by the kernel"),
        _ => format!("{} of {reads} reads by the kernel", percent(share)),
    };
    let millis = |nanos: i64| short(nanos as f64 / 1e6);
    if let Some(p99) = instrument.backlog_p99_ns {
        text.push_str(&format!(" · read p99 {} ms later", millis(p99)));
        if let Some(longest) = instrument.backlog_max_ns {
            text.push_str(&format!(", at most {} ms", millis(longest)));
        }
    }
    text
}

/// How many arrivals can't be told apart.
fn coalesced(summary: &Summary) -> Option<String> {
    let share = summary.coalesced_share?;
    let mut text = format!("{} of the arrivals held more than one chunk", percent(share));
    if let Some(gap) = summary.coalesced_gap_p99_ms {
        text.push_str(&format!(" · their instants are open by p99 {} ms", short(gap)));
    }
    Some(text)
}

/// How busy the load's thread was.
fn client(instrument: &Instrument) -> String {
    let shares = &instrument.cpu_busy_shares;
    let Some(busiest) = shares.iter().copied().reduce(f64::max) else {
        return "how busy it was is unknown".to_owned();
    };
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let mut text =
        format!("busy {} of a core, {} in its busiest second", percent(mean), percent(busiest));
    if let Some(waiting) = instrument.run_queue_share {
        text.push_str(&format!(" · waited for a core {} of the time", percent(waiting)));
    }
    text
}

/// Whether the clock held still.
fn clock(instrument: &Instrument) -> String {
    match (instrument.clock_samples, instrument.clock_step_ns) {
        (0, _) => "not watched".to_owned(),
        (samples, 0) => format!("no step in {} samples", count(samples)),
        (samples, step) => {
            format!("a step of {} ms in {} samples", short(step as f64 / 1e6), count(samples))
        }
    }
}

/// What became of the connections.
fn connections(trial: &Trial) -> String {
    let instrument = &trial.instrument;
    let mut text = format!(
        "{} opened before the window, {} in it",
        count(trial.load.connections),
        count(instrument.connections_opened)
    );
    if let (Some(again), Some(sent)) = (instrument.segments_retransmitted, instrument.segments_sent)
    {
        text.push_str(&format!(" · {} of {} segments sent again", count(again), count(sent)));
    }
    text
}

/// The gates: those passed in a line, the others in full.
fn validity(page: &mut Page, trial: &Trial) {
    let gates = &trial.validity.gates;
    let standing = match trial.validity.standing {
        Standing::Valid => page.style.good("valid: the trial counts"),
        Standing::Invalid => page.style.bad("invalid: the trial is void, measure again"),
        Standing::Failed => page.style.bad("failed: the trial counts, as a failure of the engine"),
        Standing::Saturated => {
            page.style.bad("saturated: the trial counts, as more than the engine can carry")
        }
    };
    page.heading("Validity", "");
    page.line(&format!("  {standing}"));
    let having = |status| gates.iter().filter(move |gate| gate.status == status);
    for gate in having(GateStatus::Failed) {
        let mark = page.style.bad("✗");
        full(page, &mark, gate);
    }
    for gate in having(GateStatus::Unknown) {
        let mark = page.style.doubtful("?");
        full(page, &mark, gate);
    }
    for gate in having(GateStatus::Waived) {
        page.item("·", &format!("{} {}: waived, {}", gate.id, gate.name, printable(&gate.saw)));
    }
    let passed: Vec<&str> = having(GateStatus::Passed).map(|gate| gate.id.as_str()).collect();
    if !passed.is_empty() {
        let gates = if passed.len() == 1 { "gate" } else { "gates" };
        page.item("✓", &format!("{} {gates} passed: {}", passed.len(), passed.join(" ")));
    }
}

/// A gate that did not pass: what it saw, what that means, what it withholds.
fn full(page: &mut Page, mark: &str, gate: &Gate) {
    let unknown = if gate.status == GateStatus::Unknown { "not known, " } else { "" };
    page.item(mark, &format!("{} {}: {unknown}{}", gate.id, gate.name, printable(&gate.saw)));
    if let Some(advice) = &gate.advice {
        page.below_item(advice);
    }
    if !gate.withholds.is_empty() {
        page.below_item(&format!("Withholds {}.", gate.withholds.join(", ")));
    }
}
