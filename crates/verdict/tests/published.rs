//! What published comparisons tell of how their arms were set up, held against the fields
//! in which arms may differ: which of them would have been ranked, and what would have
//! stood beside it. The page about fairness rests on this.
//!
//! Facts are in the words of each source; what it doesn't tell isn't there. Sources:
//! <https://github.com/staru09/llm_infra_bench>,
//! <https://github.com/sgl-project/sglang/tree/main/benchmark/benchmark_vllm_060>,
//! <https://github.com/sgl-project/sglang/blob/v0.2.14/benchmark/blog_v0_2/README.md>,
//! <https://github.com/Michaelvll/llm-ie-benchmarks>,
//! <https://github.com/dstackai/benchmarks>.

use tokenometer_verdict::comparability::{
    Comparability, Declared, Difference, FIELDS, Facts, Refusal, Rules, Tier, Track, compare,
};

/// An arm, by the names of what is known of it.
type Arm = &'static [(&'static str, &'static str)];

fn facts(arm: Arm) -> Facts {
    let mut facts = Facts::default();
    for (name, word) in arm {
        facts.word(name, Some(*word));
    }
    facts
}

fn free(arm: Arm, reference: Arm) -> Comparability {
    compare(&facts(arm), &facts(reference), &Rules::default())
}

fn matched(arm: Arm, reference: Arm) -> Comparability {
    compare(&facts(arm), &facts(reference), &Rules { track: Track::Matched, ..Rules::default() })
}

fn declaring(names: &[&str], arm: Arm, reference: Arm) -> Comparability {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let rules = Rules { differs: Declared::These(names), ..Rules::default() };
    compare(&facts(arm), &facts(reference), &rules)
}

fn refused(seen: &Comparability) -> Vec<&str> {
    seen.refusals.iter().map(|refusal| refusal.field().name).collect()
}

fn names(differences: &[Difference]) -> Vec<&str> {
    differences.iter().map(|difference| difference.field.name).collect()
}

