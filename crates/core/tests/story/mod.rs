//! Requests told by hand: each test says what came when, in milliseconds, and
//! knows from that what every metric must be.
#![allow(dead_code, reason = "each test program uses a part of it")]

use tokenometer_core::summary::Summariser;
use tokenometer_core::{
    Chunk, ChunkKind, Counts, Nanos, Outcome, Phase, Record, StampSource, Summary, TokenRule,
    Window,
};

/// One request and its stream.
#[derive(Clone, Debug)]
pub struct Story {
    pub record: Record,
    pub chunks: Vec<Chunk>,
}

impl Story {
    /// A measured request, due and sent at this millisecond, that ended well.
    pub fn sent(request: u32, millis: i64) -> Story {
        let at = Nanos::from_millis(millis);
        let record = Record {
            outcome: Outcome::Ok,
            send_start: Some(at),
            sent: Some(at),
            written: Some(at),
            reused: true,
            streamed: true,
            status: Some(200),
            input: Counts { asked: Some(100), server: Some(100), counted: None },
            token_rule: TokenRule::Told,
            finish_reason: Some("length".to_owned()),
            ..Record::due(request, request, Phase::Measure, at)
        };
        Story { record, chunks: Vec::new() }
    }

    /// A chunk that a read of its own brought, this long after *sent*.
    pub fn chunk(mut self, kind: ChunkKind, millis: i64, tokens: Option<u32>, text: u32) -> Story {
        let sent = self.record.sent.expect("a chunk answers a request that was sent");
        let last = self.chunks.last();
        self.chunks.push(Chunk {
            kind,
            received: sent + Nanos::from_millis(millis),
            stamp: StampSource::Kernel,
            read: last.map_or(0, |chunk| chunk.read + 1),
            previous_read: last.map_or(sent, |chunk| chunk.received),
            bytes: 200,
            tokens,
            text_bytes: text,
            has_choices: true,
        });
        self
    }

    /// A chunk of answer text.
    pub fn text(self, millis: i64, tokens: u32) -> Story {
        self.chunk(ChunkKind::Text, millis, Some(tokens), 4 * tokens)
    }

    /// As many chunks of answer text, evenly apart.
    pub fn texts(self, first: i64, gap: i64, chunks: u32, tokens: u32) -> Story {
        (0..i64::from(chunks)).fold(self, |story, i| story.text(first + i * gap, tokens))
    }

    /// The chunk before came with the same read as the one before it.
    pub fn in_the_same_read(mut self) -> Story {
        let [.., before, last] = &mut self.chunks[..] else { panic!("two chunks are needed") };
        last.read = before.read;
        last.received = before.received;
        last.previous_read = before.previous_read;
        self
    }

    /// The usage frame and `[DONE]`, late.
    pub fn tail(self, usage: i64, done: i64) -> Story {
        let story = self.chunk(ChunkKind::Usage, usage, None, 0);
        story.chunk(ChunkKind::Done, done, None, 0).ended(done)
    }

    /// The end of the response, this long after *sent*.
    pub fn ended(mut self, millis: i64) -> Story {
        self.record.end = self.record.sent.map(|sent| sent + Nanos::from_millis(millis));
        self
    }

    /// What the server says it generated.
    pub fn generated(mut self, tokens: u32) -> Story {
        self.record.output.server = Some(tokens);
        self
    }

    /// How it ended.
    pub fn outcome(mut self, outcome: Outcome) -> Story {
        self.record.outcome = outcome;
        self
    }

    /// Forgets the tokens of each chunk; `rule` is what is left of evidence.
    pub fn tokens_unknown(mut self) -> Story {
        self.record.token_rule = TokenRule::Unknown;
        self.chunks.iter_mut().for_each(|chunk| chunk.tokens = None);
        self
    }

    /// Anything else.
    pub fn with(mut self, change: impl FnOnce(&mut Record)) -> Story {
        change(&mut self.record);
        self
    }
}

/// A window in milliseconds.
pub fn window(opens: i64, closes: i64) -> Window {
    Window { opens: Nanos::from_millis(opens), closes: Nanos::from_millis(closes) }
}

/// The summary of these stories over the first ten seconds.
pub fn summarise(stories: &[Story]) -> Summary {
    summarise_over(window(0, 10_000), stories)
}

/// The summary of these stories over a window.
pub fn summarise_over(window: Window, stories: &[Story]) -> Summary {
    feed(Summariser::new(window), stories)
}

/// The summary of these stories by a summariser that has been told more.
pub fn feed(mut summariser: Summariser, stories: &[Story]) -> Summary {
    for story in stories {
        summariser.add(&story.record, &story.chunks);
    }
    summariser.finish()
}

/// Whether two numbers are the same but for rounding.
pub fn close(got: Option<f64>, want: f64) -> bool {
    got.is_some_and(|got| (got - want).abs() < 1e-9 * want.abs().max(1.0))
}
