//! `tokenometer engines`.

mod json;
mod page;

use std::path::Path;
use std::sync::atomic::Ordering;

use tokenometer_core::{Event, Observer};
use tokenometer_engine::profile::{Profile, ProfileFile, builtin_names};
use tokenometer_engine::provision::{
    Asked, Machine, Place, Prospect, ProvisionError, Watch, choose, prepare, usable,
};

use crate::args::EnginesArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::signals;

/// What stands in a profile for this program itself.
const OURSELVES: &str = "{executable}";

/// An engine as it is listed.
struct Listed {
    profile: Profile,
    /// The versions at which its profile changes, the oldest first.
    versions: Vec<String>,
    here: Here,
}

/// How an engine can be had on this machine.
enum Here {
    /// It is a server that runs already, somewhere.
    Running,
    /// It comes with this program.
    Ours,
    /// In these ways, or not in them.
    Ways(Vec<Prospect>),
}

/// Lists the engines, or one of them, or has one be there.
pub(crate) fn engines(
    args: &EnginesArgs,
    machine: &Machine,
    printer: Printer,
) -> Result<Exit, Failure> {
    let listed = match &args.engine {
        None => builtin_names().map(|name| list(name, None, machine)).collect::<Result<_, _>>()?,
        Some(name) => vec![list(name, args.version.as_deref(), machine)?],
    };
    let text = match (&listed[..], args.prepare) {
        ([one], true) => {
            let place = prepared(one, machine, printer)?;
            if args.json { json::place(&place) } else { page::place(&place) }
        }
        ([one], false) if args.engine.is_some() => {
            if args.json {
                json::engine(one)
            } else {
                page::engine(one)
            }
        }
        (all, _) if args.json => json::list(all),
        (all, _) => page::list(all),
    };
    printer.data(&text)?;
    Ok(Exit::DONE)
}

/// One engine with all that is known of it here.
fn list(name: &str, version: Option<&str>, machine: &Machine) -> Result<Listed, Failure> {
    let file = ProfileFile::find(name, Path::new(""))?;
    let profile = file.at(version)?;
    let here = match profile.command.first() {
        None => Here::Running,
        Some(program) if program == OURSELVES => Here::Ours,
        Some(program) => {
            let asked = asked(&profile, program);
            Here::Ways(usable(&profile.provision.ways(program), &asked, machine))
        }
    };
    let versions = file.versions().into_iter().map(ToString::to_string).collect();
    Ok(Listed { profile, versions, here })
}

fn asked<'a>(profile: &'a Profile, program: &'a str) -> Asked<'a> {
    Asked { engine: &profile.name, version: profile.version.as_deref(), program }
}

/// Has an engine be there, in the first way that is usable.
fn prepared(listed: &Listed, machine: &Machine, printer: Printer) -> Result<Place, Failure> {
    let (Here::Ways(_), Some(program)) = (&listed.here, listed.profile.command.first()) else {
        let text = format!("--prepare: there is nothing to prepare for {}", listed.profile.name);
        return Err(Failure::new(anyhow::Error::msg(text), Exit::USAGE)
            .hint("leave out --prepare: it comes with this program, or runs already"));
    };
    let stop = signals::stop_flag(true)?;
    let steps = Steps(printer);
    let stopped = || stop.load(Ordering::Relaxed);
    let watch = Watch { observer: &steps, stopped: &stopped };
    let asked = asked(&listed.profile, program);
    let ways = listed.profile.provision.ways(program);
    let place = choose(&ways, &asked, machine).and_then(|way| prepare(way, &asked, machine, watch));
    place.map_err(|error| {
        let exit = match error {
            ProvisionError::Stopped { .. } => Exit::INTERRUPTED,
            _ => Exit::TARGET,
        };
        Failure::new(error, exit)
    })
}

/// Shows what is done to whoever waits for it.
struct Steps(Printer);

impl Observer for Steps {
    fn notice(&self, event: Event) {
        if let Event::Step(text) = event {
            self.0.say(&text);
        }
    }
}
