//! What stands on the page.

use tokenometer_core::verdict::Answer;
use tokenometer_core::{Gate, GateClass, GateStatus, Standing};

use crate::made::{Came, Study, answered, digest, environment, id, start, verdict};
use crate::markup::{contents, readable, tags};
use crate::sample::{all_failed, doubtful};

const PAIR: [&str; 2] = ["sglang", "vllm"];

/// A small study in which everything is found that a page may tell.
fn study() -> Study {
    let mut study = Study::of(&["vllm", "sglang"], &["chat-c8"], 3);
    let mut not_comparable = answered("chat-c8", PAIR, Answer::Undecided);
    not_comparable.metric = "ttft_p50".to_owned();
    not_comparable.sentence = "chat-c8: what is said of TTFT.".to_owned();
    not_comparable.blocks[2].left_out = Some("the trial is void".to_owned());
    study.verdict = Some(verdict(vec![answered("chat-c8", PAIR, Answer::Better), not_comparable]));
    let ours = study.trial(3, "vllm", "chat-c8");
    let void = doubtful();
    ours.validity = void.validity;
    ours.instrument = void.instrument;
    study.digest.trials.insert(id(1, "vllm", "chat-c8"), digest(3, "Once upon a time"));
    study.digest.starts = vec![start(1, "vllm"), start(1, "sglang")];
    study.digest.environment = Some(environment());
    study.digest.voids = vec![("2-vllm-chat-c8~1".to_owned(), "the client was busy".to_owned())];
    study.digest.troubles = vec!["the counters of block 2 can't be read".to_owned()];
    study.notes = vec![("sglang".to_owned(), "its kernels are a stand-in".to_owned())];
    study
}

#[test]
fn the_page_of_a_small_study() {
    insta::assert_snapshot!(readable(&study().page()));
}

/// The text from the beginning of a part to its end.
fn part<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.find(&format!("<section id=\"{id}\"")).unwrap();
    &page[begin..begin + page[begin..].find("</section>").unwrap()]
}

