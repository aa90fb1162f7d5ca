//! One socket, plain or TLS, that never blocks.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt::{set_tcp_nodelay, socket_error};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendFlags, SocketFlags, SocketType, connect, sendmsg,
    socket_with,
};
use tokenometer_core::Nanos;

use super::kernel;
use super::resolve::Place;
use super::tls::{Tls, TlsSettings};

/// How much one read takes at most.
const READ_BYTES: usize = 256 * 1024;

/// Room for one read, shared by all sockets.
#[derive(Debug)]
pub(crate) struct Scratch {
    raw: Vec<u8>,
    plain: Vec<u8>,
}

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch { raw: vec![0; READ_BYTES], plain: Vec::new() }
    }
}

/// What one read brought.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    /// The bytes, decrypted.
    pub(crate) data: &'a [u8],
    /// The kernel's stamp of the last segment.
    pub(crate) stamp: Option<Nanos>,
    /// Whether the peer has closed its side: nothing more will come.
    pub(crate) is_end: bool,
    /// Whether there may be more to read at once.
    pub(crate) may_have_more: bool,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Socket {
    descriptor: OwnedFd,
    tls: Option<Box<Tls>>,
    /// How much of the message being sent has left; of a TLS socket, whether
    /// it was encrypted.
    sent: usize,
}

impl Socket {
    /// Begins to connect. Stamps are switched on first, so that not a byte
    /// arrives without.
    pub(crate) fn connect(place: &Place, tls: Option<&TlsSettings>) -> io::Result<Socket> {
        let family = match place {
            Place::Internet(address) if address.is_ipv4() => AddressFamily::INET,
            Place::Internet(_) => AddressFamily::INET6,
            Place::Unix(_) => AddressFamily::UNIX,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let descriptor = socket_with(family, SocketType::STREAM, flags, None)?;
        let begun = match place {
            Place::Internet(address) => {
                set_tcp_nodelay(&descriptor, true)?;
                // Where it is refused, our own clock stands in, and the trial
                // says how often.
                let _ = kernel::ask_for_stamps(descriptor.as_fd());
                connect(&descriptor, address)
            }
            Place::Unix(address) => connect(&descriptor, address),
        };
        match begun {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(why) => return Err(why.into()),
        }
        let tls = tls.map(Tls::new).transpose()?.map(Box::new);
        Ok(Socket { descriptor, tls, sent: 0 })
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// Whether connecting went well, once the socket has become writable.
    pub(crate) fn check_connected(&self) -> io::Result<()> {
        socket_error(&self.descriptor)?.map_err(io::Error::from)
    }

    /// Carries the TLS handshake on; `true` once it is done.
    pub(crate) fn handshake(&mut self, scratch: &mut Scratch) -> io::Result<bool> {
        loop {
            let Some(tls) = self.tls.as_mut() else { return Ok(true) };
            let is_flushed = flush(&self.descriptor, tls)?;
            if !tls.is_handshaking() {
                return Ok(is_flushed);
            }
            match self.receive(scratch) {
                Ok(received) if received.is_end => {
                    let why = "the peer closed the connection inside the TLS handshake";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
                }
                Ok(_) => {}
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    self.flush_alert();
                    return Ok(false);
                }
                Err(why) => {
                    self.flush_alert();
                    return Err(why);
                }
            }
        }
    }

    /// Tells the peer why the handshake failed, if that can be done at once.
    fn flush_alert(&mut self) {
        if let Some(tls) = self.tls.as_mut() {
            let _ = flush(&self.descriptor, tls);
        }
    }

    /// Hands as much of a message to the kernel as one call takes; `true` once
    /// all of it has left. Call it again with the same message until then.
    ///
    /// # Errors
    /// `WouldBlock` when the kernel's buffer is full.
    pub(crate) fn send(&mut self, head: &[u8], body: &[u8]) -> io::Result<bool> {
        let Some(tls) = self.tls.as_mut() else {
            return self.send_plain(head, body);
        };
        if self.sent == 0 {
            tls.encrypt(head)?;
            tls.encrypt(body)?;
            self.sent = head.len() + body.len();
        }
        let is_done = flush_once(&self.descriptor, tls)?;
        if is_done {
            self.sent = 0;
        }
        Ok(is_done)
    }

    fn send_plain(&mut self, head: &[u8], body: &[u8]) -> io::Result<bool> {
        let rest_of_head = &head[self.sent.min(head.len())..];
        let rest_of_body = &body[self.sent.saturating_sub(head.len()).min(body.len())..];
        let parts = [IoSlice::new(rest_of_head), IoSlice::new(rest_of_body)];
        let mut none = SendAncillaryBuffer::default();
        self.sent += sendmsg(&self.descriptor, &parts, &mut none, SendFlags::NOSIGNAL)?;
        let is_done = self.sent == head.len() + body.len();
        if is_done {
            self.sent = 0;
        }
        Ok(is_done)
    }

    /// Whether anything has arrived that nobody asked for: data, or the peer's
    /// close. Asked just before a write to a connection that was idle.
    pub(crate) fn is_stale(&self) -> bool {
        let flags = rustix::net::RecvFlags::PEEK | rustix::net::RecvFlags::DONTWAIT;
        let mut byte = [0_u8; 1];
        let peeked = rustix::net::recv(&self.descriptor, &mut byte[..], flags);
        peeked.err() != Some(Errno::AGAIN)
    }

    /// Reads what has arrived.
    ///
    /// # Errors
    /// `WouldBlock` when nothing has.
    pub(crate) fn receive<'a>(&mut self, scratch: &'a mut Scratch) -> io::Result<Received<'a>> {
        let (bytes, stamp) = kernel::receive(self.descriptor.as_fd(), &mut scratch.raw)?;
        let raw = &scratch.raw[..bytes];
        let data = match self.tls.as_mut() {
            None => raw,
            Some(tls) => {
                scratch.plain.clear();
                tls.decrypt(raw, &mut scratch.plain)?;
                &scratch.plain
            }
        };
        Ok(Received { data, stamp, is_end: bytes == 0, may_have_more: bytes == READ_BYTES })
    }
}

/// Sends encrypted bytes until none wait (`true`) or the kernel takes no more.
fn flush(descriptor: &OwnedFd, tls: &mut Tls) -> io::Result<bool> {
    loop {
        match flush_once(descriptor, tls) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(why) => return Err(why),
        }
    }
}

/// Sends encrypted bytes with one call; `true` if none are left.
fn flush_once(descriptor: &OwnedFd, tls: &mut Tls) -> io::Result<bool> {
    let waiting = tls.waiting()?;
    if waiting.is_empty() {
        return Ok(true);
    }
    let all = waiting.len();
    let sent = rustix::net::send(descriptor, waiting, SendFlags::NOSIGNAL)?;
    tls.sent(sent);
    Ok(sent == all)
}
