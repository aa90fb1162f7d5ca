//! Runs that go on after a break, and what a break leaves.

use std::collections::BTreeMap;
use std::fs;

use tokenometer_results::{
    Block, Cell, Failure, Leftover, Origin, ResultsError, Run, SCHEMA_VERSION, Step, Tool, TrialId,
};

use crate::sample::{id, new_trial, trial};

fn origin() -> Origin {
    Origin {
        study: "aa".into(),
        workload_files: BTreeMap::from([("prompts.jsonl".into(), "bb".into())]),
        profiles: BTreeMap::from([("sglang".into(), "cc".into()), ("vllm".into(), "dd".into())]),
        program: "ee".into(),
    }
}

fn study() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("name", "test")])
}

fn failure() -> Failure {
    let tool = Tool { name: "tokenometer".into(), version: "0.1.0".into(), build: None };
    let why = "the engine died while it loaded its weights (exit status 1)".to_owned();
    let failure = Failure::new(tool, &id(), Step::Start, 1_700_000_000_000_000_000, why);
    Failure {
        causes: vec!["out of memory".into()],
        last_lines: vec!["loading".into(), "Killed".into()],
        error_lines: vec!["ERROR: out of memory".into()],
        ..failure
    }
}

fn block() -> Block {
    Block {
        schema_version: SCHEMA_VERSION,
        block: 1,
        boot_id: Some("8ca1".into()),
        environment: BTreeMap::from([("kernel".into(), "Linux 6.18".into())]),
        started_ns: 5,
        finished_ns: None,
        arms: vec!["batched".into(), "unbatched".into()],
        seeds: BTreeMap::from([("arrivals".into(), u64::MAX)]),
    }
}

#[test]
fn a_run_goes_on_as_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let begun = Run::open_or_create(&path, &study(), &origin()).unwrap();
    assert_eq!(begun.origin().unwrap(), Some(origin()));
    let again = Run::open_or_create(&path, &study(), &origin()).unwrap();
    assert_eq!(again, begun);
    insta::assert_snapshot!(fs::read_to_string(path.join("study.lock.yaml")).unwrap());
    let error = Run::begin(&path, &study(), &origin()).unwrap_err();
    assert!(matches!(error, ResultsError::Occupied { .. }), "{error}");
}

#[test]
fn what_is_not_as_it_was_is_named_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    Run::begin(&path, &study(), &origin()).unwrap();
    let mut all = Origin { study: "a!".into(), program: "e!".into(), ..origin() };
    all.workload_files.clear();
    all.profiles.insert("tgi".into(), "ff".into());
    let mut one = origin();
    one.profiles.insert("vllm".into(), "d!".into());
    let message = |now: &Origin| {
        let error = Run::resume(&path, now).unwrap_err();
        assert!(matches!(error, ResultsError::Changed { .. }), "{error}");
        error.to_string().replace(&path.display().to_string(), "RUN")
    };
    insta::assert_snapshot!(format!("{}\n\n{}", message(&all), message(&one)));
}

#[test]
fn a_run_without_hashes_is_not_gone_on_with() {
    let (_guard, run, _) = new_trial();
    let error = Run::resume(run.path(), &origin()).unwrap_err();
    assert!(matches!(error, ResultsError::NoOrigin { .. }), "{error}");
}

#[test]
fn cells_are_done_failed_or_missing() {
    let (_guard, run, folder) = new_trial();
    let other = |arm: &str| TrialId { arm: arm.into(), ..id() };
    let planned = [id(), other("unbatched"), other("third")];
    assert_eq!(run.cells(&planned).unwrap(), vec![Cell::Missing; 3]);
    folder.write(&trial()).unwrap();
    let failed = Failure { arm: "unbatched".into(), ..failure() };
    run.trial(&planned[1]).unwrap().write_failure(&failed).unwrap();
    let cells = run.cells(&planned).unwrap();
    let expected = [Cell::Done(Box::new(trial())), Cell::Failed(Box::new(failed)), Cell::Missing];
    assert_eq!(cells, expected);
    assert!(run.trial(&planned[1]).unwrap().is_committed());
    assert!(!run.trial(&planned[1]).unwrap().is_finished());
}

#[test]
fn a_failed_trial_has_its_row_in_the_summary() {
    let (_guard, run, folder) = new_trial();
    folder.write_failure(&failure()).unwrap();
    run.write_summary().unwrap();
    let text = fs::read_to_string(run.path().join("summary.csv")).unwrap();
    let (header, row) = text.split_once('\n').unwrap();
    let cell = |name: &str| {
        let place = header.split(',').position(|column| column == name).unwrap();
        row.trim_end().split(',').nth(place).unwrap().to_owned()
    };
    assert_eq!(row.trim_end().split(',').count(), header.split(',').count());
    assert_eq!(cell("arm"), "batched");
    assert_eq!(cell("standing"), "failed");
    assert_eq!(cell("requests"), "");
    assert_eq!(cell("ttft_ms_n"), "");
}

