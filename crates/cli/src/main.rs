//! `tokenometer`, the program: from arguments to settings to one command.
//!
//! This is the only room that prints, reads the environment, installs signal
//! handlers and exits. It must not hold what would be worth a unit test: that
//! belongs into the room that it is about.

mod args;
mod commands;
mod environment;
mod exit;
mod failure;
mod printer;
mod progress;
mod prose;
mod rules;
mod settings;
mod signals;

use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};

use crate::args::{Command, DatasetCommand, ModelCommand, Said};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::{Failure, Mistake};
use crate::printer::Printer;

fn main() -> ExitCode {
    let environment = Environment::read();
    let printer = Printer::new(&environment);
    panic::set_hook(Box::new(move |info| printer.say(&bug(info))));
    let said = match args::parse(std::env::args_os()) {
        Ok(said) => said,
        Err(help) => return show(help, printer).into(),
    };
    let ended = panic::catch_unwind(move || run(said, &environment, printer));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            printer.fail(&failure);
            failure.exit()
        }
        Err(_) => Exit::BUG,
    };
    exit.into()
}

/// Settles what is meant, and does it.
fn run(said: Said, environment: &Environment, printer: Printer) -> Result<Exit, Failure> {
    let Said { command, given, mistakes } = said;
    match command {
        Command::Bench(args) => {
            let (bench, shown) = settings::bench(*args, &given, mistakes, environment)?;
            commands::bench(&bench, &shown, printer)
        }
        Command::Compare(args) => commands::compare(&settings::compare(args)?, printer),
        Command::Report(args) => commands::report(&settings::report(args)?, printer),
        Command::Dataset(command) => dataset((command, given, mistakes), environment, printer),
        Command::Model(ModelCommand::Make(args)) => {
            let json = args.json;
            commands::make_model(&settings::make_model(args)?, json, printer)
        }
        Command::Sim(args) => {
            let with_parent = args.exit_with_parent;
            commands::sim(settings::sim(*args)?, with_parent, printer)
        }
        Command::Run(args) => {
            commands::run(&settings::run(args, environment)?, &environment.machine, printer)
        }
        Command::Engines(args) => commands::engines(&args, &environment.machine, printer),
        Command::Doctor(args) => commands::doctor(args.json, printer),
        Command::Keep => commands::keep(),
    }
}

/// Settles what is meant of a dataset, and does it.
fn dataset(
    (command, given, mistakes): (DatasetCommand, Vec<String>, Vec<Mistake>),
    environment: &Environment,
    printer: Printer,
) -> Result<Exit, Failure> {
    match command {
        DatasetCommand::Fetch(args) => {
            let json = args.json;
            let (to_fetch, hub) = settings::fetch(args, environment)?;
            commands::dataset::fetch(&to_fetch, &hub, json, printer)
        }
        DatasetCommand::Sample(args) => {
            let (sample, out) = settings::sample(args, environment)?;
            commands::dataset::sample(&sample, out.as_deref(), printer)
        }
        DatasetCommand::Show(args) => {
            let (lengths_only, json) = (args.lengths_only, args.json);
            let work = settings::show(*args, &given, mistakes, environment)?;
            commands::dataset::show(&work, lengths_only, json, printer)
        }
        DatasetCommand::Make(args) => {
            let json = args.json;
            let (to_make, out) = settings::make(*args, &given, mistakes, environment)?;
            commands::dataset::make(to_make, &out, json, printer)
        }
    }
}

/// Shows what clap has to say: help that was asked for, or what is wrong with
/// the arguments.
fn show(mut help: clap::Error, printer: Printer) -> Exit {
    if help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        printer.say(help.render().to_string().trim_end());
        return Exit::USAGE;
    }
    if help.use_stderr() {
        // Clap would advise to write what it doesn't know after a `--`, where
        // only arguments of the embedded engine may stand.
        help.remove(ContextKind::Suggested);
        help.remove(ContextKind::Usage);
        printer.say(&in_our_words(&help.render().to_string()));
        return Exit::USAGE;
    }
    let text = help.render();
    let coloured = printer.style() == tokenometer_report::Style::Coloured;
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    printer.data(&text).map_or_else(|failure| failure.exit(), |()| Exit::DONE)
}

/// Clap's message in the shape of all others: the error, then hints.
fn in_our_words(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.is_empty()).map(|line| {
        match line.trim_start().strip_prefix("tip: ") {
            Some(tip) => format!("hint: {tip}"),
            None => line.replace("For more information, try '--help'.", "hint: --help shows all"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is said when the program has a bug.
fn bug(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let what = info.payload_as_str().unwrap_or("it panicked");
    format!(
        "error: tokenometer has a bug: {what}{place}\n\
         hint: please report it, with the command and what stands above; records that were \
         written already are safe in the run folder"
    )
}
