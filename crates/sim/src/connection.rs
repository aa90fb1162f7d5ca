//! One connection: what has been received and not answered yet, the answer
//! that is being given, and how far the socket has taken it.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SendFlags, Shutdown, send, shutdown, sockopt};
use tokenometer_core::Nanos;

use crate::answer::{Answer, End, Next, Write};
use crate::http::{Arrival, Reader};
use crate::kernel;
use crate::pace::Feed;
use crate::route::{Account, State};

/// The most writes of one connection before others have their turn.
const TURN: usize = 16;

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// For this instant.
    Until(Nanos),
    /// For the socket to take more.
    Room,
    /// For the other connections to have their turn.
    Turn,
    /// For the scheduler to hand out more of the answer's tokens.
    Tokens,
    /// For the next request.
    Request,
    /// For the client to go; nothing more will be said. Where a span is given,
    /// no longer than that.
    Farewell(Option<Duration>),
    /// For nothing: it is to be closed.
    Closed,
}

/// How long a client may go on sending what was refused. Closing at once would
/// reset the connection, and the client might never read why.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection.
pub(crate) struct Connection {
    socket: OwnedFd,
    /// The place at which tokens that a scheduler hands out find it.
    place: u32,
    reader: Reader,
    answer: Option<Answer>,
    account: Option<Account>,
    /// The write that is rendered and hasn't left as a whole, its bytes, and
    /// how many of them have left.
    write: Option<Write>,
    out: Vec<u8>,
    sent: usize,
    /// Whether the socket has refused part of this write.
    stalled: bool,
    /// Since when nothing but this server has held up the next write.
    free_since: Nanos,
    /// Whether whatever still arrives is thrown away.
    deaf: bool,
    /// Whether reading stopped before everything was read.
    unread: bool,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd, place: u32) -> Connection {
        Connection {
            socket,
            place,
            reader: Reader::default(),
            answer: None,
            account: None,
            write: None,
            out: Vec::new(),
            sent: 0,
            stalled: false,
            free_since: Nanos::ZERO,
            deaf: false,
            unread: false,
        }
    }

    /// Whether no request is being received or answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.answer.is_none() && self.reader.is_empty() && !self.deaf
    }

    /// Whether an answer is being given.
    pub(crate) fn is_answering(&self) -> bool {
        self.answer.is_some()
    }

    /// What a scheduler feeds of the answer that is being given.
    pub(crate) fn feed(&mut self) -> Option<&mut Feed> {
        self.answer.as_mut()?.feed()
    }

    /// Takes in all that has arrived. False once the client has closed its
    /// side or is gone: like uvicorn, this server gives up its answer then.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> bool {
        self.unread = false;
        while !self.reader.is_full() {
            match kernel::receive(&self.socket, buffer) {
                Ok((0, _)) => return false,
                Ok(_) if self.deaf => {}
                Ok((count, stamp)) => {
                    let at = stamp.unwrap_or_else(kernel::now);
                    let arrival = Arrival { at, stamped: stamp.is_some() };
                    self.reader.push(&buffer[..count], arrival);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.unread = true;
        true
    }

    /// Whether there may be more to receive, of which the kernel won't tell
    /// again.
    pub(crate) fn has_unread(&self) -> bool {
        self.unread
    }

    /// Answers what has been received, as far as time and the socket allow.
    pub(crate) fn drive(&mut self, state: &mut State) -> Step {
        loop {
            if self.deaf {
                return Step::Farewell(None);
            }
            if self.answer.is_none() && !self.begin(state) {
                return Step::Request;
            }
            match self.advance(state) {
                Ok(end) => match self.conclude(end, state) {
                    Some(step) => return step,
                    None => continue,
                },
                Err(step) => return step,
            }
        }
    }

    /// Begins the next answer, if a request for it is here.
    fn begin(&mut self, state: &mut State) -> bool {
        match self.reader.next() {
            Ok(Some(request)) => {
                let (answer, account) = state.reply(request, self.place);
                (self.answer, self.account) = (Some(answer), account);
                true
            }
            Ok(None) => {
                if self.reader.take_leave() {
                    // A client that never hears this sends the body anyway.
                    let leave = b"HTTP/1.1 100 Continue\r\n\r\n";
                    let _ = send(&self.socket, leave, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
                }
                false
            }
            Err(error) => {
                self.answer = Some(State::reject(error, kernel::now()));
                true
            }
        }
    }

    /// Hands the answer's writes to the socket: `Ok` when the last has left.
    fn advance(&mut self, state: &mut State) -> Result<End, Step> {
        for _ in 0..TURN {
            let write = match self.rendered() {
                Next::Write(write) => write,
                Next::Later => return Err(Step::Tokens),
                Next::Over => return Ok(self.answer.as_ref().map_or(End::Close, Answer::end)),
            };
            let now = kernel::now();
            if write.due > now {
                return Err(Step::Until(write.due));
            }
            let left_at = self.push_out(now, state)?;
            self.note(write, left_at, state);
        }
        Err(Step::Turn)
    }

    /// The write that is next, rendered if it wasn't yet.
    fn rendered(&mut self) -> Next {
        if let Some(write) = self.write {
            return Next::Write(write);
        }
        let Some(answer) = &mut self.answer else { return Next::Over };
        self.out.clear();
        self.sent = 0;
        self.stalled = false;
        let next = answer.next(&mut self.out);
        if let Next::Write(write) = next {
            self.write = Some(write);
        }
        next
    }

    /// Gives the socket the rest of the write; says when the clock stood just
    /// before the call that took the last byte.
    fn push_out(&mut self, mut now: Nanos, state: &mut State) -> Result<Nanos, Step> {
        while self.sent < self.out.len() {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match send(&self.socket, &self.out[self.sent..], flags) {
                Ok(count) => {
                    self.sent += count;
                    if self.sent < self.out.len() {
                        now = kernel::now();
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    state.counters.stalled += u64::from(!self.stalled);
                    self.stalled = true;
                    return Err(Step::Room);
                }
                Err(_) => {
                    self.abandon(state);
                    return Err(Step::Closed);
                }
            }
        }
        Ok(now)
    }

    /// Notes a write that has left.
    fn note(&mut self, write: Write, left_at: Nanos, state: &mut State) {
        self.write = None;
        let held_up = self.stalled || write.due < self.free_since;
        if self.stalled {
            self.free_since = left_at;
        }
        if let Some(account) = &mut self.account
            && write.tokens > 0
        {
            account.truth.writes.push((left_at.0, write.tokens));
            account.truth.output_tokens += write.tokens;
            state.counters.generated_tokens += u64::from(write.tokens);
            if write.timed && !held_up {
                state.counters.judge(left_at - write.due);
            }
        }
    }

    /// Ends the answer as it was meant to end. `None` means that the next
    /// request may be answered.
    fn conclude(&mut self, end: End, state: &mut State) -> Option<Step> {
        if let (Some(answer), Some(account)) = (self.answer.take(), self.account.take()) {
            let outcome = answer.outcome(account.truth.outcome);
            state.close_account(account, outcome);
        }
        match end {
            End::KeepAlive => {
                self.free_since = kernel::now();
                None
            }
            End::Close => Some(Step::Closed),
            End::Silence => {
                self.deaf = true;
                Some(Step::Farewell(None))
            }
            End::Shut => {
                self.deaf = true;
                // It fails only if the client is gone, which is noticed soon.
                let _ = shutdown(&self.socket, Shutdown::Write);
                Some(Step::Farewell(Some(FAREWELL)))
            }
            End::Reset => {
                // Closing with a linger time of zero sends a reset.
                let _ = sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO));
                Some(Step::Closed)
            }
        }
    }

    /// Closes the account of an answer whose client has gone.
    pub(crate) fn abandon(&mut self, state: &mut State) {
        if let (Some(answer), Some(account)) = (self.answer.take(), self.account.take()) {
            let outcome = answer.abandoned(account.truth.outcome);
            state.close_account(account, outcome);
        }
    }
}
