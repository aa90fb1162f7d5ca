//! The plan of a study: arms × cells × blocks, with their order, their seeds and
//! all that each trial is told. Pure: the same study gives the same plan, on
//! every machine on which what it names is there.

use serde_json::{Map, Value};
use tokenometer_core::Mistake;

use super::arms::{Listen, PlannedArm, plan_arms};
use super::cells::{Cell, expand};
use super::chance::Chance;
use super::found::Found;
use super::grammar::{Blocks, Mode, Name, Passes, PassesKept, Restart, SeedSpec, SeedWord, Study};
use super::order::{arm_orders, cell_order};
use super::read::Written;
use super::rehearse::RehearsalOf;
use super::{World, sense, simulated, trials};
use crate::TrialSettings;

/// How many blocks are measured where nothing is said.
const BLOCKS: u32 = 5;

/// How often a void trial is measured again where nothing is said: more often it would be
/// waiting until the machine has a good day.
const RERUNS: u32 = 2;

/// What will be measured, and in which order.
pub struct Plan {
    /// The study as it was written.
    pub study: Study,
    /// Its text, to the byte.
    pub text: String,
    /// Its arms, in the order in which they are written.
    pub arms: Vec<PlannedArm>,
    /// Its cells, likewise.
    pub cells: Vec<Cell>,
    /// The blocks that may be measured.
    pub blocks: Vec<Block>,
    /// The study that this one rehearses, if it does.
    pub rehearsal_of: Option<RehearsalOf>,
    /// What a trial is told but for its seed, by arm and cell; `None` where the
    /// cell isn't measured on the arm.
    trials: Vec<Vec<Option<TrialSettings>>>,
}

/// One pass over all arms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number, from one.
    pub number: u32,
    /// The seed of its workloads.
    pub seed: u64,
    /// The arms, in the order of this block.
    pub arms: Vec<usize>,
    /// The cells, in the order of this block, the same for all of its arms.
    pub cells: Vec<usize>,
}

/// One start of an arm's engine, and what is measured on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// All options of the engine.
    pub options: Map<String, Value>,
    /// What is measured, in this order.
    pub steps: Vec<Step>,
}

/// One trial on an engine that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The cell.
    pub cell: usize,
    /// Which pass over it this is, from one.
    pub pass: u32,
    /// Whether it counts, by `passes`.
    pub counts: bool,
}

impl Plan {
    /// The plan of a study. Files that it names are looked for; nothing is
    /// started.
    ///
    /// # Errors
    ///
    /// Everything that can't be meant, in the order of the text.
    pub fn make(written: &Written, world: &World<'_>) -> Result<Plan, Vec<Mistake>> {
        Plan::shaped(written, world, &mut |_| ())
    }

