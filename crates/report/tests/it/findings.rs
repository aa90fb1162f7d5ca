//! What a study has found, in words, and on what that rests.

use proptest::prelude::*;
use tokenometer_core::Standing;
use tokenometer_core::verdict::{Answer, Best, Comparison, Noise, Twins};
use tokenometer_report::findings::Kind;
use tokenometer_report::measured::Measured;
use tokenometer_report::{Finding, Findings, Ground, findings};
use tokenometer_results::Traffic;

use crate::two_arms::{Study, answered, best, verdict};

fn found(study: &Study) -> Findings {
    let seen = study.seen();
    findings(&seen, &Measured::of(&seen), &study.digest)
}

/// The sentences of some kinds.
fn sentences(findings: &Findings, kinds: &[Kind]) -> Vec<String> {
    findings.of_kinds(kinds).map(|finding| finding.sentence.clone()).collect()
}

fn concluded(comparisons: Vec<Comparison>, best: Vec<Best>) -> Findings {
    found(&Study::concluded(comparisons, best))
}

/// The one finding of a kind about this.
fn about<'a>(findings: &'a Findings, topic: &str) -> &'a Finding {
    let of_topic = |finding: &&Finding| finding.topic == Some(topic);
    let mut all = findings.all.iter().filter(of_topic);
    let only = all.next().unwrap_or_else(|| panic!("nothing about {topic}: {findings:#?}"));
    assert_eq!(all.next(), None);
    only
}

const WORK: &str = "output_throughput";

#[test]
fn a_comparison_that_is_better_has_a_winner_and_says_what_it_rests_on() {
    let found = concluded(vec![answered("chat-c64", WORK, Answer::Better)], Vec::new());
    let all: Vec<&Finding> = found.of_kinds(&[Kind::Best, Kind::NoWinner]).collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].sentence, "chat-c64: by output tokens/s, sglang is best, before vllm.");
    assert_eq!(all[0].arms, ["sglang"]);
    let ground = Ground::Comparison {
        scenario: "chat-c64".to_owned(),
        metric: WORK.to_owned(),
        arm: "sglang".to_owned(),
        reference: "vllm".to_owned(),
    };
    assert_eq!(all[0].rests_on, [ground]);
    // The other way round it is the reference that has won.
    let found = concluded(vec![answered("chat-c64", WORK, Answer::Worse)], Vec::new());
    assert_eq!(found.all[0].arms, ["vllm"]);
}

#[test]
fn without_a_difference_that_is_sure_there_is_no_winner() {
    let cases = [
        (Answer::Equivalent { differ: true }, "sglang and vllm are equivalent."),
        (
            Answer::Undecided,
            "sglang and vllm are undecided (a new study of 9 blocks (7 to 14), 6 more than this \
             one, would resolve the margin).",
        ),
        (
            Answer::NotComparable { reasons: vec!["model: a, b".to_owned()] },
            "sglang and vllm are not comparable.",
        ),
        (Answer::Failed { arms: vec!["vllm".to_owned()] }, "vllm failed."),
        (
            Answer::Saturated { arms: vec!["sglang".to_owned(), "vllm".to_owned()] },
            "sglang and vllm couldn't keep up with the load.",
        ),
        (Answer::Invalid { arms: vec!["vllm".to_owned()] }, "trials of vllm are void."),
        (
            Answer::NoVerdict { reason: "too few blocks count".to_owned() },
            "no verdict, because too few blocks count.",
        ),
    ];
    for (answer, why) in cases {
        let found = concluded(vec![answered("chat-c64", WORK, answer)], Vec::new());
        let told = sentences(&found, &[Kind::NoWinner]);
        let expected = format!("chat-c64: by output tokens/s there is no winner: {why}");
        assert_eq!(told, [expected]);
        assert_eq!(found.of_kinds(&[Kind::Best, Kind::Use]).count(), 0, "{found:#?}");
    }
}

