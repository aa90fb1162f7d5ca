//! Every trial of a study, by scenario, arm and block. However many there are, the page
//! stays small: while there is room all are told in their own words and figures, and then,
//! from the first block on, with their charts and requests. It says what was left out.

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_results::{Trial, TrialId};

use super::amount::{figure_of, value};
use super::budget::Budget;
use super::sign::{self, Arm, Badge};
use super::trial::TrialSection;
use super::words::Words;
use crate::digest::Digest;
use crate::{CellSeen, Ending, StudySeen};

/// The figures of a trial in a line.
const IN_A_LINE: [(&str, &str); 4] = [
    ("output_throughput", "tokens/s"),
    ("ttft_p50", "ms TTFT p50"),
    ("tpot_p50", "ms TPOT p50"),
    ("e2e_p50", "ms E2E p50"),
];

/// What a trial takes in a line, in bytes, beside what happened in it.
const LINE: usize = 700;

/// After so many trials that had no room, no other is tried.
const MISSES: usize = 4;

/// The most trials that are listed at all; `summary.csv` has every one.
const MOST_LISTED: usize = 1500;

/// Every trial of a study.
#[derive(Debug, Default, Template)]
#[template(path = "trials.html")]
pub(super) struct Trials {
    groups: Vec<Group>,
    /// How many trials have no charts and requests here, though they are known.
    without_charts: usize,
    /// How many are told in a line, though more is known of them.
    in_a_line: usize,
    /// How many are not even listed.
    unlisted: usize,
}

/// Each part is escaped by its own template.
impl HtmlSafe for Trials {}

/// The trials of one arm in one scenario.
#[derive(Debug)]
struct Group {
    scenario: Words,
    arm: Arm,
    trials: Vec<Row>,
}

/// One trial.
#[derive(Debug)]
struct Row {
    block: u32,
    anchor: String,
    badge: Badge,
    figures: String,
    /// What happened, where it could not be carried out.
    why: Option<Words>,
    /// What is known of it, as far as there was room.
    section: Option<TrialSection>,
    /// How many bytes that takes.
    size: usize,
}

/// The names of trials within the page.
#[derive(Debug)]
pub(super) struct Anchors<'a> {
    arms: &'a [&'a str],
    scenarios: &'a [&'a str],
}

impl<'a> Anchors<'a> {
    /// The names of a study's trials.
    pub(super) fn of_study(seen: &'a StudySeen<'_>) -> Anchors<'a> {
        Anchors { arms: &seen.arms, scenarios: &seen.scenarios }
    }

    /// The name of one trial. It is made of places and not of names, which may hold
    /// whatever someone wrote.
    pub(super) fn of(&self, block: u32, arm: &str, scenario: &str) -> String {
        let place = |names: &[&str], name: &str| {
            names.iter().position(|known| *known == name).map_or(0, |place| place + 1)
        };
        format!("trial-{block}-{}-{}", place(self.arms, arm), place(self.scenarios, scenario))
    }
}

impl Trials {
    /// The trials of a study, each with as much as there is room for.
    pub(super) fn of(seen: &StudySeen<'_>, digest: &Digest, budget: &mut Budget) -> Trials {
        let anchors = Anchors::of_study(seen);
        let mut order: Vec<usize> = (0..seen.cells.len()).collect();
        order.sort_by_key(|place| seen.cells[*place].block);
        let unlisted = order.split_off(order.len().min(MOST_LISTED)).len();
        let mut rows: Vec<Option<Row>> = seen.cells.iter().map(|_| None).collect();
        for place in &order {
            let row = row(&seen.cells[*place], &anchors);
            budget.reserve(LINE + row.size);
            rows[*place] = Some(row);
        }
        let in_a_line = brief(seen, &order, &mut rows, budget);
        let without_charts = whole(seen, digest, &order, &mut rows, budget);
        Trials { groups: groups(seen, rows), in_a_line, without_charts, unlisted }
    }
}