    /// As [`Plan::make`], with every cell changed by `shape` before it is settled
    /// what its trials are told. Cells keep their names.
    pub(super) fn shaped(
        written: &Written,
        world: &World<'_>,
        shape: &mut dyn FnMut(&mut Cell),
    ) -> Result<Plan, Vec<Mistake>> {
        let study = &written.study;
        let mut found = Found::new(&written.document);
        sense::judge(study, &mut found);
        let arms = plan_arms(study, world, &mut found);
        let mut cells = expand(study, &mut found);
        cells.iter_mut().for_each(shape);
        let trials: Vec<Vec<Option<TrialSettings>>> = arms
            .iter()
            .enumerate()
            .map(|(index, arm)| {
                let on = |cell: &Cell| cell.arms.contains(&index);
                let settings = |cell: &Cell, found: &mut Found<'_>| {
                    let arm = arm.as_ref().filter(|_| on(cell))?;
                    Some(trials::settings(study, cell, arm, world, found))
                };
                cells.iter().map(|cell| settings(cell, &mut found)).collect()
            })
            .collect();
        same_prompts(&arms, &cells, &trials, &mut found);
        for (index, arm) in arms.iter().enumerate() {
            arm.iter().for_each(|arm| try_to_launch(study, (index, arm), &cells, &mut found));
        }
        let mistakes = found.all();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mut plan = Plan {
            study: study.clone(),
            text: written.text.clone(),
            // An arm is only left out where something was wrong with it.
            arms: arms.into_iter().flatten().collect(),
            cells,
            blocks: Vec::new(),
            rehearsal_of: None,
            trials,
        };
        plan.blocks = plan.all_blocks();
        Ok(plan)
    }

    /// What the trial of a step is told.
    ///
    /// # Panics
    ///
    /// Where the cell isn't measured on the arm: no step says so.
    pub fn trial(&self, block: &Block, arm: usize, step: Step) -> TrialSettings {
        let settings = self.trials[arm][step.cell].clone();
        let mut settings = settings.expect("a step is only made of a cell on its own arms");
        settings.workload.seed = self.seed(block, step);
        settings
    }

    /// The starts of an arm in a block, with all that is measured on each.
    pub fn starts(&self, block: &Block, arm: usize) -> Vec<Start> {
        let restart = self.study.restart.unwrap_or_default();
        let mut starts: Vec<Start> = Vec::new();
        let own = block.cells.iter().filter(|cell| self.cells[**cell].arms.contains(&arm));
        for cell in own.copied() {
            let options = self.options(arm, cell);
            let steps = self.steps(cell);
            match starts.last_mut() {
                Some(start) if restart == Restart::Block && start.options == options => {
                    start.steps.extend(steps);
                }
                _ => starts.push(Start { options, steps: steps.collect() }),
            }
        }
        starts
    }

    /// How many trials all blocks have together, passes counted each.
    pub fn trials(&self) -> usize {
        let of_a_block: usize = self.cells.iter().map(|cell| cell.arms.len()).sum();
        of_a_block * self.passes().run as usize * self.blocks.len()
    }

    /// Everything in the study that can't be carried out yet.
    pub fn unbuilt(&self) -> Vec<Mistake> {
        let offline = self.arms.iter().filter(|arm| arm.mode == Mode::Offline);
        offline
            .map(|arm| {
                Mistake::new(
                    format!("arms.{}.mode", arm.name),
                    "an engine in its own process can't be measured yet",
                    "leave out `mode`, which measures its server",
                )
            })
            .collect()
    }

    /// How often each cell is measured in a block.
    pub fn passes(&self) -> Passes {
        self.study.passes.unwrap_or(Passes { run: 1, keep: PassesKept::All })
    }

    /// How often a void trial is measured again. A rehearsal has no verdict that could
    /// want it.
    pub fn reruns(&self) -> u32 {
        match self.rehearsal_of {
            Some(_) => 0,
            None => self.study.reruns.unwrap_or(RERUNS),
        }
    }

    /// How many blocks are measured.
    pub fn block_budget(&self) -> Blocks {
        self.study.blocks.unwrap_or(Blocks::Fixed(BLOCKS))
    }

    /// The study's seed.
    pub fn seed_of_study(&self) -> u64 {
        self.study.seed.unwrap_or(1)
    }

    /// All options of an arm's engine in a cell: its own, over those the cell
    /// gives to all, over those that it gives to this arm.
    pub fn options(&self, arm: usize, cell: usize) -> Map<String, Value> {
        options(&self.study, &self.arms[arm], &self.cells[cell])
    }

    /// What the trials of all arms and cells are told, but for their seeds.
    pub(super) fn settings(&self) -> impl Iterator<Item = &TrialSettings> {
        self.trials.iter().flatten().flatten()
    }

    /// What a trial of a cell on an arm is told, but for its seed.
    pub(super) fn settings_of(&self, arm: usize, cell: usize) -> Option<&TrialSettings> {
        self.trials[arm][cell].as_ref()
    }

    fn steps(&self, cell: usize) -> impl Iterator<Item = Step> {
        let passes = self.passes();
        (1..=passes.run).map(move |pass| {
            let counts = passes.keep == PassesKept::All || pass == passes.run;
            Step { cell, pass, counts }
        })
    }

    /// The seed of a trial. The same for all arms; another one for each cell of
    /// other bytes and each pass, so that no engine is sent again what its cache
    /// still holds.
    fn seed(&self, block: &Block, step: Step) -> u64 {
        let cell = &self.cells[step.cell];
        let from = match cell.words.seed {
            Some(SeedSpec::Number(seed)) => return seed,
            Some(SeedSpec::Word(SeedWord::Fixed)) => self.seed_of_study(),
            None => block.seed,
        };
        Chance::of(from, format!("trial {} {}", cell.sent_as, step.pass)).seed()
    }

    fn all_blocks(&self) -> Vec<Block> {
        let seed = self.seed_of_study();
        let count = self.block_budget().most();
        let orders = arm_orders(self.arms.len(), count as usize, seed);
        // Cells stand together whose engines are all started alike.
        let groups: Vec<Vec<Map<String, Value>>> = (0..self.cells.len())
            .map(|cell| (0..self.arms.len()).map(|arm| self.options(arm, cell)).collect())
            .collect();
        (1..)
            .zip(orders)
            .map(|(number, arms)| {
                let seed = Chance::of(seed, format!("block {number}")).seed();
                Block { number, seed, arms, cells: cell_order(&groups, seed) }
            })
            .collect()
    }
}

