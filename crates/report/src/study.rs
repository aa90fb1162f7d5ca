//! A whole study as tables: what each arm did in each scenario, over its
//! blocks. Arms stand in the order in which the study names them and are never
//! ranked here: who is better is a verdict, and a verdict isn't a table of means.

mod json;
mod means;
mod simulated;
mod table;

use tokenometer_core::{GateClass, GateStatus, Standing, Verdict};
use tokenometer_results::{Estimate, Rehearsed, Trial};

use crate::Style;
use crate::digest::Digest;
use crate::findings::{self, findings};
use crate::measured::Measured;
use crate::page::{Page, printable};

pub use json::{StudyCell, StudyLine, study_json, study_line};
pub use means::{ArmMeans, FigureMean, ScenarioMeans};

/// A study, as far as it has come.
#[derive(Debug)]
pub struct StudySeen<'a> {
    /// Its name.
    pub name: &'a str,
    /// The folder that holds it, as the reader would name it.
    pub run: &'a str,
    /// Its report as one file of HTML, where that lies in the folder.
    pub report: Option<&'a str>,
    /// The arms, in the order in which the study names them.
    pub arms: Vec<&'a str>,
    /// The scenarios, likewise.
    pub scenarios: Vec<&'a str>,
    /// How many blocks are planned.
    pub blocks: u32,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// The study that this one rehearses, if it does.
    pub rehearsal_of: Option<&'a Rehearsed>,
    /// What that study would take.
    pub estimate: Option<&'a Estimate>,
    /// What it has to say, where it compares anything.
    pub verdict: Option<&'a Verdict>,
    /// What became of each planned trial.
    pub cells: Vec<CellSeen<'a>>,
    /// What a reader must know of some arms, by their names: that a part of the
    /// engine was replaced, say.
    pub notes: Vec<(&'a str, &'a str)>,
}

/// One planned trial.
#[derive(Debug)]
pub struct CellSeen<'a> {
    /// Its block, from 1.
    pub block: u32,
    /// Its arm.
    pub arm: &'a str,
    /// Its scenario.
    pub scenario: &'a str,
    /// What became of it.
    pub ending: Ending<'a>,
}

/// What became of a planned trial.
#[derive(Debug)]
pub enum Ending<'a> {
    /// It was carried out.
    Carried(&'a Trial),
    /// It could not be.
    Failed {
        /// In which phase: `start`, `measure` …
        phase: &'a str,
        /// What happened.
        why: &'a str,
    },
    /// It was never come to.
    Missing,
}

impl Ending<'_> {
    /// How the trial stands, in a word.
    pub fn standing(&self) -> &'static str {
        match self {
            Ending::Missing => "missing",
            Ending::Failed { .. } => "failed",
            Ending::Carried(trial) if trial.interrupted => "interrupted",
            Ending::Carried(trial) => match trial.validity.standing {
                Standing::Valid => "valid",
                Standing::Invalid => "invalid",
                Standing::Failed => "failed",
                Standing::Saturated => "saturated",
            },
        }
    }
}

/// The study as a page.
pub fn study(seen: &StudySeen<'_>, digest: &Digest, style: Style) -> String {
    let mut page = Page::new(style);
    head(&mut page, seen);
    if let Some(verdict) = seen.verdict {
        crate::verdict::write(&mut page, verdict);
    }
    let measured = Measured::of(seen);
    let found = findings(seen, &measured, digest);
    findings::write(&mut page, &found, measured.scenarios.len());
    for scenario in &measured.scenarios {
        table::write(&mut page, scenario);
    }
    failures(&mut page, seen);
    if let Some(estimate) = seen.estimate {
        crate::estimate::write(&mut page, estimate);
    }
    foot(&mut page, seen);
    page.into_text()
}

fn head(page: &mut Page, seen: &StudySeen<'_>) {
    let style = page.style;
    let tool = seen.cells.iter().find_map(|cell| match cell.ending {
        Ending::Carried(trial) => {
            Some(printable(&format!("{} {}", trial.tool.name, trial.tool.version)))
        }
        _ => None,
    });
    let title = format!("study {}", printable(seen.name));
    page.line(&format!("{}  {}", style.bold(&title), style.dim(tool.as_deref().unwrap_or(""))));
    for line in banners(seen) {
        page.banner(&line);
    }
    page.line("");
    page.fact("Planned", &planned(seen));
    page.fact("Done", &done(seen));
    let mut label = "Rehearsed";
    for note in seen.rehearsal_of.iter().flat_map(|rehearsed| &rehearsed.notes) {
        page.fact(std::mem::take(&mut label), &printable(note));
    }
}

