//! A study, rehearsed before anybody pays for GPUs: every arm is played by a
//! simulation of the machine and the model that it is meant for, every cell is made
//! small, and all of it goes the ordinary way, from the plan to the report.
//!
//! What it measures says nothing of any engine. It shows that the study can be
//! carried out, and [`Rehearsal::estimate`] what that would take.
//!
//! Nothing here starts anything.

mod at_hand;
mod cast;
mod estimate;
mod options;
mod small;
mod told;
mod transform;

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokenometer_core::Mistake;
use tokenometer_sim::SimError;
use tokenometer_sim::scheduled::Simulation;

use super::found::Found;
use super::grammar::Study;
use super::plan::Plan;
use super::read::{Written, in_order};
use super::{World, simulated};
use cast::{Cast, Casting};

/// A rehearsal of a study.
pub struct Rehearsal {
    /// What is carried out: small, simulated.
    pub plan: Plan,
    /// The study as it is meant, with what is at hand here.
    of: Plan,
    /// Who plays its arms, in their order.
    casts: Vec<Cast>,
}

/// What a run folder says of the study that it rehearses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RehearsalOf {
    /// What the study is called.
    pub study: String,
    /// The SHA-256 of its text.
    pub sha256: String,
    /// How it was rehearsed, line by line.
    pub notes: Vec<String>,
}

impl Rehearsal {
    /// The rehearsal of a study. `machine` is what is simulated for arms that name
    /// none: `h100`, or with a number of GPUs `h100x8`.
    ///
    /// # Errors
    ///
    /// Everything that can't be meant, in the study or in its rehearsal: an arm whose
    /// machine or model isn't known, a file that isn't there.
    pub fn make(
        written: &Written,
        machine: Option<&str>,
        world: &World<'_>,
    ) -> Result<Rehearsal, Vec<Mistake>> {
        let mut found = Found::new(&written.document);
        let study = without_paths(&written.study, world);
        let casting = Casting { study: &study, world, machine };
        let casts: Vec<Option<Cast>> =
            study.arms.iter().map(|(name, arm)| casting.of(&name.0, arm, &mut found)).collect();
        let mut replaced = BTreeSet::new();
        let of = Rehearsal::of(written, &study, world, &mut replaced);
        let of = match (of, found.all()) {
            (Ok(of), mistakes) if mistakes.is_empty() => of,
            (Ok(_), mistakes) => return Err(mistakes),
            (Err(more), mistakes) => return Err(all(mistakes, more)),
        };
        // Without a mistake, every arm has its cast.
        let casts: Vec<Cast> = casts.into_iter().flatten().collect();
        let scale = match casts.iter().any(|cast| matches!(cast, Cast::Script)) {
            true => 1,
            false => small::TIME_SCALE,
        };
        let mut notes = told::lines(&of, &casts, scale);
        notes.extend(replaced);
        let mut plan = small_plan(written, &of, (&casts, scale), world)?;
        plan.rehearsal_of = Some(RehearsalOf {
            study: written.study.name.clone(),
            sha256: sha256(&written.text),
            notes,
        });
        Ok(Rehearsal { plan, of, casts })
    }

    /// The study as it is meant, as far as that can be planned here. No value of the
    /// environment is needed for that.
    fn of(
        written: &Written,
        study: &Study,
        world: &World<'_>,
        replaced: &mut BTreeSet<String>,
    ) -> Result<Plan, Vec<Mistake>> {
        let written = Written { study: study.clone(), ..written.clone() };
        let world = World { variable: &|name| Some(format!("${name}")), ..*world };
        Plan::shaped(&written, &world, &mut |cell| {
            at_hand::put(&mut cell.words, &world, replaced);
        })
    }

    /// What is simulated for an arm in a cell; `None` where the arm keeps to a script.
    fn simulation(&self, arm: usize, cell: usize) -> Result<Option<Simulation>, SimError> {
        let options = self.of.options(arm, cell);
        let options = match &self.casts[arm] {
            Cast::Script => return Ok(None),
            Cast::Itself => options,
            Cast::Played(part) => part.options(&options),
        };
        simulated::of_options(&options, self.of.arms[arm].model.as_deref())
    }

    /// How it was rehearsed, line by line.
    pub fn notes(&self) -> &[String] {
        self.plan.rehearsal_of.as_ref().map_or(&[], |of| &of.notes)
    }
}

/// The plan that is carried out.
fn small_plan(
    written: &Written,
    of: &Plan,
    (casts, scale): (&[Cast], u32),
    world: &World<'_>,
) -> Result<Plan, Vec<Mistake>> {
    let study = transform::study(of, casts);
    // A run folder belongs to one text. The one of a rehearsal is not the study's, so
    // that neither can be gone on with as the other.
    let text = serde_json::to_string_pretty(&study).expect("a study's keys are all words");
    let written = Written { study, document: written.document.clone(), text };
    Plan::shaped(&written, world, &mut |cell| {
        at_hand::put(&mut cell.words, world, &mut BTreeSet::new());
        transform::keep_known(&mut cell.vary, casts);
        small::make(cell, scale);
    })
}

/// The study with the last part of each path to a model that isn't here: a rehearsal
/// needs no weights.
fn without_paths(study: &Study, world: &World<'_>) -> Study {
    let mut study = study.clone();
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
    let is_away = |path: &str| {
        ["/", "./", "../"].iter().any(|start| path.starts_with(start)) && !world.path(path).exists()
    };
    let shorten = |path: &mut String| {
        if let (true, Some(name)) = (is_away(path), last(path)) {
            *path = name;
        }
    };
    for model in study.models.values_mut() {
        shorten(&mut model.path);
        model.paths.clear();
    }
    study.arms.values_mut().filter_map(|arm| arm.model.as_mut()).for_each(shorten);
    study
}

/// Mistakes of both, each once.
fn all(mut mistakes: Vec<Mistake>, more: Vec<Mistake>) -> Vec<Mistake> {
    for mistake in more {
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    in_order(mistakes)
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
