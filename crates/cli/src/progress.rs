//! Shows people how far a run has come: one line at the foot of the terminal,
//! drawn by a thread of its own. Without a terminal on stderr there is none.
//!
//! Events come from the thread that carries the load, so they are only handed
//! on there.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, stderr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokenometer_core::{self as core, Event, Observer, Phase};

use crate::printer::Printer;

/// Over how long the rate of chunks is taken.
const RATE_SPAN: Duration = Duration::from_secs(2);
/// How often the line is drawn, a second.
const DRAWN: u8 = 10;
/// The steps of a line whose end is known, by its length.
const STEPS: u64 = 10_000;

/// The line, if there is a terminal to show it.
#[derive(Debug)]
pub(crate) struct Progress {
    printer: Printer,
    /// Whether what is worth keeping in sight is said even without a terminal.
    tells_notes: bool,
    drawer: Option<(Sender<Message>, JoinHandle<()>)>,
}

/// Says something above the line.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    printer: Printer,
    drawer: Option<Sender<Message>>,
}

#[derive(Debug)]
enum Message {
    Event(Event),
    Note(String),
    End,
}

impl Progress {
    /// Begins to show, if it is wanted and there is a terminal.
    pub(crate) fn start(printer: Printer, wanted: bool) -> Progress {
        let drawer = (wanted && stderr().is_terminal()).then(|| {
            let (send, messages) = channel();
            let draw = move || Line::new(printer).draw(&messages);
            (send, thread::spawn(draw))
        });
        Progress { printer, tells_notes: false, drawer }
    }

    /// From here on, what is worth keeping in sight is said even where there is
    /// no terminal: whoever runs a study for hours looks into its log.
    pub(crate) fn telling_notes(self) -> Progress {
        Progress { tells_notes: true, ..self }
    }

    /// A voice for others.
    pub(crate) fn notes(&self) -> Notes {
        let drawer = self.drawer.as_ref().map(|(send, _)| send.clone());
        Notes { printer: self.printer, drawer }
    }

    /// Takes the line away.
    pub(crate) fn finish(self) {
        if let Some((send, thread)) = self.drawer {
            let _ = send.send(Message::End);
            // Should the drawing have failed, that has been said already.
            let _ = thread.join();
        }
    }
}

impl Observer for Progress {
    fn notice(&self, event: Event) {
        match (&self.drawer, event) {
            (Some((send, _)), event) => {
                let _ = send.send(Message::Event(event));
            }
            (None, Event::Note(text)) if self.tells_notes => self.printer.say(&text),
            (None, _) => {}
        }
    }
}

impl Notes {
    /// Says it.
    pub(crate) fn say(&self, text: &str) {
        let drawn = self.drawer.as_ref().map(|drawer| drawer.send(Message::Note(text.to_owned())));
        if !matches!(drawn, Some(Ok(()))) {
            self.printer.say(text);
        }
    }
}

/// The line while it is drawn.
struct Line {
    printer: Printer,
    bar: ProgressBar,
    phase: Option<Extent>,
    /// When so many chunks had come, over the last [`RATE_SPAN`].
    chunks: VecDeque<(Instant, u64)>,
}

/// How much a phase will be.
struct Extent {
    requests: Option<u64>,
    length: Option<Duration>,
    began: Instant,
}

impl Line {
    fn new(printer: Printer) -> Line {
        let target = ProgressDrawTarget::stderr_with_hz(DRAWN);
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        bar.set_style(style("{spinner} {prefix}"));
        Line { printer, bar, phase: None, chunks: VecDeque::new() }
    }

    fn draw(mut self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Event(Event::Step(words)) => self.step(words),
                Message::Event(Event::PhaseBegan { phase, requests, length }) => {
                    self.begin(phase, Extent { requests, length, began: Instant::now() });
                }
                Message::Event(Event::Progress(progress)) => self.show(progress),
                Message::Event(Event::Note(text)) | Message::Note(text) => {
                    self.bar.suspend(|| self.printer.say(&text))
                }
                Message::End => break,
            }
        }
        self.bar.finish_and_clear();
    }

    fn step(&mut self, words: String) {
        self.phase = None;
        self.bar.set_message("");
        self.bar.set_prefix(words);
        self.bar.set_style(style("{spinner} {prefix} {msg}"));
        self.bar.tick();
    }

    fn begin(&mut self, phase: Phase, extent: Extent) {
        let has_end = extent.requests.is_some() || extent.length.is_some();
        let template =
            if has_end { "{prefix} [{wide_bar}] {msg}" } else { "{spinner} {prefix} {msg}" };
        self.bar.set_prefix(match phase {
            Phase::WarmUp => "warming up",
            Phase::RampIn => "ramping in",
            Phase::Measure => "measuring",
            Phase::Drain => "draining",
        });
        self.bar.set_message("");
        self.bar.set_position(0);
        self.bar.set_style(style(template));
        self.chunks.clear();
        self.phase = Some(extent);
    }

    fn show(&mut self, progress: core::Progress) {
        let now = Instant::now();
        let rate = self.chunks_a_second(now, progress.chunks);
        let core::Progress { done, in_flight, failed, .. } = progress;
        let of = self.phase.as_ref().and_then(|phase| phase.requests);
        let of = of.map(|requests| format!(" of {requests}")).unwrap_or_default();
        let mut text = format!("{done}{of} done, {in_flight} in flight, {failed} failed");
        if let Some(rate) = rate {
            text.push_str(&format!(", {rate:.0} chunks/s"));
        }
        if let Some(share) = self.phase.as_ref().and_then(|phase| phase.share(done, now)) {
            self.bar.set_position((share * STEPS as f64) as u64);
        }
        if let Some(left) = self.phase.as_ref().and_then(|phase| phase.left(done, now)) {
            text.push_str(&format!(", {} left", humantime::format_duration(left)));
        }
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// The rate at which chunks come; `None` until some time has passed.
    fn chunks_a_second(&mut self, now: Instant, chunks: u64) -> Option<f64> {
        while self.chunks.len() > 1
            && self.chunks.front().is_some_and(|(then, _)| now - *then > RATE_SPAN)
        {
            self.chunks.pop_front();
        }
        self.chunks.push_back((now, chunks));
        let (then, before) = *self.chunks.front()?;
        let span = (now - then).as_secs_f64();
        (span > 0.0).then(|| chunks.saturating_sub(before) as f64 / span)
    }
}

impl Extent {
    /// The share of the phase that is over, from 0 to 1.
    fn share(&self, done: u64, now: Instant) -> Option<f64> {
        let share = match (self.length, self.requests) {
            (Some(length), _) => (now - self.began).as_secs_f64() / length.as_secs_f64(),
            (None, Some(requests)) => done as f64 / requests as f64,
            (None, None) => return None,
        };
        Some(share.clamp(0.0, 1.0))
    }

    /// How long it will go on, in whole seconds: what its length leaves, or
    /// what its requests need if they go on as so far.
    fn left(&self, done: u64, now: Instant) -> Option<Duration> {
        let over = now - self.began;
        let left = match (self.length, self.share(done, now)?) {
            (Some(length), _) => length.saturating_sub(over).as_secs_f64(),
            (None, share) if share > 0.0 => over.as_secs_f64() * (1.0 / share - 1.0),
            (None, _) => return None,
        };
        Some(Duration::from_secs(left.ceil() as u64))
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates above are sound")
        .progress_chars("=> ")
}
