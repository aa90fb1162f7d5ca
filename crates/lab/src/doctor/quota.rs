//! Whether a container's quota stops this process every now and then.

use std::path::Path;

use super::{Check, read};

const NAME: &str = "CPU quota";

pub(super) fn check(root: &Path) -> Check {
    const FREE: &str = "the kernel never stops the client for having used its share";
    match quota(root) {
        Some(cores) => Check::doubtful(
            NAME,
            format!("{cores:.2} processors' worth of time"),
            "when the quota is used up, the kernel stops every thread for tens of milliseconds, in \
             the middle of a measurement",
            "lift the quota (docker: --cpus, Kubernetes: limits.cpu) and bind to processors \
             instead (--cpuset-cpus, a static CPU policy)",
        ),
        None => Check::good(NAME, "none", FREE),
    }
}

/// The quota in processors, by either version of control groups.
fn quota(root: &Path) -> Option<f64> {
    let (quota, period) = match read(root, "sys/fs/cgroup/cpu.max") {
        Some(text) => {
            let (quota, period) = text.split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
        None => (
            read(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us")?,
            read(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us")?,
        ),
    };
    // "max", and -1 in the older form, set no limit.
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn both_forms_of_a_quota_are_read() {
        let old = |quota| {
            machine(&[
                ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota),
                ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ])
        };
        let new = |text| machine(&[("sys/fs/cgroup/cpu.max", text)]);
        for (root, status) in [
            (machine(&[]), Status::Good),
            (new("max 100000\n"), Status::Good),
            (new("150000 100000\n"), Status::Doubtful),
            (old("-1\n"), Status::Good),
            (old("50000\n"), Status::Doubtful),
        ] {
            assert_eq!(check(root.path()).status, status);
        }
        let root = new("150000 100000\n");
        assert_eq!(check(root.path()).saw, "1.50 processors' worth of time");
    }
}
