//! Each kind is what it says that it is.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tokenometer_core::verdict::{Answer, Verdict};
use tokenometer_core::{Outcome, Phase, Standing};
use tokenometer_made_up::{HOSTILE, Kind, make, make_million};
use tokenometer_results::{Cell, Run, Trial};

/// A folder of a kind, and what holds it.
struct Made {
    run: Run,
    _folder: tempfile::TempDir,
}

impl Made {
    fn of(kind: Kind) -> Made {
        let folder = tempfile::tempdir().unwrap();
        let run = make(kind, &folder.path().join("run")).unwrap();
        Made { run, _folder: folder }
    }

    fn verdict(&self) -> Verdict {
        self.run.verdict().unwrap().unwrap()
    }

    /// The answers, in the order of scenarios and arms.
    fn answers(&self) -> Vec<Answer> {
        self.verdict().comparisons.into_iter().map(|comparison| comparison.answer).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        let planned = self.run.planned().unwrap().unwrap();
        self.run.cells(&planned.trials).unwrap()
    }

    fn trials(&self) -> Vec<Trial> {
        let carried = |cell| match cell {
            Cell::Done(trial) => Some(*trial),
            Cell::Failed(_) | Cell::Missing => None,
        };
        self.cells().into_iter().filter_map(carried).collect()
    }
}

#[test]
fn decided_ends_in_every_word_and_flips() {
    let made = Made::of(Kind::Decided);
    let verdict = made.verdict();
    let sentences: Vec<&str> = verdict.comparisons.iter().map(|c| c.sentence.as_str()).collect();
    let expected =
        [Answer::Equivalent { differ: false }, Answer::Undecided, Answer::Better, Answer::Worse];
    assert_eq!(made.answers(), expected, "{sentences:#?}");
    for trial in made.trials() {
        assert_eq!(trial.validity.standing, Standing::Valid, "{:#?}", trial.validity.gates);
        let faults = trial.validity.gates.iter().filter(|gate| !gate.withholds.is_empty());
        assert_eq!(faults.count(), 0, "{:#?}", trial.validity.gates);
    }
}

#[test]
fn everything_says_that_it_is_made_up() {
    let made = Made::of(Kind::SingleBlock);
    let planned = made.run.planned().unwrap().unwrap();
    assert!(planned.name.starts_with("made up: "), "{}", planned.name);
    assert_eq!(made.verdict().simulated, ["quick", "steady"]);
    for trial in made.trials() {
        assert_eq!(trial.tool.name, "tokenometer-made-up");
        assert!(trial.simulated && trial.simulation.unwrap().machine == "made-up");
        assert!(trial.warnings.iter().any(|warning| warning.contains("made up")));
    }
    assert!(made.answers().iter().all(|answer| matches!(answer, Answer::NoVerdict { .. })));
}

#[test]
fn failed_has_one_arm_that_died_and_one_that_never_lived() {
    let made = Made::of(Kind::Failed);
    let verdict = made.verdict();
    let failed = |arm: &str, scenario: &str| {
        let ours =
            |c: &&tokenometer_core::verdict::Comparison| c.arm == arm && c.scenario == scenario;
        let comparison = verdict.comparisons.iter().find(ours).unwrap();
        matches!(&comparison.answer, Answer::Failed { arms } if arms == &[arm])
    };
    assert!(failed("stillborn", "chat-c1") && failed("stillborn", "chat-c16"));
    assert!(failed("mortal", "chat-c16") && !failed("mortal", "chat-c1"));
    let standings = made.trials().into_iter().filter(|t| t.validity.standing == Standing::Failed);
    assert_eq!(standings.count(), 1, "the arm that refuses requests is carried out, and failed");
}

#[test]
fn invalid_is_so_where_the_client_was_at_fault() {
    let made = Made::of(Kind::Invalid);
    let answers = made.answers();
    assert!(matches!(answers[0], Answer::Equivalent { .. }), "{answers:?}");
    assert!(matches!(&answers[1], Answer::Invalid { arms } if arms == &["quick"]), "{answers:?}");
    assert_eq!(fs::read_dir(made.run.path().join("void")).unwrap().count(), 2);
}

