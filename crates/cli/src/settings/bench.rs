//! What `tokenometer bench` was told, as the lab wants to hear it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser as _;
use tokenometer_core::{Address, Endpoint};
use tokenometer_lab::{Around, Bench, Embedded, TargetSettings, TokenizerChoice, TrialSettings};

use super::backend::{backend, rules};
use super::{Mistakes, body, load, output, requests, workload};
use crate::args::{BenchArgs, SimOnly, WorkloadArgs};
use crate::environment::Environment;
use crate::failure::Mistake;
use crate::rules::{Backend, Customs, lacks};

/// Where the embedded engine's arguments stand.
const AFTER: &str = "the arguments after `--`";

/// The settings of a bench and of what is shown of it, or everything that is
/// wrong with them. `given` are the flags on the command line, and `respelt`
/// the mistakes that were found in their spelling.
pub(crate) fn bench(
    args: BenchArgs,
    given: &[String],
    respelt: Vec<Mistake>,
    environment: &Environment,
) -> Result<(Bench, output::Shown), Vec<Mistake>> {
    let mut mistakes = Mistakes(respelt);
    foreign_flags(&args.workload, given, &mut mistakes);
    let backend = backend(&args.workload, &mut mistakes);
    let target = target(&args, backend, &mut mistakes);
    let vocabulary_size = match target {
        TargetSettings::Embedded(_) => Some(tokenometer_sim::words::VOCABULARY),
        TargetSettings::Running { .. } => None,
    };
    let workload =
        workload::workload(&args.workload, backend, vocabulary_size, environment, &mut mistakes);
    let limits = requests::limits(&args.limits, &mut mistakes);
    let drain_limit = mistakes.take("--drain-limit", args.limits.drain_limit.clone());
    let (load, warm_up) = load::load(&args, &mut mistakes);
    let shown = output::shown(&args, &mut mistakes);
    let asked = (load.pattern, load.extent);
    let is_running = matches!(target, TargetSettings::Running { .. });
    let headers = requests::headers(&args, is_running, environment, &mut mistakes);
    let needs_tokenizer = workload.needs_tokenizer() || args.workload.strict_tokenizer;
    let trial = TrialSettings {
        invocation: output::invocation(&args, backend, &workload, asked, &mut mistakes),
        dialect: backend.dialect,
        tokenizer: tokenizer(&args.workload, environment, needs_tokenizer),
        workload,
        load,
        warm_up,
        rendering: body::rendering(&args, backend.dialect, headers, &mut mistakes),
        around: Around { flush_cache: args.load.flush_cache, profile: args.load.profile },
        objectives: output::objectives(&args, &mut mistakes),
        limits,
        drain_limit,
        rehearsal: false,
    };
    let strict_tokenizer = args.workload.strict_tokenizer;
    let out = args.output.out.unwrap_or_else(new_folder);
    mistakes.or((Bench { target, trial, strict_tokenizer, out }, shown))
}

/// Flags that the tool whose rules are followed hasn't.
pub(crate) fn foreign_flags(args: &WorkloadArgs, given: &[String], mistakes: &mut Mistakes) {
    let Some(rules) = rules(args) else { return };
    for flag in given.iter().filter(|flag| lacks(rules, flag)) {
        mistakes.add(
            format_args!("--{flag} with --rules {rules}"),
            "that tool has no such flag, so it could never have sent this",
            "leave one of them out",
        );
    }
}

/// What is measured.
fn target(args: &BenchArgs, backend: Backend, mistakes: &mut Mistakes) -> TargetSettings {
    let Some(address) = address(args, backend, mistakes) else {
        mistakes.idle(
            "--model",
            &args.workload.model,
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
    let customs = Customs::of(rules(&args.workload));
    let ready = mistakes
        .take("--ready-check-timeout-sec", args.load.ready_check_timeout_sec.clone())
        .unwrap_or(customs.ready_check_seconds);
    let model = args.target.served_model_name.clone().or_else(|| args.workload.model.clone());
    let ready_within = Duration::from_secs(ready.into());
    match address {
        Ok(address) => TargetSettings::Running { address, model, ready_within },
        // A mistake already, and no reason for a second one.
        Err(()) => TargetSettings::Embedded(Embedded::default()),
    }
}

/// Where the server is; `None` where the embedded engine is meant. Under a
/// tool's rules a server is always looked for, where that tool would, unless
/// the embedded engine is told something.
fn address(
    args: &BenchArgs,
    backend: Backend,
    mistakes: &mut Mistakes,
) -> Option<Result<Address, ()>> {
    if let Some(url) = &args.target.base_url {
        return Some(mistakes.take("--base-url", Some(url.clone())).ok_or(()));
    }
    let named = args.target.host.is_some() || args.target.port.is_some();
    let customs = Customs::of(rules(&args.workload));
    if !named && (customs.host.is_none() || !args.engine.is_empty()) {
        return None;
    }
    let host = args.target.host.as_deref().or(customs.host).unwrap_or("localhost");
    let port = match &args.target.port {
        None => backend.port.unwrap_or(8000),
        Some(port) => {
            let Some(number) = mistakes.take("--port", Some(port.clone())) else {
                return Some(Err(()));
            };
            let Some(number) = u16::try_from(number).ok().filter(|port| *port > 0) else {
                mistakes.add(
                    format_args!("--port {number}"),
                    "a port is a number from 1 to 65535",
                    "give the one on which the server listens",
                );
                return Some(Err(()));
            };
            number
        }
    };
    let endpoint = Endpoint::Tcp { host: host.to_owned(), port, tls: false };
    Some(Ok(Address { endpoint, prefix: String::new() }))
}

/// Which tokenizer counts. Where one is needed and none is named, it is the
/// model's, if that is named, and else the one that the server says it has.
fn tokenizer(args: &WorkloadArgs, environment: &Environment, needed: bool) -> TokenizerChoice {
    let caches = environment.hub_caches.clone();
    match (&args.tokenizer, &args.model) {
        (Some(name), _) => TokenizerChoice::Named { name: name.clone(), caches },
        (None, Some(name)) if needed => TokenizerChoice::Named { name: name.clone(), caches },
        (None, _) if needed => TokenizerChoice::OfServer { caches },
        (None, _) => TokenizerChoice::None,
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
pub(super) fn new_folder() -> PathBuf {
    let now = SystemTime::now();
    let time = humantime::format_rfc3339_seconds(now).to_string().replace(':', "");
    let nanos = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    // The pid keeps apart what began within the same 15 µs.
    let number = ((nanos >> 14) ^ std::process::id()) & 0xffff;
    PathBuf::from(format!("runs/{time}-{number:04x}"))
}
