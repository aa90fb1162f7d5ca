//! What was measured, as tables: arms by scenarios for each metric of the verdict, and every
//! figure of a scenario below. Means and intervals are those of `measured`, ratios and words
//! those of the verdict; a figure without a word of its own is called a number.

use askama::Template;
use askama::filters::HtmlSafe;
use tokenometer_core::Verdict;
use tokenometer_core::verdict::Comparison;
use tokenometer_verdict::answer::{MetricClass, metric};

use super::amount::{apart, apart_between, around, counted, figure_of, titled, value};
use super::sign::{self, Arm, Badge};
use super::words::Words;
use crate::StudySeen;
use crate::console::{load_words, workload_words};
use crate::measured::{ArmMeasured, FIGURES, Figure, Kind, Measured, ScenarioMeasured, figure};

/// What is shown of every study, whatever its verdict is of.
const USUAL: [&str; 4] = ["output_throughput", "ttft_p50_ms", "tpot_p50_ms", "e2e_p50_ms"];

/// A table of at most so many scenarios is narrow.
const NARROW: usize = 3;

/// All tables of what was measured.
#[derive(Debug, Template)]
#[template(path = "results.html")]
pub(super) struct Results {
    matrices: Vec<Matrix>,
    scenarios: Vec<ScenarioFigures>,
    /// Whether means of several blocks stand in them.
    in_blocks: bool,
    /// Whether any arm is held against another.
    compares: bool,
}

/// Each part is escaped by its own template.
impl HtmlSafe for Results {}

/// One figure: a row an arm, a column a scenario.
#[derive(Debug)]
struct Matrix {
    title: String,
    /// Whether the verdict is of this figure.
    is_primary: bool,
    scenarios: Vec<Words>,
    rows: Vec<(Arm, Vec<Cell>)>,
    /// The one arm that all others are compared with, where it is one.
    reference: Option<Words>,
}

impl Matrix {
    /// Whether it is so narrow that another has room beside it.
    fn is_narrow(&self) -> bool {
        self.scenarios.len() <= NARROW
    }
}

/// Every figure of one scenario: a row a figure, a column an arm.
#[derive(Debug)]
struct ScenarioFigures {
    name: Words,
    load: String,
    workload: Words,
    arms: Vec<Arm>,
    rows: Vec<(String, Vec<Cell>)>,
    /// As of a matrix.
    reference: Option<Words>,
}

/// What one arm has in one scenario.
#[derive(Debug, Default)]
struct Cell {
    value: Option<String>,
    around: Option<String>,
    /// Where not every block counts: how many do, and how the others stand.
    blocks: Option<String>,
    against: Vec<Against>,
}

/// How an arm lies against another.
#[derive(Debug)]
struct Against {
    reference: Words,
    apart: String,
    between: String,
    /// Whether both are divided by the GPUs that they took.
    per_gpu: bool,
    /// The verdict's word, where it has one of this.
    badge: Option<Badge>,
}

impl Results {
    /// The tables of a study.
    pub(super) fn of(seen: &StudySeen<'_>, measured: &Measured<'_>) -> Results {
        let primary = primary(seen.verdict);
        let usual = USUAL.into_iter().filter_map(figure);
        let usual = usual.filter(|figure| !primary.iter().any(|one| one.name == figure.name));
        let shown = primary.iter().map(|figure| (*figure, true));
        let shown = shown.chain(usual.map(|figure| (figure, false)));
        Results {
            matrices: shown
                .filter_map(|(figure, is_primary)| matrix(seen, measured, figure, is_primary))
                .collect(),
            scenarios: measured
                .scenarios
                .iter()
                .map(|scenario| scenario_figures(seen, scenario))
                .collect(),
            in_blocks: seen.blocks > 1,
            compares: seen.verdict.is_some_and(|verdict| !verdict.comparisons.is_empty()),
        }
    }
}

/// The figures that a verdict is of, in its order.
fn primary(verdict: Option<&Verdict>) -> Vec<&'static Figure> {
    let mut figures: Vec<&'static Figure> = Vec::new();
    for comparison in verdict.iter().flat_map(|verdict| &verdict.comparisons) {
        let new = figure_of(&comparison.metric)
            .filter(|figure| figures.iter().all(|known| known.name != figure.name));
        figures.extend(new);
    }
    figures
}

/// The table of a figure; `None` where no arm has it in any scenario.
fn matrix(
    seen: &StudySeen<'_>,
    measured: &Measured<'_>,
    figure: &'static Figure,
    is_primary: bool,
) -> Option<Matrix> {
    let row = |(place, name): (usize, &&str)| {
        let cells = measured.scenarios.iter().map(|scenario| {
            match scenario.arms.iter().find(|arm| arm.name == *name) {
                Some(arm) => cell(seen.verdict, scenario.name, arm, figure),
                None => Cell::default(),
            }
        });
        (Arm::at(place, name), cells.collect())
    };
    let rows: Vec<(Arm, Vec<Cell>)> = seen.arms.iter().enumerate().map(row).collect();
    let has_any = rows.iter().flat_map(|(_, cells)| cells).any(|cell| cell.value.is_some());
    (has_any || is_primary).then(|| Matrix {
        title: titled(figure),
        is_primary,
        scenarios: measured.scenarios.iter().map(|one| Words::of(one.name)).collect(),
        reference: reference(&rows),
        rows,
    })
}

