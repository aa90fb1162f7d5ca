//! What was wrong with the runs: how every trial stands, what failed and in whose words,
//! what gates objected to or could not see, what may not be compared, and what was void and
//! run again. Nothing is left out because it is unpleasant; the same is only said once.

use std::collections::BTreeSet;

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_core::verdict::Comparison;
use tokenometer_core::{Gate, GateClass, GateStatus, Standing};

use super::amount::{blocks_listed, counted};
use super::differences::Differences;
use super::facts::carried;
use super::places::Places;
use super::sign::{self, Arm, Badge};
use super::trials::Anchors;
use super::words::Words;
use crate::digest::Digest;
use crate::{Ending, StudySeen, Warning, warnings};

/// The words for how a trial may stand, the best first.
const STANDINGS: [&str; 6] = ["valid", "saturated", "invalid", "failed", "interrupted", "missing"];

/// What was wrong with the runs.
#[derive(Debug, Template)]
#[template(path = "validity.html")]
pub(super) struct Validity {
    /// How many trials stand how.
    standings: Vec<(Badge, usize)>,
    /// How each trial stands: a row an arm in a scenario, a column a block.
    blocks: Vec<u32>,
    rows: Vec<GridRow>,
    /// Whether the grid says anything that the counts don't.
    all_valid: bool,
    failures: Vec<Failed>,
    gates: Vec<GateSeen>,
    unknown: Vec<GateSeen>,
    waived: Vec<GateSeen>,
    left_out: Vec<(Words, Words)>,
    voids: Vec<(Words, Words)>,
    /// What could not be read of the run folder.
    troubles: Vec<Words>,
    differences: Differences,
    warnings: Vec<Warned>,
}

/// Each part is escaped by its own template.
impl HtmlSafe for Validity {}

/// An arm in a scenario, and how its trials stand.
#[derive(Debug)]
struct GridRow {
    scenario: Words,
    arm: Arm,
    cells: Vec<Option<(Badge, String)>>,
}

/// The same failure in several trials.
#[derive(Debug)]
struct Failed {
    what: Words,
    lines: Vec<Words>,
    places: Places,
}

/// A gate that did not pass.
#[derive(Debug)]
struct GateSeen {
    id: Words,
    name: Words,
    whose: &'static str,
    advice: Option<Words>,
    withholds: Vec<Words>,
    /// What it saw, once for each wording, and where.
    saw: Vec<(Words, Places)>,
    /// In how many trials.
    trials: usize,
}

/// The same warning in several trials.
#[derive(Debug)]
struct Warned {
    name: &'static str,
    effect: &'static str,
    cure: &'static str,
    causes: Vec<(Words, Places)>,
}

/// The most wordings of a gate or a warning that are shown.
const MOST_WORDINGS: usize = 6;

impl GateSeen {
    /// What it saw, as far as it is shown.
    fn shown(&self) -> &[(Words, Places)] {
        &self.saw[..self.saw.len().min(MOST_WORDINGS)]
    }

    /// In how many trials, in words.
    fn in_trials(&self) -> String {
        counted(self.trials, "trial")
    }

    /// How many wordings are not shown.
    fn more(&self) -> usize {
        self.saw.len().saturating_sub(MOST_WORDINGS)
    }
}

impl Warned {
    /// What caused it, as far as it is shown.
    fn shown(&self) -> &[(Words, Places)] {
        &self.causes[..self.causes.len().min(MOST_WORDINGS)]
    }

    /// How many causes are not shown.
    fn more(&self) -> usize {
        self.causes.len().saturating_sub(MOST_WORDINGS)
    }
}

