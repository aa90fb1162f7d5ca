//! The event loop: one thread, all sockets, every deadline. What is said and
//! when has been settled elsewhere; here it is only done.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use tokenometer_core::{Address, Endpoint, Nanos};

use crate::connection::{Connection, Step};
use crate::route::State;
use crate::simulated::Handed;
use crate::timer::{Alarm, Timers};
use crate::{Lateness, Listen, Settings, SimError, kernel};

/// Connections that wait in the kernel to be accepted; it takes as many of
/// them as `net.core.somaxconn` allows.
const BACKLOG: i32 = 4096;
/// The most connections accepted, and alarms heeded, before the other kind of
/// work has its turn.
const BATCH: usize = 64;
/// How soon `stop` is noticed where nothing else happens.
const STOP_POLL: Nanos = Nanos(20_000_000);
/// The token of the listening socket in the event queue; slots are 32 bits.
const LISTENER: u64 = u64::MAX;
/// Large enough for most requests to be received as a whole.
const RECEIVE: usize = 64 << 10;

/// A place for a connection, and the alarm that is set for it.
#[derive(Default)]
struct Slot {
    connection: Option<Box<Connection>>,
    /// The serial number of the alarm that counts. All others are void.
    serial: u64,
    /// When it rings, if it hasn't.
    alarm: Option<Nanos>,
}

/// The embedded engine, listening.
pub struct Server {
    address: Address,
    /// What to remove when the server goes.
    socket_file: Option<PathBuf>,
    listener: OwnedFd,
    /// Whether accepting waits for a file descriptor to become free.
    out_of_files: bool,
    epoll: OwnedFd,
    slots: Vec<Slot>,
    free: Vec<u32>,
    timers: Timers,
    serials: u64,
    state: State,
    received: Box<[u8]>,
}

