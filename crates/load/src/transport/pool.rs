//! The connections to one target: opened before the window, primed with one
//! exchange, kept for reuse, watched while idle.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use tokenometer_core::Nanos;

use super::kernel::{self, Segments};
use super::resolve::Place;
use super::socket::{Scratch, Socket};
use super::tls::TlsSettings;
use crate::wire::http1::Answer;

/// How many sockets one wait reports at most.
const EVENTS_PER_WAIT: usize = 512;

/// One connection, and what it carries for its user.
#[derive(Debug)]
pub(crate) struct Connection<T> {
    pub(crate) socket: Socket,
    pub(crate) stage: Stage,
    /// The answer that is being read from it.
    pub(crate) answer: Answer,
    /// What it is in use for, or waits to be used for.
    pub(crate) cargo: Option<T>,
    /// When it began to be opened.
    pub(crate) began: Nanos,
    /// What had been sent over it when counting began.
    baseline: Segments,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Connecting,
    Handshaking,
    /// Its first message is being exchanged, so that stamps are on when they
    /// count.
    Priming,
    Idle,
    Busy,
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

/// What became of a connection that was not busy.
#[derive(Debug)]
pub(crate) enum Advance {
    /// Nothing to act on yet.
    Pending,
    /// It is open, and its cargo may be sent.
    Ready,
    /// It is open and idle.
    Idle,
    /// It could not be opened.
    Failed(io::Error),
    /// The peer has closed it, or won't keep it.
    Closed,
}

/// The connections to one target.
pub(crate) struct Pool<T> {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
    slots: Vec<Option<Connection<T>>>,
    vacant: Vec<usize>,
    /// Slots left since the last wait. What that wait found ready may still
    /// name them, so they are not used again before the next.
    left: Vec<usize>,
    /// The one used last is used next, so that what is not needed grows old
    /// and is closed by the server while idle, where it does no harm.
    idle: Vec<usize>,
    places: Vec<Place>,
    tls: Option<TlsSettings>,
    priming: Vec<u8>,
    scratch: Scratch,
    /// Segments over connections that are closed by now.
    past: Segments,
    opened: u64,
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("idle", &self.idle).field("opened", &self.opened).finish()
    }
}

impl<T> Pool<T> {
    /// For the server behind `places`; `priming` is a request with a short
    /// answer. Nothing is opened yet.
    pub(crate) fn new(
        places: Vec<Place>,
        tls: Option<TlsSettings>,
        priming: Vec<u8>,
    ) -> io::Result<Pool<T>> {
        Ok(Pool {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            ready: Vec::with_capacity(EVENTS_PER_WAIT),
            slots: Vec::new(),
            vacant: Vec::new(),
            left: Vec::new(),
            idle: Vec::new(),
            places,
            tls,
            priming,
            scratch: Scratch::new(),
            past: Segments::default(),
            opened: 0,
        })
    }

    /// Puts aside every place but the `at`th, which answered.
    pub(crate) fn settle_on(&mut self, at: usize) {
        let place = self.places.swap_remove(at);
        self.places = vec![place];
    }

    /// How many places there are to try.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// Begins to open a connection to the `place`th place, for `cargo` or for
    /// later use.
    pub(crate) fn open(
        &mut self,
        place: usize,
        cargo: Option<T>,
        now: Nanos,
    ) -> Result<usize, (io::Error, Option<T>)> {
        let socket = match Socket::connect(&self.places[place], self.tls.as_ref()) {
            Ok(socket) => socket,
            Err(why) => return Err((why, cargo)),
        };
        let token = self.vacant.pop().unwrap_or(self.slots.len());
        let interest = epoll::EventFlags::OUT;
        let data = epoll::EventData::new_u64(token as u64);
        if let Err(why) = epoll::add(&self.epoll, socket.descriptor(), data, interest) {
            self.vacant.push(token);
            return Err((why.into(), cargo));
        }
        let connection = Connection {
            socket,
            stage: Stage::Connecting,
            answer: Answer::default(),
            cargo,
            began: now,
            baseline: Segments::default(),
        };
        if token == self.slots.len() {
            self.slots.push(Some(connection));
        } else {
            self.slots[token] = Some(connection);
        }
        self.opened += 1;
        Ok(token)
    }

