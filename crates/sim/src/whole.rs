//! An answer that isn't streamed: it leaves in one write, when its last token
//! would have left in a stream.

use tokenometer_core::{Nanos, Outcome};

use crate::answer::{Answer, End};
use crate::bend::Departure;
use crate::pace::Feed;
use crate::plan::Plan;
use crate::render::{Frames, Response, Said, error_frame};
use crate::words;

/// An answer that waits for its last token.
pub(crate) struct Whole {
    plan: Plan,
    frames: Box<dyn Frames>,
    /// The request's name.
    request: String,
    arrival: Nanos,
    /// Whether the client wants the connection closed after it.
    close: bool,
}

impl Whole {
    /// The answer to a request that arrived at `arrival`; `close` says whether
    /// the client wants the connection closed after it.
    pub(crate) fn new(
        plan: Plan,
        frames: Box<dyn Frames>,
        request: &str,
        arrival: Nanos,
        close: bool,
    ) -> Whole {
        Whole { plan, frames, request: request.to_owned(), arrival, close }
    }

    /// See [`crate::answer::Answer::feed`].
    pub(crate) fn feed(&mut self) -> Option<&mut Feed> {
        self.plan.pace.feed()
    }

    /// See [`crate::answer::Answer::abandoned`].
    pub(crate) fn abandoned(&self) -> Outcome {
        abandoned(self.plan.bends.headers_after > Nanos::ZERO)
    }

    /// The answer, once it is ready.
    pub(crate) fn ready(&mut self) -> Option<Answer> {
        let due = self.plan.ready(self.arrival)?;
        let earliest = self.arrival + self.plan.bends.headers_after;
        let departure = self.plan.bends.departure.map(|(_, departure)| departure);
        let body = self.body(departure);
        let response = Response {
            status: 200,
            content_type: "application/json",
            id: Some(&self.request),
            close: self.close,
            body: &body,
        };
        let mut bytes = response.render();
        let spoilt_end = match departure {
            Some(Departure::Cut) => Some(End::Close),
            Some(Departure::Reset) => Some(End::Reset),
            Some(Departure::Silence) => Some(End::Silence),
            _ => self.plan.bends.half_close.then_some(End::Shut),
        };
        if spoilt_end.is_some() {
            // Nothing of the body, where nothing was to be said; else half of it.
            let missing = if self.plan.bends.mute { body.len() } else { body.len().div_ceil(2) };
            bytes.truncate(bytes.len() - missing);
        }
        let sound = spoilt_end.is_none() && departure.is_none();
        let tokens = if sound { self.plan.total } else { 0 };
        let end = spoilt_end.unwrap_or(End::proper(self.close));
        let answer = Answer::once(bytes, due.max(earliest), tokens, end);
        Some(answer.held_back(self.plan.bends.headers_after > Nanos::ZERO))
    }

    fn body(&mut self, departure: Option<Departure>) -> Vec<u8> {
        match departure {
            Some(kind @ (Departure::ErrorObject | Departure::ErrorText)) => {
                let as_text = kind == Departure::ErrorText;
                error_frame(self.plan.dialect, as_text, "the engine failed, as asked")
                    .to_string()
                    .into_bytes()
            }
            Some(Departure::Bare) => Vec::new(),
            _ => full_body(&self.plan, self.frames.as_mut()),
        }
    }
}

/// What is to be concluded where the client hangs up before an answer of one
/// write, which a fault may hold back.
pub(crate) fn abandoned(held_back: bool) -> Outcome {
    if held_back { Outcome::Timeout } else { Outcome::Cancelled }
}

fn full_body(plan: &Plan, frames: &mut dyn Frames) -> Vec<u8> {
    let ids: Vec<u32> = (0..plan.total).map(|index| words::generated(plan.key, index)).collect();
    let mut text = Vec::new();
    for id in &ids {
        words::push(&mut text, *id, false);
    }
    if plan.bends.bad_chunk == Some(1) {
        text.extend_from_slice(b"\xc3(");
    }
    let usage = plan.says_usage().then(|| plan.final_usage());
    let mut body = Vec::new();
    frames.whole(Said { text: &text, ids: &ids, finish: plan.finish, usage }, &mut body);
    body
}
