//! A plan in words, before it is carried out: for people, and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tokenometer_results::SimulationSeen;
use tokenometer_workload::{Extent, Pattern};

use super::cells::Cell;
use super::grammar::{Blocks, Mode};
use super::plan::{Block, Plan};

/// The version of [`PlanShown`] as a file.
const SCHEMA_VERSION: u32 = 1;

/// A plan, for programs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanShown {
    /// The version of this form.
    pub schema_version: u32,
    /// What the study is called.
    pub study: String,
    /// From which everything random follows.
    pub seed: u64,
    /// The arms, in the order in which they are written.
    pub arms: Vec<ArmShown>,
    /// The cells, in the order in which they are written.
    pub cells: Vec<CellShown>,
    /// The blocks that may be measured.
    pub blocks: Vec<BlockShown>,
    /// How many trials all blocks have together.
    pub trials: usize,
    /// How long it takes at least, in seconds.
    pub at_least_s: f64,
    /// Of the trials, those whose window ends after so many requests.
    pub open_ended: usize,
    /// How often engines are started.
    pub starts: usize,
}

/// An arm of a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ArmShown {
    /// Its name.
    pub name: String,
    /// Its engine.
    pub engine: String,
    /// The engine's version, where the study or its profile names one.
    pub version: Option<String>,
    /// The model, as the engine is told it.
    pub model: Option<String>,
    /// How it is spoken to.
    pub dialect: String,
    /// `online` or `offline`.
    pub mode: Mode,
    /// The hardware that it is meant for, where the study says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What it simulates; absent where it simulates no machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulates: Option<SimulationSeen>,
    /// Its options, without those of a cell.
    pub options: Map<String, Value>,
}

/// A cell of a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CellShown {
    /// Its name.
    pub name: String,
    /// The name of its workload.
    pub workload: String,
    /// Its load, in words.
    pub load: String,
    /// How many requests are measured, where that is known before.
    pub requests: Option<u64>,
    /// How long is measured, in seconds, where that is given.
    pub duration_s: Option<f64>,
    /// Options of the engines that are its own.
    pub options: Map<String, Value>,
    /// The arms that it is measured on.
    pub arms: Vec<String>,
    /// Whether all requests are due at once.
    pub burst: bool,
}

/// A block of a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BlockShown {
    /// Its number, from one.
    pub number: u32,
    /// The seed of its workloads.
    pub seed: u64,
    /// Its arms, in order.
    pub arms: Vec<String>,
    /// Its cells, in order.
    pub cells: Vec<String>,
}

impl Plan {
    /// The plan, for programs.
    pub fn shown(&self) -> PlanShown {
        let expected = self.expected();
        PlanShown {
            schema_version: SCHEMA_VERSION,
            study: self.study.name.clone(),
            seed: self.seed_of_study(),
            arms: self.arms.iter().map(arm_shown).collect(),
            cells: self.cells.iter().map(|cell| self.cell_shown(cell)).collect(),
            blocks: self.blocks.iter().map(|block| self.block_shown(block)).collect(),
            trials: self.trials(),
            at_least_s: expected.at_least.as_secs_f64(),
            open_ended: expected.open_ended,
            starts: expected.starts,
        }
    }

    /// The plan, for people.
    pub fn describe(&self) -> String {
        let mut text = format!("{}\n", self.study.name);
        if let Some(about) = &self.study.about {
            let _ = writeln!(text, "{about}");
        }
        let _ = writeln!(text, "\n{}", counted(self.arms.len(), "arm"));
        let arms = self.shown().arms;
        for arm in &arms {
            let _ = writeln!(text, "  {}", arm_line(arm));
        }
        let _ = writeln!(text, "\n{}", counted(self.cells.len(), "scenario"));
        let width = self.cells.iter().map(|cell| cell.name.len()).max().unwrap_or(0);
        for cell in &self.cells {
            let _ = writeln!(text, "  {:width$}  {}", cell.name, self.cell_line(cell));
        }
        text.push_str(&self.blocks_text());
        let _ = writeln!(text, "\n{}", self.work_text());
        if self.cells.iter().any(Cell::is_burst) {
            text.push_str(
                "\nWhere all requests are due at once, times to the first token are mostly those \
                 that requests wait for each other.\n",
            );
        }
        for mistake in self.unbuilt() {
            let _ = writeln!(text, "\nThis can't be carried out: {mistake}.");
        }
        text
    }

    /// The blocks, with the order of their arms.
    fn blocks_text(&self) -> String {
        let budget = match self.block_budget() {
            Blocks::Fixed(count) => counted(count as usize, "block"),
            Blocks::Until { from, at_most } => {
                format!("from {from} to {at_most} blocks, until everything is decided")
            }
        };
        let mut text = format!("\n{budget}, seed {}\n", self.seed_of_study());
        for block in &self.blocks {
            let names: Vec<&str> =
                block.arms.iter().map(|arm| self.arms[*arm].name.as_str()).collect();
            let _ = writeln!(text, "  {}: {}", block.number, names.join(", "));
        }
        text
    }

