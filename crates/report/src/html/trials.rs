//! Every trial of a study, by scenario, arm and block. However many there are, the page
//! stays small: the trials of the first blocks are told whole while there is room, the
//! others in a line each, and it says which.

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_results::{Trial, TrialId};

use super::amount::{figure_of, value};
use super::budget::Budget;
use super::charts::{ChartSeen, Specs};
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

/// What a trial in a line may take, in bytes: room that is kept for those that aren't told
/// whole.
const LINE: usize = 700;

/// The most trials that are listed at all; `summary.csv` has every one.
const MOST_LISTED: usize = 1500;

/// Every trial of a study.
#[derive(Debug, Default, Template)]
#[template(path = "trials.html")]
pub(super) struct Trials {
    groups: Vec<Group>,
    /// How many trials are told in a line, though more is known of them.
    in_short: usize,
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
    /// The trial whole, where there was room.
    whole: Option<String>,
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
    /// The trials of a study, with the data of those charts that there is room for.
    pub(super) fn of(
        seen: &StudySeen<'_>,
        digest: &Digest,
        budget: &mut Budget,
        specs: &mut Specs,
    ) -> Trials {
        let anchors = Anchors::of_study(seen);
        let mut order: Vec<usize> = (0..seen.cells.len()).collect();
        order.sort_by_key(|place| seen.cells[*place].block);
        let listed = order.len().min(MOST_LISTED);
        budget.reserve(listed * LINE);
        let mut rows: Vec<Option<Row>> = seen.cells.iter().map(|_| None).collect();
        let mut in_short = 0;
        for place in order.into_iter().take(listed) {
            let cell = &seen.cells[place];
            let mut row = row(cell, &anchors);
            if let Ending::Carried(trial) = &cell.ending {
                row.whole = whole(trial, digest, &row.anchor, budget, specs);
                in_short += usize::from(row.whole.is_none());
            }
            rows[place] = Some(row);
        }
        let unlisted = seen.cells.len() - listed;
        Trials { groups: groups(seen, rows), in_short, unlisted }
    }
}

/// A trial whole, if there is room for it and its charts.
fn whole(
    trial: &Trial,
    digest: &Digest,
    anchor: &str,
    budget: &mut Budget,
    specs: &mut Specs,
) -> Option<String> {
    let id =
        TrialId { block: trial.block, arm: trial.arm.clone(), scenario: trial.scenario.clone() };
    let known = digest.trials.get(&id);
    let charts = known.map(|known| ChartSeen::of_trial(trial, known, anchor)).unwrap_or_default();
    let (charts, data): (Vec<ChartSeen>, Vec<_>) = charts.into_iter().unzip();
    let section = TrialSection::of(trial, known, charts);
    let text = section.render().expect("a trial is rendered into memory");
    let size = text.len() + data.iter().map(super::charts::Spec::len).sum::<usize>();
    budget.take(size).then(|| {
        specs.extend(data);
        text
    })
}

fn row(cell: &CellSeen<'_>, anchors: &Anchors<'_>) -> Row {
    let (figures, why) = match &cell.ending {
        Ending::Carried(trial) => (in_a_line(trial), None),
        Ending::Failed { phase, why } => (String::new(), Some(format!("failed in {phase}: {why}"))),
        Ending::Missing => (String::new(), Some("it was never come to".to_owned())),
    };
    Row {
        block: cell.block,
        anchor: anchors.of(cell.block, cell.arm, cell.scenario),
        badge: sign::standing(cell.ending.standing()),
        figures,
        why: why.map(|why| Words::of(&why)),
        whole: None,
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
