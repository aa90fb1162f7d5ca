//! What is there already: programs on the PATH, and environments that somebody
//! else made.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use tokenometer_engine::provision::{Around, Kind, Provision, Provisions, choose};

use crate::stage::{ASKED, Stage};

fn dressed(stage: &Stage, provision: &Provision, command: &[&str]) -> String {
    let place = stage.prepare(provision).unwrap();
    let command = command.iter().map(|&word| word.to_owned()).collect();
    let dressed = place.dress(command, BTreeMap::new(), &Around::default()).unwrap();
    assert_eq!(dressed.clean_up, Vec::<Vec<String>>::new());
    stage.shown(&dressed.command.join(" "))
}

/// An environment with an `engine`, as somebody may have made it.
fn environment(stage: &Stage) -> PathBuf {
    let folder = stage.path().join("venv");
    stage.script(&folder.join("bin/engine"), "");
    stage.script(&folder.join("bin/python"), "");
    fs::write(folder.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    fs::create_dir_all(folder.join("lib/python3.12/site-packages/engine-1.2.dist-info")).unwrap();
    folder
}

#[test]
fn a_program_is_found_on_the_path() {
    let stage = Stage::empty();
    let provision = Provision::Command("engine".into());
    insta::assert_snapshot!("no_command", stage.look(&provision));
    insta::assert_snapshot!("no_command_refusal", stage.refusal(&provision));
    stage.program("engine", "");
    assert_eq!(stage.look(&provision), "ready: [DIR]/bin/engine");
    assert_eq!(dressed(&stage, &provision, &["engine", "serve"]), "[DIR]/bin/engine serve");
    let place = stage.prepare(&provision).unwrap();
    assert_eq!((place.kind(), place.packages.len()), (Kind::Command, 0));
    assert!(place.lock.contains("/bin/engine\n# sha256 "), "{}", place.lock);
}

#[test]
fn a_file_that_may_not_be_run_is_no_program() {
    let stage = Stage::empty();
    stage.file("bin/engine", "#!/bin/sh\n");
    let provision = Provision::Command("engine".into());
    assert!(stage.look(&provision).starts_with("unusable"));
    let by_path = stage.path().join("bin/engine").display().to_string();
    insta::assert_snapshot!(stage.look(&Provision::Command(by_path)));
}

#[test]
fn another_program_is_taken_from_beside_the_one_found() {
    let stage = Stage::empty();
    let folder = environment(&stage);
    stage.program("python", "");
    symlink(folder.join("bin/engine"), stage.path().join("bin/engine")).unwrap();
    let provision = Provision::Command("engine".into());
    let command = ["python", "-m", "engine"];
    assert_eq!(dressed(&stage, &provision, &command), "[DIR]/venv/bin/python -m engine");
    let place = stage.prepare(&provision).unwrap();
    assert_eq!(place.packages["engine"], "1.2");
    assert!(place.lock.contains("with Python 3.12.1\nengine==1.2\n"), "{}", place.lock);
}

#[test]
fn an_environment_is_taken_as_it_is() {
    let stage = Stage::empty();
    let provision = Provision::Environment(stage.path().join("venv"));
    insta::assert_snapshot!("no_folder", stage.look(&provision));
    fs::create_dir(stage.path().join("venv")).unwrap();
    insta::assert_snapshot!("no_program_in_it", stage.look(&provision));
    environment(&stage);
    assert_eq!(stage.look(&provision), "ready: engine in [DIR]/venv");
    assert_eq!(dressed(&stage, &provision, &["engine", "-v"]), "[DIR]/venv/bin/engine -v");
    assert_eq!(stage.prepare(&provision).unwrap().packages["engine"], "1.2");
}

#[test]
fn the_first_way_that_can_be_gone_is_taken() {
    let stage = Stage::with_uv();
    let mut provisions: Provisions = serde_json::from_str(
        r#"{"container": {"image": "engine:{version}"}, "command": "engine",
            "python": {"version": "3.11", "packages": ["engine=={version}"]}}"#,
    )
    .unwrap();
    provisions.environment = Some(stage.path().join("venv"));
    let entries = provisions.ways("engine");
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind().name()).collect();
    assert_eq!(kinds, ["environment", "command", "python", "container"]);
    let chosen = || choose(&entries, &ASKED, &stage.machine).unwrap().kind();
    assert_eq!(chosen(), Kind::Python);
    stage.program("engine", "");
    assert_eq!(chosen(), Kind::Command);
    environment(&stage);
    assert_eq!(chosen(), Kind::Environment);
    let none = [entries[3].clone(), Provision::Command("another".into())];
    let error = choose(&none, &ASKED, &stage.machine).unwrap_err();
    insta::assert_snapshot!(stage.shown(&error.to_string()));
}

#[test]
fn where_no_way_is_named_the_command_is_looked_for() {
    let ways = Provisions::default().ways("engine");
    assert_eq!(ways, [Provision::Command("engine".into())]);
}

#[test]
fn what_no_provision_has_is_refused() {
    for text in [r#"{"conda": "x"}"#, r#"{"python": {"version": "3", "packages": [], "pip": 1}}"#] {
        assert!(serde_json::from_str::<Provisions>(text).is_err(), "{text}");
    }
}
