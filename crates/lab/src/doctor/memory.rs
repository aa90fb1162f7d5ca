//! Whether there is memory enough, and none of it on a disk.

use std::path::Path;

use super::{Check, read};

const NAME: &str = "memory";
/// What the largest common runs need, prompts and bodies included, in bytes.
const ENOUGH: u64 = 1 << 30;

pub(super) fn check(root: &Path) -> Check {
    let text = read(root, "proc/meminfo").unwrap_or_default();
    let (available, total) = (field(&text, "MemAvailable"), field(&text, "MemTotal"));
    let (Some(available), Some(total)) = (available, total) else {
        return Check::unknown(
            NAME,
            "the kernel does not tell",
            "a long run may need more than there is",
        );
    };
    let swap = |name| field(&text, name).unwrap_or(0);
    let swapped = swap("SwapTotal").saturating_sub(swap("SwapFree"));
    let saw = format!(
        "{:.1} of {:.1} GiB free, {:.1} GiB swapped out",
        gibibytes(available),
        gibibytes(total),
        gibibytes(swapped)
    );
    if available < ENOUGH {
        return Check::doubtful(
            NAME,
            saw,
            "a large run may be swapped out, or be ended by the kernel",
            "free some, or measure fewer requests at once",
        );
    }
    Check::good(NAME, saw, "a run of 10,000 requests needs some tens of MiB")
}

/// A field of `/proc/meminfo`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
    let kibibytes: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn what_is_free_decides() {
        let with = |available: u64| {
            let text = format!(
                "MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n\
                 SwapTotal: 1048576 kB\nSwapFree: 524288 kB\n"
            );
            check(machine(&[("proc/meminfo", &text)]).path())
        };
        let enough = with(2_097_152);
        assert_eq!(enough.status, Status::Good);
        assert_eq!(enough.saw, "2.0 of 8.0 GiB free, 0.5 GiB swapped out");
        assert_eq!(with(1_000).status, Status::Doubtful);
        assert_eq!(check(machine(&[]).path()).status, Status::Unknown);
    }
}