    /// How many connections were begun so far.
    pub(crate) fn opened(&self) -> u64 {
        self.opened
    }

    /// How many connections are idle.
    pub(crate) fn idle(&self) -> usize {
        self.idle.len()
    }

    /// Waits for sockets to become ready, at most `timeout`, and adds them to
    /// `found`.
    pub(crate) fn wait(
        &mut self,
        timeout: Nanos,
        found: &mut Vec<(usize, Readiness)>,
    ) -> io::Result<()> {
        let timeout = timeout.0.max(0);
        let timeout =
            Timespec { tv_sec: timeout / 1_000_000_000, tv_nsec: timeout % 1_000_000_000 };
        self.ready.clear();
        self.vacant.append(&mut self.left);
        match epoll::wait(&self.epoll, spare_capacity(&mut self.ready), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(why) => return Err(why.into()),
        }
        let out = epoll::EventFlags::OUT | epoll::EventFlags::ERR | epoll::EventFlags::HUP;
        let into = epoll::EventFlags::IN | epoll::EventFlags::ERR | epoll::EventFlags::HUP;
        found.extend(self.ready.iter().map(|event| {
            let (data, flags) = (event.data, event.flags);
            let readiness =
                Readiness { readable: flags.intersects(into), writable: flags.intersects(out) };
            (data.u64() as usize, readiness)
        }));
        Ok(())
    }

    /// The connection of this token and the room for a read; `None` if it is
    /// closed by now.
    pub(crate) fn parts(&mut self, token: usize) -> Option<(&mut Connection<T>, &mut Scratch)> {
        let connection = self.slots.get_mut(token)?.as_mut()?;
        Some((connection, &mut self.scratch))
    }

    /// The connection of this token, if it is still open.
    pub(crate) fn connection(&mut self, token: usize) -> Option<&mut Connection<T>> {
        self.slots.get_mut(token)?.as_mut()
    }

    /// Every open connection, with its token.
    pub(crate) fn connections(&self) -> impl Iterator<Item = (usize, &Connection<T>)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(token, slot)| slot.as_ref().map(|connection| (token, connection)))
    }

    /// An idle connection, made busy with `cargo`; the cargo back if none is
    /// idle. Those that the server has closed meanwhile are dropped.
    pub(crate) fn engage(&mut self, cargo: T) -> Result<usize, T> {
        while let Some(token) = self.idle.pop() {
            let Some(connection) = self.slots[token].as_mut() else { continue };
            if connection.socket.is_stale() {
                self.close(token);
                continue;
            }
            connection.stage = Stage::Busy;
            connection.answer.reset();
            connection.cargo = Some(cargo);
            return Ok(token);
        }
        Err(cargo)
    }

    /// Closes the idle connections that the server has closed.
    pub(crate) fn drop_stale(&mut self) {
        let is_stale = |token: &usize| {
            let connection = self.slots[*token].as_ref();
            connection.is_some_and(|connection| connection.socket.is_stale())
        };
        let stale: Vec<usize> = self.idle.iter().copied().filter(is_stale).collect();
        for token in stale {
            self.close(token);
        }
    }

    /// Makes a busy connection idle again.
    pub(crate) fn give_back(&mut self, token: usize) {
        if let Some(connection) = self.connection(token) {
            connection.stage = Stage::Idle;
            self.idle.push(token);
        }
    }

    /// Asks to be told when a socket can be written to, or no longer.
    pub(crate) fn watch_writable(&mut self, token: usize, watch: bool) -> io::Result<()> {
        let mut interest = epoll::EventFlags::IN;
        if watch {
            interest |= epoll::EventFlags::OUT;
        }
        let data = epoll::EventData::new_u64(token as u64);
        if let Some(connection) = self.slots.get(token).and_then(Option::as_ref) {
            epoll::modify(&self.epoll, connection.socket.descriptor(), data, interest)?;
        }
        Ok(())
    }

    /// Closes a connection and gives its cargo back.
    pub(crate) fn close(&mut self, token: usize) -> Option<T> {
        let connection = self.slots.get_mut(token)?.take()?;
        let segments = segments_of(&connection);
        self.past.sent += segments.sent;
        self.past.retransmitted += segments.retransmitted;
        self.left.push(token);
        self.idle.retain(|idle| *idle != token);
        connection.cargo
    }

    /// Begins to count segments anew.
    pub(crate) fn restart_counts(&mut self) {
        self.past = Segments::default();
        self.opened = 0;
        for connection in self.slots.iter_mut().flatten() {
            let now = kernel::segments(connection.socket.descriptor());
            connection.baseline = now.unwrap_or_default();
        }
    }

    /// Segments sent since counting began.
    pub(crate) fn segments(&self) -> Segments {
        self.slots.iter().flatten().map(segments_of).fold(self.past, |sum, each| Segments {
            sent: sum.sent + each.sent,
            retransmitted: sum.retransmitted + each.retransmitted,
        })
    }

    /// Carries on a connection that is not busy.
    pub(crate) fn advance(&mut self, token: usize) -> Advance {
        let Some((connection, scratch)) = self.parts(token) else { return Advance::Pending };
        let advanced = match connection.stage {
            Stage::Connecting => match connection.socket.check_connected() {
                Ok(()) => {
                    connection.stage = Stage::Handshaking;
                    self.watch_writable(token, false).and_then(|()| self.shake_hands(token))
                }
                Err(why) => Err(why),
            },
            Stage::Handshaking => self.shake_hands(token),
            Stage::Priming => prime(connection, scratch),
            Stage::Idle => Ok(Advance::Closed),
            Stage::Busy => Ok(Advance::Ready),
        };
        let advance = advanced.unwrap_or_else(Advance::Failed);
        if matches!(advance, Advance::Idle) {
            self.give_back(token);
        }
        advance
    }

    fn shake_hands(&mut self, token: usize) -> io::Result<Advance> {
        let priming = std::mem::take(&mut self.priming);
        let advanced = match self.parts(token) {
            Some((connection, scratch)) => greet(connection, scratch, &priming),
            None => Ok(Advance::Pending),
        };
        self.priming = priming;
        advanced
    }
}

