//! The headers of requests, and how long their answers are waited for.

use std::time::Duration;

use tokenometer_load::{Header, Limits};

use super::Mistakes;
use crate::args::{BenchArgs, Given, LimitArgs};
use crate::environment::Environment;

/// The headers of every request. The bearer token is sent to whatever running
/// server is measured, whether it was named or is where the followed tool would
/// look for it; never to the embedded engine, and not where an `Authorization`
/// is given by hand.
pub(super) fn headers(
    args: &BenchArgs,
    is_running: bool,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> Vec<Header> {
    let mut headers: Vec<Header> =
        args.target.headers.iter().filter_map(|text| header(text, mistakes)).collect();
    let by_hand = headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization"));
    if is_running && !by_hand {
        headers.extend(bearer(environment, mistakes));
    }
    headers
}

/// The key from the environment, as a header.
pub(super) fn bearer(environment: &Environment, mistakes: &mut Mistakes) -> Option<Header> {
    let key = environment.api_key.as_ref()?.to_str().map(str::trim);
    match key.filter(|key| !key.chars().any(char::is_control)) {
        Some(key) => {
            Some(Header { name: "Authorization".to_owned(), value: format!("Bearer {key}") })
        }
        None => {
            mistakes.add(
                "OPENAI_API_KEY",
                "it holds characters that no header may hold",
                "set it to the key alone",
            );
            None
        }
    }
}

/// Reads `NAME: VALUE` or `NAME=VALUE`. What was typed is never repeated, since
/// it may be a secret.
fn header(text: &str, mistakes: &mut Mistakes) -> Option<Header> {
    match text.split_once([':', '=']) {
        Some((name, value)) if !name.trim().is_empty() => {
            Some(Header { name: name.trim().to_owned(), value: value.trim().to_owned() })
        }
        _ => {
            mistakes.add(
                "--header",
                "one of the headers has no name (it is not shown, since it may be a secret)",
                "write it as 'NAME: VALUE'",
            );
            None
        }
    }
}

/// How long to wait for what.
pub(super) fn limits(args: &LimitArgs, mistakes: &mut Mistakes) -> Limits {
    let usual = Limits::default();
    let mut some_time = |flag: &str, given: &Option<Given<Duration>>, usual| {
        let limit = mistakes.take(flag, given.clone()).unwrap_or(usual);
        if limit.is_zero() {
            mistakes.add(
                format_args!("{flag} 0"),
                "nothing can come in no time",
                "give a time such as 30s",
            );
        }
        limit
    };
    Limits {
        connect: some_time("--connect-timeout", &args.connect_timeout, usual.connect),
        first: some_time("--first-timeout", &args.first_timeout, usual.first),
        idle: some_time("--idle-timeout", &args.idle_timeout, usual.idle),
        total: some_time("--total-timeout", &args.total_timeout, usual.total),
        drain: usual.drain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{self, Command, Said};

    /// The headers of a bench with these arguments, where the environment holds
    /// a key.
    fn of(arguments: &str) -> Vec<(String, String)> {
        let words = ["tokenometer", "bench", "--num-prompts", "3"];
        let words = words.into_iter().chain(arguments.split_whitespace()).map(Into::into);
        let Said { command: Command::Bench(args), given, mistakes } = args::parse(words).unwrap()
        else {
            panic!("{arguments}: another command")
        };
        let environment = Environment {
            api_key: Some("sk-tulip".into()),
            hub_token: None,
            hub_endpoint: None,
            hub_caches: Vec::new(),
            datasets: None,
            machine: tokenometer_engine::provision::Machine::default(),
            no_colour: true,
        };
        let (bench, _) = crate::settings::bench(*args, &given, mistakes, &environment).unwrap();
        bench
            .trial
            .rendering
            .headers
            .into_iter()
            .map(|header| (header.name, header.value))
            .collect()
    }

    #[test]
    fn the_key_goes_to_a_running_server_and_to_nothing_else() {
        let key = ("Authorization".to_owned(), "Bearer sk-tulip".to_owned());
        let vllm = "--rules vllm-0.33";
        for running in ["--base-url http://gpu:8000", "--host gpu", "--port 8001", vllm] {
            assert_eq!(of(running), std::slice::from_ref(&key), "{running}");
        }
        for embedded in ["", &format!("{vllm} -- --ttft 1ms")] {
            assert_eq!(of(embedded), [], "{embedded}");
        }
        let by_hand = of(&format!("{vllm} --header authorization=mine"));
        assert_eq!(by_hand, [("authorization".to_owned(), "mine".to_owned())]);
    }
}
