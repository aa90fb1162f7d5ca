//! The study that `tokenometer run` was given, and its plan, or that of its
//! rehearsal.

use std::fs;
use std::path::{Path, PathBuf};

use tokenometer_lab::study::{Plan, Rehearsal, World, Written, read};
use tokenometer_results::Estimate;

use super::new_folder;
use crate::args::RunArgs;
use crate::environment::Environment;
use crate::failure::Mistake;

/// What is to be done with a study.
pub(crate) struct ToRun {
    /// Its plan.
    pub(crate) plan: Plan,
    /// What the study would take, where the plan is that of its rehearsal.
    pub(crate) estimate: Option<Estimate>,
    /// Whether only to say what would be done.
    pub(crate) dry_run: bool,
    /// Where the run folder is, or is made.
    pub(crate) out: PathBuf,
    /// Whether a run goes on there.
    pub(crate) resume: bool,
    /// Whether to print JSON.
    pub(crate) json: bool,
    /// Whether to show how far it is.
    pub(crate) progress: bool,
}

/// Reads the study and makes its plan, or tells everything that is wrong with
/// it.
pub(crate) fn run(args: RunArgs, environment: &Environment) -> Result<ToRun, Vec<Mistake>> {
    let name = args.study.display().to_string();
    let text = fs::read_to_string(&args.study).map_err(|why| {
        vec![Mistake::new(&name, format_args!("can't be read: {why}"), "check the path")]
    })?;
    let world = World {
        folder: &folder(&args.study),
        datasets: environment.datasets.as_deref(),
        hub_caches: &environment.hub_caches,
        variable: &crate::environment::variable,
    };
    let price = args.price_per_gpu_hour.as_deref().map(price).transpose();
    let planned = read(&name, &text, world.folder).map_err(in_words).and_then(|written| {
        if args.rehearse {
            rehearse(&written, args.machine.as_deref(), &price, &world)
        } else {
            Ok((Plan::make(&written, &world).map_err(in_words)?, None))
        }
    });
    let (plan, estimate) = match (planned, price) {
        (Ok(planned), Ok(_)) => planned,
        (Ok(_), Err(mistake)) => return Err(vec![mistake]),
        (Err(mistakes), price) => return Err(mistakes.into_iter().chain(price.err()).collect()),
    };
    Ok(ToRun {
        plan,
        estimate,
        dry_run: args.dry_run,
        out: args.out.unwrap_or_else(new_folder),
        resume: args.resume,
        json: args.json,
        progress: !args.no_progress,
    })
}

/// The plan of a study's rehearsal, and what the study itself would take.
fn rehearse(
    written: &Written,
    machine: Option<&str>,
    price: &Result<Option<f64>, Mistake>,
    world: &World<'_>,
) -> Result<(Plan, Option<Estimate>), Vec<Mistake>> {
    let rehearsal = Rehearsal::make(written, machine, world).map_err(in_words)?;
    let price = price.as_ref().ok().copied().flatten();
    let estimate = rehearsal.estimate(price).map_err(|why| {
        let problem = format!("what it would take can't be foretold: {why}");
        vec![Mistake::new("--rehearse", problem, "check the study's workloads")]
    })?;
    Ok((rehearsal.plan, Some(estimate)))
}

/// What an hour of a GPU costs.
fn price(text: &str) -> Result<f64, Mistake> {
    let price = text.parse().ok().filter(|price: &f64| price.is_finite() && *price >= 0.0);
    let place = format_args!("--price-per-gpu-hour {text}");
    price.ok_or_else(|| Mistake::new(place, "is no price", "give a number such as 2.5"))
}

fn in_words(mistakes: Vec<tokenometer_core::Mistake>) -> Vec<Mistake> {
    mistakes.into_iter().map(Mistake::from).collect()
}

/// The folder of a file.
fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
