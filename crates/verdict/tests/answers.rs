//! Whole studies, made up, and what is said of them.

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use tokenometer_core::summary::Goodput;
use tokenometer_core::verdict::{Answer, Noise, Verdict};
use tokenometer_core::{Gate, GateClass, GateStatus, Ranked, Standing, Summary, Tail, Validity};
use tokenometer_verdict::answer::{
    CellSeen, Contrast, Ending, Planned, ScenarioSeen, StudySeen, TrialSeen, conclude, is_decided,
    is_out_of_reach, is_wanting,
};
use tokenometer_verdict::comparability::{Declared, Facts, Rules};

/// A trial of which only what matters is known.
#[derive(Clone)]
struct Made {
    standing: Standing,
    summary: Summary,
    gates: Vec<Gate>,
    facts: Facts,
    natural_stops: bool,
    gpus: Option<f64>,
    numbers_only: Option<String>,
    noise_floor: Option<f64>,
}

/// A trial with this many output tokens a second, and a median TTFT of a tenth of that.
fn trial(throughput: f64) -> Made {
    let ranked = Ranked { p50: Tail::At(throughput / 10.0), ..Ranked::default() };
    let summary = Summary {
        output_throughput: Some(throughput),
        request_throughput: Some(throughput / 50.0),
        output_tokens: Some(5000),
        outcomes: BTreeMap::from([("ok".to_owned(), 100)]),
        ranked: BTreeMap::from([("ttft_ms".to_owned(), ranked)]),
        ..Summary::default()
    };
    Made {
        standing: Standing::Valid,
        summary,
        gates: Vec::new(),
        facts: Facts::default(),
        natural_stops: false,
        gpus: None,
        numbers_only: None,
        noise_floor: None,
    }
}

/// What came of a cell.
#[derive(Clone)]
enum Came {
    Trial(Box<Made>),
    Failed,
    Missing,
}

fn came(made: Made) -> Came {
    Came::Trial(Box::new(made))
}