#[test]
fn llm_infra_bench_compared_what_is_not_comparable() {
    const VLLM: Arm = &[
        ("model", "meta-llama/Llama-3.1-8B-Instruct"),
        ("streaming", "streamed"),
        ("route", "chat"),
        ("counting-rule", "lines of the stream"),
        ("gpu", "NVIDIA A100-SXM4-80GB"),
        ("gpu-count", "1"),
        ("activation-precision", "float16"),
        ("context", "4096"),
        ("graphs", "none"),
    ];
    const SGLANG: Arm = &[
        ("model", "meta-llama/Llama-3.1-8B-Instruct"),
        ("streaming", "whole"),
        ("route", "in its own process"),
        ("counting-rule", "words between blanks"),
        ("gpu", "NVIDIA A100-SXM4-80GB"),
        ("gpu-count", "1"),
        ("activation-precision", "bfloat16"),
        ("context", "131072"),
        ("graphs", "captured"),
    ];
    let seen = free(SGLANG, VLLM);
    let refusals = ["streaming", "route", "counting-rule", "activation-precision", "context"];
    assert_eq!(refused(&seen), refusals);
    assert_eq!(names(&seen.strategy), ["graphs"]);
    // What is declared as the budget leaves what has to be the same.
    let budget = declaring(&["activation-precision", "context"], SGLANG, VLLM);
    assert_eq!(refused(&budget), ["streaming", "route", "counting-rule"]);
    let told: Vec<String> = seen.refusals.iter().map(Refusal::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    streaming: whole against streamed
    route: in its own process against chat
    counting-rule: words between blanks against lines of the stream
    activation-precision: bfloat16 against float16
    context: 131072 against 4096
    ");
}

#[test]
fn a_context_for_one_side_is_refused() {
    // SGLang 0.3.0 against vLLM 0.6.0, Llama 3.1 8B on one A100.
    const SGLANG: Arm = &[
        ("counting-rule", "as asked for"),
        ("client", "sglang.bench_serving 0.3.0"),
        ("context", "131072"),
        ("prefix-cache", "off"),
        ("stream-interval", "1"),
        ("compilation", "torch.compile"),
    ];
    const VLLM: Arm = &[
        ("counting-rule", "as asked for"),
        ("client", "sglang.bench_serving 0.3.0"),
        ("context", "4096"),
        ("prefix-cache", "off"),
        ("stream-interval", "10"),
        ("compilation", "none"),
    ];
    let seen = free(SGLANG, VLLM);
    assert_eq!(refused(&seen), ["context"]);
    assert_eq!(names(&seen.strategy), ["stream-interval", "compilation"]);
    assert_eq!(
        seen.refusals[0].cure(),
        "make it the same in both, or declare `differs: [context]`"
    );
    assert_eq!(refused(&matched(SGLANG, VLLM)), ["context", "stream-interval", "compilation"]);
}

#[test]
fn a_default_that_decides_is_printed() {
    // Llama 3 70B in FP8 on eight H100s: nobody set how many sequences may run.
    const SGLANG: Arm = &[("max-num-seqs", "as many as fit"), ("precision", "fp8")];
    const VLLM: Arm = &[("max-num-seqs", "256"), ("precision", "fp8")];
    let seen = free(SGLANG, VLLM);
    assert!(seen.is_given());
    assert_eq!(names(&seen.strategy), ["max-num-seqs"]);
    assert_eq!(refused(&matched(SGLANG, VLLM)), ["max-num-seqs"]);
    // The room for keys and values isn't told, and isn't taken for alike.
    assert!(seen.unknown.iter().any(|field| field.name == "kv-capacity"));
    let strict = Rules { strict: true, ..Rules::default() };
    let seen = compare(&facts(SGLANG), &facts(VLLM), &strict);
    assert!(refused(&seen).contains(&"kv-capacity") && !refused(&seen).contains(&"max-num-seqs"));
}

#[test]
fn a_layout_of_its_own_is_printed() {
    // SkyPilot's DeepSeek-R1 on eight H200s.
    const VLLM: Arm = &[
        ("gpu-count", "8"),
        ("prefix-cache", "off"),
        ("parallel-layout", "tensor 8"),
        ("compilation", "one pass"),
    ];
    const SGLANG: Arm = &[
        ("gpu-count", "8"),
        ("prefix-cache", "off"),
        ("parallel-layout", "tensor 8, attention by 8 ranks of data"),
        ("compilation", "a pass before"),
    ];
    let seen = free(SGLANG, VLLM);
    assert!(seen.is_given());
    assert_eq!(names(&seen.strategy), ["parallel-layout", "compilation"]);
    assert_eq!(refused(&matched(SGLANG, VLLM)), ["parallel-layout", "compilation"]);
}

#[test]
fn another_client_is_refused() {
    // dstack's rows of TensorRT-LLM and of vLLM, both on eight H200s.
    const TENSORRT_LLM: Arm = &[
        ("client", "bench_serving, a later one with a column for p95"),
        ("gpu", "H200"),
        ("driver", "560.35.05"),
        ("context", "16384"),
    ];
    const VLLM: Arm = &[
        ("client", "bench_serving, dstack's"),
        ("gpu", "H200"),
        ("driver", "550.144.03"),
        ("context", "163840"),
    ];
    assert_eq!(refused(&free(TENSORRT_LLM, VLLM)), ["client", "context", "driver"]);
    let declared = declaring(&["client", "context", "driver"], TENSORRT_LLM, VLLM);
    assert_eq!(refused(&declared), ["client"], "nothing declares another client away");
}

#[test]
fn two_kinds_of_gpu_have_to_be_declared() {
    // dstack's SGLang on both machines, and vLLM, whose context was set on one of them.
    const H200: Arm = &[
        ("gpu", "H200"),
        ("gpu-count", "8"),
        ("host", "2 x Xeon Platinum 8570"),
        ("driver", "CUDA 550.144.03"),
    ];
    const MI300X: Arm = &[
        ("gpu", "MI300X"),
        ("gpu-count", "8"),
        ("host", "2 x Xeon Platinum 8468"),
        ("driver", "ROCm 6.8.5"),
    ];
    assert_eq!(refused(&free(MI300X, H200)), ["gpu", "host", "driver"]);
    assert_eq!(refused(&declaring(&["gpu"], MI300X, H200)), ["host", "driver"]);
    let declared = declaring(&["gpu", "host", "driver"], MI300X, H200);
    assert!(declared.is_given());
    assert_eq!(names(&declared.declared), ["gpu", "host", "driver"]);

    const OF_MODEL: Arm = &[("gpu", "H200"), ("context", "163840")];
    const SET: Arm = &[("gpu", "MI300X"), ("context", "32768")];
    assert_eq!(refused(&declaring(&["gpu"], SET, OF_MODEL)), ["context"]);
}

#[test]
fn the_page_about_fairness_has_every_field_in_its_tier() {
    let page = include_str!("../../../docs/fairness.md");
    for tier in [Tier::Identity, Tier::Budget, Tier::Strategy] {
        let names = FIELDS.iter().filter(|field| field.tier == tier).map(|field| field.name);
        let list = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", tier.name())));
        let found = row.and_then(|row| row.rsplit(" | ").next());
        assert_eq!(found, Some(format!("{list} |").as_str()), "{}", tier.name());
    }
}
