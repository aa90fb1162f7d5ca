//! The client: connections to one target, and loads run over them.

use std::io;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use thiserror::Error;
use tokenometer_core::{Endpoint, Instrument, Nanos, Observer, Sink, SinkError, Target, Window};

use crate::carry::{Audience, Carried, Carry, Flight, Handover};
use crate::exchange::Message;
use crate::reading::Reader;
use crate::transport::{Advance, Pool, TlsSettings, now, resolve};
use crate::{Limits, Prepared, Stop, Trust};

/// How many connections are begun before the first of them is open.
const OPENING_AT_ONCE: usize = 64;
/// Descriptors that are needed beside those of connections.
const DESCRIPTORS_BESIDE: u64 = 64;
/// How many messages may wait between the two threads: at 32 KiB each, 8 MiB.
const MESSAGES_WAITING: usize = 256;
/// By how much the reading thread steps back, so that where both share a core
/// the one that stamps goes first.
const READER_NICENESS: i32 = 5;

/// Open connections to one target.
#[derive(Debug)]
pub struct Client {
    pool: Pool<Box<Flight>>,
    address: String,
    limits: Limits,
    /// Requests are numbered on over all loads of a client.
    next_request: u32,
}

/// How a load went.
#[derive(Debug)]
pub struct Finished<S> {
    /// When the load began, on `CLOCK_REALTIME`.
    pub started: Nanos,
    /// The measured window; `None` if the load was stopped before it opened.
    pub window: Option<Window>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// What the client saw of itself in the window.
    pub instrument: Instrument,
    /// The sink, with every record in it.
    pub sink: S,
}