/// Arms with what came of each block, in one scenario.
struct Told {
    arms: Vec<(&'static str, Vec<Came>)>,
    primary: Vec<&'static str>,
    twins: bool,
    rules: Rules,
    from: Option<u32>,
    is_open: bool,
    is_burst: bool,
    attain: Option<f64>,
}

impl Told {
    fn of(arms: &[(&'static str, &[f64])]) -> Told {
        let blocks = |values: &[f64]| values.iter().map(|value| came(trial(*value))).collect();
        Told {
            arms: arms.iter().map(|(name, values)| (*name, blocks(values))).collect(),
            primary: Vec::new(),
            twins: false,
            rules: Rules::default(),
            from: None,
            is_open: false,
            is_burst: false,
            attain: None,
        }
    }

    /// Changes every trial of an arm.
    fn change(mut self, arm: usize, change: impl Fn(&mut Made)) -> Told {
        for came in &mut self.arms[arm].1 {
            if let Came::Trial(made) = came {
                change(made);
            }
        }
        self
    }

    fn conclude(&self) -> Verdict {
        let blocks = self.arms[0].1.len() as u32;
        let names: Vec<String> = self.arms.iter().map(|(name, _)| (*name).to_owned()).collect();
        let validities: Vec<Vec<Validity>> =
            self.arms.iter().map(|(_, all)| validity(all)).collect();
        let mut cells = Vec::new();
        for ((arm, all), validities) in self.arms.iter().zip(&validities) {
            for (at, (came, validity)) in all.iter().zip(validities).enumerate() {
                cells.push(CellSeen {
                    block: at as u32 + 1,
                    arm: (*arm).to_owned(),
                    scenario: "chat-c8".to_owned(),
                    ending: ending(came, validity),
                });
            }
        }
        let contrast =
            |arm: usize| Contrast { arm: names[arm].clone(), reference: names[0].clone() };
        let family = if self.twins { 1..names.len() - 1 } else { 1..names.len() };
        let study = StudySeen {
            name: "made up".to_owned(),
            simulated: Vec::new(),
            rehearsal: false,
            scenarios: vec![ScenarioSeen {
                name: "chat-c8".to_owned(),
                arms: names.clone(),
                is_open: self.is_open,
                is_burst: self.is_burst,
                has_objectives: self.attain.is_some(),
            }],
            contrasts: family.map(contrast).collect(),
            twins: self.twins.then(|| contrast(names.len() - 1)),
            arms: names.clone(),
            primary: self.primary.iter().map(|name| (*name).to_owned()).collect(),
            attain: self.attain,
            prompt_offsets: BTreeMap::new(),
            plan: Planned {
                alpha: 0.05,
                margin: 0.02,
                margin_points: 0.01,
                from: self.from,
                at_most: blocks.max(5),
                blocks,
            },
            rules: self.rules.clone(),
            cells,
            agreements: Vec::new(),
        };
        conclude(&study)
    }
}

fn validity(all: &[Came]) -> Vec<Validity> {
    let of = |came: &Came| match came {
        Came::Trial(made) => Validity { standing: made.standing, gates: made.gates.clone() },
        Came::Failed | Came::Missing => Validity { standing: Standing::Valid, gates: Vec::new() },
    };
    all.iter().map(of).collect()
}

fn ending<'a>(came: &'a Came, validity: &'a Validity) -> Ending<'a> {
    match came {
        Came::Failed => Ending::Failed("it never listened".to_owned()),
        Came::Missing => Ending::Missing("the study was stopped".to_owned()),
        Came::Trial(made) => Ending::Measured(Box::new(TrialSeen {
            validity,
            summary: &made.summary,
            facts: made.facts.clone(),
            numbers_only: made.numbers_only.clone(),
            gpus: made.gpus,
            natural_stops: made.natural_stops,
            noise_floor: made
                .noise_floor
                .map(|floor| ("output_throughput".to_owned(), floor))
                .into_iter()
                .collect(),
        })),
    }
}

const SLOW: &[f64] = &[1000.0, 1010.0, 990.0, 1005.0, 995.0];
const FAST: &[f64] = &[1200.0, 1215.0, 1190.0, 1200.0, 1195.0];
const ALIKE: &[f64] = &[1001.0, 1009.0, 991.0, 1004.0, 996.0];
const WILD: &[f64] = &[900.0, 1200.0, 1000.0, 1100.0, 950.0];

fn only(verdict: &Verdict) -> (&Answer, &str) {
    assert_eq!(verdict.comparisons.len(), 1);
    (&verdict.comparisons[0].answer, &verdict.comparisons[0].sentence)
}

#[test]
fn every_word_is_a_sentence() {
    let told = |arm: &'static [f64]| Told::of(&[("vllm", SLOW), ("sglang", arm)]).conclude();
    let sentences = [FAST, ALIKE, WILD, &[1009.0, 1019.5, 999.0, 1014.0, 1004.0]]
        .map(|arm| only(&told(arm)).1.to_owned());
    insta::assert_snapshot!(sentences.join("\n"), @r"
    chat-c8: sglang is better than vllm: output tokens/s higher by 20.0 % [19.6, 20.4].
    chat-c8: sglang and vllm are equivalent: output tokens/s +0.02 % [-0.12, +0.16].
    chat-c8: undecided between sglang and vllm: output tokens/s +2.45 % [-10.6, +17.4]; a study of 244 blocks (127 to 911) would resolve the margin.
    chat-c8: sglang and vllm are equivalent: output tokens/s +0.91 % [+0.78, +1.04]; a difference of 0.91 % is real but below the margin.
    ");
    let slower = Told::of(&[("sglang", FAST), ("vllm", SLOW)]).conclude();
    insta::assert_snapshot!(only(&slower).1, @"chat-c8: vllm is worse than sglang: output tokens/s lower by 16.7 % [16.4, 17.0].");
}

#[test]
fn an_open_loop_is_about_latency_where_less_is_better() {
    let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)]);
    told.is_open = true;
    let verdict = told.conclude();
    assert_eq!(verdict.comparisons.len(), 2);
    assert_eq!(verdict.comparisons[0].answer, Answer::Worse);
    // Nothing is known of TPOT here, and the family doesn't shrink for it.
    assert!(matches!(verdict.comparisons[1].answer, Answer::NoVerdict { .. }));
    assert_eq!(verdict.rule.family, 2);
    insta::assert_snapshot!(verdict.comparisons[0].sentence, @"chat-c8: sglang is worse than vllm: median TTFT higher by 20.0 % [19.5, 20.6].");
    insta::assert_snapshot!(verdict.comparisons[1].sentence, @"chat-c8: no verdict on median TPOT: 0 blocks count, and a verdict needs 3 at least (the arm: it is absent).");
}

#[test]
fn latencies_of_a_burst_are_places_in_a_queue() {
    let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)]);
    (told.is_burst, told.primary) = (true, vec!["output_throughput", "ttft_p50"]);
    let verdict = told.conclude();
    assert_eq!(verdict.comparisons[0].answer, Answer::Better);
    let Answer::NotComparable { reasons } = &verdict.comparisons[1].answer else { panic!() };
    assert!(reasons[0].starts_with("load: all requests are due at once"), "{reasons:?}");
}

