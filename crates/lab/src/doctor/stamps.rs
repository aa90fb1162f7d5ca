//! Does the kernel stamp what arrives? Tried on a TCP connection of this
//! machine with itself.

use std::io::{self, IoSliceMut, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::socket::sockopt::Timestamping;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, TimestampingFlag, Timestamps, recvmsg, setsockopt,
};

use super::{Check, at_quantile, micros};

const NAME: &str = "kernel stamps";
/// Messages that are sent.
const MESSAGES: usize = 200;
/// How many messages the kernel is given to begin: it switches stamping on for
/// all sockets at once, by and by.
const BEFORE_IT_BEGINS: usize = 500;
/// Between two messages.
const GAP: Duration = Duration::from_millis(1);

/// What came of the messages.
#[derive(Debug, Default)]
struct Tried {
    stamped: usize,
    /// From the stamp to our reading of it, in nanoseconds.
    delays: Vec<i64>,
}

pub(super) fn check() -> Check {
    match try_it() {
        Ok(mut tried) => {
            tried.delays.sort_unstable();
            judge(&tried)
        }
        Err(why) => Check::bad(
            NAME,
            format!("the kernel refused: {why}"),
            "arrivals are timed when the client gets to read them, so that a busy client makes \
             the server look slow",
            "use a Linux kernel with SO_TIMESTAMPING, outside of sandboxes such as gVisor",
        ),
    }
}

fn judge(tried: &Tried) -> Check {
    let delays = [0.5, 0.99].map(|quantile| at_quantile(&tried.delays, quantile));
    let after = match delays {
        [Some(median), Some(p99)] => {
            format!("; read {} after them (p50), {} (p99)", micros(median), micros(p99))
        }
        _ => String::new(),
    };
    let saw = format!("{} of {MESSAGES} messages stamped{after}", tried.stamped);
    if tried.stamped == MESSAGES {
        return Check::good(
            NAME,
            saw,
            "arrivals are timed by the kernel, however busy the client is",
        );
    }
    Check::bad(
        NAME,
        saw,
        "arrivals without a stamp are timed when the client gets to read them; gate I4 allows one \
         in a thousand",
        "use a Linux kernel with SO_TIMESTAMPING, outside of sandboxes such as gVisor",
    )
}

/// Sends messages to ourselves, and reads them with their stamps.
fn try_it() -> io::Result<Tried> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    sender.set_nodelay(true)?;
    let (receiver, _) = listener.accept()?;
    receiver.set_read_timeout(Some(Duration::from_secs(5)))?;
    let flags = TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
    setsockopt(&receiver, Timestamping, &flags)?;
    let mut exchange = || {
        thread::sleep(GAP);
        sender.write_all(b"1")?;
        receive(&receiver)
    };
    for _ in 0..BEFORE_IT_BEGINS {
        if exchange()?.is_some() {
            break;
        }
    }
    let mut tried = Tried::default();
    for _ in 0..MESSAGES {
        if let Some(stamp) = exchange()? {
            tried.stamped += 1;
            tried.delays.push(now() - stamp);
        }
    }
    Ok(tried)
}

/// Reads a message and its stamp, in nanoseconds since the Unix epoch.
fn receive(receiver: &TcpStream) -> io::Result<Option<i64>> {
    let mut buffer = [0; 16];
    let mut parts = [IoSliceMut::new(&mut buffer)];
    let mut control = nix::cmsg_space!(Timestamps);
    let flags = MsgFlags::empty();
    let message = recvmsg::<()>(receiver.as_raw_fd(), &mut parts, Some(&mut control), flags)?;
    let stamp = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampsns(stamps) => {
            let time = stamps.system;
            Some(time.tv_sec() * 1_000_000_000 + time.tv_nsec())
        }
        _ => None,
    });
    Ok(stamp.filter(|&stamp| stamp != 0))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn one_missing_stamp_is_told() {
        let delays: Vec<i64> = (1..=199).map(|delay| delay * 1000).collect();
        let check = judge(&Tried { stamped: 199, delays });
        assert_eq!(check.status, Status::Bad);
        assert_eq!(
            check.saw,
            "199 of 200 messages stamped; read 100.0 µs after them (p50), 198.0 µs (p99)"
        );
    }

    #[test]
    fn no_message_is_read_before_it_arrives() {
        let tried = try_it().unwrap();
        assert_eq!(tried.stamped, tried.delays.len());
        assert!(tried.delays.iter().all(|&delay| (0..10_000_000_000).contains(&delay)));
    }
}
