//! After the drain: the one pass over a trial's records that counts their
//! tokens again, adds them up, and gathers what the gates want to see.

mod flow;
mod recount;

use std::collections::BTreeMap;

use tokenometer_core::metric::Objectives;
use tokenometer_core::summary::Summariser;
use tokenometer_core::{Chunk, Counts, Nanos, Outcome, Phase, Record, Summary, Window};
use tokenometer_results::{Kept, Tally, TrialWriter};
use tokenometer_verdict::{Steadiness, TokenizerFacts};

use crate::LabError;
use flow::Flow;
pub(crate) use recount::Recount;

/// What a trial's records say.
#[derive(Debug, Default)]
pub(crate) struct Understood {
    pub(crate) files: BTreeMap<String, Kept>,
    pub(crate) summary: Summary,
    pub(crate) tally: Tally,
    pub(crate) steadiness: Option<Steadiness>,
    pub(crate) seen: Seen,
}

/// What the gates want to know beside the summary.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Tokens asked for, over the cohort's requests that finished properly.
    pub(crate) output_asked: Option<u64>,
    /// Tokens generated, over the same.
    pub(crate) output_finished: Option<u64>,
    /// Cohort requests that were silent until a limit.
    pub(crate) idle_timeouts: u64,
    /// Cohort requests that were unfinished at `late_after`.
    pub(crate) unfinished_late: Option<u64>,
    /// Those that were unfinished when the window closed.
    pub(crate) unfinished_at_end: Option<u64>,
    /// How late each cohort request was sent, in milliseconds.
    pub(crate) lateness_ms: Vec<f64>,
    /// Every request of the load that was sent.
    pub(crate) sent: Vec<Sent>,
    /// Both sides' totals.
    pub(crate) tokenizer: TokenizerFacts,
    /// Prompt tokens that the server took from its cache, and all of them,
    /// over the requests that told.
    pub(crate) cached: Option<(u64, u64)>,
    /// The last end of any request.
    pub(crate) last_end: Option<Nanos>,
}

/// A request of the load that was sent: what a prefix cache sees of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Its number, in the order in which requests became due.
    pub(crate) request: u32,
    /// The row of the workload.
    pub(crate) row: u32,
    /// When it was sent.
    pub(crate) at: Nanos,
    /// Its prompt tokens by the server.
    pub(crate) tokens: Option<u32>,
    /// Whether it tells of itself how many of them were cached, and counts.
    pub(crate) tells_cached: bool,
}

/// Instants and lengths by which requests are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// When a request of the cohort is very late; `None` where nothing tells.
    pub(crate) late_after: Option<Nanos>,
    /// How long a request may take in all.
    pub(crate) total_limit: Nanos,
}

/// Finishes a trial's records.
pub(crate) fn understand(
    writer: TrialWriter,
    window: Option<Window>,
    marks: Marks,
    (recount, objectives): (&Recount, Objectives),
) -> Result<Understood, LabError> {
    let mut summariser = window.map(|window| Summariser::new(window).objectives(objectives));
    let mut flow = window.map(Flow::new);
    let mut tally = Tally::default();
    let mut seen = Seen::default();
    let files = writer.finish(|record, chunks| {
        recount.complete(record, chunks);
        tally.notice(record);
        seen.notice(record, window, marks);
        if let Some(summariser) = &mut summariser {
            summariser.add(record, chunks);
        }
        if let Some(flow) = &mut flow {
            flow.add(record, chunks);
        }
    })?;
    let summary = summariser.map(Summariser::finish).unwrap_or_default();
    Ok(Understood { files, summary, tally, steadiness: flow.map(Flow::finish), seen })
}

impl Seen {
    fn notice(&mut self, record: &Record, window: Option<Window>, marks: Marks) {
        self.last_end = self.last_end.max(record.end);
        self.note_sent(record);
        if record.phase != Phase::Measure {
            return;
        }
        self.idle_timeouts += u64::from(fell_silent(record, marks.total_limit));
        let is_open_at = |instant: Nanos| u64::from(record.end.is_none_or(|end| end > instant));
        if let Some(late_after) = marks.late_after {
            *self.unfinished_late.get_or_insert(0) += is_open_at(late_after);
        }
        if let Some(window) = window {
            *self.unfinished_at_end.get_or_insert(0) += is_open_at(window.closes);
        }
        self.lateness_ms.extend(record.sent.map(|sent| (sent - record.intended).as_millis_f64()));
        if matches!(record.outcome, Outcome::Ok | Outcome::Short | Outcome::Long)
            && let (Some(asked), Some(generated)) = (record.output.asked, record.output.best())
        {
            *self.output_asked.get_or_insert(0) += u64::from(asked);
            *self.output_finished.get_or_insert(0) += u64::from(generated);
        }
        if record.outcome.is_ok() {
            self.compare_counts(record);
        }
    }

    fn note_sent(&mut self, record: &Record) {
        // The rows of a warm-up are of another schedule.
        if let (Some(at), true) = (record.sent, record.phase != Phase::WarmUp) {
            self.sent.push(Sent {
                request: record.request,
                row: record.row,
                at,
                tokens: record.input.server,
                tells_cached: record.phase == Phase::Measure
                    && record.outcome.is_ok()
                    && record.cached_tokens.is_some(),
            });
        }
    }

    fn compare_counts(&mut self, record: &Record) {
        let facts = &mut self.tokenizer;
        add_both(&mut facts.input_server, &mut facts.input_counted, record.input);
        add_both(&mut facts.output_server, &mut facts.output_counted, record.output);
        if let (Some(cached), Some(prompt)) = (record.cached_tokens, record.input.server) {
            let (cached_before, prompt_before) = self.cached.unwrap_or((0, 0));
            self.cached =
                Some((cached_before + u64::from(cached), prompt_before + u64::from(prompt)));
        }
    }
}

/// Whether a request ended because nothing came any more, and not because it
/// was never sent or had taken too long in all.
fn fell_silent(record: &Record, total_limit: Nanos) -> bool {
    let took = record.end.zip(record.send_start).map(|(end, start)| end - start);
    record.outcome == Outcome::Timeout
        && record.sent.is_some()
        && took.is_some_and(|took| took < total_limit)
}

/// Adds a request's counts to both totals, if it has both.
fn add_both(server: &mut Option<u64>, counted: &mut Option<u64>, counts: Counts) {
    if let (Some(theirs), Some(ours)) = (counts.server, counts.counted) {
        *server.get_or_insert(0) += u64::from(theirs);
        *counted.get_or_insert(0) += u64::from(ours);
    }
}

/// What a chunk adds to the tokens that arrived, as far as is known: its
/// count, or one for some text.
fn tokens_of(chunk: &Chunk) -> u32 {
    if chunk.bears_tokens() { chunk.tokens.unwrap_or(1) } else { 0 }
}
