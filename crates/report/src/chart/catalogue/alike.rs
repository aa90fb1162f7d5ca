//! Which scenarios differ in one number alone.
//!
//! A study calls the cells of a sweep after what it varies (`chat-c8`, `chat-o128-r4`), so that
//! the rest of their names says which belong together. Where somebody has named scenarios
//! otherwise, what was sent must be alike, as far as a trial tells.

use tokenometer_results::{Span, Traffic, WorkloadSeen};

use crate::measured::ScenarioMeasured;
use crate::number::{count, short};

use super::names::shown;
use super::sweeps::Over;

/// What a scenario has in common with others.
pub(super) struct Common {
    /// The same for all that differ in one number alone.
    pub(super) key: String,
    /// What of it a reader is told.
    pub(super) label: String,
}

/// What a scenario has in common with those that differ from it only in this; `None` where
/// that can't be told.
pub(super) fn common(over: Over, scenario: &ScenarioMeasured<'_>) -> Option<Common> {
    let (load, workload) = (scenario.load?, scenario.workload?);
    let rest = match (over, load.traffic) {
        (Over::Concurrency, _) => String::new(),
        (Over::Rate, Traffic::Open { burstiness, cap, .. }) => format!("{burstiness:?} {cap:?}"),
        (Over::Rate, _) => return None,
        (Over::InputLength | Over::OutputLength, traffic) => format!("{traffic:?}"),
    };
    let lengths = other_lengths(over, workload);
    let (who, label) = match name_without(over, scenario.name, load.traffic) {
        Some(name) => (format!("named {name:?}"), shown(&name)),
        None => ("named otherwise".to_owned(), facts(over, workload, load.traffic)?),
    };
    let sent = format!("{:?} {} {}", workload.dataset, workload.exact, load.streamed);
    Some(Common { key: format!("{who} {sent} {lengths:?} {rest}"), label })
}

/// The rest of a scenario's name, where it is called after what is varied.
fn name_without(over: Over, name: &str, traffic: Traffic) -> Option<String> {
    match (over, traffic) {
        (Over::Concurrency, Traffic::Closed { concurrency }) => {
            without(name, &format!("-c{concurrency}"))
        }
        (Over::Rate, Traffic::Open { rate: Some(rate), cap, .. }) => {
            let cap = cap.map(|cap| format!("-c{cap}")).unwrap_or_default();
            without(name, &format!("-r{rate}{cap}"))
        }
        (Over::Concurrency | Over::Rate, _) => None,
        (Over::InputLength, _) => without_count(name, 'i'),
        (Over::OutputLength, _) => without_count(name, 'o'),
    }
}

/// A name without one of its words; `None` where it hasn't that word or is nothing else.
fn without(name: &str, word: &str) -> Option<String> {
    let ends = |at: &usize| matches!(name[at + word.len()..].chars().next(), None | Some('-'));
    let (at, _) = name.rmatch_indices(word).find(|(at, _)| ends(at))?;
    (at > 0).then(|| format!("{}{}", &name[..at], &name[at + word.len()..]))
}

/// A name without the last of its words that is this letter and a number.
fn without_count(name: &str, letter: char) -> Option<String> {
    let is_count = |word: &&str| {
        let digits = word.strip_prefix(letter);
        digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let word = name.split('-').skip(1).filter(is_count).last()?;
    without(name, &format!("-{word}"))
}

/// The lengths that aren't varied.
fn other_lengths(over: Over, workload: &WorkloadSeen) -> Vec<Length> {
    let (input, output) = (length(workload.input_tokens), length(workload.output_tokens));
    match over {
        Over::Concurrency | Over::Rate => vec![input, output],
        Over::InputLength => vec![output],
        Over::OutputLength => vec![input],
    }
}

/// What can be told of a length. Those that are drawn come out a little otherwise in each
/// scenario, so that their means say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Unknown,
    Drawn,
    Fixed(u64),
}

fn length(span: Option<Span>) -> Length {
    match span {
        None => Length::Unknown,
        Some(span) if span.min == span.max => Length::Fixed(span.min),
        Some(_) => Length::Drawn,
    }
}

/// What scenarios have in common that aren't called after what is varied.
fn facts(over: Over, workload: &WorkloadSeen, traffic: Traffic) -> Option<String> {
    let named = |span: Option<Span>, word: &str| match length(span) {
        Length::Fixed(tokens) => Some(format!("{} tokens {word}", count(tokens))),
        Length::Unknown | Length::Drawn => None,
    };
    let (input, output) =
        (named(workload.input_tokens, "in"), named(workload.output_tokens, "out"));
    let parts = match over {
        Over::Concurrency | Over::Rate => {
            [Some(shown(&workload.dataset)), input, output].into_iter().flatten().collect()
        }
        // Drawn lengths of one kind might differ while the other is varied.
        Over::InputLength => vec![traffic_words(traffic), output?],
        Over::OutputLength => vec![traffic_words(traffic), input?],
    };
    Some(parts.join(", "))
}

/// A load in a few words.
fn traffic_words(traffic: Traffic) -> String {
    match traffic {
        Traffic::Closed { concurrency } => format!("{} in flight", count(concurrency.into())),
        Traffic::Open { rate: Some(rate), .. } => format!("{rate} requests/s"),
        Traffic::Open { rate: None, .. } => "all at once".to_owned(),
        Traffic::Ramp { from, to, .. } => format!("{} to {} requests/s", short(from), short(to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_called_after_what_is_varied() {
        let closed = Traffic::Closed { concurrency: 8 };
        let open = |cap| Traffic::Open { rate: Some(2.5), burstiness: Some(1.0), cap };
        let rest = |over, name, traffic| name_without(over, name, traffic);
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(rest(Over::Concurrency, "chat-c8", closed), some("chat"));
        assert_eq!(rest(Over::Concurrency, "chat-i1-c8-max-2", closed), some("chat-i1-max-2"));
        assert_eq!(rest(Over::Concurrency, "chat-c80", closed), None);
        assert_eq!(rest(Over::Concurrency, "-c8", closed), None);
        assert_eq!(rest(Over::Rate, "chat-r2.5", open(None)), some("chat"));
        assert_eq!(rest(Over::Rate, "chat-r2.5-c9", open(Some(9))), some("chat"));
        assert_eq!(rest(Over::OutputLength, "chat-i10-o20-c8", closed), some("chat-i10-c8"));
        assert_eq!(rest(Over::InputLength, "chat-i10-o20-c8", closed), some("chat-o20-c8"));
        assert_eq!(rest(Over::OutputLength, "o20-only", closed), None);
    }
}