#[test]
fn the_best_of_all_pairs_has_not_won_what_the_study_leaves_open() {
    let sglang = || vec![best("chat-c64", WORK, &["sglang"])];
    let open = concluded(vec![answered("chat-c64", WORK, Answer::Undecided)], sglang());
    assert_eq!(open.of_kinds(&[Kind::Best]).count(), 0);
    let alike = Answer::Equivalent { differ: true };
    let alike = concluded(vec![answered("chat-c64", WORK, alike)], sglang());
    assert_eq!(alike.of_kinds(&[Kind::Best]).count(), 0);
    let both = vec![best("chat-c64", WORK, &["vllm", "sglang"])];
    let several = concluded(vec![answered("chat-c64", WORK, Answer::Undecided)], both);
    let told = sentences(&several, &[Kind::NoWinner]);
    assert!(!told[0].contains("no other"), "it would say nothing more: {told:?}");
}

#[test]
fn a_third_arm_that_was_not_compared_leaves_it_to_all_pairs() {
    let mut study = Study::concluded(vec![answered("chat-c64", WORK, Answer::Better)], Vec::new());
    let mut third = study.trials.iter().find(|trial| trial.scenario == "chat-c64").unwrap().clone();
    third.arm = "third".to_owned();
    study.trials.push(third);
    let told = |study: &Study| {
        let mut seen = study.seen();
        seen.arms.push("third");
        let measured = Measured::of(&seen);
        sentences(&findings(&seen, &measured, &study.digest), &[Kind::Best, Kind::NoWinner])
    };
    assert_eq!(
        told(&study),
        ["chat-c64: by output tokens/s there is no winner: sglang is better than vllm."]
    );
    let by_all_pairs = |study: &mut Study, arms: &[&str]| {
        study.verdict.as_mut().unwrap().best = vec![best("chat-c64", WORK, arms)];
    };
    by_all_pairs(&mut study, &["sglang", "third"]);
    assert_eq!(
        told(&study),
        ["chat-c64: by output tokens/s there is no winner: sglang is better than vllm; no other \
          is better than sglang and third."]
    );
    by_all_pairs(&mut study, &["sglang"]);
    assert_eq!(
        told(&study),
        ["chat-c64: by output tokens/s, sglang is best, before vllm and third."]
    );
}

#[test]
fn the_twin_of_an_arm_neither_wins_nor_has_to_be_beaten() {
    let mut study = Study::concluded(vec![answered("chat-c64", WORK, Answer::Better)], Vec::new());
    let mut twin = study.trials.iter().find(|trial| trial.scenario == "chat-c64").unwrap().clone();
    twin.arm = "again".to_owned();
    study.trials.push(twin);
    study.verdict.as_mut().unwrap().twins = Some(Twins {
        arms: ["vllm".to_owned(), "again".to_owned()],
        noise: Noise::Clean,
        resolvable_ratio: None,
    });
    let mut seen = study.seen();
    seen.arms.push("again");
    let found = findings(&seen, &Measured::of(&seen), &study.digest);
    assert_eq!(
        sentences(&found, &[Kind::Best, Kind::NoWinner]),
        ["chat-c64: by output tokens/s, sglang is best, before vllm."]
    );
}

#[test]
fn what_is_ranked_per_gpu_says_so() {
    let mut one = answered("chat-c64", WORK, Answer::Better);
    one.remarks.push("per GPU".to_owned());
    let told = |comparisons| sentences(&concluded(comparisons, Vec::new()), &[Kind::Best]);
    assert_eq!(
        told(vec![one.clone()]),
        ["chat-c64: by output tokens/s per GPU, sglang is best, before vllm."]
    );
    assert_eq!(
        told(vec![one, answered("chat-c64", WORK, Answer::Better)]),
        ["chat-c64: by output tokens/s (per GPU, where arms have different numbers of them), \
          sglang is best, before vllm."]
    );
}

