//! How a request ended: the first outcome that applies (M11).

use tokenometer_core::Outcome;

use crate::exchange::Ending;

/// What an outcome is judged by.
pub(super) struct Signs<'a> {
    pub(super) ending: &'a Ending,
    pub(super) status: Option<u16>,
    /// What an HTTP error's body said.
    pub(super) refusal: Option<String>,
    /// What went wrong inside the answer.
    pub(super) stream_error: Option<String>,
    pub(super) finish_reason: Option<&'a str>,
    /// What an answer of this dialect must have to be complete, if it hasn't.
    pub(super) missing_end: Option<&'static str>,
    /// Whether anything that bears tokens arrived.
    pub(super) bears_tokens: bool,
    /// How many tokens were generated, as far as is known.
    pub(super) generated: Option<u32>,
    /// How many exactly were asked for, if so.
    pub(super) exactly: Option<u32>,
}

/// The outcome, and what is to be said about it.
pub(super) fn judge(signs: Signs<'_>) -> (Outcome, Option<String>) {
    if let Ending::Failed(outcome, why) = signs.ending
        && *outcome < Outcome::HttpError
    {
        return (*outcome, Some(why.clone()));
    }
    if let Some(status) = signs.status.filter(|status| !(200..300).contains(status)) {
        let said = signs.refusal.unwrap_or_else(|| "no text".to_owned());
        return (Outcome::HttpError, Some(format!("HTTP {status}: {said}")));
    }
    if let Some(error) = stream_error(&signs) {
        return (Outcome::StreamError, Some(error));
    }
    if let Ending::Failed(outcome, why) = signs.ending {
        return (*outcome, Some(why.clone()));
    }
    if let Some(cut) = truncation(&signs) {
        return (Outcome::Truncated, Some(cut));
    }
    (finished(&signs), None)
}

fn stream_error(signs: &Signs<'_>) -> Option<String> {
    if let Ending::Unreadable(why) = signs.ending {
        return Some(why.clone());
    }
    if let Some(error) = &signs.stream_error {
        return Some(error.clone());
    }
    let gave_up = |reason: &&str| matches!(*reason, "error" | "abort");
    signs.finish_reason.filter(gave_up).map(|reason| format!("finish reason `{reason}`"))
}

/// What a proper end has beside the end of the body, and beside `[DONE]`, is
/// the dialect's affair: a server that was interrupted sends those two, too.
fn truncation(signs: &Signs<'_>) -> Option<String> {
    match (signs.ending, signs.missing_end) {
        (Ending::Cut, _) => Some("the connection was closed inside the answer".to_owned()),
        (_, Some(missing)) => Some(format!("the answer ended without {missing}")),
        _ => None,
    }
}

fn finished(signs: &Signs<'_>) -> Outcome {
    if !signs.bears_tokens {
        return Outcome::Empty;
    }
    match (signs.exactly, signs.generated) {
        (Some(asked), Some(generated)) if generated < asked => Outcome::Short,
        (Some(asked), Some(generated)) if generated > asked => Outcome::Long,
        _ => Outcome::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy() -> Signs<'static> {
        Signs {
            ending: &Ending::Whole,
            status: Some(200),
            refusal: None,
            stream_error: None,
            finish_reason: Some("length"),
            missing_end: None,
            bears_tokens: true,
            generated: Some(8),
            exactly: Some(8),
        }
    }

    #[test]
    fn the_first_that_applies_wins() {
        let reset = Ending::Failed(Outcome::Reset, "reset by peer".into());
        let censored = Ending::Failed(Outcome::Censored, "still running".into());
        let error = || Some("out of memory".to_owned());
        let cases = [
            (Signs { ..healthy() }, Outcome::Ok),
            (Signs { generated: Some(7), ..healthy() }, Outcome::Short),
            (Signs { generated: Some(9), ..healthy() }, Outcome::Long),
            (Signs { generated: Some(7), exactly: None, ..healthy() }, Outcome::Ok),
            (Signs { generated: None, ..healthy() }, Outcome::Ok),
            (Signs { bears_tokens: false, generated: None, ..healthy() }, Outcome::Empty),
            (Signs { missing_end: Some("a frame"), ..healthy() }, Outcome::Truncated),
            (Signs { finish_reason: None, ..healthy() }, Outcome::Ok),
            (Signs { ending: &Ending::Cut, ..healthy() }, Outcome::Truncated),
            (Signs { finish_reason: Some("abort"), ..healthy() }, Outcome::StreamError),
            (
                Signs { stream_error: error(), missing_end: Some("a frame"), ..healthy() },
                Outcome::StreamError,
            ),
            (
                Signs { stream_error: error(), ending: &Ending::Cut, ..healthy() },
                Outcome::StreamError,
            ),
            (Signs { stream_error: error(), status: Some(500), ..healthy() }, Outcome::HttpError),
            (Signs { stream_error: error(), ending: &reset, ..healthy() }, Outcome::Reset),
            (
                Signs { missing_end: Some("a frame"), ending: &censored, ..healthy() },
                Outcome::Censored,
            ),
        ];
        for (at, (signs, outcome)) in cases.into_iter().enumerate() {
            assert_eq!(judge(signs).0, outcome, "case {at}");
        }
    }

    #[test]
    fn an_http_error_is_told_in_the_servers_words() {
        let signs = Signs { status: Some(404), refusal: Some("no such model".into()), ..healthy() };
        assert_eq!(judge(signs).1.unwrap(), "HTTP 404: no such model");
    }
}
