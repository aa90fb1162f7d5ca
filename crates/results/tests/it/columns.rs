//! Some columns, and some rows, of a trial's files.

use std::fs;

use proptest::prelude::*;
use tokenometer_core::timeline::{Bearing, Timeline, arrivals};
use tokenometer_core::{Chunk, Record, Sink as _};
use tokenometer_results::{ResultsError, TrialFolder};

use crate::sample::{any_records, new_trial, record};

fn keep_all(trial: &TrialFolder, records: &[(Record, Vec<Chunk>)]) {
    let mut writer = trial.writer().unwrap();
    for (record, chunks) in records {
        writer.keep(record, chunks).unwrap();
    }
    writer.finish(|_, _| ()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn few_columns_say_the_same_as_all(records in any_records()) {
        let (_guard, _, trial) = new_trial();
        keep_all(&trial, &records);
        let mut timelines = trial.timelines().unwrap();
        for (record, chunks) in &records {
            let (some, few) = timelines.next_request().unwrap().unwrap();
            let told = |record: &Record| {
                (record.request, record.phase, record.outcome, record.error.clone())
            };
            prop_assert_eq!(told(&some), told(record));
            for bearing in [Bearing::Counted, Bearing::Text] {
                let timeline = |record: &Record, chunks: &[Chunk]| {
                    Timeline::of(record, &arrivals(chunks, bearing))
                };
                prop_assert_eq!(timeline(&some, few), timeline(record, chunks));
            }
        }
        prop_assert!(timelines.next_request().unwrap().is_none());
        let answered = trial.answered().unwrap().map(Result::unwrap);
        let answered: Vec<_> = answered.map(|row| (row.row, row.input_server, row.text)).collect();
        let kept = records.iter().map(|(record, _)| record.clone());
        let kept: Vec<_> =
            kept.map(|record| (record.row, record.input.server, record.text)).collect();
        prop_assert_eq!(answered, kept);
    }
}

#[test]
fn rows_are_found_by_their_places_over_many_row_groups() {
    let (_guard, _, trial) = new_trial();
    let records: Vec<_> = (0..60_000).map(record).collect();
    keep_all(&trial, &records);
    let places = [0, 1, 4095, 4096, 30_123, 30_124, 59_999];
    let found = trial.records_at(&places).unwrap();
    let expected: Vec<Record> =
        places.iter().map(|&place| records[place as usize].0.clone()).collect();
    assert_eq!(found, expected);
    assert_eq!(trial.records_at(&[]).unwrap(), []);
    let error = trial.records_at(&[5, 60_000]).unwrap_err();
    assert!(error.to_string().ends_with("it has 60000 rows, and none at 60000"), "{error}");
}

#[test]
fn a_file_that_was_cut_off_is_called_damaged_and_one_that_is_missing_is_not() {
    let (_guard, _, trial) = new_trial();
    keep_all(&trial, &[record(0)]);
    let path = trial.path().join("requests.parquet");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = trial.answered().err().unwrap();
    assert!(matches!(error, ResultsError::Damaged { .. }) && !error.is_no_file(), "{error}");
    let error = trial.telemetry().err().unwrap();
    assert!(error.is_no_file(), "{error}");
}
