//! Engines for people.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tokenometer_engine::profile::{EngineOption, OptionKind, Profile, common_meaning};
use tokenometer_engine::provision::{Outlook, Place, Prospect};
use tokenometer_engine::{Counter, Series, Values};

use super::{Here, Listed};
use crate::prose::{beside, row};

/// Where what is said of an entry begins.
const MARGIN: usize = 16;
/// Where what is said of an option or a counter begins.
const WIDE: usize = 26;

/// All engines, briefly.
pub(super) fn list(all: &[Listed]) -> String {
    let mut text: String = all.iter().map(|listed| brief(listed) + "\n").collect();
    text.push_str(&looked_in(all));
    text.push_str("✓ is there   + can be made   ✗ can't be had that way\n");
    text.push_str("tokenometer engines ENGINE shows its command, options and counters\n");
    text
}

/// One engine with all that its profile says.
pub(super) fn engine(listed: &Listed) -> String {
    let profile = &listed.profile;
    let mut text = head(listed) + &here(&listed.here) + "\n";
    text.push_str(&started(profile));
    let dialects: Vec<_> = profile.dialects.iter().map(|dialect| dialect.name()).collect();
    text.push_str(&row(MARGIN, "  dialects", &dialects.join(", ")));
    if !listed.versions.is_empty() {
        text.push_str(&row(MARGIN, "  changes at", &listed.versions.join(", ")));
    }
    if let Some(source) = &profile.source {
        text.push_str(&row(MARGIN, "  source", source));
    }
    if let Some(note) = &profile.note {
        text.push_str(&row(MARGIN, "  note", note));
    }
    if let Some(cache) = &profile.cache {
        let needs = cache.needs.iter().map(|(name, value)| format!(", with {name}={value}"));
        let flush = format!("POST {}{}", cache.flush.join(" or "), needs.collect::<String>());
        text.push_str(&row(MARGIN, "  empties cache", &flush));
    }
    text.push_str(&options(profile));
    text.push_str(&counters(profile));
    if !profile.unsupported.is_empty() {
        text.push_str("\nRequests can't ask it for\n");
        let parts = profile.unsupported.iter();
        parts.for_each(|(part, why)| text.push_str(&row(WIDE, &format!("  {part}"), why)));
    }
    text + &looked_in(std::slice::from_ref(listed))
}

/// An engine that is there now.
pub(super) fn place(place: &Place) -> String {
    let log = place.log.as_ref().map(|log| format!("# log {}\n", log.display()));
    format!(
        "# {} {}\n{}{}",
        place.kind().name(),
        place.describe(),
        log.unwrap_or_default(),
        place.lock
    )
}

fn brief(listed: &Listed) -> String {
    let profile = &listed.profile;
    let mut text = head(listed) + &here(&listed.here);
    let dialects: Vec<_> = profile.dialects.iter().map(|dialect| dialect.name()).collect();
    text.push_str(&row(MARGIN, "  dialects", &dialects.join(", ")));
    let options: Vec<_> = profile.options.keys().map(String::as_str).collect();
    if !options.is_empty() {
        text.push_str(&row(MARGIN, "  options", &options.join(", ")));
    }
    text
}

/// Its name, its version, and what it is.
fn head(listed: &Listed) -> String {
    let Listed { profile, versions, .. } = listed;
    let mut text = profile.name.clone();
    if let Some(version) = &profile.version {
        text.push_str(&format!(" {version}"));
        if let [oldest, _, ..] = &versions[..] {
            text.push_str(&format!(" (known from {oldest} on)"));
        }
    }
    text.push('\n');
    if let Some(about) = &profile.about {
        text.push_str(&format!("  {}", beside(2, about)));
    }
    text
}

/// In which ways it can be had here, and why not in the others.
fn here(here: &Here) -> String {
    match here {
        Here::Running => row(MARGIN, "✓ running", "a server that runs already, at its address"),
        Here::Ours => row(MARGIN, "✓ built in", "comes with this program"),
        Here::Ways(ways) => ways.iter().map(way).collect(),
    }
}

fn way(prospect: &Prospect) -> String {
    let name = prospect.kind.name();
    match &prospect.outlook {
        Ok(Outlook::Ready(what)) => row(MARGIN, &format!("✓ {name}"), what),
        Ok(Outlook::CanBeMade(what)) => row(MARGIN, &format!("+ {name}"), what),
        Err(unusable) => {
            let why = row(MARGIN, &format!("✗ {name}"), &unusable.why);
            why + &row(MARGIN, "", &format!("fix: {}", unusable.cure))
        }
    }
}

