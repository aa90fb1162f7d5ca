//! What `tokenometer sim` was told.

use std::net::{Ipv4Addr, SocketAddr};

use tokenometer_sim::{Fault, Listen, Script, Settings};

use super::Mistakes;
use crate::args::SimArgs;
use crate::failure::Mistake;

/// Where it listens unless told otherwise: where vLLM does.
const PORT: u16 = 8000;

/// The settings of the embedded engine, or everything that is wrong with them.
pub(crate) fn sim(args: SimArgs) -> Result<Settings, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let usual = Settings::default();
    let listen = match &args.listen {
        Some(text) => read("--listen", text, text.parse(), &mut mistakes).unwrap_or(usual.listen),
        None => Listen::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
    };
    let script = script(&args, &mut mistakes);
    let faults: Vec<_> = args.faults.iter().filter_map(|text| fault(text, &mut mistakes)).collect();
    shares(&faults, &mut mistakes);
    let settings = Settings {
        listen,
        model: args.model.unwrap_or(usual.model),
        check_model: !args.any_model,
        max_model_len: mistakes
            .take("--max-model-len", args.max_model_len)
            .unwrap_or(usual.max_model_len),
        prompt_count_offset: mistakes
            .take("--prompt-count-offset", args.prompt_count_offset)
            .unwrap_or(usual.prompt_count_offset),
        script,
        simulation: None,
        faults,
        die_after: mistakes.take("--die-after", args.die_after),
        keep_alive: mistakes.take("--keep-alive", args.keep_alive),
        cpu: mistakes.take("--cpu", args.cpu),
        spin: mistakes.take("--spin", args.spin).unwrap_or(usual.spin),
        keep_truth: !args.no_truth,
    };
    mistakes.or(settings)
}

/// The script, from the flags that bear the names of its keys.
fn script(args: &SimArgs, mistakes: &mut Mistakes) -> Script {
    let mut script = Script::default();
    for (key, given) in [
        ("ttft", &args.ttft),
        ("gap", &args.gap),
        ("tokens-per-chunk", &args.tokens_per_chunk),
        ("chunks-per-write", &args.chunks_per_write),
        ("output-tokens", &args.output_tokens),
        ("event-bytes", &args.event_bytes),
        ("headers", &args.headers),
        ("seed", &args.seed),
    ] {
        if let Some(text) = given {
            read(&format!("--{key}"), text, script.set(key, text), mistakes);
        }
    }
    script
}

/// Reads `FAULT` or `FAULT=SHARE`.
fn fault(text: &str, mistakes: &mut Mistakes) -> Option<(Fault, f64)> {
    let (fault, share) = match text.split_once('=') {
        Some((fault, share)) => (fault, share.parse()),
        None => (text, Ok(1.0)),
    };
    if share.is_err() {
        mistakes.add(
            format_args!("--fault {text}"),
            "what follows the `=` is no share",
            "write a number from 0 to 1, as in error-after:3=0.1",
        );
    }
    let fault = read("--fault", text, fault.parse(), mistakes);
    fault.zip(share.ok())
}

/// At most one fault befalls a request, so that shares add up to 1 at most.
fn shares(faults: &[(Fault, f64)], mistakes: &mut Mistakes) {
    let sum: f64 = faults.iter().map(|(_, share)| share).sum();
    let all_sound = faults.iter().all(|(_, share)| (0.0..=1.0).contains(share));
    // Thrice 0.1 and 0.7 add up to a little more than 1.
    if !all_sound || sum > 1.0 + 1e-9 {
        mistakes.add(
            "--fault",
            format_args!("the shares are to lie from 0 to 1, and their sum too, which is {sum}"),
            "lower them; at most one fault befalls a request",
        );
    }
}

/// A value that the engine reads itself.
fn read<T>(
    flag: &str,
    text: &str,
    value: Result<T, tokenometer_sim::SimError>,
    mistakes: &mut Mistakes,
) -> Option<T> {
    value
        .map_err(|error| {
            let text = format!("{flag} {text}: failed to {error}");
            mistakes.0.push(Mistake { text, cure: None });
        })
        .ok()
}
