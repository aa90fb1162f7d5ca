//! What `tokenometer sim` was told.

use std::error::Error as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{SystemTime, UNIX_EPOCH};

use tokenometer_core::roofline::{Machine, Model};
use tokenometer_sim::{Fault, Listen, Script, Settings, SimError, Simulation};

use super::Mistakes;
use crate::args::{SimArgs, SimulatedArgs};
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
    let simulation = simulation(&args, &script, &mut mistakes);
    let context = simulation.as_ref().map(|simulation| simulation.model().context);
    let faults: Vec<_> = args.faults.iter().filter_map(|text| fault(text, &mut mistakes)).collect();
    shares(&faults, &mut mistakes);
    let settings = Settings {
        listen,
        model: args.served_name.or(args.model).unwrap_or(usual.model),
        check_model: !args.any_model,
        max_model_len: mistakes
            .take("--max-model-len", args.max_model_len)
            .or(context)
            .unwrap_or(usual.max_model_len),
        prompt_count_offset: mistakes
            .take("--prompt-count-offset", args.prompt_count_offset)
            .unwrap_or(usual.prompt_count_offset),
        script,
        simulation,
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
    let others = [
        ("output-tokens", &args.output_tokens),
        ("event-bytes", &args.event_bytes),
        ("headers", &args.headers),
        ("seed", &args.seed),
    ];
    for (key, given) in paces(args).into_iter().chain(others) {
        if let Some(text) = given {
            read(&format!("--{key}"), text, script.set(key, text), mistakes);
        }
    }
    script
}

/// What is simulated, if anything is.
fn simulation(args: &SimArgs, script: &Script, mistakes: &mut Mistakes) -> Option<Simulation> {
    let given = options(&args.simulated);
    let before = mistakes.0.len();
    let Some(machine) = &args.simulated.machine else {
        const PROBLEM: &str = "is for a simulated machine, and none is named";
        const CURE: &str = "name it by --machine, or leave this out";
        mistakes.idle("--calibration", &args.simulated.calibration, PROBLEM, CURE);
        given.iter().for_each(|(key, value)| {
            mistakes.idle(&format!("--{key}"), value, PROBLEM, CURE);
        });
        return None;
    };
    for (key, value) in paces(args) {
        let problem = "is for a script, and a simulated machine keeps its own time";
        mistakes.idle(&format!("--{key}"), value, problem, "leave it out, or --machine");
    }
    let mut simulation = named(args, machine, mistakes);
    // What an option may be is the same everywhere, so that those of a machine that
    // isn't known are read too, and all mistakes told at once.
    let mut any = Simulation::new(&Machine::all()[0].name, &Model::all()[0].name, None)
        .expect("the first machine of all has a device for the first model");
    for (key, value) in given {
        let Some(text) = value else { continue };
        let target = simulation.as_mut().unwrap_or(&mut any);
        read(&format!("--{key}"), text, target.set(key, text), mistakes);
    }
    // What can't be read can't be judged together with the rest.
    let mut simulation = simulation.filter(|_| mistakes.0.len() == before)?;
    let seed = if args.seed.is_some() { script.seed } else { own_seed() }.to_string();
    read("--seed", &seed, simulation.set("seed", &seed), mistakes);
    read("--machine", machine, simulation.check(), mistakes);
    Some(simulation)
}

/// The machine with its model and calibration, if all of them are known.
fn named(args: &SimArgs, machine: &str, mistakes: &mut Mistakes) -> Option<Simulation> {
    let Some(model) = &args.model else {
        let names: Vec<&str> = Model::all().iter().map(|model| &*model.name).collect();
        let cure = format!("name it by --model; there are {}", names.join(", "));
        mistakes.add(
            format_args!("--machine {machine}"),
            "which model is simulated on it isn't said",
            &cure,
        );
        return None;
    };
    let calibration = args.simulated.calibration.as_deref();
    let simulation = Simulation::new(machine, model, calibration);
    read("--machine", machine, simulation, mistakes)
}

/// A seed that no other start has: two starts of an engine are never alike, and one
/// that is simulated mustn't be steadier. It is told, so that a start can be repeated.
fn own_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // A reader of JSON may keep no more than 53 bits.
    since.as_nanos() as u64 & ((1 << 53) - 1)
}

/// What an option was given, by its name.
type Named<'a> = (&'static str, &'a Option<String>);

/// The flags that bear the names of a simulation's keys, but for the seed, which is
/// the script's too.
fn options(args: &SimulatedArgs) -> [Named<'_>; 15] {
    [
        ("time-scale", &args.time_scale),
        ("max-num-seqs", &args.max_num_seqs),
        ("max-num-batched-tokens", &args.max_num_batched_tokens),
        ("policy", &args.policy),
        ("admission", &args.admission),
        ("block-size", &args.block_size),
        ("kv-tokens", &args.kv_tokens),
        ("memory-share", &args.memory_share),
        ("prefix-cache", &args.prefix_cache),
        ("stream-interval", &args.stream_interval),
        ("decode-steps", &args.decode_steps),
        ("num-speculative-tokens", &args.num_speculative_tokens),
        ("acceptance", &args.acceptance),
        ("step-noise", &args.step_noise),
        ("start-noise", &args.start_noise),
    ]
}

/// The flags that bear the names of [`Script::PACE`].
fn paces(args: &SimArgs) -> [Named<'_>; 4] {
    [
        ("ttft", &args.ttft),
        ("gap", &args.gap),
        ("tokens-per-chunk", &args.tokens_per_chunk),
        ("chunks-per-write", &args.chunks_per_write),
    ]
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
    value: Result<T, SimError>,
    mistakes: &mut Mistakes,
) -> Option<T> {
    value
        .map_err(|error| {
            let mut text = format!("{flag} {text}: failed to {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                text += &format!(": {error}");
                cause = error.source();
            }
            mistakes.0.push(Mistake { text, cure: None });
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::SimOnly;

    #[test]
    fn every_key_of_a_simulation_has_its_flag() {
        let SimOnly { args } = SimOnly::try_parse_from([""; 0]).unwrap();
        let flags: Vec<&str> = options(&args.simulated).iter().map(|(key, _)| *key).collect();
        let keys = Simulation::KEYS.into_iter().filter(|key| *key != "seed");
        assert_eq!(flags, keys.collect::<Vec<_>>());
        assert_eq!(paces(&args).map(|(key, _)| key), Script::PACE);
    }
}