/// Why a load could not be carried through. Failed requests are records, not
/// errors.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No connection to the target.
    #[error("failed to connect to {address}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Too few file descriptors for the connections.
    #[error(
        "{needed} connections need more file descriptors than the {limit} that are allowed; \
         raise the limit with `ulimit -n {}`, or lower --max-concurrency",
        needed + DESCRIPTORS_BESIDE
    )]
    FileDescriptors {
        /// Connections needed.
        needed: u64,
        /// The limit in force.
        limit: u64,
    },
    /// A record could not be kept.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The operating system refused something that a load needs.
    #[error("failed to {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl Client {
    /// Opens `connections` to `target`, switches kernel stamps on and
    /// exchanges one message over each, so that the first stamp is taken long
    /// before it counts.
    ///
    /// A server that keeps no connection open leaves none behind; requests
    /// open their own then, and say so.
    pub fn connect(
        target: &Target,
        trust: &Trust,
        limits: Limits,
        connections: usize,
    ) -> Result<Client, LoadError> {
        allow_descriptors(connections)?;
        let address = target.address.to_string();
        let failed = |source| LoadError::Connect { address: address.clone(), source };
        let places = resolve(&target.address.endpoint).map_err(failed)?;
        let tls = match &target.address.endpoint {
            Endpoint::Tcp { host, tls: true, .. } => {
                Some(TlsSettings::new(host, trust).map_err(failed)?)
            }
            _ => None,
        };
        let pool = Pool::new(places, tls, priming(target))
            .map_err(|source| LoadError::System { what: "make an epoll instance", source })?;
        let mut client = Client { pool, address: address.clone(), limits, next_request: 0 };
        client.find_place().map_err(failed)?;
        client.open(connections.saturating_sub(client.pool.idle()))?;
        Ok(client)
    }

    /// Gives the cohort of the loads to come this long to end after the last of
    /// it was due, instead of what [`Limits::drain`] said.
    pub fn set_drain_limit(&mut self, limit: Duration) {
        self.limits.drain = limit;
    }

    /// Opens more connections where there are fewer than `connections` idle.
    /// Those that the server has closed since they were used don't count.
    pub fn ensure(&mut self, connections: usize) -> Result<(), LoadError> {
        allow_descriptors(connections)?;
        self.pool.drop_stale();
        self.open(connections.saturating_sub(self.pool.idle()))
    }

    /// Finds the first place behind the address that answers.
    fn find_place(&mut self) -> io::Result<()> {
        let mut first_error = None;
        for place in 0..self.pool.places() {
            match self.open_at(place, 1) {
                Ok(()) => {
                    self.pool.settle_on(place);
                    return Ok(());
                }
                Err(why) => {
                    first_error.get_or_insert(why);
                }
            }
        }
        Err(first_error.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    }

    fn open(&mut self, connections: usize) -> Result<(), LoadError> {
        let address = self.address.clone();
        self.open_at(0, connections).map_err(|source| LoadError::Connect { address, source })
    }

    /// Opens connections, some at a time, and primes them.
    fn open_at(&mut self, place: usize, connections: usize) -> io::Result<()> {
        let deadline = now() + self.limits.connect.into();
        let (mut begun, mut settled) = (0, 0);
        let mut ready = Vec::new();
        while settled < connections {
            while begun < connections && begun - settled < OPENING_AT_ONCE {
                self.pool.open(place, None, now()).map_err(|(why, _)| why)?;
                begun += 1;
            }
            ready.clear();
            self.pool.wait(Nanos::from_millis(50), &mut ready)?;
            for &(token, _) in &ready {
                match self.pool.advance(token) {
                    Advance::Pending | Advance::Ready => {}
                    Advance::Idle => settled += 1,
                    Advance::Closed => {
                        self.pool.close(token);
                        settled += 1;
                    }
                    Advance::Failed(why) => {
                        self.pool.close(token);
                        return Err(why);
                    }
                }
            }
            if settled < connections && now() > deadline {
                let limit = self.limits.connect.as_secs_f64();
                let why = format!("no answer within {limit} s (--connect-timeout)");
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
        }
        Ok(())
    }

    /// Carries a load through, on the calling thread. Returns when every
    /// measured request has ended, the drain limit has passed or `stop` was
    /// asked for; nothing is in flight then, and the sink has every record.
    pub fn run<S: Sink>(
        &mut self,
        prepared: &Prepared,
        sink: S,
        observer: &dyn Observer,
        stop: &Stop,
    ) -> Result<Finished<S>, LoadError> {
        let _precise = PreciseTimers::new();
        let (send, messages) = sync_channel::<Message>(MESSAGES_WAITING);
        let (pool, limits) = (&mut self.pool, self.limits);
        let (work, audience) = ((prepared, self.next_request), Audience { observer, stop });
        std::thread::scope(|scope| {
            let reader = std::thread::Builder::new()
                .name("tokenometer-reader".into())
                .spawn_scoped(scope, move || {
                    // Where it can't step back the two are equals.
                    let _ = rustix::process::nice(READER_NICENESS);
                    Reader::new(prepared, sink).run(&messages)
                })
                .map_err(|source| LoadError::System { what: "start a thread", source })?;
            let carried = Carry::new(pool, work, limits, audience, Handover::new(send)).run();
            let sink = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let Carried { started, window, interrupted, instrument, next_request } = carried?;
            self.next_request = next_request;
            Ok(Finished { started, window, interrupted, instrument, sink })
        })
    }
}

/// A short request that any server of these dialects answers somehow.
fn priming(target: &Target) -> Vec<u8> {
    let (prefix, host) = (&target.address.prefix, target.address.host_header());
    let agent = concat!("tokenometer/", env!("CARGO_PKG_VERSION"));
    format!("GET {prefix}/v1/models HTTP/1.1\r\nhost: {host}\r\nuser-agent: {agent}\r\n\r\n")
        .into_bytes()
}

/// Sees to it that this many connections may be open, raising the process's
/// own limit where the system lets it.
fn allow_descriptors(connections: usize) -> Result<(), LoadError> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = connections as u64 + DESCRIPTORS_BESIDE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
    if limit.maximum.is_none_or(|maximum| maximum >= needed)
        && setrlimit(Resource::Nofile, raised).is_ok()
    {
        return Ok(());
    }
    let limit = limit.maximum.or(limit.current).unwrap_or(0);
    Err(LoadError::FileDescriptors { needed: connections as u64, limit })
}

/// Makes this thread's sleeps end when they should: by default the kernel may
/// let them run 50 µs longer, to save wake-ups.
struct PreciseTimers {
    before: Option<u64>,
}

impl PreciseTimers {
    fn new() -> PreciseTimers {
        let before = rustix::thread::current_timer_slack().ok();
        let least = std::num::NonZeroU64::MIN;
        let _ = rustix::thread::set_current_timer_slack(Some(least));
        PreciseTimers { before }
    }
}

impl Drop for PreciseTimers {
    fn drop(&mut self) {
        let before = self.before.and_then(std::num::NonZeroU64::new);
        let _ = rustix::thread::set_current_timer_slack(before);
    }
}