#[test]
fn what_a_break_left_of_a_trial_is_thrown_away_before_it_is_run_again() {
    let (_guard, run, folder) = new_trial();
    drop(folder.writer().unwrap());
    fs::write(folder.path().join("metrics.parquet.tmp"), "half").unwrap();
    assert_eq!(run.leftovers().unwrap().len(), 2);
    assert!(matches!(run.leftovers().unwrap()[1], Leftover::Journal(_)));
    assert!(!folder.is_committed());
    folder.discard().unwrap();
    assert!(!folder.path().exists());
    assert_eq!(run.leftovers().unwrap(), []);
    // Nothing there is nothing to do, and the trial can begin again.
    folder.discard().unwrap();
    run.create_trial(&id()).unwrap().writer().unwrap();
}

#[test]
fn what_is_committed_stays() {
    let (_guard, _, folder) = new_trial();
    folder.write_failure(&failure()).unwrap();
    let error = folder.discard().unwrap_err();
    assert!(matches!(error, ResultsError::Committed { .. }), "{error}");
    assert_eq!(folder.failure().unwrap(), Some(failure()));
    folder.write(&trial()).unwrap();
    let error = folder.write_failure(&failure()).unwrap_err();
    assert!(matches!(error, ResultsError::Committed { .. }), "{error}");
}

#[test]
fn passes_over_a_cell_lie_beside_each_other() {
    let (_guard, run, folder) = new_trial();
    assert_eq!(run.pass(&id(), 1).unwrap(), folder);
    let second = run.pass(&id(), 2).unwrap();
    assert!(second.path().ends_with("trials/1-batched-chat+2"));
    second.write_failure(&failure()).unwrap();
    assert_eq!(run.trials().unwrap().len(), 2);
}

#[test]
fn a_blocks_conditions_come_back() {
    let (_guard, run, _) = new_trial();
    assert_eq!(run.block(1).unwrap(), None);
    run.write_block(&block()).unwrap();
    assert_eq!(run.block(1).unwrap(), Some(block()));
    let ended = Block { finished_ns: Some(9), ..block() };
    run.write_block(&ended).unwrap();
    assert_eq!(run.block(1).unwrap(), Some(ended));
}

#[test]
fn a_void_block_is_moved_whole_and_leaves_the_others() {
    let (_guard, run, folder) = new_trial();
    folder.write(&trial()).unwrap();
    let later = TrialId { block: 12, ..id() };
    run.create_trial(&later).unwrap();
    run.create_engine(1, "batched").unwrap();
    run.create_engine(12, "batched").unwrap();
    run.write_block(&block()).unwrap();
    let target = run.void_block(1, 7, vec!["the machine was started anew".into()]).unwrap();
    assert!(target.ends_with("void/1-1"));
    assert!(target.join("trials/1-batched-chat/trial.json").exists());
    assert!(target.join("engines/1-batched").exists());
    assert!(target.join("block.json").exists());
    insta::assert_snapshot!(fs::read_to_string(target.join("void.json")).unwrap());
    assert_eq!(run.block(1).unwrap(), None);
    let left: Vec<_> = run.trials().unwrap();
    assert_eq!(left, [run.trial(&later).unwrap()]);
    assert!(run.engine(12, "batched").unwrap().path().exists());
    // The summary counts only what counts.
    run.write_summary().unwrap();
    let text = fs::read_to_string(run.path().join("summary.csv")).unwrap();
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_block_can_be_void_again_and_a_broken_move_goes_on() {
    let (_guard, run, folder) = new_trial();
    run.write_block(&block()).unwrap();
    run.void_block(1, 7, Vec::new()).unwrap();
    // Run anew, and void again; but the move breaks before the block's file.
    let folder = run.create_trial(&id()).map(|_| folder).unwrap();
    folder.write(&trial()).unwrap();
    run.write_block(&block()).unwrap();
    let moved = run.path().join("void/1-2/trials");
    fs::create_dir_all(&moved).unwrap();
    fs::rename(folder.path(), moved.join("1-batched-chat")).unwrap();
    let target = run.void_block(1, 8, Vec::new()).unwrap();
    assert!(target.ends_with("void/1-2"));
    assert!(target.join("trials/1-batched-chat/trial.json").exists());
    assert!(target.join("block.json").exists());
    assert_eq!(run.block(1).unwrap(), None);
}