#[test]
fn arms_that_differ_where_they_must_not_are_not_ranked() {
    let told = |rules: Rules| {
        let mut told = Told::of(&[("bf16", SLOW), ("fp8", FAST)])
            .change(0, |made| {
                made.facts.word("precision", Some("bf16"));
            })
            .change(1, |made| {
                made.facts.word("precision", Some("fp8"));
            });
        told.rules = rules;
        told.conclude()
    };
    let refused = told(Rules::default());
    assert!(matches!(only(&refused).0, Answer::NotComparable { .. }) && is_wanting(&refused));
    assert_eq!(refused.comparisons[0].effect, None, "nothing is hinted at");
    insta::assert_snapshot!(only(&refused).1, @"chat-c8: fp8 and bf16 are not comparable: precision: fp8 against bf16; make it the same in both, or declare `differs: [precision]`.");
    let declared = Declared::These(vec!["precision".to_owned()]);
    let allowed = told(Rules { differs: declared, ..Rules::default() });
    insta::assert_snapshot!(only(&allowed).1, @"chat-c8: fp8 is better than bf16: output tokens/s higher by 20.0 % [19.6, 20.4] (as declared: precision fp8 against bf16).");
    let idle = Declared::These(vec!["precision".to_owned(), "gpu".to_owned()]);
    let alike = Told {
        rules: Rules { differs: idle, ..Rules::default() },
        ..Told::of(&[("one", SLOW), ("other", FAST)])
            .change(0, |made| {
                made.facts.word("gpu", Some("h100"));
            })
            .change(1, |made| {
                made.facts.word("gpu", Some("h100"));
            })
    };
    assert_eq!(alike.conclude().idle_declarations, ["gpu"]);
}

#[test]
fn different_numbers_of_gpus_are_ranked_per_gpu_alone() {
    let mut told = Told::of(&[("one", SLOW), ("two", FAST)])
        .change(0, |made| {
            made.facts.word("gpu-count", Some("1"));
        })
        .change(1, |made| {
            made.facts.word("gpu-count", Some("2"));
        });
    told = told.change(0, |made| made.gpus = Some(1.0)).change(1, |made| made.gpus = Some(2.0));
    told.rules.differs = Declared::All;
    told.primary = vec!["output_throughput", "ttft_p50"];
    let verdict = told.conclude();
    assert_eq!(verdict.comparisons[0].answer, Answer::Worse);
    assert!(matches!(verdict.comparisons[1].answer, Answer::NotComparable { .. }));
    insta::assert_snapshot!(verdict.comparisons[0].sentence, @"chat-c8: two is worse than one: output tokens/s per GPU lower by 40.0 % [39.7, 40.3] (as declared: gpu-count 2 against 1).");
    // As a number a latency is what it is: no GPU has a share of it.
    told.primary = vec!["output_throughput"];
    let verdict = told.conclude();
    let ttft = verdict.others.iter().find(|other| other.metric == "ttft_p50").unwrap();
    let ratio = FAST.iter().sum::<f64>() / SLOW.iter().sum::<f64>();
    assert!((ttft.effect / ratio - 1.0).abs() < 0.01, "{ttft:?}");
}

