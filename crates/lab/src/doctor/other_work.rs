//! What else runs on this machine just now.

use std::path::Path;
use std::thread;

use super::{Check, read};

const NAME: &str = "other work";
/// The share of the processors that may be at work before anything begins.
const ALLOWED: f64 = 0.25;

pub(super) fn check(root: &Path) -> Check {
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    judge(read(root, "proc/loadavg").as_deref(), processors)
}

fn judge(load: Option<&str>, processors: usize) -> Check {
    let running = load
        .and_then(|text| text.split_ascii_whitespace().next())
        .and_then(|first| first.parse::<f64>().ok());
    let Some(running) = running else {
        return Check::unknown(
            NAME,
            "the kernel does not tell",
            "other programs may take time from the client",
        );
    };
    let saw =
        format!("{running:.2} threads at work over the last minute, on {processors} processors");
    if running <= ALLOWED * processors as f64 {
        return Check::good(NAME, saw, "the client has the machine to itself");
    }
    Check::doubtful(
        NAME,
        saw,
        "other programs take time from the client, and from an engine on this machine",
        "end them, or measure from a machine that idles",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn the_load_counts_by_the_processors() {
        assert_eq!(judge(Some("0.40 0.1 0.1 1/9 77"), 2).status, Status::Good);
        assert_eq!(judge(Some("0.60 0.1 0.1 1/9 77"), 2).status, Status::Doubtful);
        let root = machine(&[("proc/loadavg", "nonsense")]);
        assert_eq!(check(root.path()).status, Status::Unknown);
    }
}
