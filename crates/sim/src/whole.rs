//! An answer that isn't streamed: it leaves in one write, when its last token
//! would have left in a stream.

use tokenometer_core::Nanos;

use crate::answer::{Answer, End};
use crate::bend::Departure;
use crate::plan::Plan;
use crate::render::{Frames, Response, Said, Usage, error_frame};
use crate::words;

/// The answer to a request that arrived at `arrival`.
pub(crate) fn whole(
    mut plan: Plan,
    mut frames: Box<dyn Frames>,
    request: &str,
    arrival: Nanos,
    close: bool,
) -> Answer {
    let due = arrival + plan.length().max(plan.bends.headers_after);
    let departure = plan.bends.departure.map(|(_, departure)| departure);
    let body = match departure {
        Some(kind @ (Departure::ErrorObject | Departure::ErrorText)) => {
            let as_text = kind == Departure::ErrorText;
            error_frame(plan.dialect, as_text, "the engine failed, as asked")
                .to_string()
                .into_bytes()
        }
        Some(Departure::Bare) => Vec::new(),
        _ => full_body(&plan, frames.as_mut()),
    };
    let response = Response {
        status: 200,
        content_type: "application/json",
        id: Some(request),
        close,
        body: &body,
    };
    let mut bytes = response.render();
    let spoilt_end = match departure {
        Some(Departure::Cut) => Some(End::Close),
        Some(Departure::Reset) => Some(End::Reset),
        Some(Departure::Silence) => Some(End::Silence),
        _ => plan.bends.half_close.then_some(End::Shut),
    };
    if spoilt_end.is_some() {
        // Nothing of the body, where nothing was to be said; else half of it.
        let missing = if plan.bends.mute { body.len() } else { body.len().div_ceil(2) };
        bytes.truncate(bytes.len() - missing);
    }
    let sound = spoilt_end.is_none() && departure.is_none();
    let tokens = if sound { plan.total } else { 0 };
    Answer::once(bytes, due, tokens, spoilt_end.unwrap_or(End::proper(close)))
        .held_back(plan.bends.headers_after > Nanos::ZERO)
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
    let usage = plan.says_usage().then(|| Usage { prompt: plan.prompt, output: plan.told() });
    let mut body = Vec::new();
    frames.whole(Said { text: &text, ids: &ids, finish: plan.finish, usage }, &mut body);
    body
}
