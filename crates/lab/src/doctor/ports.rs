//! How many connections there can be to one target, and how many may wait at
//! one on this machine.

use std::path::Path;

use super::{Check, read};

/// Connections that a load without a cap on them may use up: each that is
/// closed keeps its port for a minute.
const ENOUGH_PORTS: u32 = 10_000;
/// Connections that begin at once in common loads.
const ENOUGH_WAITING: u32 = 1024;

/// The range of ports that outgoing connections are given.
pub(super) fn range(root: &Path) -> Check {
    const NAME: &str = "ports";
    let text = read(root, "proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = text.split_ascii_whitespace().filter_map(|end| end.parse::<u32>().ok());
    let (Some(first), Some(last)) = (ends.next(), ends.next()) else {
        return Check::unknown(
            NAME,
            "the kernel does not tell",
            "a load that opens many connections may run out of them",
        );
    };
    let count = (last + 1).saturating_sub(first);
    let saw = format!("{first} to {last}: {count} connections to one target");
    if count >= ENOUGH_PORTS {
        return Check::good(NAME, saw, "enough, since connections are used again");
    }
    Check::doubtful(
        NAME,
        saw,
        "a server that closes its connections uses them up, and the next requests are refused",
        "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'",
    )
}

/// How many connections may wait until a server on this machine accepts them.
pub(super) fn backlog(root: &Path) -> Check {
    const NAME: &str = "listen queue";
    let Some(waiting) =
        read(root, "proc/sys/net/core/somaxconn").and_then(|text| text.parse::<u32>().ok())
    else {
        return Check::unknown(
            NAME,
            "the kernel does not tell",
            "a burst of new connections to a server on this machine may be delayed",
        );
    };
    let saw = format!("{waiting} connections");
    if waiting >= ENOUGH_WAITING {
        return Check::good(NAME, saw, "a server on this machine can be met by a burst");
    }
    Check::doubtful(
        NAME,
        saw,
        "of a burst of new connections to a server on this machine some are delayed by a second",
        "sudo sysctl -w net.core.somaxconn=4096",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::machine;

    #[test]
    fn few_ports_and_a_short_queue_are_told() {
        let with = |ports, queue| {
            let root = machine(&[
                ("proc/sys/net/ipv4/ip_local_port_range", ports),
                ("proc/sys/net/core/somaxconn", queue),
            ]);
            (range(root.path()), backlog(root.path()))
        };
        let (ports, queue) = with("32768\t60999\n", "4096\n");
        assert_eq!((ports.status, queue.status), (Status::Good, Status::Good));
        assert_eq!(ports.saw, "32768 to 60999: 28232 connections to one target");
        let (ports, queue) = with("60000\t60999\n", "128\n");
        assert_eq!((ports.status, queue.status), (Status::Doubtful, Status::Doubtful));
        let (ports, queue) = with("", "");
        assert_eq!((ports.status, queue.status), (Status::Unknown, Status::Unknown));
    }
}
