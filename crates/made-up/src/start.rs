//! How made-up engines were started, and the machine on which they weren't.

use std::collections::BTreeMap;
use std::path::Path;

use tokenometer_results::{Block, End, Environment, Run, SCHEMA_VERSION, Software, Stage, Start};

use crate::MadeUpError;
use crate::lock::{MODEL, order};
use crate::plan::{Arm, Plan};
use crate::story::Story;
use crate::trial::{begins, tool};

/// Writes the start of an arm in a block.
pub(crate) fn write(
    run: &Run,
    block: u32,
    arm: &Arm,
    story: &dyn Story,
) -> Result<(), MadeUpError> {
    let folder = run.create_engine(block, &arm.name)?;
    let mut start = start(block, arm);
    story.restart(&arm.name, &mut start);
    folder.write_start(&start)?;
    folder.write_packages("made-up==0.1.0\n")?;
    write_log(&folder.log(), &story.log(&arm.name))
}

fn write_log(path: &Path, log: &str) -> Result<(), MadeUpError> {
    let failed = |source| MadeUpError::Log { path: path.to_owned(), source };
    std::fs::write(path, log).map_err(failed)
}

fn start(block: u32, arm: &Arm) -> Start {
    let options = arm.options.iter().flat_map(|(name, value)| {
        [format!("--{name}"), value.to_string().trim_matches('"').to_owned()]
    });
    let command = ["made-up-engine", "serve", MODEL].map(str::to_owned).into_iter();
    let environment = [("OMP_NUM_THREADS", "8"), ("HF_TOKEN", "never written")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    // The first start of all compiles what later ones find.
    let compiles_s = if block == 1 { 41.0 } else { 9.0 };
    let seats = arm.speed.seats as f64;
    let stages = [
        ("process", 2.4),
        ("weights", 11.0 + 0.3 * f64::from(block)),
        ("compile", compiles_s),
        ("graphs", 0.05 * seats),
        ("listening", 0.6),
        ("healthy", 0.1),
        ("first_token", arm.speed.first_s),
    ];
    let stages = stages.map(|(name, duration_s)| Stage { name: name.to_owned(), duration_s });
    let mut start = Start::new(command.chain(options), environment, stages.into());
    start.software = Some(Software {
        profile: "made-up".to_owned(),
        version: Some("0.1.0".to_owned()),
        provision: "command".to_owned(),
        place: Some("/nowhere/made-up-engine".to_owned()),
    });
    start.cores = Some("2-15".to_owned());
    let how = "it was stopped, in 1.2 s".to_owned();
    start.end = Some(End { exit: Some(0), signal: None, how });
    start
}

/// Writes the machine.
pub(crate) fn write_environment(run: &Run, story: &dyn Story) -> Result<(), MadeUpError> {
    let mut environment = Environment {
        schema_version: SCHEMA_VERSION,
        tool: tool(),
        os: Some("Made-up OS 1".to_owned()),
        kernel: Some("Made-up 1.0".to_owned()),
        hostname: Some("made-up".to_owned()),
        cpu_model: Some("made-up processor".to_owned()),
        cores: Some(16),
        memory_bytes: Some(64_000_000_000),
        governor: Some("performance".to_owned()),
        clocksource: Some("tsc".to_owned()),
        versions: BTreeMap::from([("made-up-driver".to_owned(), "1.2.3".to_owned())]),
    };
    story.move_house(&mut environment);
    Ok(run.write_environment(&environment)?)
}

/// Writes the conditions of a block.
pub(crate) fn write_block(run: &Run, plan: &Plan, block: u32) -> Result<(), MadeUpError> {
    let started = begins(block, 0).0;
    let conditions = [("kernel", "Made-up 1.0"), ("governor", "performance")];
    Ok(run.write_block(&Block {
        schema_version: SCHEMA_VERSION,
        block,
        boot_id: Some("made-up-boot".to_owned()),
        environment: conditions.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        started_ns: started,
        finished_ns: Some(started + 3_600_000_000_000),
        arms: order(plan, block),
        seeds: BTreeMap::from([("block".to_owned(), plan.seed + u64::from(block))]),
    })?)
}
