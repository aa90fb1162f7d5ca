//! A run folder to its digest. What can't be read is told, and doesn't keep the rest from
//! being shown.

use std::error::Error;

use tokenometer_core::{GateClass, GateStatus};
use tokenometer_results::{PutAside, ResultsError, Run, Start, TrialFolder, TrialId};

use super::{Digest, StartSeen, TrialDigest};

impl Digest {
    /// Reads what is shown of these trials of a run, of the starts of their engines, and of
    /// what lies beside them. A trial that never came to its end has no digest; what is there
    /// and can't be read is among the troubles.
    ///
    /// # Errors
    /// If one of the names can't be that of a folder.
    pub fn read(run: &Run, trials: &[TrialId]) -> Result<Digest, ResultsError> {
        let mut digest = Digest::default();
        for id in trials {
            let folder = run.trial(id)?;
            if folder.is_finished() {
                let read = digest.trial(&folder, id);
                digest.note(&id.to_string(), read);
            }
        }
        digest.starts(run, trials)?;
        digest.environment = digest.known("the machine", run.environment());
        let voids = voids(run);
        digest.voids = digest.note("what was put aside", voids).unwrap_or_default();
        Ok(digest)
    }

    /// Reads one trial.
    fn trial(&mut self, folder: &TrialFolder, id: &TrialId) -> Result<(), ResultsError> {
        let trial = folder.read()?;
        match trial.phases.measure {
            Some(window) => {
                self.trials.insert(id.clone(), TrialDigest::of(folder, &trial, window)?);
            }
            None => self.troubles.push(format!("{id}: it was stopped before its measured window")),
        }
        Ok(())
    }

    /// Reads how the engines were started: once for all scenarios of a block, or anew for
    /// each.
    fn starts(&mut self, run: &Run, trials: &[TrialId]) -> Result<(), ResultsError> {
        let mut ids: Vec<&TrialId> = trials.iter().collect();
        ids.sort_by_key(|id| id.block);
        let mut arms: Vec<(u32, &str)> = Vec::new();
        for id in &ids {
            if !arms.contains(&(id.block, &*id.arm)) {
                arms.push((id.block, &id.arm));
            }
        }
        for (block, arm) in arms {
            let start = run.engine(block, arm)?.start();
            self.start((block, arm, None), start);
            for id in ids.iter().filter(|id| id.block == block && id.arm == arm) {
                let start = run.engine_for(id)?.start();
                self.start((block, arm, Some(&id.scenario)), start);
            }
        }
        Ok(())
    }

    fn start(
        &mut self,
        (block, arm, scenario): (u32, &str, Option<&String>),
        start: Result<Start, ResultsError>,
    ) {
        let of = format!("the start of {arm} in block {block}");
        let start = self.known(&of, start);
        self.starts.extend(start.map(|start| StartSeen {
            block,
            arm: arm.to_owned(),
            scenario: scenario.cloned(),
            start,
        }));
    }

    /// What was read, or a note of why not. Where there is no file, nothing is known, and
    /// that is no trouble.
    fn known<T>(&mut self, of: &str, read: Result<T, ResultsError>) -> Option<T> {
        match read {
            Err(error) if error.is_no_file() => None,
            read => self.note(of, read),
        }
    }

    /// What was read, or a note of why not.
    fn note<T>(&mut self, of: &str, read: Result<T, ResultsError>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.troubles.push(format!("{of}: {}", told(&error)));
                None
            }
        }
    }
}

/// The folders of what was put aside, with the reasons.
fn voids(run: &Run) -> Result<Vec<(String, String)>, ResultsError> {
    let aside = run.put_aside()?.into_iter();
    Ok(aside
        .map(|aside| match aside {
            PutAside::Block(name, void) => (name, void.why.join("; ")),
            PutAside::Trial(name, folder) => {
                let why = why_void(&folder).unwrap_or_else(|error| told(&error));
                (name, why)
            }
        })
        .collect())
}

/// What the gates saw for which a trial is void.
fn why_void(folder: &TrialFolder) -> Result<String, ResultsError> {
    let trial = folder.read()?;
    let failed = trial.validity.gates.iter().filter(|gate| gate.status == GateStatus::Failed);
    let faults =
        failed.filter(|gate| matches!(gate.class, GateClass::Instrument | GateClass::Environment));
    let seen = faults.map(|gate| format!("{} {}: {}", gate.id, gate.name, gate.saw));
    Ok(seen.collect::<Vec<_>>().join("; "))
}

/// An error with its causes, in one line.
fn told(error: &ResultsError) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    words
}
