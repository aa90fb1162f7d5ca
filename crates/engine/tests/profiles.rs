//! The built-in profiles, and profiles in files of people's own.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenometer_core::Mistake;
use tokenometer_engine::profile::{
    Declared, InForce, Launch, Profile, ProfileFile, Wanted, builtin_names,
};

fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

/// The built-in profile at a version.
fn profile(name: &str, version: &str) -> Profile {
    let file = ProfileFile::find(name, Path::new(".")).unwrap();
    file.at(Some(version)).unwrap_or_else(|mistakes| panic!("{}", told(&mistakes)))
}

fn wanted(options: &Value) -> Wanted {
    Wanted {
        model: Some("m".to_owned()),
        options: options.as_object().cloned().unwrap(),
        host: "127.0.0.1".to_owned(),
        port: 8000,
        executable: Some("/bin/tokenometer".into()),
        place: "study.yaml:3:5".to_owned(),
        ..Wanted::default()
    }
}

fn launched(profile: &Profile, wanted: &Wanted) -> Launch {
    profile.launch(wanted).unwrap_or_else(|mistakes| panic!("{}", told(&mistakes)))
}

/// What is wrong with an engine's options at a version.
fn refused(name: &str, version: &str, options: &Value) -> String {
    told(&profile(name, version).launch(&wanted(options)).unwrap_err())
}

/// Files of people's own in a folder; what is wrong with the first of them is
/// told without that folder.
fn mistakes_in(files: &[(&str, &str)]) -> String {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mistakes = ProfileFile::find(&format!("./{}", files[0].0), folder.path()).unwrap_err();
    told(&mistakes)
        .replace(&format!("{}/./", folder.path().display()), "")
        .replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn the_built_in_profiles_are_sound_at_every_version() {
    for name in builtin_names() {
        let file = ProfileFile::find(name, Path::new("."))
            .unwrap_or_else(|mistakes| panic!("{}", told(&mistakes)));
        let profile = file.at(None).unwrap();
        assert_eq!(profile.name, name);
        assert!(profile.about.is_some(), "{name} says what it is");
        assert!(!profile.dialects.is_empty());
    }
}

#[test]
fn a_flag_follows_its_version() {
    let prefix_cache = |version: &str, on: bool| {
        let launch = launched(&profile("vllm", version), &wanted(&json!({ "prefix-cache": on })));
        launch.command[7..].join(" ")
    };
    assert_eq!(prefix_cache("0.6.4", false), "");
    assert_eq!(prefix_cache("0.6.4.post1", true), "--enable-prefix-caching");
    assert_eq!(prefix_cache("0.6.5", false), "--no-enable-prefix-caching");
    assert_eq!(prefix_cache("0.33.0", true), "--enable-prefix-caching");
}

#[test]
fn every_mistake_of_a_launch_is_told_at_once() {
    insta::assert_snapshot!(refused(
        "vllm",
        "0.5.5",
        &json!({
            "tensor-paralel": 8, "expert-parallel": true, "max-num-seqs": 1.5,
            "memory-share": 90, "precision": "fp17", "prefix-cache": "off", "colour": "red",
        }),
    ));
    let mut doubled = wanted(&json!({ "seed": 1, "served-name": "a" }));
    doubled.served_name = Some("b".to_owned());
    doubled.args = vec!["--seed=2".to_owned()];
    doubled.model = None;
    insta::assert_snapshot!(told(&profile("vllm", "0.33.0").launch(&doubled).unwrap_err()));
    insta::assert_snapshot!(refused("openai", "1", &json!({ "tensor-parallel": 8 })));
}

#[test]
fn a_version_must_be_known() {
    let vllm = ProfileFile::find("vllm", Path::new(".")).unwrap();
    insta::assert_snapshot!(
        [told(&vllm.at(Some("0.4.0")).unwrap_err()), told(&vllm.at(Some("main")).unwrap_err())]
            .concat()
    );
    insta::assert_snapshot!(told(&ProfileFile::find("vlm", Path::new(".")).unwrap_err()));
}

#[test]
fn a_running_server_is_found_and_not_started() {
    let openai = ProfileFile::find("openai", Path::new(".")).unwrap().at(None).unwrap();
    let launch = launched(&openai, &wanted(&json!({ "base-url": "http://10.0.0.1:8000" })));
    assert_eq!(launch.address.as_deref(), Some("http://10.0.0.1:8000"));
    assert!(launch.command.is_empty());
}

#[test]
fn our_own_program_is_an_engine() {
    let sim = ProfileFile::find("sim", Path::new(".")).unwrap().at(None).unwrap();
    let options = json!({
        "ttft": "5ms", "gap": "1ms", "seed": 7, "fault": ["no-usage", "cut-after:3=0.1"],
        "truth": false,
    });
    assert_eq!(
        launched(&sim, &wanted(&options)).command.join(" "),
        "/bin/tokenometer sim --listen 127.0.0.1:8000 --seed 7 --ttft 5ms --gap 1ms --fault \
         no-usage --fault cut-after:3=0.1 --no-truth"
    );
    let options = json!({
        "machine": "h100x8", "model": "llama-3.1-70b", "time-scale": 50, "prefix-cache": false,
        "max-num-seqs": 1, "policy": "prefill-first", "served-name": "llama",
    });
    assert_eq!(
        launched(&sim, &wanted(&options)).command.join(" "),
        "/bin/tokenometer sim --listen 127.0.0.1:8000 --machine h100x8 --model llama-3.1-70b \
         --served-name llama --time-scale 50 --max-num-seqs 1 --policy prefill-first \
         --prefix-cache off"
    );
}

#[test]
fn what_is_declared_is_held_against_what_is_in_force() {
    let options = json!({ "tensor-parallel": 8, "prefix-cache": false, "precision": "auto" });
    let launch = launched(&profile("sglang", "0.5.23"), &wanted(&options));
    let found = json!({ "tp_size": 4, "disable_radix_cache": true, "dtype": "auto" });
    let finding = |name: &str| {
        let is_it = |declared: &&Declared| declared.option == name;
        launch.declared.iter().find(is_it).unwrap().in_force(&found)
    };
    assert_eq!(finding("tensor-parallel"), InForce::Otherwise(json!(4)));
    assert_eq!(finding("prefix-cache"), InForce::AsDeclared);
    assert_eq!(finding("metrics"), InForce::NotTold);
    // A type that the engine picks itself isn't what was asked for by name.
    let launch = launched(&profile("vllm", "0.33.0"), &wanted(&json!({ "precision": "auto" })));
    assert_eq!(launch.declared[0].shown, None);
}

/// A profile that changes vLLM's, and one that changes that.
const OWN: &str = "\
name: vllm-cpu
extends: vllm
version: 0.32.0
provision: { command: null, environment: venv }
environment: { VLLM_CPU_KVCACHE_SPACE: '1' }
options:
  memory-share: null
  threads: { environment: OMP_NUM_THREADS, type: count }
fixed: { options: { threads: 1, eager: true }, args: [--disable-log-stats] }
versions:
  '0.33.0': { environment: { NEWER: '{version}' } }
";

#[test]
fn a_profile_changes_another() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("cpu.yaml"), OWN).unwrap();
    let one = "name: one\nextends: cpu.yaml\nfixed: { options: { eager: null } }\n";
    fs::write(folder.path().join("one.yaml"), one).unwrap();
    let file = ProfileFile::find("one.yaml", folder.path())
        .unwrap_or_else(|mistakes| panic!("{}", told(&mistakes)));
    assert_eq!(file.sources().count(), 3);
    let profile = file.at(Some("0.33.0")).unwrap();
    let venv = folder.path().join("venv");
    assert_eq!(profile.provision.environment.as_deref(), Some(venv.as_path()));
    assert_eq!(profile.provision.command, None);
    let mut wanted = wanted(&json!({ "threads": 2 }));
    wanted.args = vec!["--block-size".to_owned(), "32".to_owned()];
    let launch = launched(&profile, &wanted);
    assert_eq!(
        launch.command.join(" "),
        "vllm serve m --host 127.0.0.1 --port 8000 --disable-log-stats --block-size 32"
    );
    assert_eq!(launch.environment["OMP_NUM_THREADS"], "2");
    assert_eq!(launch.environment["NEWER"], "0.33.0");
    assert_eq!(file.at(None).unwrap().title(), "one 0.32.0");
    assert!(!profile.options.contains_key("memory-share"));
}

