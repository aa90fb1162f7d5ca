//! `engines`: what is listed, looked for and made, with programs that stand in
//! for uv and docker.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use support::{Ran, Test};

/// What the pages are about: an engine that can be had in every way.
const PROFILE: &str = r#"
name: tiny
about: a tiny engine, which shows all that a profile may say
version: "1.2"
source: "tiny.py@1.2"
provision:
  environment: venv
  command: tiny
  python: { version: "3.11", packages: ["tiny=={version}"] }
  container: { image: "tiny:{version}" }
command: [tiny, serve, "{model}", --port, "{port}"]
environment: { TINY_QUIET: "1" }
dialects: [openai-completions, openai-chat]
options:
  max-model-len: { flag: --max-len, type: count, source: "tiny.py:7@1.2" }
  prefix-cache: { type: switch, on: [--cache], off: [--no-cache] }
  eager: { type: switch, on: [--eager], off: [] }
  precision: { flag: --type, type: choice, choices: { float16: half, float32: full } }
  max-num-seqs: { environment: TINY_SLOTS, type: count, means: its slots }
fixed: { options: { eager: true } }
cache: { flush: [/forget], needs: { TINY_DEV: "1" } }
counters: { route: /metrics, names: { running: ["tiny:running", "tiny:busy"] } }
unsupported: { ignore-eos: it has no such field }
versions:
  "1.0": { options: { max-num-seqs: null } }
  "1.1": { options: { max-num-seqs: { environment: TINY_SLOTS, type: count } } }
"#;

/// Makes an environment with a `tiny` in it.
const UV: &str = r#"
case "$1 $2" in
  "--version ") echo "uv 9.9.9" ;;
  "venv "*)
    for last; do :; done
    mkdir -p "$last/bin"
    for name in python tiny; do
      printf '#!/bin/sh\n' > "$last/bin/$name"; chmod +x "$last/bin/$name"
    done ;;
  "pip install")
    if [ -e complaint ] || [ -e ../../../complaint ]; then
      echo "error: No solution found" >&2; exit 1
    fi
    echo "Installed 1 package" >&2 ;;
  "pip freeze") echo "tiny==1.2" ;;
esac
"#;

/// A folder with the profile, and a PATH with these programs alone.
fn stage(programs: &[(&str, &str)]) -> Test {
    let test = Test::new();
    test.file("tiny.yaml", PROFILE);
    fs::create_dir(test.path().join("bin")).unwrap();
    for (name, script) in programs {
        // Another process writes it: a program that we had open ourselves could
        // not be run while any thread forks.
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
            .arg(test.path().join("bin").join(name));
        let mut writing = shell.stdin(Stdio::piped()).spawn().unwrap();
        let text = format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}");
        writing.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(writing.wait().unwrap().success());
    }
    test
}

fn run(test: &Test, arguments: &str) -> Ran {
    let folder = |name: &str| test.path().join(name).display().to_string();
    let command = test.command("engines").and(arguments);
    command
        .env("PATH", &folder("bin"))
        .env("XDG_CACHE_HOME", &folder("cache"))
        .env("HOME", &folder("home"))
        .run()
}

/// What was printed, with the hashes of recipes replaced.
fn shown(ran: &Ran) -> String {
    ["/tiny-", "# recipe "].iter().fold(ran.to_string(), |text, before| {
        text.split(before).map(hidden).collect::<Vec<_>>().join(before)
    })
}

/// Text that begins with a hash, without it.
fn hidden(part: &str) -> String {
    let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    if part.len() - rest.len() >= 16 { format!("[HASH]{rest}") } else { part.to_owned() }
}

#[test]
fn every_engine_is_listed_with_its_ways() {
    let test = stage(&[("uv", UV)]);
    let told = run(&test, "--json").json();
    let engines = told["engines"].as_array().unwrap();
    let names: Vec<_> = engines.iter().map(|engine| engine["name"].as_str().unwrap()).collect();
    for name in ["vllm", "sglang", "llamacpp", "transformers", "openai", "sim"] {
        assert!(names.contains(&name), "{name} is missing of {names:?}");
    }
    for engine in engines {
        let ways = engine["ways"].as_array().unwrap();
        assert!(!ways.is_empty(), "{engine}");
        for way in ways {
            let told = if way["state"] == "unusable" { ["why", "fix"] } else { ["way", "state"] };
            assert!(told.iter().all(|key| way[key].is_string()), "{way}");
        }
        let is_usable = ways.iter().any(|way| way["state"] != "unusable");
        assert_eq!(engine["is_usable"], is_usable);
        assert!(!engine["dialects"].as_array().unwrap().is_empty(), "{engine}");
    }
    let page = run(&test, "").stdout;
    assert!(names.iter().all(|name| page.contains(&format!("{name} ")) || page.contains(name)));
    assert!(page.lines().all(|line| line.chars().count() <= 160), "{page}");
    assert!(!test.path().join("cache").exists(), "looking has made something");
}

#[test]
fn an_engine_is_shown_with_all_that_its_profile_says() {
    insta::assert_snapshot!(shown(&run(&stage(&[]), "./tiny.yaml")));
}

#[test]
fn another_version_has_other_options() {
    let test = stage(&[("tiny", "")]);
    let told = run(&test, "./tiny.yaml --version 1.0 --json").json();
    assert_eq!(told["version"], "1.0");
    let options = told["options"].as_array().unwrap();
    assert!(!options.iter().any(|option| option == "max-num-seqs"), "{told}");
    assert_eq!(told["profile"]["provision"]["container"]["image"], "tiny:{version}");
    let ready = &told["ways"][1];
    assert_eq!((&ready["way"], &ready["state"]), (&"command".into(), &"ready".into()));
    insta::assert_snapshot!(run(&test, "./tiny.yaml --version 0.9"));
}

#[test]
fn an_engine_is_made() {
    let test = stage(&[("uv", UV)]);
    insta::assert_snapshot!("made", shown(&run(&test, "./tiny.yaml --prepare")));
    let told = run(&test, "./tiny.yaml --prepare --json");
    assert_eq!(told.stderr, "", "it was made again");
    assert_eq!(told.json()["packages"]["tiny"], "1.2");
    test.file("complaint", "");
    let ran = run(&test, "./tiny.yaml --version 1.1 --prepare");
    insta::assert_snapshot!("not_made", shown(&ran));
}

#[test]
fn what_can_not_be_had_says_why() {
    insta::assert_snapshot!("no_way", run(&stage(&[]), "./tiny.yaml --prepare"));
    insta::assert_snapshot!("nothing_to_prepare", run(&stage(&[]), "openai --prepare"));
    insta::assert_snapshot!("no_such_engine", run(&stage(&[]), "vlm"));
    insta::assert_snapshot!("a_version_of_nothing", run(&stage(&[]), "--version 1"));
}

#[test]
fn help_of_engines() {
    insta::assert_snapshot!(Test::new().run("engines --help"));
}
