//! Engines for programs: one JSON object on one line.

use serde_json::{Value, json};
use tokenometer_engine::provision::{Outlook, Place, Prospect};

use super::{Here, Listed};

/// All engines, briefly.
pub(super) fn list(all: &[Listed]) -> String {
    let engines: Vec<Value> = all.iter().map(brief).collect();
    format!("{}\n", json!({ "engines": engines }))
}

/// One engine with all that its profile says at this version.
pub(super) fn engine(listed: &Listed) -> String {
    let mut engine = brief(listed);
    engine["profile"] = json!(listed.profile);
    format!("{engine}\n")
}

/// An engine that is there now.
pub(super) fn place(place: &Place) -> String {
    let place = json!({
        "way": place.kind(),
        "place": place.describe(),
        "lock": place.lock,
        "packages": place.packages,
        "log": place.log,
    });
    format!("{place}\n")
}

fn brief(listed: &Listed) -> Value {
    let profile = &listed.profile;
    let ways: Vec<Value> = match &listed.here {
        Here::Running => vec![json!({ "way": "running", "state": "ready" })],
        Here::Ours => vec![json!({ "way": "built-in", "state": "ready" })],
        Here::Ways(ways) => ways.iter().map(way).collect(),
    };
    let is_usable = ways.iter().any(|way| way["state"] != "unusable");
    json!({
        "name": profile.name,
        "about": profile.about,
        "version": profile.version,
        "versions": listed.versions,
        "is_usable": is_usable,
        "ways": ways,
        "dialects": profile.dialects.iter().map(|dialect| dialect.name()).collect::<Vec<_>>(),
        "options": profile.options.keys().collect::<Vec<_>>(),
    })
}

fn way(prospect: &Prospect) -> Value {
    let way = prospect.kind;
    match &prospect.outlook {
        Ok(Outlook::Ready(what)) => json!({ "way": way, "state": "ready", "what": what }),
        Ok(Outlook::CanBeMade(what)) => json!({ "way": way, "state": "can-be-made", "what": what }),
        Err(unusable) => json!({
            "way": way,
            "state": "unusable",
            "why": unusable.why,
            "fix": unusable.cure,
            "looked": unusable.looked,
        }),
    }
}