/// All options of an arm's engine in a cell.
fn options(study: &Study, arm: &PlannedArm, cell: &Cell) -> Map<String, Value> {
    let mut options = arm.options.clone();
    options.extend(cell.vary.clone());
    let scenario = &study.scenarios[cell.scenario];
    options.extend(scenario.options.get(&arm.name).cloned().unwrap_or_default());
    options
}

/// Notes arms that can't be sent the same: messages aren't the text that a template makes
/// of them, and neither is a list of tokens.
fn same_prompts(
    arms: &[Option<PlannedArm>],
    cells: &[Cell],
    trials: &[Vec<Option<TrialSettings>>],
    found: &mut Found<'_>,
) {
    let mut told = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let mut shapes = cell.arms.iter().filter_map(|arm| {
            let shape = trials[*arm][index].as_ref()?.workload.prompt_shape;
            Some((arms[*arm].as_ref()?, shape))
        });
        let Some((first, wanted)) = shapes.next() else { continue };
        for (arm, shape) in shapes.filter(|(_, shape)| *shape != wanted) {
            if told.contains(&&arm.name) {
                continue;
            }
            let problem = format!(
                "takes {} where {} takes {}: they can't be sent the same",
                shape.name(),
                first.name,
                wanted.name()
            );
            let path = ["arms", &arm.name, "dialect"];
            let path = if arm.words.dialect.is_some() { &path[..] } else { &path[..2] };
            let cure = "give both one dialect, or each a scenario of its own by `arms`";
            found.add(path, problem, cure);
            told.push(&arm.name);
        }
    }
}

/// Has an arm's engine say whether it takes the options that it would be started
/// with.
fn try_to_launch(
    study: &Study,
    (index, arm): (usize, &PlannedArm),
    cells: &[Cell],
    found: &mut Found<'_>,
) {
    let listen = Listen { host: "127.0.0.1".to_owned(), port: 1, executable: "tokenometer".into() };
    let mut tried: Vec<Map<String, Value>> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.arms.contains(&index)) {
        let options = options(study, arm, cell);
        if tried.contains(&options) {
            continue;
        }
        let mut wanted = arm.wanted(&options, &listen);
        let place = |key: &String| (key.clone(), option_place(study, arm, cell, key, found));
        wanted.places = options.keys().map(place).collect();
        if let Err(mistakes) = arm.profile.launch(&wanted) {
            found.extend(mistakes);
        }
        try_to_simulate(arm, &options, found);
        tried.push(options);
    }
}

/// Notes it where our own engine could not simulate what its options name.
fn try_to_simulate(arm: &PlannedArm, options: &Map<String, Value>, found: &mut Found<'_>) {
    if !arm.is_ours() {
        return;
    }
    let names = |key: &str| options.contains_key(key);
    if names("machine") && !names("model") && arm.model.is_none() {
        let problem = "simulates a machine, and names no `model`";
        found.add(&["arms", &arm.name], problem, simulated::known_models());
    } else if let Err(why) = simulated::of_options(options, arm.model.as_deref()) {
        let problem = format!("can't {}", simulated::told(&why));
        found.add(&["arms", &arm.name], problem, "say it otherwise, or leave it out");
    }
}

/// Where an option of an arm in a cell is written.
fn option_place(
    study: &Study,
    arm: &PlannedArm,
    cell: &Cell,
    key: &str,
    found: &Found<'_>,
) -> String {
    let name = arm.name.as_str();
    let at = cell.scenario.to_string();
    let of_scenario = study.scenarios[cell.scenario].options.get(name);
    let alias = arm.words.model.as_deref().unwrap_or_default();
    let of_model = study.models.get(&Name(alias.to_owned())).map(|model| &model.options);
    if of_scenario.is_some_and(|own| own.contains_key(key)) {
        found.place(&["scenarios", &at, "options", name, key])
    } else if cell.vary.contains_key(key) {
        found.place(&["scenarios", &at, "vary", key])
    } else if arm.words.options.contains_key(key) {
        found.place(&["arms", name, "options", key])
    } else if ["machine", "model", "time-scale", "base-url"].contains(&key) {
        found.place(&["arms", name, key])
    } else if of_model.is_some_and(|own| own.contains_key(key)) {
        found.place(&["models", alias, "options", key])
    } else {
        found.place(&["arms", name])
    }
}
