//! Keys of a study that can't be meant together, or not so.

use super::found::Found;
use super::grammar::{Blocks, Compare, CompareWord, Length, Study};
use super::sent::idle_keys;
use crate::Customs;

/// Notes everything in the study's own keys that can't be meant. What depends on
/// files or engines is others'.
pub(super) fn judge(study: &Study, found: &mut Found<'_>) {
    workloads(study, found);
    comparisons(study, found);
    lengths(study, found);
    cores(study, found);
    if let Some(Blocks::Until { from, at_most }) = study.blocks
        && from > at_most
    {
        let problem = format!("is {at_most}, and the first look is after {from}");
        found.add(&["blocks", "at-most"], problem, format!("give at least {from}"));
    }
    for (name, arm) in &study.arms {
        for key in arm.options.keys() {
            let twice = match key.as_str() {
                "machine" => arm.machine.is_some(),
                "time-scale" => arm.time_scale.is_some(),
                "base-url" => arm.base_url.is_some(),
                _ => false,
            };
            if twice {
                let problem = format!("says again what `arms.{name}.{key}` says");
                found.add(&["arms", &name.0, "options", key], problem, "keep one of the two");
            }
        }
    }
}

fn workloads(study: &Study, found: &mut Found<'_>) {
    for (name, workload) in &study.workloads {
        let path = ["workloads", name.0.as_str()];
        let kind = workload.dataset.unwrap_or(Customs::of(workload.rules).dataset);
        idle_keys(workload, kind, &path, found);
        if workload.requests.is_some() && workload.duration.is_some() {
            found.add(
                &[path[0], path[1], "duration"],
                "stands beside `requests`: a trial ends after so many requests or after so long",
                "leave one of them out",
            );
        }
        let is_used = study.scenarios.iter().any(|scenario| scenario.workload == name.0);
        if !is_used {
            found.add(&path, "is sent in no scenario", "use it in one, or leave it out");
        }
    }
}

fn comparisons(study: &Study, found: &mut Found<'_>) {
    if study.compare == Some(Compare::Word(CompareWord::Reference)) && study.reference.is_none() {
        found.add(
            &["compare"],
            "is with the reference, and no arm is named as it",
            "name it by `reference`",
        );
    }
    if let Some(Compare::Pairs(pairs)) = &study.compare {
        for (index, [one, other]) in pairs.iter().enumerate() {
            if one == other {
                let at = index.to_string();
                found.add(&["compare", &at], "is one arm twice", "name two arms");
            }
        }
    }
    if let Some(objectives) = study.objectives {
        let none = [objectives.ttft, objectives.ttfo, objectives.tpot, objectives.e2e];
        if none.iter().all(Option::is_none) {
            let problem = "asks nothing of a request";
            found.add(&["objectives"], problem, "give at least one of ttft, ttfo, tpot and e2e");
        }
    }
}

/// Lengths of time in which nothing can come.
fn lengths(study: &Study, found: &mut Found<'_>) {
    let mut nothing = |path: &[&str], length: Option<Length>| {
        if length.is_some_and(|length| length.0.is_zero()) {
            found.add(path, "is no time at all", "give a time such as 30s");
        }
    };
    let limits = study.limits.unwrap_or_default();
    nothing(&["limits", "connect"], limits.connect);
    nothing(&["limits", "first"], limits.first);
    nothing(&["limits", "idle"], limits.idle);
    nothing(&["limits", "total"], limits.total);
    nothing(&["limits", "ready"], limits.ready);
    let objectives = study.objectives.unwrap_or_default();
    nothing(&["objectives", "ttft"], objectives.ttft);
    nothing(&["objectives", "ttfo"], objectives.ttfo);
    nothing(&["objectives", "tpot"], objectives.tpot);
    nothing(&["objectives", "e2e"], objectives.e2e);
    for (name, workload) in &study.workloads {
        nothing(&["workloads", &name.0, "duration"], workload.duration);
    }
    for (index, scenario) in study.scenarios.iter().enumerate() {
        nothing(&["scenarios", &index.to_string(), "duration"], scenario.duration);
    }
}

/// A client on an engine's cores measures itself.
fn cores(study: &Study, found: &mut Found<'_>) {
    let Some(client) = study.cpus.as_ref().and_then(|cpus| cpus.client.as_ref()) else { return };
    let shared = |engine: &[u32]| engine.iter().find(|core| client.0.contains(core)).copied();
    let engine = study.cpus.as_ref().and_then(|cpus| cpus.engine.as_ref());
    let arms = study.arms.iter();
    let all =
        engine.map(|cores| (vec!["cpus", "engine"], cores)).into_iter().chain(arms.filter_map(
            |(name, arm)| Some((vec!["arms", name.0.as_str(), "cpus"], arm.cpus.as_ref()?)),
        ));
    for (path, engine) in all {
        if let Some(core) = shared(&engine.0) {
            let problem = format!("has core {core}, which is the client's too");
            found.add(&path, problem, "keep them apart: the client would measure itself");
        }
    }
}
