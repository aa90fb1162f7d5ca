//! Words that would be something else: none of them may be anything but words.

use std::collections::BTreeSet;

use base64::Engine as _;
use sha2::Digest as _;
use tokenometer_core::verdict::Answer;
use tokenometer_core::{GateStatus, Outcome};
use tokenometer_results::{EngineSeen, FailureSeen};

use crate::made::{Came, Study, answered, difference, digest, environment, start, verdict};
use crate::markup::{contents, tags};

/// Markup, ends of scripts, an attribute's end, templates, and characters that hide.
const WORDS: &str = "</script></title></style>--><img src=x onerror=alert(1)>\"' onload=alert(2) \
                     {{7*7}}<a href='https://evil.example/'>x</a>&lt;\u{202e}\u{0}\u{2028}\u{200b}";

/// A study in which whatever is anyone's words is hostile.
fn study() -> Study {
    let (arm, other) = (WORDS, "b\u{202e}<b>");
    let mut study = Study::of(&[arm, other], &[WORDS], 3);
    let says = || WORDS.to_owned();
    study.name = says();
    study.run = says();
    study.notes = vec![(says(), says())];
    for (_, came) in &mut study.cells {
        let Came::Carried(trial) = came else { continue };
        trial.target.address = says();
        trial.target.model = says();
        trial.target.engine = Some(EngineSeen { name: says(), version: Some(says()) });
        trial.workload.dataset = says();
        trial.workload_sha256 = says();
        trial.wire_sha256 = says();
        trial.seeds.insert(says(), 1);
        trial.tokenizer = Some(says());
        trial.warnings = vec![says()];
        trial.options.insert(says(), serde_json::json!({ "of": WORDS }));
        trial.serving.cache = Some(says());
        trial.tool.name = says();
        trial.failures = vec![FailureSeen {
            outcome: Outcome::StreamError,
            status: Some(200),
            error: Some(says()),
            requests: 1,
            first_request: 0,
        }];
        trial.summary.ttft_ms.withheld.insert(says(), says());
        for (gate, status) in
            trial.validity.gates.iter_mut().zip([GateStatus::Failed, GateStatus::Unknown])
        {
            gate.status = status;
            (gate.id, gate.name, gate.saw) = (says(), says(), says());
            (gate.advice, gate.withholds) = (Some(says()), vec![says()]);
        }
    }
    study.cells[1].1 = Came::Failed { phase: says(), why: says() };
    study = study.digested(|_| {
        let mut digest = digest(3, WORDS);
        digest.waterfall.rows[0].error = Some(WORDS.to_owned());
        digest.waterfall.rows[0].outcome = WORDS.to_owned();
        (digest.readings[0].name, digest.readings[0].unit) = (WORDS.to_owned(), WORDS.to_owned());
        (digest.readings[0].source, digest.readings[0].device) =
            (WORDS.to_owned(), Some(WORDS.to_owned()));
        digest
    });
    with_verdict(&mut study, [other, arm]);
    with_machine(&mut study);
    study
}

fn with_verdict(study: &mut Study, pair: [&str; 2]) {
    let says = || WORDS.to_owned();
    let mut better = answered(WORDS, pair, Answer::Better);
    better.sentence = says();
    better.remarks = vec![says()];
    better.declared = vec![difference(WORDS, WORDS, WORDS)];
    better.strategy = vec![difference(WORDS, WORDS, WORDS)];
    better.unverified = vec![says()];
    better.blocks[0].left_out = Some(says());
    let mut refused = answered(WORDS, pair, Answer::NotComparable { reasons: vec![says()] });
    refused.metric = says();
    refused.sentence = format!("2 {WORDS}");
    let mut verdict = verdict(vec![better, refused]);
    verdict.idle_declarations = vec![says()];
    study.verdict = Some(verdict);
}

