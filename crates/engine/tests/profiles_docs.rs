//! The tables of `docs/profiles.md` are made from the profiles themselves.
//! `UPDATE_DOCS=1 cargo test -p tokenometer-engine --test profiles_docs` writes
//! them anew.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use tokenometer_engine::profile::{
    COMMON, EngineOption, Profile, ProfileFile, builtin_names, common_meaning,
};

/// The built-in profiles at the versions that they take where none is named.
fn profiles() -> Vec<Profile> {
    builtin_names()
        .map(|name| ProfileFile::find(name, Path::new(".")).unwrap().at(None).unwrap())
        .filter(|profile| !profile.command.is_empty())
        .collect()
}

/// What an option becomes, in a cell.
fn becomes(option: &EngineOption) -> String {
    let words = |words: &Option<Vec<String>>| match words.as_deref() {
        None => "not possible".to_owned(),
        Some([]) => "anyway".to_owned(),
        Some(words) => format!("`{}`", words.join(" ")),
    };
    match (&option.flag, &option.environment, &option.key) {
        (Some(flag), ..) => format!("`{flag}`"),
        (_, Some(variable), _) => format!("`{variable}=`"),
        (_, _, Some(key)) => format!("`{key}:`"),
        _ => format!("on: {}; off: {}", words(&option.on), words(&option.off)),
    }
}

fn options() -> String {
    let profiles = profiles();
    let mut text = String::new();
    for common in COMMON {
        let _ = writeln!(text, "\n**`{}`**: {}\n", common.name, common.meaning);
        let having: Vec<String> = profiles
            .iter()
            .filter_map(|profile| {
                let option = profile.options.get(common.name)?;
                Some(format!("| {} | {} |", profile.title(), becomes(option)))
            })
            .collect();
        let lacking: Vec<&str> = profiles
            .iter()
            .filter(|profile| !profile.options.contains_key(common.name))
            .map(|profile| profile.name.as_str())
            .collect();
        let _ = writeln!(text, "| engine | becomes |\n|---|---|\n{}", having.join("\n"));
        if !lacking.is_empty() {
            let _ = writeln!(text, "| {} | – |", lacking.join(", "));
        }
    }
    text.push('\n');
    text
}

fn meanings() -> String {
    let profiles = profiles();
    let mut text = "\n| option | engine | what it means there |\n|---|---|---|\n".to_owned();
    for common in COMMON {
        for profile in &profiles {
            let means = profile.options.get(common.name).and_then(|option| option.means.as_ref());
            if let Some(means) = means {
                let _ = writeln!(text, "| `{}` | {} | {means} |", common.name, profile.name);
            }
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_tables_are_those_of_the_profiles() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/profiles.md");
    let kept = fs::read_to_string(&path).unwrap();
    let mut page = kept.clone();
    for (name, made) in [("options", options()), ("meanings", meanings())] {
        let begin = format!("<!-- {name}: made from crates/engine/profiles, do not edit -->\n");
        let from = page.find(&begin).unwrap() + begin.len();
        let until = page.find(&format!("<!-- end of {name} -->")).unwrap();
        page.replace_range(from..until, &made);
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page).unwrap();
    } else {
        assert!(
            kept == page,
            "docs/profiles.md is stale; mend it with\n  \
             UPDATE_DOCS=1 cargo test -p tokenometer-engine --test profiles_docs"
        );
    }
}

#[test]
fn a_common_name_has_one_meaning() {
    assert_eq!(common_meaning("seed"), Some("from which the engine draws"));
    assert_eq!(common_meaning("colour"), None);
    let mut names: Vec<&str> = COMMON.iter().map(|common| common.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COMMON.len());
}