/// What must be known before any number is read, a line each.
pub(crate) fn banners(seen: &StudySeen<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(rehearsed) = seen.rehearsal_of {
        let study = printable(&rehearsed.study);
        lines.push(format!(
            "REHEARSAL of {study}: simulations play its arms, and nothing here is a result."
        ));
    }
    lines.extend(simulated::lines(seen));
    lines.extend(seen.notes.iter().map(|(arm, note)| format!("{arm}: {}", printable(note))));
    if seen.interrupted {
        lines.push(
            "INTERRUPTED: the study was stopped before its end; --resume goes on.".to_owned(),
        );
    }
    lines
}

/// What the plan has.
pub(crate) fn planned(seen: &StudySeen<'_>) -> String {
    format!(
        "{} · {} · {} · {}",
        counted(seen.arms.len(), "arm"),
        counted(seen.scenarios.len(), "scenario"),
        counted(seen.blocks as usize, "block"),
        counted(seen.cells.len(), "trial"),
    )
}

/// How many trials stand how.
pub(crate) fn done(seen: &StudySeen<'_>) -> String {
    let mut standings: Vec<(&str, usize)> = Vec::new();
    for cell in &seen.cells {
        let standing = cell.ending.standing();
        match standings.iter_mut().find(|(known, _)| *known == standing) {
            Some((_, count)) => *count += 1,
            None => standings.push((standing, 1)),
        }
    }
    let parts: Vec<String> =
        standings.iter().map(|(standing, count)| format!("{count} {standing}")).collect();
    parts.join(" · ")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What failed, and how. The same words are said once, with the blocks in which
/// they were heard.
fn failures(page: &mut Page, seen: &StudySeen<'_>) {
    let mut said: Vec<(String, String, Vec<u32>)> = Vec::new();
    for cell in &seen.cells {
        let (who, why) = match &cell.ending {
            Ending::Failed { phase, why } => {
                (format!("{}, {} in {phase}", cell.arm, cell.scenario), (*why).to_owned())
            }
            Ending::Carried(trial) if trial.validity.standing == Standing::Failed => {
                (format!("{}, {}, as it did the work", cell.arm, cell.scenario), faults(trial))
            }
            Ending::Carried(_) | Ending::Missing => continue,
        };
        match said.iter_mut().find(|(known, words, _)| *known == who && *words == why) {
            Some((_, _, blocks)) => blocks.push(cell.block),
            None => said.push((who, why, vec![cell.block])),
        }
    }
    if said.is_empty() {
        return;
    }
    page.heading("Failures", "an arm that fails counts as failed; it is not tried again");
    for (who, why, blocks) in said {
        let blocks: Vec<String> = blocks.iter().map(u32::to_string).collect();
        let word = if blocks.len() == 1 { "block" } else { "blocks" };
        let mark = page.style.bad("✗");
        page.item(&mark, &format!("{who} ({word} {})", blocks.join(", ")));
        for line in why.lines() {
            page.below_item(&printable(line));
        }
    }
}

/// What an arm's gates saw of a trial that failed by them, a line each.
fn faults(trial: &Trial) -> String {
    let gates = trial.validity.gates.iter();
    let failed = gates
        .filter(|gate| gate.class == GateClass::Arm && gate.status == GateStatus::Failed)
        .map(|gate| format!("{} {}: {}", gate.id, gate.name, gate.saw));
    failed.collect::<Vec<_>>().join("\n")
}

fn foot(page: &mut Page, seen: &StudySeen<'_>) {
    page.line("");
    page.aside(
        "Each figure is the mean over the blocks of the trials that count, with the least and the \
         greatest below. These are numbers, and no verdict: nothing here says which arm is better.",
    );
    page.verbatim("Kept in", seen.run);
    if let Some(report) = seen.report {
        page.verbatim("Report", report);
    }
}
