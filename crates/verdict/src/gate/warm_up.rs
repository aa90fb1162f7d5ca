//! W6: was the engine warm when it was measured? Compilation, graph capture and
//! caches make the first requests slow; prompts that it knows already make the
//! measured ones fast.

use tokenometer_core::{Gate, GateClass};

use super::{LATENCIES, PREFILLS, Rule, THROUGHPUTS, withholding};
use crate::evidence::{Evidence, WarmUp};
use crate::thresholds::Thresholds;
use crate::warm_up::has_settled;
use crate::wording::{digits, ms, percent, s};

const WARM: Rule = Rule::new("W6", "warm-up", GateClass::Work);

/// W6: was the engine warm?
pub(super) fn w6_warm_up(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let Some(warm_up) = evidence.warm_up.as_ref().filter(|warm_up| warm_up.requests > 0) else {
        return WARM.unknown("nothing was sent before the window (--warmup-requests)");
    };
    let saw = format!(
        "{} requests in {}, {}",
        warm_up.requests,
        s(warm_up.length.as_secs_f64()),
        last_batches(warm_up, thresholds)
    );
    if let Some(fault) = cold(warm_up, thresholds) {
        let gate = WARM.failed(format!("{saw}; {fault}"), STILL_COLD);
        return withholding(withholding(gate, LATENCIES), THROUGHPUTS);
    }
    // What was sent before costs less only where a cache has found it.
    let is_harmless =
        evidence.cache.hit_share.is_some_and(|hit| hit <= thresholds.cold_cache_share);
    if let Some(repeated @ 1..) = warm_up.repeated.filter(|_| !is_harmless) {
        let fault = format!("{repeated} of the measured prompts had been sent in it (limit 0)");
        return withholding(WARM.failed(format!("{saw}; {fault}"), KNOWN_PROMPTS), PREFILLS);
    }
    match gap(warm_up, thresholds) {
        Some(gap) => WARM.unknown(format!("{saw}: {gap}")),
        None if warm_up.compiled.is_none() => {
            WARM.passed(format!("{saw}; its log, which might tell of compiling, is not seen"))
        }
        None => WARM.passed(saw),
    }
}

const KNOWN_PROMPTS: &str = "prompts of the warm-up were measured again, so the engine may have \
    found them in its cache; give the data set more rows, or ask for fewer requests";

/// What shows that the engine was not warm yet.
fn cold(warm_up: &WarmUp, thresholds: &Thresholds) -> Option<String> {
    if let Some(Some(line)) = &warm_up.compiled {
        return Some(format!("after them its log says `{line}`"));
    }
    if warm_up.saw_every_class == Some(false) {
        return Some("it saw none of some lengths of prompts that were measured".to_owned());
    }
    let is_unsettled = has_settled(&warm_up.batches, thresholds) == Some(false);
    is_unsettled.then(|| "its pace was still changing".to_owned())
}

const STILL_COLD: &str = "the engine may have compiled, captured graphs or filled caches while it \
    was measured, so the first requests are slower than the rest; warm up longer with \
    --warmup-requests";

/// What would have to be known to call the engine warm.
fn gap(warm_up: &WarmUp, thresholds: &Thresholds) -> Option<String> {
    if has_settled(&warm_up.batches, thresholds).is_none() {
        return Some("too little to see whether its pace had settled".to_owned());
    }
    if warm_up.length < thresholds.warm_up_floor {
        let floor = s(thresholds.warm_up_floor.as_secs_f64());
        return Some(format!("under {floor} a slow compilation may be missed"));
    }
    if warm_up.saw_every_class.is_none() {
        return Some("the lengths of the measured prompts are not known".to_owned());
    }
    None
}

/// The figures of the batches that decide.
fn last_batches(warm_up: &WarmUp, thresholds: &Thresholds) -> String {
    let (have, want) = (warm_up.batches.len(), thresholds.warm_up_batches);
    if have < want {
        return format!("{have} whole batches (at least {want})");
    }
    let last = &warm_up.batches[have - want..];
    let list = |figure: &dyn Fn(usize) -> Option<String>| {
        let shown = (0..want).map(|i| figure(i).unwrap_or_else(|| "?".to_owned()));
        shown.collect::<Vec<_>>().join(", ")
    };
    format!(
        "last batches {} tokens/s, TPOT {} (within {})",
        list(&|i| last[i].tokens_per_second.map(digits)),
        list(&|i| last[i].tpot_p50_ms.map(ms)),
        percent(thresholds.warm_up_spread)
    )
}
