//! The clock, and what the socket interface offers only in C: receiving with
//! the kernel's own time stamp. The only module with `unsafe` in it; nothing
//! here knows what the bytes mean.

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{Ipv4Addr, UdpSocket};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::Duration;

use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};
use tokenometer_core::Nanos;

/// The instant on `CLOCK_REALTIME`, which is the clock of the kernel's stamps.
pub(crate) fn now() -> Nanos {
    let time = clock_gettime(ClockId::Realtime);
    Nanos(time.tv_sec * 1_000_000_000 + time.tv_nsec)
}

/// Asks the kernel to stamp whatever arrives on this socket, and on those that
/// are accepted from it, since they inherit the option.
pub(crate) fn stamp_arrivals(socket: impl AsFd) -> io::Result<()> {
    let flags: libc::c_uint = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    // SAFETY: the descriptor is open for the length of the call, and the
    // pointer and length describe `flags`, a live integer of the size that the
    // kernel reads for this option.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPING,
            (&raw const flags).cast(),
            mem::size_of_val(&flags) as libc::socklen_t,
        )
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits until the kernel does stamp, which it begins to do a moment after the
/// first socket of the machine asks for it; requests that arrive before that
/// would have to do with the server's own clock. Gives up after about 50 ms.
pub(crate) fn await_stamps() -> io::Result<()> {
    let probe = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    stamp_arrivals(&probe)?;
    probe.connect(probe.local_addr()?)?;
    for _ in 0..50 {
        probe.send(&[0])?;
        if let Ok((_, Some(_))) = receive(&probe, &mut [0]) {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Room for the one control message that is asked for, aligned as its header
/// must be: a header and three `timespec`s need 64 bytes.
#[repr(align(8))]
struct Control([u8; 128]);

/// Receives into `buffer` without waiting. Gives the number of bytes, 0 at the
/// end of the stream, and the time at which the kernel received the last
/// segment among them, where it said so.
pub(crate) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(usize, Option<Nanos>)> {
    let mut control = Control([0; 128]);
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: a `msghdr` of zero bytes is valid: null pointers with lengths of
    // zero. Zeroing, not a literal, because some libcs add padding fields.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = control.0.len() as _;
    // SAFETY: the descriptor is open for the length of the call; `message`
    // points to `part` and `control`, and `part` to `buffer`, all of them
    // borrowed mutably here and alive until the call returns, with their true
    // lengths.
    let count =
        unsafe { libc::recvmsg(socket.as_fd().as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    Ok((count, stamp_in(&message)))
}

/// The software receive stamp among the control messages of a received
/// message.
fn stamp_in(message: &libc::msghdr) -> Option<Nanos> {
    // SAFETY: the kernel has filled `msg_control` up to `msg_controllen`, and
    // both still describe the live buffer of `receive`; `CMSG_FIRSTHDR` gives
    // null or a pointer to a whole header inside it.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: not null, so a whole header inside the live buffer, which is
        // aligned for it.
        let head = unsafe { header.read() };
        if head.cmsg_level == libc::SOL_SOCKET && head.cmsg_type == libc::SCM_TIMESTAMPING {
            // SAFETY: a message of this kind carries three `timespec`s, of
            // which the first is the software stamp. `read_unaligned`, since
            // only the header's alignment is promised.
            let stamp =
                unsafe { libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned() };
            let stamp = Nanos(stamp.tv_sec * 1_000_000_000 + stamp.tv_nsec);
            return (stamp != Nanos::ZERO).then_some(stamp);
        }
        // SAFETY: `header` is a header inside the buffer that `message`
        // describes; the macro stays inside it, or gives null.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

/// Makes the calling thread wake up as close to its deadlines as the kernel
/// can. Without this, it may be woken 50 µs late to save power.
pub(crate) fn wake_punctually() -> io::Result<()> {
    Ok(rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?)
}

/// Keeps the calling thread on one processor.
pub(crate) fn stay_on(cpu: usize) -> io::Result<()> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// Allows this process as many open files as it may have. Where that fails,
/// the limit stays, and connections beyond it wait in the kernel's queue.
pub(crate) fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // The result is of no use: with fewer files the server is only slower.
    let _ = setrlimit(Resource::Nofile, limit);
}
