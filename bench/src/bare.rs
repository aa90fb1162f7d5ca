//! The bare loop: `epoll` and `recvmsg` with kernel stamps on one thread,
//! counting events. It is the least that any client can cost, so it must stay
//! as it is: it understands nothing, keeps nothing and survives nothing. An
//! event that is cut between two reads it may miss; nothing here sends such.

use std::io::{Error, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use memchr::memmem::Finder;

use crate::Failure;
use crate::client::{Seen, Task, Told};

/// One stream.
struct Stream {
    socket: TcpStream,
    /// The number of the request that it carries.
    request: Option<usize>,
}

struct Loop<'a> {
    task: &'a Task,
    streams: Vec<Stream>,
    idle: Vec<usize>,
    next: usize,
    done: usize,
    told: Told,
    /// What stands in each event that bears a token, and in no other.
    event: Finder<'static>,
    /// What ends an answer.
    end: Finder<'static>,
    started: i64,
}

/// Carries a task out.
pub(crate) fn run(task: &Task) -> Result<Told, Failure> {
    // SAFETY: plain calls without pointers.
    let epoll = unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64);
        libc::epoll_create1(0)
    };
    let streams =
        (0..task.streams).map(|at| open(task.port, epoll, at)).collect::<Result<Vec<_>, _>>()?;
    let seen = if task.tell { vec![Seen::default(); task.requests] } else { Vec::new() };
    let mut bare = Loop {
        idle: (0..streams.len()).rev().collect(),
        streams,
        task,
        next: 0,
        done: 0,
        told: Told { requests: seen, ..Told::default() },
        event: Finder::new(b"\"text\":\""),
        end: Finder::new(b"\r\n0\r\n\r\n"),
        started: clock(libc::CLOCK_REALTIME),
    };
    let (cpu, wall) = (clock(libc::CLOCK_PROCESS_CPUTIME_ID), clock(libc::CLOCK_MONOTONIC));
    bare.carry(epoll)?;
    bare.told.cpu_ns = clock(libc::CLOCK_PROCESS_CPUTIME_ID) - cpu;
    bare.told.wall_ns = clock(libc::CLOCK_MONOTONIC) - wall;
    Ok(bare.told)
}

impl Loop<'_> {
    fn carry(&mut self, epoll: i32) -> Result<(), Failure> {
        let mut buffer = vec![0_u8; 256 * 1024];
        let mut ready = [libc::epoll_event { events: 0, u64: 0 }; 512];
        while self.done < self.task.requests {
            let wait = self.send_due()?;
            let wait =
                libc::timespec { tv_sec: wait / 1_000_000_000, tv_nsec: wait % 1_000_000_000 };
            // SAFETY: `ready` and `wait` outlive the call, and the length is that of `ready`.
            let count = unsafe {
                libc::epoll_pwait2(
                    epoll,
                    ready.as_mut_ptr(),
                    512,
                    &raw const wait,
                    std::ptr::null(),
                )
            };
            for event in &ready[..usize::try_from(count).unwrap_or(0)] {
                self.read(event.u64 as usize, &mut buffer)?;
            }
        }
        Ok(())
    }

    /// Sends what is due, and gives the time until the next is.
    fn send_due(&mut self) -> Result<i64, Failure> {
        while self.next < self.task.requests && !self.idle.is_empty() {
            let due = self.task.offsets.get(self.next).map(|offset| self.started + offset);
            let left = due.map_or(0, |due| due - clock(libc::CLOCK_REALTIME));
            if left > 80_000 {
                return Ok(left - 80_000);
            }
            if left > 0 {
                return Ok(0);
            }
            self.send(due)?;
        }
        Ok(100_000_000)
    }

    fn send(&mut self, due: Option<i64>) -> Result<(), Failure> {
        let Some(at) = self.idle.pop() else { return Ok(()) };
        let request = self.next;
        self.next += 1;
        let body = crate::client::body(self.task.tokens);
        let message = format!(
            "POST /v1/completions HTTP/1.1\r\nhost: x\r\nx-request-id: measure-{request}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let sent = clock(libc::CLOCK_REALTIME);
        (&self.streams[at].socket).write_all(message.as_bytes())?;
        self.streams[at].request = Some(request);
        if let Some(seen) = self.told.requests.get_mut(request) {
            seen.id = format!("measure-{request}");
            seen.sent = sent;
            seen.intended = due.unwrap_or(sent);
        }
        Ok(())
    }

    fn read(&mut self, at: usize, buffer: &mut [u8]) -> Result<(), Failure> {
        let (bytes, stamp) = receive(self.streams[at].socket.as_raw_fd(), buffer)?;
        let data = &buffer[..bytes];
        let events = self.event.find_iter(data).count() as u64;
        self.told.events += events;
        self.told.reads += 1;
        self.told.unstamped += u64::from(stamp.is_none());
        if let Some(seen) = self.streams[at].request.and_then(|r| self.told.requests.get_mut(r)) {
            let stamp = stamp.unwrap_or_else(|| clock(libc::CLOCK_REALTIME));
            seen.events.extend((0..events).map(|_| stamp));
        }
        let tail = &data[data.len().saturating_sub(16)..];
        if bytes == 0 || self.end.find(tail).is_some() {
            self.streams[at].request = None;
            self.idle.push(at);
            self.done += 1;
        }
        Ok(())
    }
}

/// Opens a stream, with stamps, and exchanges one message over it.
fn open(port: u16, epoll: i32, at: usize) -> Result<Stream, Failure> {
    let socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_nodelay(true)?;
    let flags = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: at as u64 };
    // SAFETY: both pointers are to locals that outlive the calls, with their lengths.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPING,
            (&raw const flags).cast(),
            4,
        );
    }
    (&socket).write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")?;
    receive(socket.as_raw_fd(), &mut [0; 4096])?;
    // SAFETY: as above.
    unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, socket.as_raw_fd(), &raw mut event) };
    Ok(Stream { socket, request: None })
}

/// One `recvmsg`, and the stamp that came with it.
fn receive(socket: i32, buffer: &mut [u8]) -> Result<(usize, Option<i64>), Failure> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut control = [0_u64; 16];
    // SAFETY: a `msghdr` of zeros is valid; its pointers are to locals that
    // outlive the call, with their lengths; the macros stay inside `control`.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control);
        let got = libc::recvmsg(socket, &raw mut message, 0);
        let got = usize::try_from(got).map_err(|_| Error::last_os_error())?;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if header.is_null() || (*header).cmsg_type != libc::SCM_TIMESTAMPING {
            return Ok((got, None));
        }
        let time = libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned();
        Ok((got, Some(time.tv_sec * 1_000_000_000 + time.tv_nsec)))
    }
}

/// A clock, in nanoseconds.
fn clock(which: libc::clockid_t) -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local that outlives the call.
    unsafe { libc::clock_gettime(which, &raw mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