#[test]
fn an_arm_that_fails_does_not_disappear() {
    let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)]);
    told.arms[1].1[2] = Came::Failed;
    let once = told.conclude();
    assert_eq!(*only(&once).0, Answer::Better, "one block in five is left out");
    assert_eq!(
        once.comparisons[0].blocks[2].left_out.as_deref(),
        Some("an arm has no numbers in it")
    );
    told.arms[1].1[3] = Came::Failed;
    let twice = told.conclude();
    assert_eq!(*only(&twice).0, Answer::Failed { arms: vec!["sglang".to_owned()] });
    let failing = Told::of(&[("vllm", SLOW), ("sglang", FAST)])
        .change(0, |made| made.standing = Standing::Failed);
    assert_eq!(*only(&failing.conclude()).0, Answer::Failed { arms: vec!["vllm".to_owned()] });
}

#[test]
fn what_cannot_keep_up_is_ranked_by_throughput_alone() {
    let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)])
        .change(0, |made| made.standing = Standing::Saturated);
    told.primary = vec!["output_throughput", "ttft_p50"];
    let verdict = told.conclude();
    assert_eq!(verdict.comparisons[0].answer, Answer::Better);
    assert_eq!(verdict.comparisons[1].answer, Answer::Saturated { arms: vec!["vllm".to_owned()] });
}

#[test]
fn void_trials_and_missing_ones_leave_no_verdict() {
    let void = Told::of(&[("vllm", SLOW), ("sglang", FAST)])
        .change(0, |made| made.standing = Standing::Invalid)
        .conclude();
    assert_eq!(*only(&void).0, Answer::Invalid { arms: vec!["vllm".to_owned()] });
    let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)]);
    for block in 1..4 {
        told.arms[0].1[block] = Came::Missing;
    }
    let missing = told.conclude();
    insta::assert_snapshot!(only(&missing).1, @"chat-c8: no verdict on output tokens/s: 2 blocks count, and a verdict needs 3 at least (an arm has no numbers in it).");
    assert!(is_wanting(&missing) && !is_decided(&missing));
    let two = Told::of(&[("vllm", &[1.0, 1.0]), ("sglang", &[2.0, 2.0])]).conclude();
    insta::assert_snapshot!(only(&two).1, @"chat-c8: no verdict on output tokens/s: 2 blocks count, and a verdict needs 3 at least.");
}

#[test]
fn what_a_gate_withholds_decides_nothing() {
    let withheld = Gate {
        id: "W2".to_owned(),
        name: "counts".to_owned(),
        class: GateClass::Work,
        status: GateStatus::Failed,
        saw: String::new(),
        advice: None,
        withholds: vec!["output_throughput".to_owned()],
    };
    let verdict = Told::of(&[("vllm", SLOW), ("sglang", FAST)])
        .change(1, |made| made.gates = vec![withheld.clone()])
        .conclude();
    assert!(matches!(only(&verdict).0, Answer::NoVerdict { .. }));
    let why = verdict.comparisons[0].blocks[0].left_out.as_deref();
    assert_eq!(why, Some("the arm: withheld by W2 counts"));
}

#[test]
fn trials_that_are_too_short_carry_no_verdict() {
    let short = Gate {
        id: "W4".to_owned(),
        name: "enough".to_owned(),
        class: GateClass::Work,
        status: GateStatus::Failed,
        saw: String::new(),
        advice: None,
        withholds: Vec::new(),
    };
    let with = |status: GateStatus| {
        Told::of(&[("vllm", SLOW), ("sglang", FAST)])
            .change(1, |made| made.gates = vec![Gate { status, ..short.clone() }])
            .conclude()
    };
    let verdict = with(GateStatus::Failed);
    assert!(matches!(only(&verdict).0, Answer::NoVerdict { .. }));
    let why = verdict.comparisons[0].blocks[0].left_out.as_deref();
    assert_eq!(why, Some("the arm: withheld by W4 enough"));
    // A rehearsal waives it.
    assert_eq!(*only(&with(GateStatus::Waived)).0, Answer::Better);
}