#[test]
fn not_comparable_names_the_field() {
    let made = Made::of(Kind::NotComparable);
    for answer in made.answers() {
        let Answer::NotComparable { reasons } = answer else { panic!("{answer:?}") };
        assert!(reasons.len() == 1 && reasons[0].starts_with("kv-capacity"), "{reasons:?}");
    }
}

#[test]
fn interrupted_lacks_half() {
    let made = Made::of(Kind::Interrupted);
    let missing = made.cells().iter().filter(|cell| **cell == Cell::Missing).count();
    assert_eq!((missing, made.cells().len()), (11, 20));
    assert_eq!(made.run.leftovers().unwrap().len(), 1);
    assert!(made.answers().iter().all(|answer| matches!(answer, Answer::NoVerdict { .. })));
}

#[test]
fn sweeps_has_what_every_chart_needs() {
    let made = Made::of(Kind::Sweeps);
    let trials = made.trials();
    let saturated: BTreeSet<&str> = trials
        .iter()
        .filter(|trial| trial.validity.standing == Standing::Saturated)
        .map(|trial| trial.scenario.as_str())
        .collect();
    assert_eq!(saturated, BTreeSet::from(["chat-r55"]));
    let of_gpus = made.run.trials().unwrap()[0].telemetry().unwrap();
    let names: BTreeSet<String> =
        of_gpus.map(Result::unwrap).filter(|r| r.source == "gpu").map(|r| r.name).collect();
    let wanted = ["memory", "power", "temperature", "utilisation"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(wanted));
    let caches = trials.iter().map(|trial| trial.options["prefix-cache"].as_bool().unwrap());
    assert_eq!(caches.collect::<BTreeSet<bool>>().len(), 2);
    let answers = made.answers();
    assert!(answers.iter().all(|a| !matches!(a, Answer::NotComparable { .. })), "{answers:#?}");
}

#[test]
fn hostile_words_stand_in_every_file_as_they_are() {
    let made = Made::of(Kind::Hostile);
    let planned = made.run.planned().unwrap().unwrap();
    assert!(HOSTILE.iter().all(|word| planned.name.contains(word)), "{:?}", planned.name);
    let folder = made.run.trials().unwrap().into_iter().next().unwrap();
    let (record, chunks) = folder.records().unwrap().next().unwrap().unwrap();
    assert!(HOSTILE.iter().all(|word| record.text.contains(word)));
    let bytes: u32 = chunks.iter().map(|chunk| chunk.text_bytes).sum();
    assert_eq!(bytes as usize, record.text.len());
    let start = made.run.engine(1, "constructor").unwrap().start().unwrap();
    assert!(HOSTILE.iter().all(|word| start.note.as_ref().unwrap().contains(word)));
    assert!(made.cells().iter().any(|cell| matches!(cell, Cell::Failed(_))));
}

#[test]
fn a_kind_is_the_same_folder_whenever_it_is_made() {
    let (one, other) = (Made::of(Kind::Failed), Made::of(Kind::Failed));
    let (ours, theirs) = (files(one.run.path()), files(other.run.path()));
    assert_eq!(ours.len(), theirs.len());
    for ((path, first), (_, second)) in ours.iter().zip(&theirs) {
        assert!(first == second, "{path} differs");
    }
}

/// Every file below a folder, by its path in it.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push((name, fs::read(path).unwrap())),
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_million_is_as_many_as_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_million(&folder.path().join("run"), 2000).unwrap();
    let folder = run.trials().unwrap().remove(0);
    let trial = folder.read().unwrap();
    assert_eq!((trial.summary.requests, trial.files["chunks.parquet"].rows), (2000, 32_000));
    assert_eq!(trial.summary.outcomes[Outcome::Ok.name()], 2000);
    let measured = |record: &tokenometer_core::Record| record.phase == Phase::Measure;
    assert!(folder.records().unwrap().all(|row| measured(&row.unwrap().0)));
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(Kind::from_name("measured"), None);
}
