//! What `tokenometer bench` was told, as the lab wants to hear it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser as _;
use tokenometer_lab::{Bench, Embedded, TargetSettings};

use super::{Mistakes, load, requests, workload};
use crate::args::{BenchArgs, SimOnly};
use crate::environment::Environment;
use crate::failure::Mistake;

/// Where the embedded engine's arguments stand.
const AFTER: &str = "the arguments after `--`";

/// The settings of a bench, or everything that is wrong with them.
pub(crate) fn bench(args: BenchArgs, environment: &Environment) -> Result<Bench, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let target = target(&args, &mut mistakes);
    let vocabulary_size = match target {
        TargetSettings::Embedded(_) => Some(tokenometer_sim::words::VOCABULARY),
        TargetSettings::Running { .. } => None,
    };
    let workload = workload::workload(&args, vocabulary_size, &mut mistakes);
    let limits = requests::limits(&args, &mut mistakes);
    let drain_limit = mistakes.take("--drain-limit", args.drain_limit.clone());
    let (load, warm_up) = load::load(&args, &mut mistakes);
    let bench = Bench {
        target,
        dialect: args.backend.0,
        workload,
        load,
        warm_up,
        stream: !args.disable_stream,
        temperature: Some(requests::temperature(&args, &mut mistakes)),
        headers: requests::headers(&args, environment, &mut mistakes),
        extra_body: requests::extra_body(&args, &mut mistakes),
        limits,
        drain_limit,
        tokenizer: args.tokenizer,
        out: args.out.unwrap_or_else(new_folder),
    };
    mistakes.or(bench)
}

/// What is measured.
fn target(args: &BenchArgs, mistakes: &mut Mistakes) -> TargetSettings {
    let Some(url) = &args.base_url else {
        mistakes.idle(
            "--model",
            &args.model,
            "without --base-url the embedded engine is measured, which has one model, `sim`",
            "name the server with --base-url",
        );
        return embedded(&args.engine, mistakes);
    };
    if !args.engine.is_empty() {
        mistakes.add(
            AFTER,
            "they are the embedded engine's, and --base-url names another server",
            "leave one of them out",
        );
    }
    match mistakes.take("--base-url", Some(url.clone())) {
        Some(address) => TargetSettings::Running { address, model: args.model.clone() },
        // A mistake already, and no reason for a second one.
        None => TargetSettings::Embedded(Embedded::default()),
    }
}

/// The embedded engine, with the arguments that are passed on to it.
fn embedded(arguments: &[String], mistakes: &mut Mistakes) -> TargetSettings {
    match SimOnly::try_parse_from(arguments) {
        Ok(SimOnly { args }) => {
            const OURS: &str = "this is chosen for the embedded engine of a bench";
            const CURE: &str = "leave it out, or start `tokenometer sim` and name it by --base-url";
            mistakes.idle("-- --listen", &args.listen, OURS, CURE);
            mistakes.idle("-- --cpu", &args.cpu, OURS, CURE);
            if let Err(theirs) = super::sim(args) {
                mistakes.0.extend(theirs.into_iter().map(|mut mistake| {
                    mistake.text = format!("-- {}", mistake.text);
                    mistake
                }));
            }
        }
        Err(error) => {
            let text = error.to_string();
            let problem = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            mistakes.add(AFTER, problem, "see `tokenometer sim --help`");
        }
    }
    TargetSettings::Embedded(Embedded { arguments: arguments.to_owned() })
}

/// A folder that doesn't exist yet: the time, and a number that tells runs of
/// the same second apart.
fn new_folder() -> PathBuf {
    let now = SystemTime::now();
    let time = humantime::format_rfc3339_seconds(now).to_string().replace(':', "");
    let nanos = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    // The pid keeps apart what began within the same 15 µs.
    let number = ((nanos >> 14) ^ std::process::id()) & 0xffff;
    PathBuf::from(format!("runs/{time}-{number:04x}"))
}