fn with_machine(study: &mut Study) {
    let says = || WORDS.to_owned();
    let mut start = start(1, WORDS);
    start.start.command = vec![says(), says()];
    start.start.environment.insert(says(), Some(says()));
    start.start.stages[0].name = says();
    start.start.error_lines = vec![says()];
    start.start.cores = Some(says());
    let software = start.start.software.as_mut().unwrap();
    (software.profile, software.provision) = (says(), says());
    (software.version, software.place) = (Some(says()), Some(says()));
    start.start.end.as_mut().unwrap().how = says();
    study.digest.starts = vec![start];
    let mut machine = environment();
    (machine.os, machine.kernel, machine.hostname) = (Some(says()), Some(says()), Some(says()));
    (machine.cpu_model, machine.governor) = (Some(says()), Some(says()));
    machine.versions.insert(says(), says());
    study.digest.environment = Some(machine);
    study.digest.voids = vec![(says(), says())];
    study.digest.troubles = vec![says()];
}

#[test]
fn nobodys_words_become_markup() {
    let page = study().page();
    let harmless = Study::of(&["a", "b"], &["c"], 3).page();
    let names = |page: &str| -> BTreeSet<String> {
        let all = tags(page).into_iter();
        all.flat_map(|tag| {
            let of_tag = tag.name.clone();
            let names = tag.attributes.into_iter().map(move |(name, _)| format!("{of_tag} {name}"));
            names.chain([tag.name])
        })
        .collect()
    };
    let names = names(&page);
    for forbidden in ["img", "iframe", "object", "embed", "form", "base", "link", "a b", "b"] {
        assert!(!names.contains(forbidden), "{forbidden}: {names:?}");
    }
    assert!(names.iter().all(|name| !name.contains(" on")), "{names:?}");
    // The only scripts are ours, and data.
    let kinds = |page: &str| -> BTreeSet<String> {
        let scripts = tags(page).into_iter().filter(|tag| tag.name == "script");
        scripts.map(|tag| format!("{:?}", tag.attributes)).collect()
    };
    let plain: usize = tags(&page)
        .iter()
        .filter(|tag| tag.name == "script")
        .filter(|tag| tag.attributes.is_empty())
        .count();
    assert_eq!(plain, 2, "{:?}", kinds(&page));
    assert_eq!(contents(&page, "title").len(), contents(&harmless, "title").len());
}

#[test]
fn what_hides_is_shown_by_its_number() {
    let page = study().page();
    let scripts = contents(&page, "script");
    let library = scripts.iter().max_by_key(|script| script.len()).unwrap();
    let rest = page.replacen(library, "", 1);
    for hidden in ['\u{202e}', '\u{0}', '\u{2028}', '\u{200b}'] {
        let at = rest.find(hidden).map(|at| rest[..at].lines().last());
        assert_eq!(at, None, "{hidden:?}");
    }
    assert!(rest.contains("⟨U+202E⟩") && rest.contains("⟨U+0000⟩"));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for page in [study().page(), Study::of(&["a", "b"], &["c"], 3).page()] {
        for tag in tags(&page) {
            for (name, value) in &tag.attributes {
                assert!(
                    !["src", "srcset", "action", "data", "poster", "background"]
                        .contains(&name.as_str()),
                    "{tag:?}"
                );
                if name == "href" {
                    assert!(value.starts_with('#'), "{tag:?}");
                }
                assert!(name != "style" || !value.contains("url("), "{tag:?}");
            }
        }
        let style = contents(&page, "style").concat();
        assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    }
}

#[test]
fn the_browser_is_told_to_run_only_our_scripts() {
    let page = study().page();
    let policy = tags(&page)
        .iter()
        .find(|tag| tag.get("http-equiv") == Some("Content-Security-Policy"))
        .unwrap()
        .get("content")
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    let scripts = policy.split("; ").find(|rule| rule.starts_with("script-src ")).unwrap();
    assert!(!scripts.contains("unsafe"), "{scripts}");
    // As a browser would: each script that would run is held against the hashes.
    let mut allowed: Vec<&str> = scripts.split(' ').skip(1).collect();
    let texts = contents(&page, "script");
    let elements: Vec<_> = tags(&page).into_iter().filter(|tag| tag.name == "script").collect();
    assert_eq!(texts.len(), elements.len());
    for (text, element) in texts.iter().zip(&elements) {
        if element.get("type").is_some() {
            continue;
        }
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text));
        let place = allowed.iter().position(|one| *one == format!("'sha256-{hash}'")).unwrap();
        allowed.remove(place);
    }
    assert!(allowed.is_empty(), "{allowed:?}");
}
