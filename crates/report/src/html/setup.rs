//! What a study stood on: the engines and how they were started, the machine, what was sent
//! and how, by which seeds. Secrets were masked when these were kept.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::Value;
use tokenometer_results::{Environment, Start, Trial};

use super::amount::blocks_listed;
use super::facts::{Fact, carried, each, known};
use super::sign::Arm;
use super::words::Words;
use crate::console::{load_words, shell_word, workload_words};
use crate::date::utc;
use crate::digest::{Digest, StartSeen};
use crate::measured::{ArmMeasured, Measured, ScenarioMeasured};
use crate::number::{count, decimal, short};
use crate::{StudySeen, Style};

/// The set-up of a study.
#[derive(Debug, Template)]
#[template(path = "setup.html")]
pub(super) struct Setup {
    facts: Vec<Fact>,
    arms: Vec<ArmSetup>,
    /// The options in force: a row an option, a column an arm.
    option_arms: Vec<Arm>,
    options: Vec<OptionRow>,
    machine: Vec<Fact>,
    versions: Vec<(Words, Words)>,
    scenarios: Vec<ScenarioSetup>,
    seeds: Vec<(Words, u64)>,
    /// How a study was rehearsed, line by line.
    rehearsed: Vec<Words>,
    /// What the study that was rehearsed would take.
    estimate: Option<Words>,
}

/// Each part is escaped by its own template.
impl HtmlSafe for Setup {}

/// An arm: its engine, and how that was started.
#[derive(Debug)]
struct ArmSetup {
    arm: Arm,
    facts: Vec<Fact>,
    /// The command of the first start, as a shell takes it.
    command: Option<Words>,
    /// Variables that were set for it; one without a value is a secret.
    environment: Vec<(Words, Option<Words>)>,
    /// The stages of its starts.
    stages: Vec<Words>,
    starts: Vec<StartRow>,
}

/// One start of an engine.
#[derive(Debug)]
struct StartRow {
    block: u32,
    /// How long each stage took, in seconds.
    stages: Vec<String>,
    end: Words,
    errors: Vec<Words>,
}

/// An option of engines.
#[derive(Debug)]
struct OptionRow {
    name: Words,
    values: Vec<Words>,
    differs: bool,
}

/// What was sent in a scenario.
#[derive(Debug)]
struct ScenarioSetup {
    name: Words,
    facts: Vec<Fact>,
    /// The SHA-256 of its workload, and the blocks that had it.
    workloads: Vec<(Words, String)>,
}

impl Setup {
    /// What is known of a study's set-up.
    pub(super) fn of(seen: &StudySeen<'_>, measured: &Measured<'_>, digest: &Digest) -> Setup {
        let environment = digest.environment.as_ref();
        let (option_arms, options) = options(seen);
        Setup {
            facts: facts(seen),
            arms: seen
                .arms
                .iter()
                .enumerate()
                .map(|(at, arm)| arm_setup(seen, digest, at, arm))
                .collect(),
            option_arms,
            options,
            machine: environment.map(machine).unwrap_or_default(),
            versions: environment.map(versions).unwrap_or_default(),
            scenarios: measured.scenarios.iter().map(scenario_setup).collect(),
            seeds: seeds(seen),
            rehearsed: seen
                .rehearsal_of
                .iter()
                .flat_map(|rehearsed| &rehearsed.notes)
                .map(|note| Words::of(note))
                .collect(),
            estimate: seen
                .estimate
                .map(|estimate| Words::of(crate::estimate(estimate, Style::Plain).trim())),
        }
    }
}

