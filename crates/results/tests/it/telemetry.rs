//! What was watched beside the requests.

use proptest::prelude::*;
use tokenometer_core::Nanos;
use tokenometer_results::{Kept, Reading, ScrapeRow};

use crate::sample::new_trial;

fn reading(time: i64, name: &str, value: f64) -> Reading {
    Reading {
        time: Nanos(time),
        source: "engine".into(),
        device: None,
        name: name.into(),
        unit: "requests".into(),
        value,
    }
}

#[test]
fn readings_come_back() {
    let (_guard, _, folder) = new_trial();
    let mut readings = vec![
        reading(1, "running", 3.0),
        reading(1, "waiting", 0.1 + 0.2),
        reading(2, "running", 0.0),
    ];
    readings[1].device = Some("0".into());
    let kept = folder.write_telemetry(readings.clone()).unwrap();
    assert_eq!(kept.rows, 3);
    let back: Vec<_> = folder.telemetry().unwrap().map(Result::unwrap).collect();
    assert_eq!(back, readings);
}

#[test]
fn scrapes_appear_when_they_are_whole() {
    let (_guard, run, folder) = new_trial();
    let scrape = |moment: Option<&str>, text: Option<&str>, failure: Option<&str>| ScrapeRow {
        asked: Nanos(5),
        answered: Nanos(9),
        moment: moment.map(str::to_owned),
        text: text.map(str::to_owned),
        failure: failure.map(str::to_owned),
    };
    let scrapes = [
        scrape(Some("measure before"), Some("up 1\n"), None),
        scrape(None, None, Some("no answer within 5 s")),
        scrape(None, Some(""), None),
    ];
    let mut writer = folder.metrics_writer().unwrap();
    for scrape in &scrapes {
        writer.keep(scrape.clone()).unwrap();
    }
    assert!(folder.metrics().is_err());
    assert_eq!(run.leftovers().unwrap().len(), 1);
    let Kept { rows, bytes } = writer.finish().unwrap();
    assert_eq!(rows, 3);
    assert!(bytes > 0);
    let back: Vec<_> = folder.metrics().unwrap().map(Result::unwrap).collect();
    assert_eq!(back, scrapes);
    assert_eq!(run.leftovers().unwrap(), []);
}

#[test]
fn a_writer_that_was_dropped_leaves_nothing() {
    let (_guard, run, folder) = new_trial();
    drop(folder.metrics_writer().unwrap());
    assert_eq!(run.leftovers().unwrap(), []);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_reading_comes_back(readings in proptest::collection::vec(
        (any::<i64>(), "[a-z_]{0,12}", any::<f64>().prop_filter("is equal to itself", |x| !x.is_nan()),
         proptest::option::of("[a-z0-9:]{0,6}")),
        0..200,
    )) {
        let (_guard, _, folder) = new_trial();
        let readings: Vec<Reading> = readings
            .into_iter()
            .map(|(time, name, value, device)| Reading { device, ..reading(time, &name, value) })
            .collect();
        folder.write_telemetry(readings.clone()).unwrap();
        let back: Vec<_> = folder.telemetry().unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(back, readings);
    }
}
