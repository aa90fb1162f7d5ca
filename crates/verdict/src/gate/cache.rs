//! W3: was the prefix cache as warm as the workload makes it? A prompt that is
//! found in it costs nearly nothing, so that a cache which still holds an earlier
//! load makes an engine look faster than it is.

use tokenometer_core::{Gate, GateClass};

use super::{PREFILLS, Rule, withholding};
use crate::evidence::Evidence;
use crate::thresholds::Thresholds;
use crate::wording::percent;

const CACHE: Rule = Rule::new("W3", "prefix cache", GateClass::Work);

/// W3: was the cache as warm as the workload makes it?
pub(super) fn w3_prefix_cache(evidence: &Evidence, thresholds: &Thresholds) -> Gate {
    let cache = &evidence.cache;
    let Some(hit) = cache.hit_share else {
        return CACHE.unknown("the server does not tell how many prompt tokens it had cached");
    };
    let Some(expected) = cache.expected_share else {
        return CACHE.unknown(format!(
            "{} of prompt tokens came from the cache; what to expect is not known",
            percent(hit)
        ));
    };
    let (most, limit) = match cache.cold {
        true => {
            let most = expected + thresholds.cold_cache_share;
            (most, format!("limit {}", percent(most)))
        }
        false => {
            let limit = format!("limit ± {}", percent(thresholds.cache_share));
            (expected + thresholds.cache_share, limit)
        }
    };
    let saw = format!(
        "{} of prompt tokens came from the cache; by their common prefixes {} would ({limit})",
        percent(hit),
        percent(expected)
    );
    let is_too_cold = !cache.cold && hit < expected - thresholds.cache_share;
    if hit <= most && !is_too_cold {
        return CACHE.passed(saw);
    }
    if cache.unknown_template {
        return CACHE.unknown(format!(
            "{saw}: a chat template adds the same words to every prompt, and is not known here \
             (--tokenizer)"
        ));
    }
    withholding(CACHE.failed(saw, if is_too_cold { TOO_COLD } else { TOO_WARM }), PREFILLS)
}

const TOO_WARM: &str = "the cache held more than this workload puts there, so prefill was cheaper \
    than in a run of its own; restart the engine or empty its cache between runs, and use another \
    --seed than the run before";

const TOO_COLD: &str = "the cache held less than this workload shares, so prefill was dearer than \
    it would be with room for all of it: its cache is off, too small, or finds no prefixes of \
    requests that run at the same time; see its options, and how much of its KV cache is in use";