#[test]
fn natural_stops_are_compared_only_where_answers_are_as_long() {
    let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)]).change(1, |made| {
        made.natural_stops = true;
        made.summary.output_tokens = Some(5200);
    });
    told.primary = vec!["output_throughput", "request_throughput"];
    let verdict = told.conclude();
    assert_eq!(verdict.comparisons[0].answer, Answer::Better, "tokens are tokens");
    insta::assert_snapshot!(verdict.comparisons[1].sentence, @"chat-c8: sglang and vllm are not comparable: lengths: answers end of themselves, and those of one arm are 4.0 % longer; ask for an exact length, or rank by tokens.");
}

#[test]
fn a_client_too_coarse_for_the_answer_gives_none() {
    let with = |floor: f64, arm: &'static [f64]| {
        Told::of(&[("vllm", SLOW), ("sglang", arm)])
            .change(0, |made| made.noise_floor = Some(floor))
            .conclude()
    };
    // Half of 2 % of 1000 tokens a second, and a quarter of the 18 % between the arms.
    assert!(matches!(only(&with(11.0, ALIKE)).0, Answer::NoVerdict { .. }));
    assert!(matches!(only(&with(9.0, ALIKE)).0, Answer::Equivalent { .. }));
    assert_eq!(*only(&with(40.0, FAST)).0, Answer::Better);
    insta::assert_snapshot!(only(&with(50.0, FAST)).1, @"chat-c8: no verdict on output tokens/s: the client itself is off by 5.05 % of this metric on this schedule, and 4.56 % is allowed here.");
}

#[test]
fn twins_judge_the_study() {
    let told = |twin: &'static [f64]| {
        let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST), ("vllm-again", twin)]);
        told.twins = true;
        told.conclude()
    };
    let clean = told(ALIKE);
    assert_eq!(clean.twins.as_ref().unwrap().noise, Noise::Clean);
    assert_eq!(*only(&clean).0, Answer::Better);
    let noisy = told(WILD);
    assert_eq!(noisy.twins.as_ref().unwrap().noise, Noise::Noisy);
    assert_eq!(*only(&noisy).0, Answer::Better, "the interval carries the noise already");
    let biased = told(FAST);
    assert_eq!(biased.twins.as_ref().unwrap().noise, Noise::Biased);
    assert!(matches!(only(&biased).0, Answer::NoVerdict { .. }) && is_wanting(&biased));
}

#[test]
fn the_best_are_those_than_which_none_is_better() {
    let verdict = Told::of(&[("a", SLOW), ("b", FAST), ("c", ALIKE), ("d", FAST)]).conclude();
    assert_eq!(verdict.best[0].arms, ["b", "d"]);
    let mut broken = Told::of(&[("a", SLOW), ("b", FAST), ("c", ALIKE)]);
    broken.arms[2].1 = vec![Came::Missing; 5];
    assert!(broken.conclude().best.is_empty(), "the best of some isn't the best");
}

#[test]
fn other_metrics_are_numbers_without_a_word() {
    let verdict = Told::of(&[("vllm", SLOW), ("sglang", FAST)]).conclude();
    let other = |name: &str| verdict.others.iter().find(|other| other.metric == name).unwrap();
    assert!((other("request_throughput").effect - 1.2).abs() < 0.01);
    assert!(verdict.others.iter().all(|other| other.metric != "output_throughput"));
}

#[test]
fn objectives_are_met_in_every_block_or_not_at_all() {
    let share = |made: &mut Made, share: f64| {
        made.summary.goodput = Some(Goodput { attainment: Some(share), ..Goodput::default() });
    };
    let mut told = Told::of(&[("a", &[1.0, 1.0, 1.0]), ("b", &[1.0, 1.0, 1.0])]);
    told.attain = Some(0.99);
    told = told.change(0, |made| share(made, 0.995)).change(1, |made| share(made, 0.5));
    let seen = |told: &Told| {
        let verdict = told.conclude();
        let met: Vec<_> = verdict.objectives.iter().map(|one| (one.met, one.least)).collect();
        (met, is_out_of_reach(&verdict))
    };
    let missed = (Some(false), Some(0.5));
    assert_eq!(seen(&told), (vec![(Some(true), Some(0.995)), missed], false));
    // One block is enough, and where no arm is left that has met them, they are out of reach.
    let Came::Trial(first) = &mut told.arms[0].1[0] else { unreachable!() };
    share(first, 0.98);
    assert_eq!(seen(&told), (vec![(Some(false), Some(0.98)), missed], true));
    // What failed has met nothing; what is missing or void says nothing.
    told.arms[0].1[0] = Came::Failed;
    assert_eq!(seen(&told).0[0], (Some(false), Some(0.0)));
    told.arms[0].1 = vec![Came::Missing, Came::Missing, Came::Missing];
    assert_eq!(seen(&told), (vec![(None, None), missed], false));
}