impl Server {
    /// Listens as the settings say. Requests wait in the kernel until
    /// [`Server::run`] serves them.
    pub fn bind(settings: Settings) -> Result<Server, SimError> {
        settings.check()?;
        let listen_at = settings.listen.clone();
        let state = State::new(settings, kernel::now())?;
        kernel::allow_many_files();
        let (listener, address, socket_file) = listen(&listen_at).map_err(|source| {
            SimError::Listen { address: listen_at.to_string(), source: source.into() }
        })?;
        let epoll =
            epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|e| SimError::Wait(e.into()))?;
        let data = epoll::EventData::new_u64(LISTENER);
        epoll::add(&epoll, &listener, data, epoll::EventFlags::IN)
            .map_err(|e| SimError::Wait(e.into()))?;
        Ok(Server {
            address,
            socket_file,
            listener,
            out_of_files: false,
            epoll,
            slots: Vec::new(),
            free: Vec::new(),
            timers: Timers::default(),
            serials: 0,
            state,
            received: vec![0; RECEIVE].into(),
        })
    }

    /// Where the server listens, with the port that it got.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// How punctual the server was since it was bound, or since the last
    /// `POST /truth/reset`.
    pub fn lateness(&self) -> Lateness {
        self.state.counters.lateness()
    }

    /// Serves on the calling thread until `stop` is set, which is noticed
    /// within 20 ms. The thread stays on the processor that the settings name,
    /// and its timers stay exact, after this returns. Connections stay open,
    /// and their answers go on at the next call. Deadlines are instants on
    /// `CLOCK_REALTIME`, as the kernel's stamps are: a step of that clock moves
    /// them.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<(), SimError> {
        if let Some(cpu) = self.state.settings().cpu {
            kernel::stay_on(cpu).map_err(|source| SimError::Cpu { cpu, source })?;
        }
        // It fails only where the kernel lacks it; then writes are some 50 µs
        // later, which the lateness shows.
        let _ = kernel::wake_punctually();
        let mut events = Vec::with_capacity(4 * BATCH);
        while !stop.load(Ordering::Relaxed) {
            self.heed_alarms();
            let seen = kernel::now();
            self.wait(&mut events)?;
            let all = events.len() < events.capacity();
            if self.out_of_files && events.is_empty() {
                // Another part of the process may have closed a file.
                self.heed_listener(true);
            }
            for event in events.drain(..) {
                match { event.data }.u64() {
                    LISTENER => self.accept(),
                    slot => {
                        self.attend(slot as u32);
                        // Requests that come in a crowd must not make due
                        // writes late.
                        self.heed_alarms();
                    }
                }
                self.die_if_due()?;
            }
            if all {
                self.hand_out(seen);
            }
        }
        Ok(())
    }

    /// Ends the steps of the simulated machine that end up to `seen`, an instant
    /// up to which all that arrived has been read, since whatever came before a
    /// step's end takes part in the next one; and has their tokens written.
    fn hand_out(&mut self, seen: Nanos) {
        if self.state.next_step().is_none_or(|due| due > seen) {
            return;
        }
        let handed = self.state.step(seen);
        for Handed { place, portion, cached } in &handed {
            let connection = &mut self.slots[*place as usize].connection;
            if let Some(feed) = connection.as_mut().and_then(|connection| connection.feed()) {
                feed.note_cached(*cached);
                feed.push(*portion);
            }
        }
        for handed in handed {
            self.drive(handed.place);
        }
    }

    /// Ends what is being served where that was asked for.
    fn die_if_due(&self) -> Result<(), SimError> {
        match self.state.settings().die_after {
            Some(after) if self.state.counters.arrivals >= after => Err(SimError::Died { after }),
            _ => Ok(()),
        }
    }

    /// Waits for sockets until shortly before the next deadline, and not at
    /// all from then on.
    fn wait(&self, events: &mut Vec<epoll::Event>) -> Result<(), SimError> {
        let next = [self.timers.next(), self.state.next_step()].into_iter().flatten().min();
        let until = match next {
            Some(due) => due - kernel::now() - Nanos::from(self.state.settings().spin),
            None => STOP_POLL,
        };
        let until = until.max(Nanos::ZERO).min(STOP_POLL);
        let timeout = Timespec { tv_sec: 0, tv_nsec: until.0 };
        let room = rustix::buffer::spare_capacity(events);
        match epoll::wait(&self.epoll, room, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(SimError::Wait(error.into())),
        }
    }

    /// Does what is due, up to a batch.
    fn heed_alarms(&mut self) {
        for _ in 0..BATCH {
            let Some(alarm) = self.timers.take_due(kernel::now()) else { return };
            let slot = &mut self.slots[alarm.slot as usize];
            if slot.serial != alarm.serial {
                continue;
            }
            slot.alarm = None;
            match &slot.connection {
                Some(connection) if connection.is_answering() => self.drive(alarm.slot),
                // It idled too long, or its farewell is over.
                Some(_) => self.close(alarm.slot),
                None => {}
            }
        }
    }

    /// Takes in what arrived on a connection, and answers it.
    fn attend(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        let Some(connection) = &mut slot.connection else { return };
        if connection.receive(&mut self.received) {
            self.drive(index);
        } else {
            self.close(index);
        }
    }

    /// Lets a connection do all it can, and sets its next alarm.
    fn drive(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        let Some(connection) = &mut slot.connection else { return };
        match connection.drive(&mut self.state) {
            Step::Until(due) if slot.alarm == Some(due) => {}
            Step::Until(due) => self.set_alarm(index, due),
            Step::Turn => self.set_alarm(index, kernel::now()),
            Step::Farewell(Some(limit)) => self.set_alarm(index, kernel::now() + limit.into()),
            Step::Room | Step::Tokens | Step::Farewell(None) => {}
            Step::Request if connection.has_unread() => self.attend(index),
            Step::Request => self.await_request(index),
            Step::Closed => self.close(index),
        }
    }

    /// Sets the alarm that closes an idle connection, or none while part of a
    /// request has come.
    fn await_request(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        let idle = slot.connection.as_ref().is_some_and(|connection| connection.is_idle());
        match self.state.settings().keep_alive {
            Some(limit) if idle => self.set_alarm(index, kernel::now() + limit.into()),
            _ => self.unset_alarm(index),
        }
    }

    fn set_alarm(&mut self, index: u32, due: Nanos) {
        self.unset_alarm(index);
        let slot = &mut self.slots[index as usize];
        slot.alarm = Some(due);
        self.timers.set(Alarm { due, slot: index, serial: slot.serial });
    }

    fn unset_alarm(&mut self, index: u32) {
        self.serials += 1;
        let slot = &mut self.slots[index as usize];
        (slot.serial, slot.alarm) = (self.serials, None);
    }

    /// Accepts what waits, up to a batch; the rest is announced again.
    fn accept(&mut self) {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        for _ in 0..BATCH {
            match net::accept_with(&self.listener, flags) {
                Ok(socket) => self.admit(socket),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                    // The queue would be announced again and again. Look away
                    // until a connection closes.
                    self.heed_listener(false);
                    return;
                }
                Err(_) => return,
            }
        }
    }

    fn admit(&mut self, socket: OwnedFd) {
        if matches!(self.state.settings().listen, Listen::Tcp(_)) {
            // It fails only on a connection that is already gone.
            let _ = sockopt::set_tcp_nodelay(&socket, true);
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            (self.slots.len() - 1) as u32
        });
        // Edge-triggered, so that neither reading nor writing ever has to
        // change the registration.
        let interest = epoll::EventFlags::IN
            | epoll::EventFlags::OUT
            | epoll::EventFlags::RDHUP
            | epoll::EventFlags::ET;
        let data = epoll::EventData::new_u64(u64::from(index));
        if epoll::add(&self.epoll, &socket, data, interest).is_err() {
            // Out of watches: the client sees a closed connection.
            self.free.push(index);
            return;
        }
        self.slots[index as usize].connection = Some(Box::new(Connection::new(socket, index)));
        self.await_request(index);
    }

    fn close(&mut self, index: u32) {
        self.unset_alarm(index);
        if let Some(mut connection) = self.slots[index as usize].connection.take() {
            connection.abandon(&mut self.state);
            self.free.push(index);
            if self.out_of_files {
                self.heed_listener(true);
            }
        }
    }

    /// Looks at the listening socket, or away from it.
    fn heed_listener(&mut self, heed: bool) {
        let interest = if heed { epoll::EventFlags::IN } else { epoll::EventFlags::empty() };
        let data = epoll::EventData::new_u64(LISTENER);
        // Modifying a registration that exists needs nothing that could lack.
        if epoll::modify(&self.epoll, &self.listener, data, interest).is_ok() {
            self.out_of_files = !heed;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(path) = &self.socket_file {
            // Someone else may have removed it already.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The listening socket, its address, and the file to remove afterwards.
fn listen(listen: &Listen) -> rustix::io::Result<(OwnedFd, Address, Option<PathBuf>)> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let open = |family| net::socket_with(family, SocketType::STREAM, flags, None);
    let (socket, endpoint, file) = match listen {
        Listen::Tcp(address) => {
            let socket =
                open(if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 })?;
            sockopt::set_socket_reuseaddr(&socket, true)?;
            // Before anything arrives; accepted sockets inherit it. Where it
            // fails, the server's own clock has to do, and is counted.
            let _ = kernel::stamp_arrivals(&socket).and_then(|()| kernel::await_stamps());
            net::bind(&socket, address)?;
            let bound: SocketAddr = net::getsockname(&socket)?.try_into()?;
            let (host, port) = (bound.ip().to_string(), bound.port());
            (socket, Endpoint::Tcp { host, port, tls: false }, None)
        }
        Listen::Unix(path) => {
            let socket = open(AddressFamily::UNIX)?;
            net::bind(&socket, &SocketAddrUnix::new(path)?)?;
            (socket, Endpoint::Unix { path: path.clone() }, Some(path.clone()))
        }
    };
    net::listen(&socket, BACKLOG)?;
    Ok((socket, Address { endpoint, prefix: String::new() }, file))
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = self.slots.len() - self.free.len();
        f.debug_struct("Server").field("address", &self.address).field("open", &open).finish()
    }
}
