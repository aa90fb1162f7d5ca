//! Environments that are made: once, whole, by one process at a time.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokenometer_engine::provision::{
    Around, Kind, Machine, Provision, ProvisionError, Python, Watch, prepare,
};

use crate::stage::{ASKED, Stage};

fn python() -> Python {
    Python {
        version: "3.11".into(),
        packages: vec!["engine=={version}".into()],
        ..Python::default()
    }
}

fn provision() -> Provision {
    Provision::Python(python())
}

/// The environments that are there, and what lies beside them.
fn environments(stage: &Stage) -> Vec<String> {
    let entries = fs::read_dir(stage.path().join("cache/environments")).unwrap();
    let names = entries.map(|entry| entry.unwrap().path().display().to_string());
    let mut names: Vec<_> = names.map(|name| stage.shown(&name)).collect();
    names.sort();
    names
}

#[test]
fn an_environment_is_made_once() {
    let stage = Stage::with_uv();
    insta::assert_snapshot!("before", stage.look(&provision()));
    assert!(!stage.path().join("cache").exists(), "looking has made something");

    let place = stage.prepare(&provision()).unwrap();
    insta::assert_snapshot!("made", format!("{}\n---\n{}", stage.calls(), stage.steps()));
    let recipe = place.lock.lines().nth(1).unwrap();
    let lock = place.lock.replace(recipe, "# recipe [SHA256]");
    insta::assert_snapshot!("lock", lock);
    assert_eq!(place.kind(), Kind::Python);
    assert_eq!(place.packages["idna"], "3.7");

    let (calls, lock) = (stage.calls(), place.lock);
    assert_eq!(stage.prepare(&provision()).unwrap().lock, lock);
    assert_eq!(stage.calls(), calls, "it was made again");
    // What is there needs no uv any more.
    fs::remove_file(stage.path().join("bin/uv")).unwrap();
    let mut later = Stage::empty();
    later.machine = Machine::new(stage.machine.path.clone(), stage.machine.cache.clone());
    assert_eq!(later.prepare(&provision()).unwrap().lock, lock);
    insta::assert_snapshot!("after", stage.shown(&later.look(&provision())));
}

#[test]
fn a_launch_is_dressed_in_its_environment() {
    let stage = Stage::with_uv();
    let place = stage.prepare(&provision()).unwrap();
    let words = ["engine", "serve"].map(str::to_owned).to_vec();
    let variables = BTreeMap::from([("A".to_owned(), "b".to_owned())]);
    let dressed = place.dress(words.clone(), variables, &Around::default()).unwrap();
    insta::assert_snapshot!(stage.shown(&format!("{dressed:#?}")));
    let own = BTreeMap::from([("PATH".to_owned(), "/mine".to_owned())]);
    let dressed = place.dress(words, own, &Around::default()).unwrap();
    assert!(dressed.environment["PATH"].ends_with("/bin:/mine"), "{dressed:?}");
    let error = place.dress(vec!["other".into()], BTreeMap::new(), &Around::default());
    insta::assert_snapshot!("no_program", stage.shown(&error.unwrap_err().to_string()));
}

#[test]
fn everything_that_a_profile_names_reaches_uv() {
    let mut stage = Stage::with_uv();
    stage.machine.environment.insert("HTTPS_PROXY".into(), "http://proxy".into());
    let package = stage.path().join("stand-in");
    fs::create_dir(&package).unwrap();
    fs::write(package.join("pyproject.toml"), "[project]").unwrap();
    stage.program("note", "env | grep -E '^(A|HTTPS_PROXY|HOME|VIRTUAL_ENV)=' | sort >> \"$here/calls\"; echo \"$seen\" >> \"$here/calls\"");
    let python = Python {
        overrides: vec!["torch==2.13.0".into(), "numpy==2.1.0".into()],
        constraints: vec!["idna<4".into()],
        indexes: vec!["https://host/{version}/simple".into()],
        local: vec![package.clone()],
        after: vec![vec!["note".into(), "for {version}".into()]],
        variables: BTreeMap::from([("A".into(), "of {version}".into())]),
        ..python()
    };
    let place = stage.prepare(&Provision::Python(python)).unwrap();
    let folder = PathBuf::from(place.describe());
    let written = ["overrides.txt", "constraints.txt"]
        .map(|name| fs::read_to_string(folder.join(name)).unwrap());
    insta::assert_snapshot!(format!("{}\n---\n{}", stage.calls(), written.join("---\n")));
    assert_eq!(fs::read_dir(&package).unwrap().count(), 1, "its source was built in place");
}

#[test]
fn what_half_was_made_is_thrown_away() {
    let stage = Stage::with_uv();
    let folder = PathBuf::from(stage.prepare(&provision()).unwrap().describe());
    fs::remove_file(folder.join("tokenometer.lock")).unwrap();
    fs::write(folder.join("left"), "").unwrap();
    assert!(stage.look(&provision()).starts_with("can be made"));
    stage.prepare(&provision()).unwrap();
    assert!(!folder.join("left").exists());
    assert!(stage.look(&provision()).starts_with("ready"));
}

