//! The page as a whole.

use askama::Template;

use super::budget::{Budget, MOST};
use super::charts::{Charts, Specs};
use super::embedded::{Json, PLOTLY, POLICY, SCRIPT, STYLE};
use super::facts::carried;
use super::findings::FindingsSection;
use super::repeat::Repeat;
use super::results::Results;
use super::setup::Setup;
use super::trials::{Anchors, Trials};
use super::validity::Validity;
use super::verdict::VerdictSection;
use super::words::Words;
use crate::StudySeen;
use crate::digest::Digest;
use crate::measured::Measured;

/// What of the room for data the charts of the study may take; the rest is the trials'.
const CHARTS: usize = MOST / 2;

/// The page.
#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    name: Words,
    kind: &'static str,
    subtitle: Words,
    tool: Words,
    policy: &'static str,
    style: &'static str,
    script: &'static str,
    plotly: &'static str,
    verdict: VerdictSection,
    results: Results,
    validity: Validity,
    findings: Option<FindingsSection>,
    charts: Charts,
    setup: Setup,
    trials: Trials,
    repeat: Repeat,
    data: Json,
}

/// The page of a study, or of a single run: HTML in one piece that loads nothing.
///
/// Beside the charting library it takes three million bytes at most, unless the words of
/// the verdict and of what was wrong alone take more; what is left out for that is said.
pub fn html(seen: &StudySeen<'_>, digest: &Digest) -> String {
    let measured = Measured::of(seen);
    let found = crate::findings(seen, &measured, digest);
    let tool =
        carried(seen).next().map(|trial| format!("{} {}", trial.tool.name, trial.tool.version));
    let mut page = Page {
        name: Words::of(seen.name),
        kind: if is_single(seen) { "a run" } else { "a study" },
        subtitle: Words::of(&subtitle(seen)),
        tool: Words::of(tool.as_deref().unwrap_or("tokenometer")),
        policy: &POLICY,
        style: STYLE,
        script: SCRIPT,
        plotly: "",
        verdict: VerdictSection::of(seen, &measured),
        results: Results::of(seen, &measured),
        validity: Validity::of(seen, digest, &Anchors::of_study(seen)),
        findings: FindingsSection::of(&found),
        charts: Charts::default(),
        setup: Setup::of(seen, &measured, digest),
        trials: Trials::default(),
        repeat: Repeat::of(seen),
        data: Specs::default().json(),
    };
    // What must stand there is measured first; charts and trials share what is left.
    let must = rendered(&page).len();
    let mut specs = Specs::default();
    let most = CHARTS.min(MOST.saturating_sub(must));
    let mut room = Budget::of(most);
    page.charts = Charts::of_study(seen, &measured, digest, &mut room, &mut specs);
    let taken = must + most - room.left();
    let mut room = Budget::of(MOST.saturating_sub(taken));
    page.trials = Trials::of(seen, digest, &mut room);
    page.data = specs.json();
    page.plotly = &PLOTLY;
    rendered(&page)
}

fn rendered(page: &Page) -> String {
    page.render().expect("a page is rendered into memory")
}

/// Whether there is only one trial to speak of.
fn is_single(seen: &StudySeen<'_>) -> bool {
    seen.arms.len() == 1 && seen.blocks == 1
}

/// What was planned, in a line.
fn subtitle(seen: &StudySeen<'_>) -> String {
    let day = carried(seen).map(|trial| trial.started_ns).min();
    let planned = crate::study::planned(seen);
    match day {
        Some(nanos) => format!("{planned} · {}", crate::date::utc(nanos)),
        None => planned,
    }
}
