//! Requests and chunks: kept, finished, read back.

use std::fs;

use proptest::prelude::*;
use tokenometer_core::{Chunk, Record, Sink, TokenRule};
use tokenometer_results::{ResultsError, TrialFolder};

use crate::sample::{any_records, new_trial, record};

/// Keeps some records and finishes them.
fn keep_all(trial: &TrialFolder, records: &[(Record, Vec<Chunk>)]) {
    let mut writer = trial.writer().unwrap();
    for (record, chunks) in records {
        writer.keep(record, chunks).unwrap();
    }
    writer.finish(|_, _| ()).unwrap();
}

/// Reads every record.
fn read_all(trial: &TrialFolder) -> Vec<(Record, Vec<Chunk>)> {
    trial.records().unwrap().map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_kept_comes_back(records in any_records()) {
        let (_guard, _, trial) = new_trial();
        keep_all(&trial, &records);
        prop_assert_eq!(read_all(&trial), records);
    }
}

#[test]
fn a_long_trial_comes_back_over_many_row_groups() {
    let records: Vec<_> = (0..60_000).map(record).collect();
    let (_guard, _, trial) = new_trial();
    keep_all(&trial, &records);
    let reader = trial.records().unwrap();
    assert_eq!((reader.requests(), reader.chunks()), (60_000, 240_000));
    let mut read = 0;
    for (row, expected) in reader.zip(&records) {
        assert_eq!(&row.unwrap(), expected);
        read += 1;
    }
    assert_eq!(read, records.len());
}

#[test]
fn a_record_can_be_completed_as_it_is_finished_and_after() {
    let (_guard, _, trial) = new_trial();
    let mut writer = trial.writer().unwrap();
    let (mut expected, mut expected_chunks) = record(0);
    writer.keep(&expected, &expected_chunks).unwrap();
    let files = writer
        .finish(|record, chunks| {
            record.output.counted = Some(4);
            chunks[2].tokens = Some(2);
        })
        .unwrap();
    assert_eq!((files["requests.parquet"].rows, files["chunks.parquet"].rows), (1, 4));

    expected.output.counted = Some(4);
    expected_chunks[2].tokens = Some(2);
    assert_eq!(read_all(&trial), [(expected.clone(), expected_chunks.clone())]);

    trial.amend(|record, _| record.token_rule = TokenRule::Retokenised).unwrap();
    expected.token_rule = TokenRule::Retokenised;
    assert_eq!(read_all(&trial), [(expected, expected_chunks)]);
    let names: Vec<_> = fs::read_dir(trial.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "the journal and the old files are gone");
}

#[test]
fn a_trial_that_was_broken_off_is_recovered_up_to_its_last_whole_record() {
    let (_guard, run, trial) = new_trial();
    let mut writer = trial.writer().unwrap();
    let records: Vec<_> = (0..3).map(record).collect();
    for (record, chunks) in &records {
        writer.keep(record, chunks).unwrap();
    }
    drop(writer);
    let journal = trial.path().join("records.journal");
    let whole = fs::read(&journal).unwrap();
    fs::write(&journal, &whole[..whole.len() - 1]).unwrap();

    let error = trial.records().err().unwrap();
    assert!(matches!(error, ResultsError::Unfinished { journal: true, .. }), "{error}");
    assert_eq!(run.leftovers().unwrap().len(), 1);
    trial.recover().unwrap();
    assert_eq!(read_all(&trial), records[..2]);
    assert_eq!(run.leftovers().unwrap(), []);
}

#[test]
fn a_trial_is_never_written_twice() {
    let (_guard, _, trial) = new_trial();
    keep_all(&trial, &[record(0)]);
    let error = trial.writer().unwrap_err();
    assert!(matches!(error, ResultsError::TrialExists { .. }), "{error}");
}

#[test]
fn damaged_rows_are_named() {
    let (_guard, _, trial) = new_trial();
    keep_all(&trial, &[record(0), record(1)]);
    let path = trial.path().join("chunks.parquet");
    let whole = fs::read(&path).unwrap();
    for cut in [0, 3, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = trial.records().err().unwrap();
        assert!(matches!(error, ResultsError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("chunks.parquet"), "{error}");
    }
    fs::copy(trial.path().join("requests.parquet"), &path).unwrap();
    let error = trial.records().err().unwrap().to_string();
    assert!(error.contains("the column `seq` is missing"), "{error}");
}

#[test]
fn chunks_of_no_request_are_damage() {
    let (_guard, _, one) = new_trial();
    keep_all(&one, &[record(0)]);
    let (_guard, _, two) = new_trial();
    keep_all(&two, &[record(0), record(1)]);
    fs::copy(two.path().join("chunks.parquet"), one.path().join("chunks.parquet")).unwrap();
    let rows: Vec<_> = one.records().unwrap().collect();
    let [Ok(_), Err(error)] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(error.to_string().contains("chunk 0 of request 1 stands out of order"), "{error}");
}
