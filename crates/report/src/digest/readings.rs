//! What was read off the engine, the GPUs and the host, in few enough points to be drawn.

use std::collections::BTreeMap;

use tokenometer_core::{Nanos, Window};
use tokenometer_results::{ResultsError, TrialFolder};

use super::Reading;

/// How many points one thing has at most.
const MOST_POINTS: usize = 240;

/// What is read: its source, its device, its name and its unit.
type Thing = (String, Option<String>, String, String);

/// Everything that was read in a trial, by source, device and name. A value that is no
/// number is left out.
pub(super) fn readings(folder: &TrialFolder, window: Window) -> Result<Vec<Reading>, ResultsError> {
    let rows = match folder.telemetry() {
        Ok(rows) => rows,
        // Nobody looked.
        Err(error) if error.is_no_file() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut things: BTreeMap<Thing, Vec<(Nanos, f64)>> = BTreeMap::new();
    for row in rows {
        let row = row?;
        if row.value.is_finite() {
            let thing = (row.source, row.device, row.name, row.unit);
            things.entry(thing).or_default().push((row.time, row.value));
        }
    }
    Ok(things.into_iter().map(|(thing, values)| reading(thing, values, window)).collect())
}

fn reading(thing: Thing, mut values: Vec<(Nanos, f64)>, window: Window) -> Reading {
    values.sort_by_key(|&(time, _)| time);
    let inside = || {
        let inside = values.iter().filter(|(time, _)| window.contains(*time));
        inside.map(|&(_, value)| value)
    };
    let (source, device, name, unit) = thing;
    Reading {
        mean: mean(inside()),
        max: inside().max_by(f64::total_cmp),
        points: points(&values, window.opens),
        source,
        device,
        name,
        unit,
    }
}

/// The values in the order of time, in seconds since `origin`: one for each of many equal
/// stretches of time in which there are some, if they are too many.
fn points(values: &[(Nanos, f64)], origin: Nanos) -> Vec<[f64; 2]> {
    let since = |time: Nanos| (time - origin).as_secs_f64();
    if values.len() <= MOST_POINTS {
        return values.iter().map(|&(time, value)| [since(time), value]).collect();
    }
    let first = values[0].0;
    let length = (values[values.len() - 1].0 - first).0.max(1) as f64;
    let stretch = |time: Nanos| {
        let share = (time - first).0 as f64 / length;
        ((share * MOST_POINTS as f64) as usize).min(MOST_POINTS - 1)
    };
    values
        .chunk_by(|one, next| stretch(one.0) == stretch(next.0))
        .filter_map(|part| {
            let time = mean(part.iter().map(|&(time, _)| since(time)))?;
            Some([time, mean(part.iter().map(|&(_, value)| value))?])
        })
        .collect()
}

/// The mean; of nothing there is none.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing() -> Thing {
        ("engine".to_owned(), None, "running".to_owned(), "requests".to_owned())
    }

    #[test]
    fn many_points_become_means_of_equal_stretches() {
        let window = Window { opens: Nanos(0), closes: Nanos::from_millis(2_400_000) };
        let every_second = (0..2400).map(|second| (Nanos::from_millis(second * 1000), 7.0));
        let seen = reading(thing(), every_second.collect(), window);
        assert_eq!(seen.points.len(), MOST_POINTS);
        assert!(seen.points.iter().all(|point| point[1] == 7.0));
        assert!(seen.points.is_sorted_by(|one, next| one[0] < next[0]));
    }

    #[test]
    fn mean_and_greatest_are_of_the_window_alone() {
        let window = Window { opens: Nanos::from_millis(1000), closes: Nanos::from_millis(3000) };
        let values = [(500, 90.0), (1000, 1.0), (2000, 3.0), (3000, 80.0)];
        let values = values.map(|(millis, value)| (Nanos::from_millis(millis), value));
        let seen = reading(thing(), values.to_vec(), window);
        assert_eq!((seen.mean, seen.max), (Some(2.0), Some(3.0)));
        assert_eq!(seen.points, [[-0.5, 90.0], [0.0, 1.0], [1.0, 3.0], [2.0, 80.0]]);
        let outside = reading(thing(), vec![(Nanos(0), 5.0)], window);
        assert_eq!((outside.mean, outside.max), (None, None));
    }
}