#[test]
fn the_parts_stand_in_their_order_below_one_title() {
    let page = study().page();
    let parts = [
        "verdict",
        "results",
        "validity",
        "findings",
        "charts-of-study",
        "setup",
        "trials",
        "repeat",
    ];
    let places: Vec<usize> =
        parts.iter().map(|id| page.find(&format!("<section id=\"{id}\"")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    let levels: Vec<u32> =
        tags(&page).iter().filter_map(|tag| tag.name.strip_prefix('h')?.parse().ok()).collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn a_link_leads_somewhere_and_a_name_is_given_once() {
    let page = study().page();
    let tags = tags(&page);
    let mut ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for tag in &tags {
        let named = ["aria-labelledby", "href"].into_iter().filter_map(|name| tag.get(name));
        for target in named {
            assert!(ids.contains(&target.trim_start_matches('#')), "{target}");
        }
    }
    for table in page.split("<table").skip(1) {
        assert!(table.split("</table>").next().unwrap().contains("<caption"), "{table:.200}");
    }
}

#[test]
fn what_failed_or_was_never_come_to_is_said_and_has_no_number() {
    let mut study = Study::of(&["vllm", "sglang"], &["chat-c8"], 2);
    study.interrupted = true;
    *study.trial(1, "vllm", "chat-c8") =
        tokenometer_results::Trial { scenario: "chat-c8".to_owned(), ..all_failed() };
    study.cells[1].1 = Came::Failed { phase: "start".to_owned(), why: "no device".to_owned() };
    study.cells[3].1 = Came::Missing;
    let page = study.page();
    let verdict = part(&page, "verdict");
    assert!(verdict.contains("INTERRUPTED"), "{verdict}");
    assert!(verdict.contains("No verdict: nothing was compared."), "{verdict}");
    let validity = part(&page, "validity");
    for words in
        ["failed in start", "no device", "failed as it did the work", "100.0 %, allowed 1 %"]
    {
        assert!(validity.contains(words), "{words}: {validity}");
    }
    assert!(part(&page, "trials").contains("it was never come to"));
    // Of sglang no block counts: its cell has a dash and says why.
    let results = part(&page, "results");
    assert!(results.contains("0 of 2 blocks: 1 failed, 1 missing"), "{results}");
}

#[test]
fn a_single_run_compares_nothing() {
    let page = Study::of(&["vllm"], &["chat-c8"], 1).page();
    let verdict = part(&page, "verdict");
    assert!(verdict.contains("No verdict: one arm was measured"), "{verdict}");
    assert!(verdict.contains("<dt>output throughput (tokens/s)</dt><dd>3,026</dd>"), "{verdict}");
    for word in ["better", "worse", "best"] {
        assert!(!verdict.contains(word), "{word}: {verdict}");
    }
    assert!(!part(&page, "results").contains("primary metric"));
}

#[test]
fn many_answers_are_summed_up_and_folded() {
    let names: Vec<String> = (1..=16).map(|load| format!("chat-c{load}")).collect();
    let scenarios: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut study = Study::of(&["vllm", "sglang"], &scenarios, 3);
    let comparisons = scenarios.iter().enumerate().map(|(place, scenario)| {
        let answer = if place == 0 { Answer::Worse } else { Answer::Better };
        answered(scenario, PAIR, answer)
    });
    study.verdict = Some(verdict(comparisons.collect()));
    let page = study.page();
    let verdict = part(&page, "verdict");
    assert!(verdict.contains("<summary>All 16 answers</summary>"), "{verdict:.2000}");
    assert!(verdict.contains("× 15"), "{verdict:.2000}");
}

#[test]
fn a_trial_that_does_not_count_gives_the_tables_nothing() {
    let mut study = Study::of(&["vllm"], &["chat-c8"], 1);
    let trial = study.trial(1, "vllm", "chat-c8");
    trial.summary.output_throughput = Some(987_654.0);
    trial.validity.standing = Standing::Invalid;
    let page = study.page();
    assert!(!part(&page, "results").contains("987,654"));
    assert!(part(&page, "trials").contains("987,654"));
}

#[test]
fn what_a_gate_withholds_gives_the_tables_nothing_and_they_say_why() {
    let mut study = Study::of(&["vllm", "sglang"], &["chat-c8"], 1);
    let trial = study.trial(1, "vllm", "chat-c8");
    trial.summary.output_throughput = Some(987_654.0);
    let gate = Gate {
        id: "W5".to_owned(),
        name: "steady".to_owned(),
        class: GateClass::Work,
        status: GateStatus::Failed,
        saw: "tokens/s changed by 12 %".to_owned(),
        advice: None,
        withholds: vec!["output_throughput".to_owned()],
    };
    trial.validity.gates.push(gate);
    let page = study.page();
    let results = part(&page, "results");
    assert!(!results.contains("987,654"));
    assert!(results.contains("withheld by W5 steady"), "{results:.3000}");
    assert!(part(&page, "trials").contains("987,654"));
}

#[test]
fn a_ratio_per_gpu_says_so() {
    let mut study = Study::of(&["vllm", "sglang"], &["chat-c8"], 3);
    let mut worse = answered("chat-c8", PAIR, Answer::Worse);
    worse.remarks = vec!["per GPU".to_owned()];
    study.verdict = Some(verdict(vec![worse]));
    // The word's own ratio, in both tables. The other figure beside it is a latency, of which
    // no GPU has a share.
    assert_eq!(part(&study.page(), "results").matches("per GPU").count(), 2);
}

#[test]
fn a_chart_of_the_study_has_its_words_its_data_and_what_is_drawn() {
    let page = study().page();
    let charts = part(&page, "charts-of-study");
    let names: Vec<String> = tags(charts)
        .iter()
        .filter(|tag| tag.get("class").is_some_and(|class| class.starts_with("chart")))
        .filter_map(|tag| tag.get("data-chart").map(str::to_owned))
        .collect();
    assert!(!names.is_empty());
    let data = contents(&page, "script").into_iter().find(|text| text.starts_with("{\"chart-"));
    let specs: serde_json::Value = serde_json::from_str(data.unwrap()).unwrap();
    let specs = specs.as_object().unwrap();
    assert_eq!(specs.len(), names.len());
    for (name, figure) in names.iter().zip(contents(charts, "figure")) {
        assert!(specs[name]["data"].is_array(), "{name}");
        assert!(specs[name]["layout"].is_object(), "{name}");
        assert!(figure.contains("class=\"csv\""), "{name}: {figure}");
        let csv = contents(figure, "pre")[0];
        let columns = csv.lines().next().unwrap().matches(',').count();
        assert!(columns > 0 && csv.lines().count() > 1, "{name}: {csv}");
    }
}