#[test]
fn two_that_want_the_same_make_it_once() {
    let stage = Stage::with_uv();
    stage.file("slow", "");
    let locks: Vec<String> = thread::scope(|scope| {
        let one = || stage.prepare(&provision()).unwrap().lock;
        let both = [scope.spawn(one), scope.spawn(one)];
        eventually(|| stage.steps().contains("another process makes its environment"));
        fs::remove_file(stage.path().join("slow")).unwrap();
        both.map(|one| one.join().unwrap()).into()
    });
    assert_eq!(locks[0], locks[1]);
    let made = stage.calls().lines().filter(|call| call.starts_with("uv venv")).count();
    assert_eq!(made, 1, "{}", stage.calls());
}

#[test]
fn what_is_stopped_leaves_nothing_running() {
    let stage = Stage::with_uv();
    stage.file("slow", "");
    let stop = AtomicBool::new(false);
    let error = thread::scope(|scope| {
        let making = scope.spawn(|| {
            let stopped = || stop.load(Ordering::Relaxed);
            prepare(
                &provision(),
                &ASKED,
                &stage.machine,
                Watch { observer: &(), stopped: &stopped },
            )
        });
        eventually(|| stage.path().join("installing").exists());
        stop.store(true, Ordering::Relaxed);
        making.join().unwrap().unwrap_err()
    });
    assert!(matches!(error, ProvisionError::Stopped { .. }), "{error}");
    let pid = fs::read_to_string(stage.path().join("installing")).unwrap();
    let process = PathBuf::from("/proc").join(pid.trim());
    eventually(|| !process.exists());
    assert_eq!(environments(&stage).len(), 2, "{:?}", environments(&stage));
}

#[test]
fn a_failure_is_told_with_its_last_words_and_a_cure() {
    let complaints = [
        (
            "no_solution",
            "error: No solution found when resolving dependencies\n  cause: Because there is no \
             version of engine==1.2 we can conclude that your requirements are unsatisfiable.\n",
        ),
        (
            "no_network",
            "error: Failed to fetch: https://pypi.org/simple/engine/\n  cause: error sending \
             request for url (https://pypi.org/simple/engine/)\n  cause: dns error\n",
        ),
        (
            "no_trust",
            "error: Failed to fetch: https://pypi.org/simple/engine/\n  cause: error sending \
             request for url\n  cause: invalid peer certificate: UnknownIssuer\n",
        ),
        ("no_space", "error: failed to write\n  cause: No space left on device (os error 28)\n"),
        ("anything", &(0..30).map(|line| format!("line {line}\n")).collect::<String>()),
    ];
    for (name, complaint) in complaints {
        let stage = Stage::with_uv();
        stage.file("complaint", complaint);
        insta::assert_snapshot!(name, stage.refusal(&provision()));
        let left =
            ["lock", "log"].map(|end| format!("[DIR]/cache/environments/engine-[HASH].{end}"));
        assert_eq!(environments(&stage), left);
        // What was in the way is gone, and nothing of the failure is left.
        fs::remove_file(stage.path().join("complaint")).unwrap();
        stage.prepare(&provision()).unwrap();
    }
}

#[test]
fn without_uv_it_is_said_how_to_get_it() {
    let stage = Stage::empty();
    insta::assert_snapshot!("no_uv", stage.look(&provision()));
    insta::assert_snapshot!("no_uv_refusal", stage.refusal(&provision()));
    // Where its installer puts it, it is found without being on the PATH.
    let stage = Stage::empty();
    let uv = stage.path().join("home/.local/bin/uv");
    stage.script(&uv, "echo uv 9.9.9");
    assert!(stage.look(&provision()).starts_with("can be made"));
    let stage = Stage::empty();
    stage.program("uv", "echo 'no such version: 3.14' >&2; exit 1");
    insta::assert_snapshot!("broken_uv", stage.look(&provision()));
}

#[test]
fn what_is_open_is_a_mistake() {
    let open = Python {
        packages: vec!["vllm".into(), "torch>=2".into(), "idna==3.7".into()],
        after: vec![Vec::new()],
        version: String::new(),
        ..Python::default()
    };
    let place = |path: &[&str]| format!("mine.yaml/{}", path.join("/"));
    let mistakes = Provision::Python(open).mistakes(&place);
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(mistakes.join("\n"));
    assert_eq!(provision().mistakes(&place), []);
    let error = provision().at(None, "mine.yaml:3:3").unwrap_err();
    insta::assert_snapshot!("no_version", error);
}

/// Waits until this holds.
fn eventually(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain");
        thread::sleep(Duration::from_millis(5));
    }
}
