//! `study.lock.yaml` of a study: what was to be measured, with every default
//! made explicit. It holds the words of the study, so no value of a variable of
//! the environment.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokenometer_results::Tool;
use tokenometer_workload::{Extent, Pattern};

use super::describe::BlockShown;
use super::grammar::{Blocks, Length, Passes, Restart, Share, Study, Track};
use super::plan::Plan;
use super::rehearse::RehearsalOf;
use crate::WarmUp;
use crate::environment::tool;

/// The version of the lock as a file.
const SCHEMA_VERSION: u32 = 1;
/// How small a difference counts as none where nothing is said.
const MARGIN: f64 = 0.02;

/// A study, locked.
#[derive(Clone, Debug, Serialize)]
pub struct StudyLock {
    /// The version of this form.
    pub schema_version: u32,
    /// What the study is called.
    pub name: String,
    /// The study that this one rehearses, if it does.
    #[serde(rename = "rehearsal-of", skip_serializing_if = "Option::is_none")]
    pub rehearsal_of: Option<RehearsalOf>,
    /// The program that made the plan.
    pub tool: Tool,
    /// The study, with its defaults.
    pub study: Study,
    /// The arms, with their engines as they are started.
    pub arms: Map<String, Value>,
    /// The cells, with all that is sent and when.
    pub cells: Vec<Value>,
    /// The blocks that may be measured, with their order and seeds.
    pub blocks: Vec<BlockShown>,
}

impl Plan {
    /// The study with every default made explicit.
    pub fn lock(&self) -> StudyLock {
        StudyLock {
            schema_version: SCHEMA_VERSION,
            name: self.study.name.clone(),
            rehearsal_of: self.rehearsal_of.clone(),
            tool: tool(),
            study: self.explicit(),
            arms: self.arms.iter().map(|arm| (arm.name.clone(), arm_locked(arm))).collect(),
            cells: (0..self.cells.len()).map(|cell| self.cell_locked(cell)).collect(),
            blocks: self.shown().blocks,
        }
    }

    /// The study's own keys, with their defaults.
    fn explicit(&self) -> Study {
        let study = &self.study;
        Study {
            blocks: Some(study.blocks.unwrap_or(Blocks::Fixed(self.block_budget().most()))),
            seed: Some(self.seed_of_study()),
            rehearsal: Some(study.rehearsal.unwrap_or(false)),
            margin: Some(study.margin.unwrap_or(Share(MARGIN))),
            track: Some(study.track.unwrap_or(Track::Free)),
            strict: Some(study.strict.unwrap_or(false)),
            passes: Some(Passes { ..self.passes() }),
            reruns: Some(self.reruns()),
            restart: Some(study.restart.unwrap_or(Restart::Block)),
            pause: Some(Length(self.pause())),
            ..study.clone()
        }
    }

    /// What is sent in a cell, when, and how: the same for all arms, but for
    /// what a dialect makes of it.
    fn cell_locked(&self, index: usize) -> Value {
        let cell = &self.cells[index];
        let arms: Map<String, Value> = cell
            .arms
            .iter()
            .filter_map(|arm| {
                let settings = self.settings_of(*arm, index)?;
                let locked = json!({
                    "options": self.options(*arm, index),
                    "rules": settings.workload.rules,
                    "dataset": settings.workload.dataset.name(),
                    "exact": settings.workload.exact,
                    "temperature": settings.rendering.temperature,
                    "stream": settings.rendering.stream,
                    "extra-request-body": settings.rendering.extra,
                });
                Some((self.arms[*arm].name.clone(), locked))
            })
            .collect();
        json!({
            "name": cell.name,
            "scenario": cell.scenario,
            "workload": cell.words,
            "load": pattern(cell.load.pattern),
            "extent": match cell.load.extent {
                Extent::Requests(count) => json!({ "requests": count }),
                Extent::Duration(length) => json!({ "duration": Length(length) }),
            },
            "pool": cell.load.pool,
            "warm-up": match cell.warm_up {
                WarmUp::None => json!({ "requests": 0 }),
                WarmUp::Requests(count) => json!({ "requests": count }),
                WarmUp::UntilSettled { at_most } => {
                    json!({ "until": "settled", "at-most": Length(at_most) })
                }
            },
            "arms": arms,
        })
    }
}

fn arm_locked(arm: &super::PlannedArm) -> Value {
    json!({
        "engine": arm.profile.name,
        "version": arm.profile.version,
        "model": arm.model,
        "revision": arm.revision,
        "served-name": arm.served_name,
        "tokenizer": arm.tokenizer,
        "dialect": arm.dialect,
        "mode": arm.mode,
        "machine": arm.words.machine,
        "simulates": arm.simulates(),
        "options": arm.options,
        "args": arm.words.args,
    })
}

fn pattern(pattern: Pattern) -> Value {
    // JSON has no infinity; the key's own word stands for it.
    let number = |number: f64| if number.is_finite() { json!(number) } else { json!("inf") };
    match pattern {
        Pattern::Closed { concurrency } => json!({ "concurrency": concurrency }),
        Pattern::Open { rate, burstiness, cap } => json!({
            "rate": number(rate), "burstiness": number(burstiness), "concurrency": cap,
        }),
        Pattern::Ramp(ramp) => json!({
            "ramp": { "from": ramp.from, "to": ramp.to, "shape": ramp.shape.name() },
            "burstiness": number(ramp.burstiness),
            "concurrency": ramp.cap,
        }),
    }
}