#[test]
fn too_few_blocks_are_said_once() {
    let mut study = Study::concluded(
        vec![answered("chat-c1", WORK, Answer::Better), answered("chat-c64", WORK, Answer::Better)],
        Vec::new(),
    );
    study.verdict.as_mut().unwrap().rule.at_most = 2;
    let found = found(&study);
    let told = sentences(&found, &[Kind::Best, Kind::NoWinner, Kind::Use, Kind::OpenUse]);
    assert_eq!(
        told,
        ["No winner anywhere: a verdict needs 3 blocks at least, and two were planned. There are \
          only numbers."]
    );
}

#[test]
fn a_use_has_the_arm_that_won_what_it_asks_and_lost_nothing_of_it() {
    let found = concluded(
        vec![
            answered("chat-c1", "ttft_p50", Answer::Better),
            answered("chat-c64", "ttft_p50", Answer::Better),
            answered("chat-c1", "tpot_p50", Answer::Equivalent { differ: false }),
            // Only the highest load of a loop tells how much can be done.
            answered("chat-c1", WORK, Answer::Worse),
            answered("chat-c64", WORK, Answer::Better),
        ],
        Vec::new(),
    );
    let interactive = about(&found, "interactive");
    assert_eq!(
        (interactive.kind, interactive.arms.as_slice()),
        (Kind::Use, &["sglang".to_owned()][..])
    );
    assert_eq!(
        interactive.sentence,
        "For interactive use: sglang, which is best by median TTFT in chat-c1 and chat-c64; no \
         winner by median TPOT in chat-c1."
    );
    let work = about(&found, "throughput");
    assert_eq!(
        work.sentence,
        "For batch work and the most throughput: sglang, which is best by output tokens/s in \
         chat-c64."
    );
    assert_eq!(work.rests_on.len(), 1);
}

#[test]
fn a_use_that_is_split_or_open_or_unasked_has_no_arm() {
    let split = concluded(
        vec![
            answered("chat-c1", "ttft_p50", Answer::Better),
            answered("chat-c64", "ttft_p50", Answer::Worse),
        ],
        Vec::new(),
    );
    let told = about(&split, "interactive");
    assert_eq!(told.kind, Kind::OpenUse);
    assert_eq!(
        told.sentence,
        "For interactive use no arm alone: sglang is best by median TTFT in chat-c1; vllm is best \
         by median TTFT in chat-c64."
    );
    assert!(about(&split, "throughput").sentence.contains("the study asks for no verdict"));
    let open = concluded(
        vec![
            answered("chat-c64", WORK, Answer::Equivalent { differ: false }),
            answered("chat-c64", "total_throughput", Answer::Undecided),
        ],
        Vec::new(),
    );
    assert_eq!(
        about(&open, "throughput").sentence,
        "For batch work and the most throughput no arm has won: there is no winner by total \
         tokens/s in chat-c64; equivalent by output tokens/s in chat-c64."
    );
    // A rate decides how much is done.
    let at_a_rate = |trial: &mut tokenometer_results::Trial| {
        trial.load.traffic = Traffic::Open { rate: Some(2.0), burstiness: Some(1.0), cap: None };
    };
    let study = Study::concluded(vec![answered("chat-c64", WORK, Answer::Better)], Vec::new());
    let study = study.change("vllm", "chat-c64", at_a_rate).change("sglang", "chat-c64", at_a_rate);
    assert_eq!(about(&found(&study), "throughput").kind, Kind::OpenUse);
}

#[test]
fn no_arm_is_named_for_little_power() {
    let found = concluded(vec![answered("chat-c64", WORK, Answer::Better)], Vec::new());
    let power = about(&found, "power_limited");
    assert_eq!((power.kind, power.arms.len()), (Kind::OpenUse, 0));
    assert!(power.sentence.contains("no power was read"), "{power:?}");
}

