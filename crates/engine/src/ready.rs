//! Waits for a server that is starting.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::EngineError;
use crate::http::Control;

/// The first pause between two tries. A simulated engine is up within
/// milliseconds, and a short run should not wait longer for it than that.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause: a real engine takes a minute, and half a second of it
/// more is nothing.
const LAST_PAUSE: Duration = Duration::from_millis(500);
/// The longest that one try may take; SGLang's `/health` alone takes 1 s.
const TRY_LIMIT: Duration = Duration::from_secs(5);

/// Asks for `route` until it answers with success; returns how long that took.
///
/// Before each pause `still_worth_it` is asked: it returns why waiting is in
/// vain (the child died, the user interrupted), or `None` to go on.
///
/// # Errors
/// [`EngineError::NotReady`] at the limit, with what the last try said;
/// [`EngineError::GaveUp`] with the caller's reason; and at once whatever no
/// waiting mends, such as a missing key, an unknown certificate or the wrong
/// scheme.
pub fn wait_ready(
    control: &Control,
    route: &str,
    limit: Duration,
    still_worth_it: &mut dyn FnMut() -> Option<String>,
) -> Result<Duration, EngineError> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut told: Option<EngineError> = None;
    loop {
        let left = limit.saturating_sub(began.elapsed());
        // A try with no time left would say only that; what the last one said tells more.
        if let Some(last) = told.take_if(|_| left.is_zero()) {
            let last = last.to_string();
            return Err(EngineError::NotReady { url: control.url(route), limit, last });
        }
        let last = match control.get_within(route, left.clamp(FIRST_PAUSE, TRY_LIMIT)) {
            Ok(answer) if answer.is_success() => return Ok(began.elapsed()),
            Ok(answer) => control.refusal(&answer),
            Err(error) => error,
        };
        if is_final(&last) {
            return Err(last);
        }
        if let Some(why) = still_worth_it() {
            return Err(EngineError::GaveUp { url: control.url(route), why });
        }
        told = Some(last);
        thread::sleep(pause.min(limit.saturating_sub(began.elapsed())));
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Whether waiting can't mend it. A server that is still starting refuses
/// connections, hangs up, or answers 5xx (404 while its routes are not there).
fn is_final(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::UnknownHost { .. }
            | EngineError::PlainToTls { .. }
            | EngineError::TlsToPlain { .. }
            | EngineError::Certificate { .. }
            | EngineError::Unauthorised { .. }
            | EngineError::Redirected { .. }
            | EngineError::NotHttp { .. }
            | EngineError::TooLarge { .. }
    )
}