fn facts(seen: &StudySeen<'_>) -> Vec<Fact> {
    let tool = carried(seen).next().map(|trial| {
        let build = trial.tool.build.as_ref().map(|build| format!(" ({build})"));
        format!("{} {}{}", trial.tool.name, trial.tool.version, build.unwrap_or_default())
    });
    let first = carried(seen).map(|trial| trial.started_ns).min();
    let last = carried(seen).map(|trial| trial.started_ns).max();
    known([
        ("Study", Some(seen.name.to_owned())),
        ("Run folder", Some(seen.run.to_owned())),
        ("Planned", Some(crate::study::planned(seen))),
        ("First trial", first.map(utc)),
        ("Last trial", last.filter(|last| Some(*last) != first).map(utc)),
        ("Measured by", tool),
    ])
}

fn arm_setup(seen: &StudySeen<'_>, digest: &Digest, place: usize, arm: &str) -> ArmSetup {
    let trials: Vec<&Trial> = carried(seen).filter(|trial| trial.arm == arm).collect();
    let starts: Vec<&StartSeen> = digest.starts.iter().filter(|start| start.arm == arm).collect();
    let first = starts.first().map(|seen| &seen.start);
    let stages: BTreeMap<usize, &str> = first
        .into_iter()
        .flat_map(|start| start.stages.iter().enumerate())
        .map(|(at, stage)| (at, stage.name.as_str()))
        .collect();
    let note = seen.notes.iter().find(|(name, _)| *name == arm).map(|(_, note)| *note);
    ArmSetup {
        arm: Arm::at(place, arm),
        facts: arm_facts(&trials, first, note),
        command: first.map(|start| Words::of(&command(start))),
        environment: first.map(environment).unwrap_or_default(),
        starts: starts.iter().map(|seen| start_row(seen, &stages)).collect(),
        stages: stages.values().map(|name| Words::of(name)).collect(),
    }
}

fn arm_facts(trials: &[&Trial], start: Option<&Start>, note: Option<&str>) -> Vec<Fact> {
    let software = start.and_then(|start| start.software.as_ref());
    known([
        ("Note", note.map(str::to_owned)),
        ("Engine", each(trials, engine)),
        ("Model", each(trials, |trial| Some(trial.target.model.clone()))),
        ("Simulates", each(trials, |trial| trial.simulation.as_ref().map(ToString::to_string))),
        ("Spoken to", each(trials, |trial| Some(trial.target.dialect.to_string()))),
        ("Profile", software.map(|software| software.profile.clone())),
        ("Version asked for", software.and_then(|software| software.version.clone())),
        ("From", software.map(|software| software.provision.clone())),
        ("Place", software.and_then(|software| software.place.clone())),
        ("Cores", start.and_then(|start| start.cores.clone())),
        ("Prefix cache", each(trials, |trial| trial.serving.cache.clone())),
        ("Tokenizer", each(trials, |trial| trial.tokenizer.clone())),
    ])
}

fn engine(trial: &Trial) -> Option<String> {
    let engine = trial.target.engine.as_ref()?;
    Some(match &engine.version {
        Some(version) => format!("{} {version}", engine.name),
        None => format!("{}, of unknown version", engine.name),
    })
}