#[test]
fn mistakes_of_a_profile_are_told_with_their_lines() {
    insta::assert_snapshot!(mistakes_in(&[(
        "own.yaml",
        "\
name: own
command: [serve, \"{modle}\"]
dialects: [openai-caht]
optoins: {}
options:
  a: { type: count }
  b: { flag: --b, type: switch }
versions:
  '1.0': { ready: { rout: /x } }
",
    )]));
    insta::assert_snapshot!(mistakes_in(&[(
        "own.yaml",
        "\
name: own
version: '1.0'
command: [serve, \"{modle}\"]
dialects: [openai-chat]
options:
  a: { type: count }
  b: { flag: --b, type: switch }
  c: { key: x.y, type: json }
  d: { flag: --d, type: choice }
  e: { flag: --e, environment: E, type: text }
fixed: { options: { a: 1, z: 2 } }
log: { fatal: ['(('] }
unsupported: { ignore_eos: why }
versions:
  '1.0': { fixed: { options: { a: x } } }
",
    )]));
    insta::assert_snapshot!(mistakes_in(&[
        ("a.yaml", "name: a\nextends: b.yaml\n"),
        ("b.yaml", "name: b\nextends: ./a.yaml\n"),
    ]));
    insta::assert_snapshot!(mistakes_in(&[(
        "own.yaml",
        "name: own\nextends: vllm\nversions:\n  new: {}\n  '1': 2\n  '2': { extends: x }\n",
    )]));
}

/// A file is written only where it says something.
#[test]
fn a_key_goes_into_a_file() {
    let folder = TempDir::new().unwrap();
    let text = "\
name: own
command: [serve]
dialects: [openai-chat]
options:
  reuse: { key: cache.reuse, type: switch }
  share: { key: cache.share, type: share }
  rest: { key: ., type: json }
files: { extra.yaml: { args: [--extra, '{file:extra.yaml}'] } }
";
    fs::write(folder.path().join("own.yaml"), text).unwrap();
    let profile = ProfileFile::find("own.yaml", folder.path()).unwrap().at(None).unwrap();
    assert_eq!(launched(&profile, &wanted(&json!({}))).command, ["serve"]);
    let options = json!({ "reuse": false, "share": 0.5, "rest": { "cache": { "x": 1 }, "y": [] } });
    let launch = launched(&profile, &wanted(&options));
    assert_eq!(launch.command, ["serve", "--extra", "{file:extra.yaml}"]);
    let contents: Value = serde_json::from_str(&launch.files[0].contents).unwrap();
    assert_eq!(contents, json!({ "cache": { "reuse": false, "share": 0.5, "x": 1 }, "y": [] }));
}
