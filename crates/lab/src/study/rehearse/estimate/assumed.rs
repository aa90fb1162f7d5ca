//! What an estimate has to assume, all of it. No simulation knows how long an
//! engine takes to start: that depends on disks, on caches of compiled code, on the
//! network. Whoever knows their machine better changes the numbers here.

use std::time::Duration;

/// How fast weights come from a disk into the memory of all GPUs, in bytes a second:
/// what one good NVMe disk reads.
const WEIGHTS_A_SECOND: f64 = 2e9;

/// What an engine's start takes beside its weights, by its profile: Python and CUDA,
/// compilation, the memory's profile, the capture of graphs.
const STARTS: [(&str, Duration); 8] = [
    ("vllm", Duration::from_secs(60)),
    ("sglang", Duration::from_secs(45)),
    ("trtllm", Duration::from_secs(90)),
    ("lmdeploy", Duration::from_secs(30)),
    ("tgi", Duration::from_secs(45)),
    ("llamacpp", Duration::from_secs(5)),
    ("transformers", Duration::from_secs(20)),
    ("openai", Duration::ZERO),
];

/// The same for an engine that isn't among them.
const OTHER_START: Duration = Duration::from_secs(60);

/// What our own engine's start takes.
pub(super) const OWN_START: Duration = Duration::from_secs(1);

/// The batches after which a warm-up is taken to have settled: as many as are
/// compared (W6).
pub(super) const BATCHES: u32 = 3;

/// The shortest warm-up that can be called settled (W6).
pub(super) const SHORTEST_WARM_UP: Duration = Duration::from_secs(10);

/// How long an engine takes to start, with so many bytes of weights.
pub(super) fn start(engine: &str, weight_bytes: f64) -> Duration {
    let known = STARTS.iter().find(|(name, _)| *name == engine);
    let fixed = known.map_or(OTHER_START, |(_, fixed)| *fixed);
    // A server that somebody else has started reads no weights.
    if fixed.is_zero() {
        return fixed;
    }
    fixed + Duration::from_secs_f64(weight_bytes / WEIGHTS_A_SECOND)
}

/// What is said of the starts of these engines.
pub(super) fn told(engines: &[&str]) -> String {
    let parts: Vec<String> = engines
        .iter()
        .map(|engine| format!("{engine} {} s", start(engine, 0.0).as_secs()))
        .collect();
    format!(
        "an engine starts within {}, and reads its weights at {} GB a second",
        parts.join(", "),
        WEIGHTS_A_SECOND / 1e9
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_has_a_fixed_part_and_reads_weights() {
        assert_eq!(start("vllm", 16e9), Duration::from_secs(68));
        assert_eq!(start("mine", 16e9), Duration::from_secs(68));
        assert_eq!(start("openai", 16e9), Duration::ZERO);
        let told = told(&["vllm", "sglang"]);
        assert_eq!(
            told,
            "an engine starts within vllm 60 s, sglang 45 s, and reads its weights at 2 GB a second"
        );
    }
}