/// A command as a shell takes it.
fn command(start: &Start) -> String {
    start.command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

fn environment(start: &Start) -> Vec<(Words, Option<Words>)> {
    let variables = start.environment.iter();
    variables.map(|(name, value)| (Words::of(name), value.as_deref().map(Words::of))).collect()
}

fn start_row(seen: &StartSeen, stages: &BTreeMap<usize, &str>) -> StartRow {
    let length = |name: &str| {
        let stage = seen.start.stages.iter().find(|stage| stage.name == name);
        stage.map_or("–".to_owned(), |stage| decimal(stage.duration_s, 2))
    };
    let end = seen.start.end.as_ref().map_or("it is not known how it ended", |end| &end.how);
    StartRow {
        block: seen.block,
        stages: stages.values().map(|name| length(name)).collect(),
        end: Words::of(end),
        errors: seen.start.error_lines.iter().map(|line| Words::of(line)).collect(),
    }
}

/// The options in force, arm by arm, as far as engines or profiles tell them.
fn options(seen: &StudySeen<'_>) -> (Vec<Arm>, Vec<OptionRow>) {
    let mut arms = Vec::new();
    let mut told: Vec<&BTreeMap<String, Value>> = Vec::new();
    for (place, arm) in seen.arms.iter().enumerate() {
        let mut trials = carried(seen).filter(|trial| trial.arm == *arm);
        let Some(trial) = trials.find(|trial| !trial.options.is_empty()) else { continue };
        arms.push(Arm::at(place, arm));
        told.push(&trial.options);
    }
    let names: BTreeSet<&String> = told.iter().flat_map(|options| options.keys()).collect();
    let row = |name: &&String| {
        let values: Vec<Option<&Value>> = told.iter().map(|options| options.get(*name)).collect();
        OptionRow {
            name: Words::of(name),
            differs: values.windows(2).any(|pair| pair[0] != pair[1]),
            values: values.into_iter().map(option).collect(),
        }
    };
    let mut rows: Vec<OptionRow> = names.iter().map(row).collect();
    // What differs comes first: that is what a reader looks for.
    rows.sort_by_key(|row| !row.differs);
    (arms, rows)
}

fn option(value: Option<&Value>) -> Words {
    match value {
        None => Words::of("–"),
        Some(Value::String(text)) => Words::of(text),
        Some(value) => Words::of(&value.to_string()),
    }
}

fn machine(environment: &Environment) -> Vec<Fact> {
    let gib = |bytes: u64| format!("{} GiB", decimal(bytes as f64 / f64::from(1u32 << 30), 1));
    known([
        ("System", environment.os.clone()),
        ("Kernel", environment.kernel.clone()),
        ("Host", environment.hostname.clone()),
        ("Processor", environment.cpu_model.clone()),
        ("Logical cores", environment.cores.map(|cores| count(cores.into()))),
        ("Memory", environment.memory_bytes.map(gib)),
        ("Governor", environment.governor.clone()),
        ("Clock", environment.clocksource.clone()),
    ])
}

fn versions(environment: &Environment) -> Vec<(Words, Words)> {
    let versions = environment.versions.iter();
    versions.map(|(name, version)| (Words::of(name), Words::of(version))).collect()
}

fn scenario_setup(scenario: &ScenarioMeasured<'_>) -> ScenarioSetup {
    let trials = || scenario.arms.iter().flat_map(ArmMeasured::carried);
    let mut workloads: Vec<(Words, BTreeSet<u32>)> = Vec::new();
    for trial in trials() {
        let hash = Words::of(&trial.workload_sha256);
        match workloads.iter_mut().find(|(known, _)| *known == hash) {
            Some((_, blocks)) => blocks.extend([trial.block]),
            None => workloads.push((hash, BTreeSet::from([trial.block]))),
        }
    }
    let drain = trials().next().map(|trial| format!("{} s", short(trial.load.drain_limit_s)));
    let streamed = scenario.load.map(|load| {
        let words = if load.streamed { "asked for as streams" } else { "asked for whole" };
        words.to_owned()
    });
    ScenarioSetup {
        name: Words::of(scenario.name),
        facts: known([
            ("Load", scenario.load.map(load_words)),
            ("Workload", scenario.workload.map(workload_words)),
            ("Answers", streamed),
            ("Time to end after the window", drain),
        ]),
        workloads: workloads
            .into_iter()
            .map(|(hash, blocks)| (hash, blocks_listed(&blocks)))
            .collect(),
    }
}

/// The seeds of what was drawn; those of the study are the same in every trial.
fn seeds(seen: &StudySeen<'_>) -> Vec<(Words, u64)> {
    let all: BTreeSet<(&String, u64)> = carried(seen)
        .flat_map(|trial| trial.seeds.iter().map(|(name, seed)| (name, *seed)))
        .collect();
    all.into_iter().map(|(name, seed)| (Words::of(name), seed)).collect()
}