#[test]
fn an_order_flips_only_between_two_that_are_decided() {
    let comparisons = |there: Answer| {
        vec![answered("chat-c1", WORK, Answer::Better), answered("chat-c64", WORK, there)]
    };
    let flips = |there| sentences(&concluded(comparisons(there), Vec::new()), &[Kind::Flip]);
    assert_eq!(
        flips(Answer::Worse),
        ["By output tokens/s the order of sglang and vllm flips: sglang is better in chat-c1, \
          vllm in chat-c64."]
    );
    assert!(flips(Answer::Undecided).is_empty());
    assert!(flips(Answer::Equivalent { differ: true }).is_empty());
    // Who is the reference makes no difference.
    let mut turned = comparisons(Answer::Better);
    let one = &mut turned[1];
    std::mem::swap(&mut one.arm, &mut one.reference);
    assert_eq!(sentences(&concluded(turned, Vec::new()), &[Kind::Flip]).len(), 1);
}

#[test]
fn a_peak_is_a_number_that_says_where_and_how_sure() {
    let study = Study::new().change("sglang", "chat-c64", |trial| {
        if trial.block == 3 {
            trial.validity.standing = Standing::Invalid;
        }
    });
    let found = found(&study);
    insta::assert_snapshot!(sentences(&found, &[Kind::Peak]).join("\n"));
    let ground = &found.of_kinds(&[Kind::Peak]).next().unwrap().rests_on[0];
    assert!(matches!(ground, Ground::Figure { blocks: 3, interval: Some(_), .. }), "{ground:?}");
}

/// What limits the second arm at its highest load.
fn limit(study: &Study) -> Finding {
    let found = found(study);
    let kinds = [Kind::Limit, Kind::UnknownLimit];
    let mut all = found.of_kinds(&kinds).filter(|finding| finding.arms == ["sglang"]);
    all.next().unwrap().clone()
}

/// A study whose second arm has these medians under the highest load, and no queue.
fn grown(ttft: f64, tpot: f64) -> Study {
    let study = Study::new().waiting("sglang", "chat-c64", 0.0);
    let study = study.change("sglang", "chat-c1", |trial| {
        trial.summary.ttft_ms.p50 = Some(10.0);
        trial.summary.tpot_ms.p50 = Some(10.0);
    });
    study.change("sglang", "chat-c64", |trial| {
        trial.summary.ttft_ms.p50 = Some(10.0 * ttft);
        trial.summary.tpot_ms.p50 = Some(10.0 * tpot);
    })
}

