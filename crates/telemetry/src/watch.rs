//! The thread that watches.
//!
//! It costs the measured window one connection, one request and one copy of the
//! answer a second, on its own thread: a text of 70 kB is handed on as it came,
//! and what it says is read after the window. A thread inherits the cores of
//! the one that starts it, so the caller decides on which it runs.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokenometer_engine::{Control, CounterNames};

use crate::schedule::Schedule;
use crate::{Keep, KeepError, Scrape, scrape};

/// The shortest time between two scrapes. An engine takes about as long to
/// write one.
const LEAST_INTERVAL: Duration = Duration::from_millis(10);

/// How an engine is watched.
pub struct WatchSettings {
    /// Asks it. Its limit on a whole answer is the longest that a scrape may
    /// take, and [`Watch::stop`] may have to wait.
    pub control: Control,
    /// Where its counters stand; without that, where they usually do.
    pub names: Option<CounterNames>,
    /// How often it is asked.
    pub interval: Duration,
}

/// Why an engine can't be watched.
#[derive(Debug, Error)]
pub enum WatchError {
    /// Scrapes in too quick a succession would be a load of their own.
    #[error(
        "an engine can't be watched every {} s; the least is {} s, and one second is usual",
        interval.as_secs_f64(),
        LEAST_INTERVAL.as_secs_f64()
    )]
    TooOften {
        /// The interval asked for.
        interval: Duration,
    },
    /// The system gives no thread.
    #[error("failed to start a thread to watch the engine with")]
    Thread(#[source] io::Error),
    /// The watching thread has panicked, or ended before it was told to.
    #[error("the thread that watched the engine is gone; this is a bug")]
    Gone,
}

/// What a watch has seen.
#[derive(Debug)]
pub struct Watched<K> {
    /// What was given to keep the scrapes.
    pub keep: K,
    /// The scrapes that were due or asked for, those that brought nothing
    /// included.
    pub scrapes: u64,
    /// Those that brought nothing.
    pub gaps: u64,
    /// Why the first of them did.
    pub first_gap: Option<String>,
    /// Why the scrapes were not kept to the end.
    pub unkept: Option<KeepError>,
}

/// What the thread is told.
enum Order {
    /// Scrape now, for this moment, and tell what came.
    Now(String, Sender<Scrape>),
    /// Come to an end.
    Stop,
}

/// A watch that is being kept. Dropped, it ends by itself, and what it has seen
/// is dropped with it.
#[derive(Debug)]
pub struct Watch<K> {
    orders: Sender<Order>,
    thread: JoinHandle<Watched<K>>,
}

impl<K: Keep + Send + 'static> Watch<K> {
    /// Begins to watch. The first scrape is made at once.
    ///
    /// # Errors
    /// If there is too little time between scrapes, or no thread to be had.
    pub fn start(settings: WatchSettings, keep: K) -> Result<Watch<K>, WatchError> {
        if settings.interval < LEAST_INTERVAL {
            return Err(WatchError::TooOften { interval: settings.interval });
        }
        let (orders, inbox) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || Watcher::new(settings, keep).run(&inbox))
            .map_err(WatchError::Thread)?;
        Ok(Watch { orders, thread })
    }

    /// Scrapes now, beside the schedule, and says what came. It is kept with
    /// the others, under the name of its moment. For the two ends of a phase:
    /// it takes as long as the engine takes, so not inside a measured window.
    ///
    /// # Errors
    /// If the watching thread is gone.
    pub fn snapshot(&self, moment: &str) -> Result<Scrape, WatchError> {
        let (reply, answer) = mpsc::channel();
        let order = Order::Now(moment.to_owned(), reply);
        self.orders.send(order).map_err(|_| WatchError::Gone)?;
        answer.recv().map_err(|_| WatchError::Gone)
    }

    /// Ends the watch, after the scrape that is under way.
    ///
    /// # Errors
    /// If the watching thread has panicked.
    pub fn stop(self) -> Result<Watched<K>, WatchError> {
        // A thread that is gone already can't be told; joining it says why.
        let _ = self.orders.send(Order::Stop);
        self.thread.join().map_err(|_| WatchError::Gone)
    }
}

/// The thread's side.
struct Watcher<K> {
    settings: WatchSettings,
    watched: Watched<K>,
}

impl<K: Keep> Watcher<K> {
    fn new(settings: WatchSettings, keep: K) -> Watcher<K> {
        let watched = Watched { keep, scrapes: 0, gaps: 0, first_gap: None, unkept: None };
        Watcher { settings, watched }
    }

    fn run(mut self, inbox: &Receiver<Order>) -> Watched<K> {
        let mut schedule = Schedule::new(Instant::now(), self.settings.interval);
        loop {
            let left = schedule.due().saturating_duration_since(Instant::now());
            match inbox.recv_timeout(left) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return self.watched,
                Ok(Order::Now(moment, reply)) => {
                    let scrape = self.ask(Some(&moment));
                    self.take(&scrape);
                    // Nobody waits any more only if the caller is gone.
                    let _ = reply.send(scrape);
                }
                Err(RecvTimeoutError::Timeout) => {
                    let scrape = self.ask(None);
                    self.take(&scrape);
                    for _ in 0..schedule.done(Instant::now()) {
                        self.take(&Scrape::missed("the scrape before it was still under way"));
                    }
                }
            }
        }
    }

    fn ask(&self, moment: Option<&str>) -> Scrape {
        scrape(&self.settings.control, self.settings.names.as_ref(), moment)
    }

    /// Counts a scrape and hands it on.
    fn take(&mut self, scrape: &Scrape) {
        let watched = &mut self.watched;
        watched.scrapes += 1;
        if let Err(why) = &scrape.text {
            watched.gaps += 1;
            watched.first_gap.get_or_insert_with(|| why.clone());
        }
        if watched.unkept.is_none() {
            watched.unkept = watched.keep.keep(scrape).err();
        }
    }
}
