//! What is counted of a simulated machine beside what its scheduler counts:
//! requests and their tokens as they are handed out, and how long that took.

use tokenometer_core::Nanos;

use super::latency::{BETWEEN_TOKENS, FIRST_TOKEN, Latency, WHOLE};

/// Steps over which the throughput is taken, as SGLang does by default.
const SPAN: u64 = 40;

/// Counts of one kind of requests: those that are streamed, or the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    /// Tokens of prompts that have been computed, or were cached.
    pub(super) prompt_tokens: u64,
    /// Those of them that were cached.
    pub(super) cached_tokens: u64,
    /// Tokens that were handed out.
    pub(super) generation_tokens: u64,
    /// Requests that were handed their last token.
    pub(super) finished: u64,
    /// Requests whose client went, or that a fault ended, before that.
    pub(super) aborted: u64,
}

/// The tokens of so many steps, and when they ended.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    steps: u64,
    tokens: u64,
    ended: Nanos,
}

/// All counts.
pub(crate) struct Tally {
    streamed: Requests,
    whole: Requests,
    pub(super) first_token: Latency,
    pub(super) between_tokens: Latency,
    pub(super) request: Latency,
    /// Where the span began over which the throughput is being taken.
    span: Span,
    /// Tokens a second in the last whole span.
    throughput: f64,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            streamed: Requests::default(),
            whole: Requests::default(),
            first_token: Latency::new(FIRST_TOKEN),
            between_tokens: Latency::new(BETWEEN_TOKENS),
            request: Latency::new(WHOLE),
            span: Span::default(),
            throughput: 0.0,
        }
    }

    /// Both kinds, and whether each is streamed.
    pub(super) fn kinds(&self) -> [(bool, Requests); 2] {
        [(false, self.whole), (true, self.streamed)]
    }

    /// Prompt tokens of all requests that were cached.
    pub(super) fn cached_tokens(&self) -> u64 {
        self.whole.cached_tokens + self.streamed.cached_tokens
    }

    /// Requests that ended before their last token.
    pub(super) fn aborted(&self) -> u64 {
        self.whole.aborted + self.streamed.aborted
    }

    /// Tokens a second over the last steps; none while nothing runs.
    pub(super) fn throughput(&self, running: bool) -> f64 {
        if running { self.throughput } else { 0.0 }
    }

    /// Notes the first tokens of a request: its prompt has been computed.
    pub(crate) fn began(&mut self, streamed: bool, (prompt, cached): (u32, u32), after: Nanos) {
        let requests = self.of(streamed);
        requests.prompt_tokens += u64::from(prompt);
        requests.cached_tokens += u64::from(cached);
        self.first_token.add(after);
    }

    /// Notes tokens that were handed out, and how long after those before.
    pub(crate) fn handed(&mut self, streamed: bool, tokens: u32, after: Option<Nanos>) {
        self.of(streamed).generation_tokens += u64::from(tokens);
        if let Some(after) = after {
            self.between_tokens.add(after);
        }
    }

    /// Notes a request's last token.
    pub(crate) fn finished(&mut self, streamed: bool, after: Nanos) {
        self.of(streamed).finished += 1;
        self.request.add(after);
    }

    /// Notes a request that won't be handed its last token.
    pub(crate) fn gave_up(&mut self, streamed: bool) {
        self.of(streamed).aborted += 1;
    }

    /// Notes how far the scheduler has come: steps and tokens so far, and when
    /// the last step ended.
    pub(crate) fn stepped(&mut self, steps: u64, tokens: u64, ended: Nanos) {
        let Span { steps: from, tokens: had, ended: since } = self.span;
        if steps - from < SPAN {
            return;
        }
        // The first span has no beginning.
        if from > 0 && ended > since {
            self.throughput = (tokens - had) as f64 / (ended - since).as_secs_f64();
        }
        self.span = Span { steps, tokens, ended };
    }

    fn of(&mut self, streamed: bool) -> &mut Requests {
        if streamed { &mut self.streamed } else { &mut self.whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throughput_is_that_of_the_last_whole_span() {
        let mut tally = Tally::new();
        for step in 1..=90 {
            tally.stepped(step, 3 * step, Nanos::from_millis(10 * step as i64));
            assert_eq!(tally.throughput(true), if step < 80 { 0.0 } else { 300.0 });
        }
        assert_eq!(tally.throughput(false), 0.0);
    }
}
