//! What GPUs did under each arm: how busy they were, what they held, drew and how warm they
//! grew, as far as it was read.

use tokenometer_results::TrialId;

use crate::Ending;
use crate::chart::{Axis, Bar, Bars, Body, Chart, Curves, Group, Line, Point, Scale, Series};
use crate::digest::{Digest, Reading};
use crate::measured::{ArmMeasured, Kind, Mean, Measured, ScenarioMeasured};

use super::left_out::{LeftOut, because, lines as in_lines, note};
use super::names::{ids, shown, slug, title};
use super::sureness::Sureness;

/// Who tells of GPUs.
const SOURCE: &str = "gpu";

/// One thing that was read, by its name and unit, for which charts are made.
struct Kinded {
    name: String,
    unit: String,
}

/// Each thing that was read of GPUs: as bars over all scenarios, and over time in each of them.
pub(super) fn charts(measured: &Measured<'_>, digest: &Digest) -> (Vec<Chart>, Vec<Chart>) {
    let kinds = kinds(digest);
    let labels: Vec<String> = kinds.iter().map(|kind| kind.name.clone()).collect();
    // The name of what was read always stands in the file's name, be there one or several.
    let named = |kind: &Kinded| match slug(&kind.name) {
        slug if slug.is_empty() => "gpu-reading".to_owned(),
        slug => format!("gpu-{slug}"),
    };
    let (mut whole, mut courses) = (Vec::new(), Vec::new());
    for (place, kind) in kinds.iter().enumerate() {
        let twins = labels[..place].iter().filter(|label| slug(label) == slug(&kind.name)).count();
        let id = match twins {
            0 => named(kind),
            _ => format!("{}-{}", named(kind), twins + 1),
        };
        whole.extend(bars(kind, id.clone(), measured, digest));
        courses.extend(over_time(kind, &format!("{id}-over-time"), measured, digest));
    }
    (whole, courses)
}

/// All that was read of GPUs, in the order of first sight.
fn kinds(digest: &Digest) -> Vec<Kinded> {
    let mut kinds: Vec<Kinded> = Vec::new();
    let readings = digest.trials.values().flat_map(|trial| &trial.readings);
    for reading in readings.filter(|reading| reading.source == SOURCE) {
        let is_same = |kind: &Kinded| kind.name == reading.name && kind.unit == reading.unit;
        if !kinds.iter().any(is_same) {
            kinds.push(Kinded { name: reading.name.clone(), unit: reading.unit.clone() });
        }
    }
    kinds
}

impl Kinded {
    fn shown(&self) -> String {
        shown(&self.name).replace('_', " ")
    }

    fn axis(&self) -> Axis {
        Axis::new(&format!("GPU {}", self.shown()), &shown(&self.unit), Scale::Linear)
    }

    fn is(&self, reading: &Reading) -> bool {
        reading.source == SOURCE && reading.name == self.name && reading.unit == self.unit
    }
}

/// The readings of one kind in each block of an arm that counts.
fn readings<'d>(
    kind: &Kinded,
    scenario: &str,
    arm: &ArmMeasured<'_>,
    digest: &'d Digest,
) -> Vec<(u32, &'d Reading)> {
    let mut found = Vec::new();
    for cell in &arm.cells {
        // How a GPU fares under too much load is worth seeing; a void trial's isn't.
        let counts = matches!(cell.ending, Ending::Carried(trial) if Kind::Rate.counts(trial));
        let id =
            TrialId { block: cell.block, arm: arm.name.to_owned(), scenario: scenario.to_owned() };
        let Some(trial) = digest.trials.get(&id).filter(|_| counts) else { continue };
        let ours = trial.readings.iter().filter(|reading| kind.is(reading));
        found.extend(ours.map(|reading| (cell.block, reading)));
    }
    found
}

/// The trials of an arm that don't count.
fn missing(scenario: &str, arm: &ArmMeasured<'_>) -> Vec<LeftOut> {
    because(arm, scenario, |cell| match cell.ending {
        Ending::Carried(trial) if Kind::Rate.counts(trial) => None,
        _ => Some(cell.ending.standing().to_owned()),
    })
}

/// The devices of readings, each once; `None` is one without a name.
fn devices(readings: &[(u32, &Reading)]) -> Vec<Option<String>> {
    let mut devices: Vec<Option<String>> =
        readings.iter().map(|(_, reading)| reading.device.clone()).collect();
    devices.sort();
    devices.dedup();
    devices
}

fn series(arm: &str, look: usize, device: Option<&str>) -> Series {
    let name = match device {
        Some(device) => format!("{}, GPU {}", shown(arm), shown(device)),
        None => shown(arm),
    };
    Series { name, look }
}