impl Validity {
    /// What was wrong with a study's runs.
    pub(super) fn of(seen: &StudySeen<'_>, digest: &Digest, anchors: &Anchors) -> Validity {
        let standings = STANDINGS.into_iter().filter_map(|word| {
            let count = seen.cells.iter().filter(|cell| cell.ending.standing() == word).count();
            (count > 0).then(|| (sign::standing(word), count))
        });
        let (blocks, rows) = grid(seen, anchors);
        let voids = digest.voids.iter().map(|(name, why)| (Words::of(name), Words::of(why)));
        Validity {
            standings: standings.collect(),
            blocks,
            rows,
            all_valid: seen.cells.iter().all(|cell| cell.ending.standing() == "valid"),
            failures: failures(seen),
            gates: gates(seen, GateStatus::Failed),
            unknown: gates(seen, GateStatus::Unknown),
            waived: gates(seen, GateStatus::Waived),
            left_out: left_out(seen),
            voids: voids.collect(),
            troubles: digest.troubles.iter().map(|trouble| Words::of(trouble)).collect(),
            differences: Differences::of(seen),
            warnings: warned(seen),
        }
    }

    /// Whether there is nothing to object to.
    fn is_clean(&self) -> bool {
        self.all_valid
            && self.gates.is_empty()
            && self.left_out.is_empty()
            && self.voids.is_empty()
            && self.troubles.is_empty()
            && self.differences.refused.is_empty()
    }
}

/// How each trial stands.
fn grid(seen: &StudySeen<'_>, anchors: &Anchors) -> (Vec<u32>, Vec<GridRow>) {
    let mut blocks: Vec<u32> = seen.cells.iter().map(|cell| cell.block).collect();
    blocks.sort_unstable();
    blocks.dedup();
    let mut rows = Vec::new();
    for scenario in &seen.scenarios {
        for (place, arm) in seen.arms.iter().enumerate() {
            let ours = |cell: &&crate::CellSeen<'_>| cell.scenario == *scenario && cell.arm == *arm;
            let cells: Vec<_> = seen.cells.iter().filter(ours).collect();
            if cells.is_empty() {
                continue;
            }
            let at = |block: &u32| {
                let cell = cells.iter().find(|cell| cell.block == *block)?;
                let anchor = anchors.of(*block, arm, scenario);
                Some((sign::standing(cell.ending.standing()), anchor))
            };
            rows.push(GridRow {
                scenario: Words::of(scenario),
                arm: Arm::at(place, arm),
                cells: blocks.iter().map(at).collect(),
            });
        }
    }
    (blocks, rows)
}

/// What could not be carried out, or failed as it did the work.
fn failures(seen: &StudySeen<'_>) -> Vec<Failed> {
    let mut failures: Vec<Failed> = Vec::new();
    for cell in &seen.cells {
        let (what, why) = match &cell.ending {
            Ending::Failed { phase, why } => (format!("failed in {phase}"), (*why).to_owned()),
            Ending::Carried(trial) if trial.validity.standing == Standing::Failed => {
                ("failed as it did the work".to_owned(), faults(&trial.validity.gates))
            }
            Ending::Carried(_) | Ending::Missing => continue,
        };
        let what = Words::of(&what);
        let lines: Vec<Words> = why.lines().map(Words::of).collect();
        let known = failures.iter().position(|one| one.what == what && one.lines == lines);
        let place = known.unwrap_or_else(|| {
            failures.push(Failed { what, lines, places: Places::default() });
            failures.len() - 1
        });
        failures[place].places.add(cell.scenario, cell.arm, cell.block);
    }
    failures
}

/// What an arm's gates saw of a trial that failed by them, a line each.
fn faults(gates: &[Gate]) -> String {
    let failed = gates
        .iter()
        .filter(|gate| gate.class == GateClass::Arm && gate.status == GateStatus::Failed)
        .map(|gate| format!("{} {}: {}", gate.id, gate.name, gate.saw));
    failed.collect::<Vec<_>>().join("\n")
}

