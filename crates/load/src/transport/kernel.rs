//! What must be asked of the kernel directly: when data arrived. The only
//! unsafe code of this crate is here.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::time::{ClockId, clock_gettime};
use tokenometer_core::Nanos;

/// The present instant on `CLOCK_REALTIME`, the clock of the kernel's stamps.
pub(crate) fn now() -> Nanos {
    nanos(clock_gettime(ClockId::Realtime))
}

/// A time of the kernel's as nanoseconds.
pub(crate) fn nanos(time: rustix::time::Timespec) -> Nanos {
    Nanos(time.tv_sec * 1_000_000_000 + time.tv_nsec)
}

/// Asks the kernel to stamp what arrives on a socket. Unix sockets refuse or
/// ignore it.
pub(crate) fn ask_for_stamps(socket: BorrowedFd<'_>) -> io::Result<()> {
    let flags: libc::c_uint = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    // SAFETY: the pointer and the length describe `flags`, which outlives the
    // call, and the descriptor is open for as long as it is borrowed.
    let status = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPING,
            (&raw const flags).cast(),
            size_of::<libc::c_uint>() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Room for one `SCM_TIMESTAMPING` message: a header and three times. Kept as
/// `u64`s for the alignment of a `cmsghdr`.
const CONTROL_WORDS: usize = 16;

/// Reads what has arrived, without waiting, and the kernel's stamp of its last
/// segment. No bytes mean that the peer has closed its side.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<(usize, Option<Nanos>)> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut control = [0_u64; CONTROL_WORDS];
    // SAFETY: a `msghdr` of zeros is a valid, empty one.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of::<[u64; CONTROL_WORDS]>();
    // SAFETY: `message` points to `part`, which describes `buffer`, and to
    // `control`; all of them outlive the call, and the lengths are theirs.
    let got = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) };
    let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
    Ok((got, stamp_in(&message)))
}

/// The software stamp among a message's control data.
fn stamp_in(message: &libc::msghdr) -> Option<Nanos> {
    // SAFETY: the kernel has filled `msg_control` and set `msg_controllen`; the
    // macros walk no further than that.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: not null, so it points to a header inside the control data.
        let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
        if level == libc::SOL_SOCKET && kind == libc::SCM_TIMESTAMPING {
            // SAFETY: a message of this kind holds three `timespec`s; the first
            // is the software stamp. The data may be unaligned.
            let time = unsafe { libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned() };
            let stamp = Nanos(time.tv_sec * 1_000_000_000 + time.tv_nsec);
            return (stamp != Nanos::ZERO).then_some(stamp);
        }
        // SAFETY: as above, `header` lies inside the control data of `message`.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

/// Segments that a TCP socket has sent, and how many of them again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segments {
    pub(crate) sent: u64,
    pub(crate) retransmitted: u64,
}

/// Where the two counts stand in the kernel's `struct tcp_info`
/// (linux/tcp.h), which grows only at its end; libc's own stops before them.
const TOTAL_RETRANSMITTED_AT: usize = 100;
const SEGMENTS_OUT_AT: usize = 136;
const TCP_INFO_BYTES: usize = 144;

/// Asks how many segments a socket has sent; `None` for what is no TCP socket.
pub(crate) fn segments(socket: BorrowedFd<'_>) -> Option<Segments> {
    let mut info = [0_u8; TCP_INFO_BYTES];
    let mut length = TCP_INFO_BYTES as libc::socklen_t;
    // SAFETY: pointer and length describe `info`, which outlives the call; the
    // kernel writes at most `length` bytes and says how many.
    let status = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if status != 0 || (length as usize) < TCP_INFO_BYTES {
        return None;
    }
    let word = |at: usize| {
        let bytes = info[at..at + 4].try_into().expect("four bytes are four bytes");
        u64::from(u32::from_ne_bytes(bytes))
    };
    Some(Segments { sent: word(SEGMENTS_OUT_AT), retransmitted: word(TOTAL_RETRANSMITTED_AT) })
}
