//! The port that an engine is to listen on.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::TcpListener;

use rustix::process::Pid;
use thiserror::Error;

use super::table;

/// Where ports begin that no usual service has.
const FIRST: u16 = 10_240;
/// How many ports are tried before the kernel is asked for one.
const TRIES: usize = 64;

/// Who has a port, as far as this machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process's number; unknown where it belongs to another user, or to
    /// another container.
    pub pid: Option<u32>,
    /// The beginning of its command.
    pub command: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, &self.command) {
            (Some(pid), Some(command)) => write!(f, "process {pid} ({command})"),
            (Some(pid), None) => write!(f, "process {pid}"),
            (None, _) => f.write_str("a process that can't be seen from here"),
        }
    }
}

/// A port that an engine can't have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("port {port} of {host} is taken by {holder}; end that, or choose another port")]
pub struct PortTaken {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Who has it.
    pub holder: Holder,
}

/// A port of this host that nothing uses.
///
/// It lies below the range from which the kernel serves outgoing connections:
/// an engine may take minutes until it binds its port, and thousands of
/// connections may be made meanwhile. Only where no such port is free the
/// kernel chooses one.
///
/// # Errors
/// The host is no address of this machine.
pub fn free_port(host: &str) -> io::Result<u16> {
    let span = usize::from(outgoing_begin().saturating_sub(FIRST));
    for _ in 0..TRIES.min(span) {
        let offset = RandomState::new().build_hasher().finish() as usize % span;
        let port = FIRST + u16::try_from(offset).expect("an offset within a range of ports");
        if TcpListener::bind((host, port)).is_ok() {
            return Ok(port);
        }
    }
    Ok(TcpListener::bind((host, 0))?.local_addr()?.port())
}

/// Where the range of ports for outgoing connections begins.
fn outgoing_begin() -> u16 {
    const USUAL: u16 = 32_768;
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    range.split_ascii_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(USUAL)
}

/// Who has this port, if anybody has. A port that can't be had for another
/// reason, such as a host that is not this machine, is not taken: the engine
/// itself says best what is wrong then.
pub fn port_taken(host: &str, port: u16) -> Option<PortTaken> {
    match TcpListener::bind((host, port)) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Some(PortTaken { host: host.to_owned(), port, holder: holder(port) })
        }
        Ok(_) | Err(_) => None,
    }
}

fn holder(port: u16) -> Holder {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let lines = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
    let mut sockets: Vec<(bool, String)> = lines
        .filter_map(socket)
        .filter(|found| found.port == port)
        .map(|found| (found.listens, found.inode))
        .collect();
    // Who listens comes before who merely has a connection from there.
    sockets.sort_by_key(|(listens, _)| !listens);
    let owners = sockets.iter().find_map(|(_, inode)| owner(inode));
    Holder {
        pid: owners.map(|pid| pid.as_raw_pid().unsigned_abs()),
        command: owners.and_then(table::name),
    }
}

/// One line of the table of sockets.
struct Socket {
    port: u16,
    listens: bool,
    inode: String,
}

/// Reads a line such as
/// `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 …`.
fn socket(line: &str) -> Option<Socket> {
    /// The state of a socket that listens.
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    Some(Socket {
        port: u16::from_str_radix(port, 16).ok()?,
        listens: *fields.get(3)? == LISTEN,
        inode: (*fields.get(9)?).to_owned(),
    })
}

/// A process that has the socket open.
fn owner(inode: &str) -> Option<Pid> {
    let link = format!("socket:[{inode}]");
    let has = |pid: &Pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|target| target.as_os_str() == link.as_str())
    };
    table::all().into_iter().map(|entry| entry.pid).find(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_had_and_a_taken_one_says_by_whom() {
        let port = free_port("127.0.0.1").unwrap();
        assert_eq!(port_taken("127.0.0.1", port), None);
        let held = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let taken = port_taken("127.0.0.1", port).unwrap();
        assert_eq!(taken.holder.pid, Some(std::process::id()));
        assert!(taken.to_string().contains(&format!("port {port} of 127.0.0.1")), "{taken}");
        drop(held);
        assert_eq!(port_taken("127.0.0.1", port), None);
    }

    #[test]
    fn a_free_port_lies_where_no_outgoing_connection_begins() {
        // On a machine whose whole range is for outgoing connections there is
        // no such port, and the kernel chooses.
        if outgoing_begin() > FIRST {
            assert!((FIRST..outgoing_begin()).contains(&free_port("127.0.0.1").unwrap()));
        }
        assert!(free_port("203.0.113.1").is_err());
    }

    #[test]
    fn a_line_of_the_table_of_sockets_is_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 \
                    00000000     0        0 12345 1 0000 100 0 0 10 0";
        let found = socket(line).unwrap();
        assert_eq!((found.port, found.listens, found.inode.as_str()), (8080, true, "12345"));
        assert!(socket("").is_none());
    }
}