/// The gates with this status, each with what it saw and where.
fn gates(seen: &StudySeen<'_>, status: GateStatus) -> Vec<GateSeen> {
    let mut all: Vec<GateSeen> = Vec::new();
    for cell in &seen.cells {
        let Ending::Carried(trial) = &cell.ending else { continue };
        for gate in trial.validity.gates.iter().filter(|gate| gate.status == status) {
            let (id, name) = (Words::of(&gate.id), Words::of(&gate.name));
            let known = all.iter().position(|one| one.id == id && one.name == name);
            let place = known.unwrap_or_else(|| {
                all.push(gate_seen(id, name, gate));
                all.len() - 1
            });
            let gathered = &mut all[place];
            gathered.trials += 1;
            gather(&mut gathered.saw, &gate.saw).add(cell.scenario, cell.arm, cell.block);
        }
    }
    let trials = carried(seen).count();
    all.iter_mut().flat_map(|gate| &mut gate.saw).for_each(|(_, places)| places.of_all(trials));
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

fn gate_seen(id: Words, name: Words, gate: &Gate) -> GateSeen {
    GateSeen {
        id,
        name,
        whose: match gate.class {
            GateClass::Instrument => "the client’s fault",
            GateClass::Environment => "the machine’s fault",
            GateClass::Arm => "the engine’s fault",
            GateClass::Work => "the work’s",
        },
        advice: gate.advice.as_deref().map(Words::of),
        withholds: gate.withholds.iter().map(|name| Words::of(name)).collect(),
        saw: Vec::new(),
        trials: 0,
    }
}

/// The places under a wording, which is made where it is new.
fn gather<'a>(all: &'a mut Vec<(Words, Places)>, words: &str) -> &'a mut Places {
    let words = Words::of(words);
    let known = all.iter().position(|(known, _)| *known == words);
    let place = known.unwrap_or_else(|| {
        all.push((words, Places::default()));
        all.len() - 1
    });
    &mut all[place].1
}

/// Blocks that don't count for a comparison, and why: where, and the reason.
fn left_out(seen: &StudySeen<'_>) -> Vec<(Words, Words)> {
    let mut all: Vec<((String, &str), BTreeSet<u32>)> = Vec::new();
    for comparison in seen.verdict.iter().flat_map(|verdict| &verdict.comparisons) {
        let Comparison { scenario, arm, reference, .. } = comparison;
        for block in &comparison.blocks {
            let Some(why) = &block.left_out else { continue };
            let key = (format!("{scenario}, {arm} against {reference}"), why.as_str());
            match all.iter_mut().find(|(known, _)| *known == key) {
                Some((_, blocks)) => blocks.extend([block.block]),
                None => all.push((key, BTreeSet::from([block.block]))),
            }
        }
    }
    let entry = |((who, why), blocks): ((String, &str), BTreeSet<u32>)| {
        (Words::of(&format!("{who}, {}", blocks_listed(&blocks))), Words::of(why))
    };
    all.into_iter().map(entry).collect()
}

/// What a reader of the numbers should be warned of, gathered by its name.
fn warned(seen: &StudySeen<'_>) -> Vec<Warned> {
    let mut all: Vec<Warned> = Vec::new();
    for cell in &seen.cells {
        let Ending::Carried(trial) = &cell.ending else { continue };
        for warning in warnings(trial) {
            add_warning(&mut all, &warning).add(cell.scenario, cell.arm, cell.block);
        }
    }
    let trials = carried(seen).count();
    all.iter_mut().flat_map(|one| &mut one.causes).for_each(|(_, places)| places.of_all(trials));
    all
}

fn add_warning<'a>(all: &'a mut Vec<Warned>, warning: &Warning) -> &'a mut Places {
    let (name, effect, cure) = (warning.name(), warning.effect(), warning.cure());
    let known = all.iter().position(|one| one.name == name && one.effect == effect);
    let place = known.unwrap_or_else(|| {
        all.push(Warned { name, effect, cure, causes: Vec::new() });
        all.len() - 1
    });
    gather(&mut all[place].causes, &warning.cause())
}