#[test]
fn goodputs_are_compared_only_where_every_block_has_enough_good_requests() {
    let good = |made: &mut Made, good: u64| {
        let second = made.summary.output_throughput.unwrap() / 50.0;
        made.summary.goodput =
            Some(Goodput { good: Some(good), per_second: Some(second), ..Goodput::default() });
    };
    let mut told = Told::of(&[("a", &[100.0, 101.0, 99.0]), ("b", &[120.0, 121.0, 119.0])]);
    told.primary = vec!["goodput"];
    told = told.change(0, |made| good(made, 20)).change(1, |made| good(made, 25));
    assert_eq!(only(&told.conclude()).0, &Answer::Better);
    // One block with too few is enough: the others would be those in which things went well.
    let Came::Trial(first) = &mut told.arms[1].1[0] else { unreachable!() };
    good(first, 19);
    let verdict = told.conclude();
    let Answer::NoVerdict { reason } = only(&verdict).0 else { panic!("{verdict:?}") };
    assert!(reason.contains("fewer than 20 requests"), "{reason}");
    assert!(reason.starts_with("0 blocks count"), "{reason}");
}

#[test]
fn what_was_simulated_faster_than_the_clock_has_no_verdict() {
    let verdict = Told::of(&[("vllm", SLOW), ("sglang", FAST)])
        .change(1, |made| made.numbers_only = Some("it ran at 50 times the clock".to_owned()))
        .conclude();
    insta::assert_snapshot!(only(&verdict).1, @"chat-c8: no verdict on output tokens/s: it ran at 50 times the clock.");
}

#[test]
fn nothing_at_all_panics_nowhere() {
    let empty = Told::of(&[("vllm", &[]), ("sglang", &[])]).conclude();
    assert!(matches!(only(&empty).0, Answer::NoVerdict { .. }));
    let zero = Told::of(&[("vllm", &[0.0; 5]), ("sglang", &[0.0; 5])]).conclude();
    assert!(matches!(only(&zero).0, Answer::NoVerdict { .. }));
    let mut failed = Told::of(&[("vllm", SLOW), ("sglang", FAST)]);
    failed.arms.iter_mut().for_each(|(_, all)| *all = vec![Came::Failed; 5]);
    assert!(matches!(only(&failed.conclude()).0, Answer::Failed { .. }));
}

#[test]
fn strict_studies_want_every_gate_evaluated() {
    let unknown = Gate {
        id: "W3".to_owned(),
        name: "prefix cache".to_owned(),
        class: GateClass::Work,
        status: GateStatus::Unknown,
        saw: String::new(),
        advice: None,
        withholds: Vec::new(),
    };
    let with = |strict: bool| {
        let mut told = Told::of(&[("vllm", SLOW), ("sglang", FAST)])
            .change(1, |made| made.gates = vec![unknown.clone()]);
        told.rules.strict = strict;
        told.conclude()
    };
    let loose = with(false);
    assert_eq!(*only(&loose).0, Answer::Better);
    for unverified in ["W3 prefix cache", "I8 noise floor"] {
        assert!(loose.comparisons[0].unverified.iter().any(|name| name == unverified));
    }
    let Answer::NotComparable { reasons } = only(&with(true)).0.clone() else { panic!() };
    assert!(reasons.iter().any(|reason| reason.starts_with("W3 prefix cache: ")), "{reasons:?}");
}