fn bars(kind: &Kinded, id: String, measured: &Measured<'_>, digest: &Digest) -> Option<Chart> {
    let mut sureness = Sureness::default();
    let mut notes = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let scenarios = &measured.scenarios;
    for (place, scenario) in scenarios.iter().enumerate() {
        for arm in &scenario.arms {
            let readings = readings(kind, scenario.name, arm, digest);
            note(&mut notes, missing(scenario.name, arm));
            for device in devices(&readings) {
                let ours = || readings.iter().filter(|(_, reading)| reading.device == device);
                let series = series(arm.name, arm.look, device.as_deref());
                let group = group_of(&mut groups, series, 2 * scenarios.len());
                let means = ours().map(|(_, reading)| reading.mean);
                group.bars[2 * place] = bar(means, &mut sureness);
                let greatest = ours().map(|(_, reading)| reading.max);
                group.bars[2 * place + 1] = bar(greatest, &mut sureness);
            }
        }
    }
    groups.retain(|group| group.bars.iter().any(Option::is_some));
    groups.sort_by_key(|group| group.series.look);
    let both = |name: &str| ["mean", "greatest"].map(|word| format!("{}, {word}", shown(name)));
    let names = scenarios.iter().flat_map(|scenario| both(scenario.name)).collect();
    (!groups.is_empty()).then(|| Chart {
        id,
        title: format!("GPU {} by scenario", kind.shown()),
        about: format!(
            "GPU {} in the measured window, its mean and its greatest reading, each the mean over \
             the blocks that count. {}",
            kind.shown(),
            sureness.words()
        ),
        notes: in_lines(&notes),
        body: Body::Bars(Bars { y: kind.axis(), names, stacked: false, groups }),
    })
}

/// The group of a series, with room for so many bars.
fn group_of(groups: &mut Vec<Group>, series: Series, bars: usize) -> &mut Group {
    let known = groups.iter().position(|group| group.series == series);
    let place = known.unwrap_or_else(|| {
        groups.push(Group { series, bars: vec![None; bars] });
        groups.len() - 1
    });
    &mut groups[place]
}

fn bar(values: impl Iterator<Item = Option<f64>>, sureness: &mut Sureness) -> Option<Bar> {
    let mean = Mean::of(&values.flatten().collect::<Vec<f64>>())?;
    Some(sureness.bar(&mean))
}

fn over_time(kind: &Kinded, id: &str, measured: &Measured<'_>, digest: &Digest) -> Vec<Chart> {
    let labels: Vec<String> =
        measured.scenarios.iter().map(|scenario| shown(scenario.name)).collect();
    let of = labels.len();
    let named = measured.scenarios.iter().zip(ids(id, &labels));
    named.filter_map(|(scenario, id)| course(kind, scenario, digest, (id, of))).collect()
}

/// What was read over time in one scenario: of each arm the first block that counts.
fn course(
    kind: &Kinded,
    scenario: &ScenarioMeasured<'_>,
    digest: &Digest,
    (id, of): (String, usize),
) -> Option<Chart> {
    let mut lines = Vec::new();
    let mut blocks = Vec::new();
    let mut notes = Vec::new();
    for arm in &scenario.arms {
        note(&mut notes, missing(scenario.name, arm));
        let all = readings(kind, scenario.name, arm, digest);
        let Some(block) = all.iter().map(|(block, _)| *block).min() else { continue };
        blocks.push(format!("{} in block {block}", shown(arm.name)));
        for (_, reading) in all.iter().filter(|(of, _)| *of == block) {
            let points = points(reading);
            let series = series(arm.name, arm.look, reading.device.as_deref());
            lines.extend((!points.is_empty()).then_some(Line { series, joined: true, points }));
        }
    }
    (!lines.is_empty()).then(|| Chart {
        id,
        title: title(&format!("GPU {} over time", kind.shown()), &shown(scenario.name), of),
        about: format!(
            "GPU {} in {}, from the instant at which the measured window opened: {}.",
            kind.shown(),
            shown(scenario.name),
            blocks.join(", ")
        ),
        notes: in_lines(&notes),
        body: Body::Curves(Curves {
            x: Axis::new("time", "s", Scale::Linear),
            y: kind.axis(),
            lines,
            marks: Vec::new(),
        }),
    })
}

/// What was read, as points over time.
pub(super) fn points(reading: &Reading) -> Vec<Point> {
    let point = |[x, y]: &[f64; 2]| Point { x: *x, y: *y, interval: None, label: None };
    reading.points.iter().map(point).collect()
}