/// Carries the handshake on, and begins the first exchange after it.
fn greet<T>(
    connection: &mut Connection<T>,
    scratch: &mut Scratch,
    priming: &[u8],
) -> io::Result<Advance> {
    if !connection.socket.handshake(scratch)? {
        return Ok(Advance::Pending);
    }
    if connection.cargo.is_some() {
        connection.stage = Stage::Busy;
        return Ok(Advance::Ready);
    }
    connection.stage = Stage::Priming;
    // A fresh socket takes a few hundred bytes at once.
    if !connection.socket.send(priming, &[])? {
        return Err(io::Error::new(io::ErrorKind::WriteZero, "a fresh socket took no bytes"));
    }
    Ok(Advance::Pending)
}

/// Reads the answer to the first message. What it says doesn't matter.
fn prime<T>(connection: &mut Connection<T>, scratch: &mut Scratch) -> io::Result<Advance> {
    let mut body = Vec::new();
    loop {
        let received = match connection.socket.receive(scratch) {
            Ok(received) => received,
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => return Ok(Advance::Pending),
            Err(why) => return Err(why),
        };
        if received.is_end {
            return Ok(match connection.answer.head() {
                Some(_) => Advance::Closed,
                None => Advance::Failed(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the server closed the connection without an answer",
                )),
            });
        }
        connection.answer.read(received.data, &mut body).map_err(io::Error::other)?;
        if connection.answer.is_done() {
            let keeps = connection.answer.head().is_some_and(|head| head.keeps_alive);
            connection.answer.reset();
            return Ok(if keeps { Advance::Idle } else { Advance::Closed });
        }
    }
}

/// Segments sent over a connection since counting began.
fn segments_of<T>(connection: &Connection<T>) -> Segments {
    let now = kernel::segments(connection.socket.descriptor()).unwrap_or_default();
    Segments {
        sent: now.sent.saturating_sub(connection.baseline.sent),
        retransmitted: now.retransmitted.saturating_sub(connection.baseline.retransmitted),
    }
}