    /// How much work all of it is.
    fn work_text(&self) -> String {
        let expected = self.expected();
        let mut text = format!(
            "{} on {}; at least {}",
            counted(self.trials(), "trial"),
            counted(expected.starts, "start"),
            length(expected.at_least),
        );
        let mut more = Vec::new();
        if expected.open_ended > 0 {
            more.push(format!(
                "the windows of {} that end after so many requests",
                counted(expected.open_ended, "trial")
            ));
        }
        if expected.settling > 0 {
            more.push(format!(
                "{} until an engine has settled, each for 10s at least and {} at most",
                counted(expected.settling, "warm-up"),
                length(expected.longest_warm_up)
            ));
        }
        more.push(format!(
            "the starts themselves, each for {} at most",
            length(expected.longest_start)
        ));
        let _ = write!(text, ".\nNot in that: {}.", more.join("; "));
        text
    }

    fn cell_line(&self, cell: &Cell) -> String {
        let mut line = format!("{}, {}", load(cell), extent(cell));
        for (option, value) in &cell.vary {
            let _ = write!(line, ", {option}: {value}");
        }
        if cell.arms.len() < self.arms.len() {
            let names: Vec<&str> =
                cell.arms.iter().map(|arm| self.arms[*arm].name.as_str()).collect();
            let _ = write!(line, ", only {}", names.join(", "));
        }
        line
    }

    fn cell_shown(&self, cell: &Cell) -> CellShown {
        CellShown {
            name: cell.name.clone(),
            workload: cell.workload.clone(),
            load: load(cell),
            requests: cell.requests(),
            duration_s: match cell.load.extent {
                Extent::Duration(length) => Some(length.as_secs_f64()),
                Extent::Requests(_) => None,
            },
            options: cell.vary.clone(),
            arms: cell.arms.iter().map(|arm| self.arms[*arm].name.clone()).collect(),
            burst: cell.is_burst(),
        }
    }

    fn block_shown(&self, block: &Block) -> BlockShown {
        BlockShown {
            number: block.number,
            seed: block.seed,
            arms: block.arms.iter().map(|arm| self.arms[*arm].name.clone()).collect(),
            cells: block.cells.iter().map(|cell| self.cells[*cell].name.clone()).collect(),
        }
    }
}

fn arm_shown(arm: &super::PlannedArm) -> ArmShown {
    ArmShown {
        name: arm.name.clone(),
        engine: arm.profile.name.clone(),
        version: arm.profile.version.clone(),
        model: arm.model.clone(),
        dialect: arm.dialect.name().to_owned(),
        mode: arm.mode,
        machine: arm.words.machine.clone(),
        simulates: arm.simulates(),
        options: arm.options.clone(),
    }
}

fn arm_line(arm: &ArmShown) -> String {
    let mut line = format!("{}: {}", arm.name, arm.engine);
    if let Some(version) = &arm.version {
        let _ = write!(line, " {version}");
    }
    if let (Some(model), None) = (&arm.model, &arm.simulates) {
        let _ = write!(line, ", {model}");
    }
    if let Some(simulates) = &arm.simulates {
        let _ = write!(line, ", simulated: {simulates}");
    }
    let _ = write!(line, ", {}", arm.dialect);
    if arm.mode == Mode::Offline {
        line.push_str(", in its own process");
    }
    if let (Some(machine), None) = (&arm.machine, &arm.simulates) {
        let _ = write!(line, ", on {machine}");
    }
    // What is simulated is said in words of its own.
    let is_said = |option: &str| {
        arm.simulates.is_some()
            && ["machine", "model", "calibration", "time-scale"].contains(&option)
    };
    for (option, value) in arm.options.iter().filter(|(option, _)| !is_said(option)) {
        let _ = write!(line, ", {option}: {value}");
    }
    line
}

/// A load, in words.
fn load(cell: &Cell) -> String {
    let capped = |cap: Option<u32>| match cap {
        Some(cap) => format!(", at most {cap} in flight"),
        None => String::new(),
    };
    match cell.load.pattern {
        Pattern::Closed { concurrency } => format!("{concurrency} in flight"),
        Pattern::Open { rate: f64::INFINITY, .. } => "all at once".to_owned(),
        Pattern::Open { rate, cap, .. } => format!("{rate} a second{}", capped(cap)),
        Pattern::Ramp(ramp) => {
            format!("from {} to {} a second{}", ramp.from, ramp.to, capped(ramp.cap))
        }
    }
}

/// How much a cell measures, in words.
fn extent(cell: &Cell) -> String {
    match cell.load.extent {
        Extent::Requests(count) => counted(count as usize, "request"),
        Extent::Duration(span) => format!("for {}", length(span)),
    }
}

/// A length of time to the second, or below one as it is.
fn length(span: Duration) -> String {
    let shown = if span.as_secs() > 0 {
        Duration::from_secs(span.as_secs_f64().round() as u64)
    } else {
        span
    };
    humantime::format_duration(shown).to_string()
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