#[test]
fn what_limits_an_arm_is_told_with_its_evidence() {
    let near = |trial: &mut tokenometer_results::Trial| {
        trial.instrument.cpu_busy_shares = vec![0.63];
    };
    let cases = [
        ("client", grown(1.0, 1.0).change("sglang", "chat-c64", near)),
        ("queueing", grown(9.0, 1.0).waiting("sglang", "chat-c64", 12.5)),
        (
            "queueing",
            grown(1.0, 1.0).change("sglang", "chat-c64", |trial| {
                trial.validity.standing = Standing::Saturated;
            }),
        ),
        (
            "queueing",
            grown(1.0, 1.0).change("sglang", "chat-c64", |trial| {
                let rate = Some(4.0);
                trial.load.traffic = Traffic::Open { rate, burstiness: None, cap: Some(8) };
                trial.summary.lateness_ms.mean = Some(500.0);
                trial.summary.e2e_intended_ms.mean = Some(2500.0);
            }),
        ),
        ("prefill", grown(3.0, 1.1)),
        ("decode", grown(1.4, 1.6)),
    ];
    let mut told = Vec::new();
    for (topic, study) in &cases {
        let limit = limit(study);
        assert_eq!((limit.kind, limit.topic), (Kind::Limit, Some(*topic)), "{limit:?}");
        assert!(limit.rests_on.len() >= 3, "each block is named: {limit:?}");
        told.push(limit.sentence);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_the_evidence_does_not_show_is_not_known() {
    let in_one_block = |mut study: Study| {
        let one = study.trials.iter_mut();
        one.filter(|trial| {
            trial.block == 2 && trial.arm == "sglang" && trial.scenario == "chat-c64"
        })
        .for_each(|trial| trial.summary.ttft_ms.p50 = Some(10.0));
        study
    };
    let mut untold = grown(3.0, 1.0);
    untold.digest.trials.clear();
    let mut alone = grown(3.0, 1.0);
    alone.trials.retain(|trial| trial.scenario == "chat-c64");
    let mut sometimes = grown(3.0, 1.0);
    for (id, digest) in &mut sometimes.digest.trials {
        digest.readings[0].mean = Some(if id.block == 1 { 5.0 } else { 0.0 });
    }
    let studies = [
        // The engine doesn't tell of its queue.
        untold,
        // There is no lower load.
        alone,
        // Blocks disagree.
        sometimes,
        in_one_block(grown(3.0, 1.0)),
        // Nothing grew; both did.
        grown(1.1, 1.1),
        grown(4.0, 2.0),
    ];
    let told: Vec<String> = studies
        .iter()
        .map(|study| {
            let limit = limit(study);
            assert_eq!((limit.kind, limit.topic), (Kind::UnknownLimit, None), "{limit:?}");
            limit.sentence
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_arm_of_which_nothing_counts_has_no_limit_and_no_peak() {
    let void = |trial: &mut tokenometer_results::Trial| {
        trial.validity.standing = Standing::Invalid;
    };
    let study = Study::new().change("sglang", "chat-c1", void).change("sglang", "chat-c64", void);
    let found = found(&study);
    assert!(found.all.iter().all(|finding| finding.arms == ["vllm"]), "{found:#?}");
}

fn answers() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Better),
        Just(Answer::Worse),
        Just(Answer::Undecided),
        any::<bool>().prop_map(|differ| Answer::Equivalent { differ }),
        Just(Answer::NoVerdict { reason: "too few blocks count".to_owned() }),
    ]
}

proptest! {
    /// Whatever the means are, the words that rank arms are those of the verdict.
    #[test]
    fn no_word_that_ranks_hangs_on_a_mean(
        answers in prop::array::uniform4(answers()),
        factors in prop::collection::vec(0.01_f64..100.0, 12),
    ) {
        let [one, two, three, four] = answers;
        let comparisons = vec![
            answered("chat-c1", WORK, one),
            answered("chat-c64", WORK, two),
            answered("chat-c1", "ttft_p50", three),
            answered("chat-c64", "ttft_p50", four),
        ];
        let plain = Study { verdict: Some(verdict(comparisons, Vec::new())), ..Study::new() };
        let mut moved = Study::new();
        moved.verdict = plain.verdict.clone();
        for (trial, factor) in moved.trials.iter_mut().zip(&factors) {
            let summary = &mut trial.summary;
            for rate in [&mut summary.output_throughput, &mut summary.request_throughput] {
                *rate = rate.map(|rate| rate * factor);
            }
            for latency in [&mut summary.ttft_ms, &mut summary.tpot_ms, &mut summary.e2e_ms] {
                latency.p50 = latency.p50.map(|time| time / factor);
            }
        }
        let ranking = |study: &Study| -> Vec<Finding> {
            let ranks = |finding: &&Finding| {
                ["best", "better", "worse", "winner", "won"]
                    .iter()
                    .any(|word| finding.sentence.split(|c: char| !c.is_alphabetic()).any(|one| one == *word))
            };
            found(study).all.iter().filter(ranks).cloned().collect()
        };
        prop_assert_eq!(ranking(&plain), ranking(&moved));
        // What hangs on means ranks nobody.
        let kinds = [Kind::Peak, Kind::Limit, Kind::UnknownLimit];
        for finding in ranking(&moved) {
            prop_assert!(!kinds.contains(&finding.kind), "{finding:?}");
        }
    }
}
