//! How the kernel chooses the processors' clock.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Check, read};

const NAME: &str = "CPU governor";

pub(super) fn check(root: &Path) -> Check {
    let governors = governors(root);
    let saw = governors.iter().cloned().collect::<Vec<_>>().join(", ");
    if governors.is_empty() {
        return Check::unknown(
            NAME,
            "none to be seen",
            "the host of a virtual machine, or the firmware, chooses the clock",
        );
    }
    if governors.iter().all(|governor| governor == "performance") {
        return Check::good(NAME, saw, "the processors keep their highest clock");
    }
    Check::doubtful(
        NAME,
        saw,
        "after a pause the processors wake up slow, so that the first answers of a burst look \
         late",
        "sudo cpupower frequency-set --governor performance",
    )
}

/// The governors in use.
fn governors(root: &Path) -> BTreeSet<String> {
    const PROCESSORS: &str = "sys/devices/system/cpu";
    let entries = fs::read_dir(root.join(PROCESSORS)).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name();
            read(root, &format!("{PROCESSORS}/{}/cpufreq/scaling_governor", name.display()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn one_processor_that_saves_power_is_enough() {
        let of = |cpu: usize| format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor");
        let with = |second| machine(&[(&of(0), "performance\n"), (&of(1), second)]);
        assert_eq!(check(with("performance\n").path()).status, Status::Good);
        let mixed = check(with("powersave\n").path());
        assert_eq!(
            (mixed.status, mixed.saw.as_str()),
            (Status::Doubtful, "performance, powersave")
        );
        assert_eq!(check(machine(&[]).path()).status, Status::Unknown);
    }
}