/// The folders in which programs were missed.
fn looked_in(all: &[Listed]) -> String {
    let ways = all.iter().filter_map(|listed| match &listed.here {
        Here::Ways(ways) => Some(ways),
        _ => None,
    });
    let unusable = ways.flatten().filter_map(|prospect| prospect.outlook.as_ref().err());
    let folders: BTreeSet<&PathBuf> = unusable.flat_map(|unusable| &unusable.looked).collect();
    if folders.is_empty() {
        return String::new();
    }
    let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    format!("\n{}", row(MARGIN, "The PATH has", &folders.join(", ")))
}

/// What starts it.
fn started(profile: &Profile) -> String {
    if profile.command.is_empty() {
        return String::new();
    }
    let mut text = row(MARGIN, "  started by", &profile.command.join(" "));
    for (name, value) in &profile.environment {
        text.push_str(&row(MARGIN, "", &format!("{name}={value}")));
    }
    let fixed = profile.fixed.options.iter().map(|(name, value)| format!("{name}: {value}"));
    let fixed: Vec<_> = fixed.chain(profile.fixed.args.iter().cloned()).collect();
    if !fixed.is_empty() {
        text.push_str(&row(MARGIN, "  with", &fixed.join(", ")));
    }
    text
}

fn options(profile: &Profile) -> String {
    if profile.options.is_empty() {
        return String::new();
    }
    let mut text = "\nOptions\n".to_owned();
    for (name, option) in &profile.options {
        text.push_str(&row(WIDE, &format!("  {name}"), &becomes(option)));
        let means = option.means.as_deref().or_else(|| common_meaning(name));
        for line in [means, option.source.as_deref()].into_iter().flatten() {
            text.push_str(&row(WIDE, "", line));
        }
    }
    text
}

/// What becomes of an option that is given.
fn becomes(option: &EngineOption) -> String {
    let value = match option.kind {
        OptionKind::Choice => option.choices.keys().cloned().collect::<Vec<_>>().join("|"),
        kind => kind.words().to_owned(),
    };
    let switched = |words: &Option<Vec<String>>| match words {
        None => "can't be said".to_owned(),
        Some(words) if words.is_empty() => "nothing is said".to_owned(),
        Some(words) => words.join(" "),
    };
    let on_off = format!("on: {}; off: {}", switched(&option.on), switched(&option.off));
    if let Some(flag) = &option.flag {
        return format!("{flag} ({value})");
    }
    if let Some(name) = &option.environment {
        let value = if option.kind == OptionKind::Switch { on_off } else { value };
        return format!("{name} in its environment ({value})");
    }
    if let Some(key) = &option.key {
        return format!("{key} in {} ({value})", option.file.as_deref().unwrap_or("its file"));
    }
    if option.address { format!("where it is ({value})") } else { on_off }
}

fn counters(profile: &Profile) -> String {
    let Some(counters) = &profile.counters else { return String::new() };
    let mut text = format!("\nCounters at {}\n", counters.route);
    for counter in Counter::ALL {
        let series: Vec<_> = counters.names.of(counter).iter().map(formula).collect();
        if !series.is_empty() {
            text.push_str(&row(WIDE, &format!("  {}", counter.name()), &series.join(", or ")));
        }
    }
    text
}

/// How a number comes of a series.
fn formula(series: &Series) -> String {
    let picked = match series {
        Series::Named(name) => return name.clone(),
        Series::Picked(picked) => picked,
    };
    let mut text = picked.name.clone();
    if !picked.labels.is_empty() {
        let labels = picked.labels.iter().map(|(label, values)| match values {
            Values::One(value) => format!("{label}={value}"),
            Values::Any(values) => format!("{label}={}", values.join("|")),
        });
        text.push_str(&format!("{{{}}}", labels.collect::<Vec<_>>().join(",")));
    }
    if !picked.product.is_empty() {
        text = format!("{} of {text}", picked.product.join(" × "));
    }
    if let Some(scale) = picked.scale {
        text.push_str(&format!(" × {scale}"));
    }
    let others = [(" + ", &picked.plus), (" × ", &picked.times), (" / ", &picked.over)];
    others.into_iter().fold(text, |text, (sign, other)| match other {
        Some(other) => format!("({text}{sign}{})", formula(other)),
        None => text,
    })
}
