//! How many connections the limit on open files allows.

use rustix::process::{Resource, Rlimit, getrlimit};

use super::Check;

const NAME: &str = "open files";
/// Files that are needed beside the connections.
const BESIDE: u64 = 64;
/// Connections that common loads need.
const ENOUGH: u64 = 1024;

pub(super) fn check() -> Check {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    judge(current, maximum)
}

fn judge(current: Option<u64>, maximum: Option<u64>) -> Check {
    let Some(hard) = maximum else {
        return Check::good(NAME, "no limit", "any number of requests can be in flight");
    };
    let connections = hard.saturating_sub(BESIDE);
    let now = current.unwrap_or(hard);
    let saw = format!("{now} now, {hard} at most: {connections} connections at once");
    if connections >= ENOUGH {
        return Check::good(NAME, saw, "the limit is raised by itself where a load needs it");
    }
    Check::doubtful(
        NAME,
        saw,
        "loads with more requests in flight can't be measured",
        "raise the hard limit: LimitNOFILE= of the service, /etc/security/limits.conf, or docker \
         --ulimit nofile=65536",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn the_hard_limit_decides() {
        assert_eq!(judge(Some(1024), Some(4096)).status, Status::Good);
        assert_eq!(judge(None, None).status, Status::Good);
        let low = judge(Some(256), Some(1024));
        assert_eq!(low.status, Status::Doubtful);
        assert_eq!(low.saw, "256 now, 1024 at most: 960 connections at once");
    }
}