/// Tells trials in their own words and figures. Says for how many there was no room.
fn brief(
    seen: &StudySeen<'_>,
    order: &[usize],
    rows: &mut [Option<Row>],
    budget: &mut Budget,
) -> usize {
    let mut missed = 0;
    for place in order {
        if let (Ending::Carried(trial), Some(row)) = (&seen.cells[*place].ending, &mut rows[*place])
        {
            missed += usize::from(!row.tell(TrialSection::brief(trial), budget));
        }
    }
    missed
}

/// Tells trials with their charts and requests, as far as those are known. Says for how many
/// there was no room.
fn whole(
    seen: &StudySeen<'_>,
    digest: &Digest,
    order: &[usize],
    rows: &mut [Option<Row>],
    budget: &mut Budget,
) -> usize {
    let mut missed = 0;
    for place in order {
        let cell = &seen.cells[*place];
        let (Ending::Carried(trial), Some(row)) = (&cell.ending, &mut rows[*place]) else {
            continue;
        };
        let Some(known) = digest.trials.get(&id(cell)) else { continue };
        // Where several had no room no other will have: that need not be tried a hundred times.
        let fits = missed < MISSES && {
            let section = TrialSection::brief(trial).whole(trial, known, &row.anchor);
            row.tell(section, budget)
        };
        missed += usize::from(!fits);
    }
    missed
}

impl Row {
    /// Tells more of a trial, if there is room for that.
    fn tell(&mut self, section: TrialSection, budget: &mut Budget) -> bool {
        let size = section.render().expect("a trial is rendered into memory").len();
        let fits = budget.take(size.saturating_sub(self.size));
        if fits {
            self.section = Some(section);
            self.size = size;
        }
        fits
    }
}

fn id(cell: &CellSeen<'_>) -> TrialId {
    TrialId { block: cell.block, arm: cell.arm.to_owned(), scenario: cell.scenario.to_owned() }
}

fn row(cell: &CellSeen<'_>, anchors: &Anchors<'_>) -> Row {
    let (figures, why) = match &cell.ending {
        Ending::Carried(trial) => (in_a_line(trial), None),
        Ending::Failed { phase, why } => (String::new(), Some(format!("failed in {phase}: {why}"))),
        Ending::Missing => (String::new(), Some("it was never come to".to_owned())),
    };
    let why = why.map(|why| Words::of(&why));
    Row {
        block: cell.block,
        size: why.as_ref().map_or(0, |why| why.text().len()),
        anchor: anchors.of(cell.block, cell.arm, cell.scenario),
        badge: sign::standing(cell.ending.standing()),
        figures,
        why,
        section: None,
    }
}

/// A trial's figures in a line, whether or not it counts.
fn in_a_line(trial: &Trial) -> String {
    let shown = IN_A_LINE.into_iter().filter_map(|(name, unit)| {
        let figure = figure_of(name)?;
        let number = (figure.of)(&trial.summary)?;
        Some(format!("{} {unit}", value(figure, number)))
    });
    shown.collect::<Vec<_>>().join(" · ")
}

/// The rows by scenario and arm, in the order of the study.
fn groups(seen: &StudySeen<'_>, mut rows: Vec<Option<Row>>) -> Vec<Group> {
    let mut groups = Vec::new();
    for scenario in &seen.scenarios {
        for (place, arm) in seen.arms.iter().enumerate() {
            let ours = seen.cells.iter().enumerate();
            let ours = ours.filter(|(_, cell)| cell.scenario == *scenario && cell.arm == *arm);
            let trials: Vec<Row> = ours.filter_map(|(place, _)| rows[place].take()).collect();
            if !trials.is_empty() {
                let (scenario, arm) = (Words::of(scenario), Arm::at(place, arm));
                groups.push(Group { scenario, arm, trials });
            }
        }
    }
    groups
}
