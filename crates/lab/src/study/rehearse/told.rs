//! What a rehearsal says of itself: who plays whom, and what was left out.

use super::cast::{Cast, Part};
use super::options;
use super::small::{OUTPUT, REQUESTS, TIME_SCALE};
use crate::study::grammar::{Mode, Study};
use crate::study::plan::Plan;

/// All of it, line by line. `scale` is how many times as fast as the clock it goes.
pub(super) fn lines(of: &Plan, casts: &[Cast], scale: u32) -> Vec<String> {
    let mut lines = vec![bounds(scale)];
    for (index, cast) in casts.iter().enumerate() {
        let name = &of.arms[index].name;
        match cast {
            Cast::Script => {
                lines.push(format!("{name} keeps to a script, at the clock's own pace"));
            }
            Cast::Itself => lines.push(format!("{name} is simulated anyway")),
            Cast::Played(part) => {
                lines.push(part_line(of, index, part));
                lines.extend(left_out(of, index));
            }
        }
    }
    lines.extend(left_out_of_study(of, casts));
    lines
}

fn bounds(scale: u32) -> String {
    let pace = match scale {
        1 => String::new(),
        _ => format!(", {TIME_SCALE} times as fast as the clock"),
    };
    format!(
        "one block, at most {REQUESTS} requests a scenario with answers of at most {OUTPUT} \
         tokens{pace}"
    )
}

/// Who plays an arm.
fn part_line(of: &Plan, index: usize, part: &Part) -> String {
    let arm = &of.arms[index];
    let options = part.options(&arm.options);
    let calibration = part.calibration(part.gpus(&arm.options));
    let by = match calibration.calibrated {
        true => format!("calibrated by {}", calibration.name),
        false => format!("uncalibrated: no figures of {} there are known", arm.profile.title()),
    };
    let machine = options["machine"].as_str().unwrap_or_default();
    format!("{} is played by {} on {machine}, {by}", arm.name, part.model().name)
}

/// What of an arm has no part in a rehearsal.
fn left_out(of: &Plan, index: usize) -> Vec<String> {
    let arm = &of.arms[index];
    let words = &arm.words;
    let mut all: Vec<String> = options::left_out(&arm.options)
        .filter(|key| *key != "base-url")
        .map(|key| format!("option {key}"))
        .collect();
    if !words.args.is_empty() {
        all.push(format!("arguments {}", words.args.join(" ")));
    }
    let parts = [
        ("base-url", words.base_url.is_some()),
        ("endpoint", words.endpoint.is_some()),
        ("headers", !words.headers.is_empty()),
        ("environment", !words.environment.is_empty()),
        ("cpus", words.cpus.is_some()),
    ];
    all.extend(parts.iter().filter(|(_, given)| *given).map(|(key, _)| (*key).to_owned()));
    let mut lines = Vec::new();
    if !all.is_empty() {
        lines.push(format!("{} is rehearsed without its {}", arm.name, all.join(", ")));
    }
    if arm.mode == Mode::Offline {
        lines.push(format!(
            "{} is to run in its own process, and is rehearsed as a server",
            arm.name
        ));
    }
    lines
}

/// What of the study itself has none.
fn left_out_of_study(of: &Plan, casts: &[Cast]) -> Vec<String> {
    let Study { cpus, environment, scenarios, .. } = &of.study;
    let mut all = Vec::new();
    if cpus.is_some() {
        all.push("cpus".to_owned());
    }
    if !environment.is_empty() {
        all.push("environment".to_owned());
    }
    let is_played = casts.iter().any(|cast| matches!(cast, Cast::Played(_)));
    for key in scenarios.iter().flat_map(|scenario| scenario.vary.keys()) {
        let words = format!("varied {key}");
        if is_played && !options::CARRIED.contains(&key.as_str()) && !all.contains(&words) {
            all.push(words);
        }
    }
    match all.is_empty() {
        true => Vec::new(),
        false => vec![format!("the study is rehearsed without its {}", all.join(", "))],
    }
}