fn scenario_figures(seen: &StudySeen<'_>, scenario: &ScenarioMeasured<'_>) -> ScenarioFigures {
    let row = |figure: &'static Figure| {
        let cells: Vec<Cell> = scenario
            .arms
            .iter()
            .map(|arm| cell(seen.verdict, scenario.name, arm, figure))
            .collect();
        let has_any = cells.iter().any(|cell| cell.value.is_some());
        has_any.then(|| (titled(figure), cells))
    };
    let rows: Vec<(String, Vec<Cell>)> = FIGURES.iter().filter_map(row).collect();
    ScenarioFigures {
        name: Words::of(scenario.name),
        reference: reference(&rows),
        load: scenario.load.map(load_words).unwrap_or_default(),
        workload: Words::of(&scenario.workload.map(workload_words).unwrap_or_default()),
        arms: scenario.arms.iter().map(|arm| Arm::at(arm.look, arm.name)).collect(),
        rows,
    }
}

/// The one arm that all others in a table are compared with; `None` where there are several.
fn reference<T>(rows: &[(T, Vec<Cell>)]) -> Option<Words> {
    let mut all = rows.iter().flat_map(|(_, cells)| cells).flat_map(|cell| &cell.against);
    let first = &all.next()?.reference;
    all.all(|against| against.reference == *first).then(|| first.clone())
}

fn cell(
    verdict: Option<&Verdict>,
    scenario: &str,
    arm: &ArmMeasured<'_>,
    figure: &'static Figure,
) -> Cell {
    let mean = arm.mean(figure);
    let counting = mean.map_or(0, |mean| mean.blocks);
    Cell {
        value: mean.map(|mean| value(figure, mean.value)),
        around: mean.and_then(|mean| around(figure, &mean)),
        blocks: (counting < arm.cells.len()).then(|| blocks(counting, figure, arm)),
        against: match figure.kind {
            Kind::Load => Vec::new(),
            _ => against(verdict, scenario, arm.name, figure),
        },
    }
}

/// How many blocks count, how the others stand, and what is withheld of them.
fn blocks(counting: usize, figure: &Figure, arm: &ArmMeasured<'_>) -> String {
    let mut others: Vec<String> =
        arm.not_valid().into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    let withheld = arm.withheld(figure).into_iter();
    others.extend(withheld.map(|(words, count)| format!("{count} {words}")));
    let planned = counted(arm.cells.len(), "block");
    match others.is_empty() {
        true => format!("{counting} of {planned}"),
        false => format!("{counting} of {planned}: {}", others.join(", ")),
    }
}

/// How an arm lies against those that it is compared with: by the verdict where it is of
/// this figure, else by the plain ratio beside it.
fn against(
    verdict: Option<&Verdict>,
    scenario: &str,
    arm: &str,
    figure: &'static Figure,
) -> Vec<Against> {
    let Some(verdict) = verdict else { return Vec::new() };
    let is_this = |metric: &str| figure_of(metric).is_some_and(|known| known.name == figure.name);
    let judged = verdict
        .comparisons
        .iter()
        .filter(|one| one.scenario == scenario && one.arm == arm && is_this(&one.metric));
    let judged = judged.map(|one| Against {
        reference: Words::of(&one.reference),
        apart: one.effect.map(|effect| apart(effect, one.in_points)).unwrap_or_default(),
        between: one.interval.map(|ends| apart_between(ends, one.in_points)).unwrap_or_default(),
        per_gpu: one.effect.is_some() && is_per_gpu(verdict, arm, &one.reference),
        badge: Some(sign::answer(&one.answer)),
    });
    let others = verdict
        .others
        .iter()
        .filter(|one| one.scenario == scenario && one.arm == arm && is_this(&one.metric));
    let in_points = figure.unit == "share";
    let others = others.map(|one| Against {
        reference: Words::of(&one.reference),
        apart: apart(one.effect, in_points),
        between: apart_between(one.alone, in_points),
        per_gpu: is_throughput(&one.metric) && is_per_gpu(verdict, arm, &one.reference),
        badge: None,
    });
    judged.chain(others).collect()
}

/// Whether a metric is work that the GPUs of an arm share: nothing else is divided by them.
fn is_throughput(name: &str) -> bool {
    metric(name).is_some_and(|metric| metric.class == MetricClass::Throughput)
}

/// Whether a verdict holds these two against each other by what each GPU did: it says so
/// beside its answers.
fn is_per_gpu(verdict: &Verdict, arm: &str, reference: &str) -> bool {
    let ours = |one: &&Comparison| one.arm == arm && one.reference == reference;
    verdict.comparisons.iter().filter(ours).any(Comparison::is_per_gpu)
}
