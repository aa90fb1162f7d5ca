//! What an engine's options mean to the simulation that plays it.

use serde_json::{Map, Value};

use crate::study::simulated::ACCEPTANCE;

/// How many tokens are drafted a step.
pub(super) const DRAFTS: &str = "num-speculative-tokens";

/// The options that mean the same to an engine and to its simulation.
pub(super) const CARRIED: [&str; 8] = [
    "max-num-seqs",
    "max-num-batched-tokens",
    "block-size",
    "prefix-cache",
    "memory-share",
    "max-model-len",
    DRAFTS,
    "stream-interval",
];

/// The options that say on how many GPUs an engine runs; their product.
const GPUS: [&str; 3] = ["tensor-parallel", "pipeline-parallel", "data-parallel"];

/// SGLang's flag with which `data-parallel` shares the GPUs of `tensor-parallel`.
pub(super) const SHARES_GPUS: &str = "--enable-dp-attention";

/// The GPUs of an engine with these options.
pub(super) fn gpus(options: &Map<String, Value>, shares: bool) -> u32 {
    let counted = GPUS.iter().filter(|key| !(shares && **key == "data-parallel"));
    let count = |key: &&str| u32::try_from(options.get(*key)?.as_u64()?).ok();
    counted.filter_map(count).product()
}

/// The options that a simulation has too.
pub(super) fn carried(options: &Map<String, Value>) -> Map<String, Value> {
    let known = options.iter().filter(|(key, _)| CARRIED.contains(&key.as_str()));
    let mut carried: Map<String, Value> =
        known.map(|(key, value)| (key.clone(), value.clone())).collect();
    // A simulation has to be told how many drafts are accepted.
    if options.get(DRAFTS).and_then(Value::as_u64).is_some_and(|drafts| drafts > 0) {
        carried.insert("acceptance".to_owned(), ACCEPTANCE.into());
    }
    carried
}

/// The options that it has not, and that don't say on how many GPUs it runs.
pub(super) fn left_out(options: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let is_known = |key: &str| CARRIED.contains(&key) || GPUS.contains(&key);
    options.keys().map(String::as_str).filter(move |key| !is_known(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parallel_sizes_multiply_unless_they_share() {
        let Value::Object(options) = json!({
            "tensor-parallel": 4, "data-parallel": 2, "max-num-seqs": 8, "precision": "fp8",
        }) else {
            unreachable!()
        };
        assert_eq!(gpus(&options, false), 8);
        assert_eq!(gpus(&options, true), 4);
        assert_eq!(gpus(&Map::new(), false), 1);
        assert_eq!(Value::Object(carried(&options)), json!({ "max-num-seqs": 8 }));
        assert_eq!(left_out(&options).collect::<Vec<_>>(), ["precision"]);
    }
}
