//! The thread that understands answers: keeps what is unfinished, turns what
//! has ended into records, and gives them to the sink.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;

use tokenometer_core::timeline::{Bearing, arrivals, assign_one_each};
use tokenometer_core::{Chunk, ChunkKind, Counts, Record, Sink, SinkError, TokenRule, error_text};

use super::outcome::{Signs, judge};
use super::stream::Stream;
use crate::dialect::missing_end;
use crate::exchange::{Ended, Ending, Message};
use crate::prepare::{Asked, Prepared};

/// Turns answers into records.
pub(crate) struct Reader<'a, S> {
    prepared: &'a Prepared,
    sink: S,
    /// Answers of which a segment has come, and more is to come.
    unfinished: HashMap<u32, Stream>,
}

impl<'a, S: Sink> Reader<'a, S> {
    pub(crate) fn new(prepared: &'a Prepared, sink: S) -> Reader<'a, S> {
        Reader { prepared, sink, unfinished: HashMap::new() }
    }

    /// Reads until the other side hangs up, and gives the sink back.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) -> Result<S, SinkError> {
        for message in messages {
            self.take(message)?;
        }
        Ok(self.sink)
    }

    fn take(&mut self, message: Message) -> Result<(), SinkError> {
        let new = || Stream::new(self.prepared.dialect);
        match message {
            Message::Segment { request, head, segment } => {
                self.unfinished.entry(request).or_insert_with(new).take(head, &segment);
                Ok(())
            }
            Message::Ended(ended) => {
                let begun = self.unfinished.remove(&ended.job.request);
                let mut stream = begun.unwrap_or_else(new);
                stream.take(ended.head, &ended.rest);
                let status = ended.head.map(|head| head.status);
                let is_success = status.is_some_and(|status| (200..300).contains(&status));
                stream.finish(is_success, ended.ending == Ending::Whole);
                let record = record(&ended, &mut stream, self.prepared.asked(ended.job.row));
                self.sink.keep(&record, &stream.chunks)
            }
        }
    }
}

/// Settles the tokens of the chunks and the outcome, and writes it all down.
fn record(ended: &Ended, stream: &mut Stream, asked: Asked) -> Record {
    let generated = generated(stream);
    let token_rule = settle_tokens(stream, generated);
    let (outcome, error) = judge(signs(ended, stream, asked, generated));
    let streamed = stream.is_events();
    let arrivals = arrivals(&stream.chunks, Bearing::Counted);
    let usage = stream.usage.unwrap_or_default();
    Record {
        request: ended.job.request,
        row: ended.job.row,
        phase: ended.job.phase,
        outcome,
        error,
        intended: ended.job.intended,
        send_start: ended.times.send_start,
        sent: ended.times.sent,
        written: ended.times.written,
        first: arrivals.first().filter(|_| streamed).map(|arrival| arrival.received),
        first_answer: arrivals
            .iter()
            .find(|arrival| streamed && arrival.is_answer)
            .map(|arrival| arrival.received),
        last: arrivals.last().map(|arrival| arrival.received),
        end: ended.times.end,
        connect: ended.times.connect,
        reused: ended.times.reused,
        streamed,
        status: ended.head.map(|head| head.status),
        input: Counts { asked: asked.input, server: usage.prompt, counted: None },
        output: Counts { asked: Some(asked.output), server: generated, counted: None },
        exact: asked.exact,
        cached_tokens: usage.cached,
        reasoning_tokens: usage.reasoning,
        token_rule,
        finish_reason: stream.finish_reason.take(),
        text: stream.take_text(),
    }
}

fn signs<'a>(
    ended: &'a Ended,
    stream: &'a mut Stream,
    asked: Asked,
    generated: Option<u32>,
) -> Signs<'a> {
    let status = ended.head.map(|head| head.status);
    let is_success = status.is_some_and(|status| (200..300).contains(&status));
    Signs {
        ending: &ended.ending,
        status,
        refusal: (!is_success).then(|| error_text(stream.body())),
        stream_error: stream.error.take(),
        finish_reason: stream.finish_reason.as_deref(),
        missing_end: (!stream.may_end).then(|| missing_end(stream.dialect())),
        bears_tokens: stream.chunks.iter().any(Chunk::bears_tokens),
        generated,
        exactly: asked.exact.then_some(asked.output),
    }
}

/// The tokens generated, by the server's own words (M4): its ids, else its
/// count.
fn generated(stream: &Stream) -> Option<u32> {
    let told: u32 = stream.chunks.iter().filter_map(|chunk| chunk.tokens).sum();
    if stream.evidence.ids && told > 0 {
        return Some(told);
    }
    stream.usage.and_then(|usage| usage.completion)
}

/// Gives each chunk its tokens, by the first rule of M5 that applies here. The
/// third, tokenising the text again, waits until the load is over.
fn settle_tokens(stream: &mut Stream, generated: Option<u32>) -> TokenRule {
    let has_text = stream.chunks.iter().any(|chunk| chunk.text_bytes > 0);
    if !stream.is_events() {
        return settle_whole(&mut stream.chunks, generated);
    }
    if has_text && stream.evidence.ids {
        return TokenRule::Told;
    }
    if has_text && stream.evidence.running_count {
        take_differences(&mut stream.chunks);
        return TokenRule::Told;
    }
    for chunk in &mut stream.chunks {
        chunk.tokens = None;
    }
    match generated.map(|generated| assign_one_each(&mut stream.chunks, generated)) {
        Some(Ok(())) => TokenRule::OneEach,
        _ => TokenRule::Unknown,
    }
}

/// An answer that is not streamed is one chunk, which holds everything.
fn settle_whole(chunks: &mut [Chunk], generated: Option<u32>) -> TokenRule {
    for chunk in chunks {
        chunk.tokens = generated.filter(|_| chunk.text_bytes > 0);
    }
    if generated.is_some() { TokenRule::Told } else { TokenRule::Unknown }
}

/// Turns running counts into the tokens of each chunk.
fn take_differences(chunks: &mut [Chunk]) {
    let mut before = 0;
    for chunk in chunks {
        let bears = chunk.kind != ChunkKind::Usage;
        if let Some(total) = chunk.tokens {
            chunk.tokens = bears.then_some(total.saturating_sub(before));
            before = before.max(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokenometer_core::{
        Dialect, Nanos, Outcome, OutputLength, Pace, Phase, Prompt, Request, Schedule, Target,
        Window,
    };

    use super::*;
    use crate::exchange::{Segment, Times};
    use crate::pacer::Job;
    use crate::reading::stream::read_at;
    use crate::wire::http1::Head;
    use crate::{Rendering, prepare};

    /// One request, for exactly two tokens.
    fn prepared() -> Prepared {
        let output = OutputLength { tokens: 2, exact: true };
        let prompt = Prompt::Text("x".into());
        let requests = vec![Request::new(prompt, Some(4), output)];
        let pace = Pace::Open {
            arrivals: Vec::new(),
            window: Window { opens: Nanos(0), closes: Nanos(1) },
            cap: None,
        };
        let target = Target {
            address: "http://localhost".parse().unwrap(),
            dialect: Dialect::OpenaiCompletions,
            model: "tiny".into(),
        };
        prepare(Schedule { requests, pace }, &target, &Rendering::default()).unwrap()
    }

    /// What becomes of an answer that comes as these reads, a millisecond
    /// apart, in segments of at most `per_segment` reads.
    fn understand(reads: &[&[u8]], per_segment: usize, head: Head) -> (Record, Vec<Chunk>) {
        let prepared = prepared();
        let mut reader = Reader::new(&prepared, Vec::new());
        let mut number = 0;
        let mut segments = Vec::new();
        for group in reads.chunks(per_segment) {
            let mut segment = Segment::default();
            for bytes in group {
                segment.bytes.extend_from_slice(bytes);
                let received = i64::from(number) * 1_000_000;
                segment.reads.push(read_at(segment.bytes.len(), number, received));
                number += 1;
            }
            segments.push(segment);
        }
        let rest = segments.pop().unwrap_or_default();
        for segment in segments {
            reader.take(Message::Segment { request: 7, head: Some(head), segment }).unwrap();
        }
        let job = Job {
            request: 7,
            row: 0,
            phase: Phase::Measure,
            intended: Nanos(-10),
            in_cohort: true,
        };
        let ended =
            Ended { job, times: Times::default(), head: Some(head), ending: Ending::Whole, rest };
        reader.take(Message::Ended(Box::new(ended))).unwrap();
        reader.sink.pop().unwrap()
    }

    const STREAM: Head = Head { status: 200, keeps_alive: true, is_event_stream: true };
    const JSON: Head = Head { status: 200, keeps_alive: true, is_event_stream: false };

    const A: &[u8] = b"data: {\"choices\":[{\"index\":0,\"text\":\" a\"}]}\n\n";
    const B: &[u8] =
        b"data: {\"choices\":[{\"index\":0,\"text\":\" b\",\"finish_reason\":\"length\"}]}\n\n";
    const USAGE: &[u8] =
        b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    const DONE: &[u8] = b"data: [DONE]\n\n";

    #[test]
    fn a_healthy_stream_is_read_whole() {
        for per_segment in [1, 2, 9] {
            let (record, chunks) = understand(&[A, B, USAGE, DONE], per_segment, STREAM);
            assert_eq!((record.outcome, record.error), (Outcome::Ok, None));
            assert_eq!((record.text.as_str(), record.token_rule), (" a b", TokenRule::OneEach));
            assert_eq!((record.input.server, record.output.server), (Some(5), Some(2)));
            assert_eq!(record.first, Some(Nanos(0)));
            assert_eq!(record.last, Some(Nanos(1_000_000)));
            let kinds: Vec<_> = chunks.iter().map(|chunk| chunk.kind).collect();
            let (text, usage, done) = (ChunkKind::Text, ChunkKind::Usage, ChunkKind::Done);
            assert_eq!(kinds, [text, text, usage, done]);
            let tokens: Vec<_> = chunks.iter().map(|chunk| chunk.tokens).collect();
            assert_eq!(tokens, [Some(1), Some(1), None, None]);
        }
    }

    #[test]
    fn an_event_bears_the_stamp_of_the_read_that_brought_its_last_byte() {
        let (front, back) = A.split_at(20);
        let (record, chunks) = understand(&[front, back, B, USAGE, DONE], 9, STREAM);
        assert_eq!((record.first, chunks[0].read), (Some(Nanos(1_000_000)), 1));
        let (_, same) = understand(&[front, back, B, USAGE, DONE], 1, STREAM);
        assert_eq!(chunks, same);
    }

    #[test]
    fn events_that_share_a_read_say_so() {
        let both = [A, B].concat();
        let (_, chunks) = understand(&[&both, USAGE, DONE], 9, STREAM);
        assert_eq!((chunks[0].read, chunks[1].read, chunks[2].read), (0, 0, 1));
    }

    #[test]
    fn two_tokens_in_a_chunk_are_not_taken_for_one_each() {
        let (record, chunks) = understand(&[B, USAGE, DONE], 9, STREAM);
        assert_eq!((record.token_rule, chunks[0].tokens), (TokenRule::Unknown, None));
        assert_eq!(record.outcome, Outcome::Ok);
    }

    #[test]
    fn ids_and_running_counts_tell_the_tokens_of_each_chunk() {
        let ids = [
            &b"data: {\"choices\":[{\"text\":\"a\",\"token_ids\":[1]}]}\n\n"[..],
            b"data: {\"choices\":[{\"text\":\"bc\",\"token_ids\":[2,3],\"finish_reason\":\"stop\"}]}\n\n",
            b"data: {\"choices\":[],\"usage\":{\"completion_tokens\":3}}\n\n",
        ];
        let running = [
            &b"data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"completion_tokens\":1}}\n\n"[..],
            b"data: {\"choices\":[{\"text\":\"bc\",\"finish_reason\":\"stop\"}],\"usage\":{\"completion_tokens\":3}}\n\n",
            b"data: {\"choices\":[],\"usage\":{\"completion_tokens\":3}}\n\n",
        ];
        for stream in [&ids[..], &running[..]] {
            let (record, chunks) = understand(stream, 9, STREAM);
            assert_eq!((record.token_rule, record.output.server), (TokenRule::Told, Some(3)));
            let tokens: Vec<_> = chunks.iter().map(|chunk| chunk.tokens).collect();
            assert_eq!(tokens, [Some(1), Some(2), None]);
            assert_eq!(record.outcome, Outcome::Long);
        }
    }

    #[test]
    fn an_answer_that_is_not_streamed_is_one_chunk_without_a_first() {
        let body = b"{\"choices\":[{\"text\":\" a b\",\"finish_reason\":\"length\"}],\
            \"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}";
        let (record, chunks) = understand(&[&body[..9], &body[9..]], 1, JSON);
        assert_eq!((record.outcome, record.streamed, record.first), (Outcome::Ok, false, None));
        assert_eq!((record.last, chunks.len()), (Some(Nanos(1_000_000)), 1));
        assert_eq!(chunks[0].tokens, Some(2));
    }

    #[test]
    fn an_http_error_is_told_in_the_servers_words() {
        let head = Head { status: 422, ..JSON };
        let (record, chunks) = understand(&[b"{\"detail\":\"no `ignore_eos` here\"}"], 9, head);
        assert_eq!((record.outcome, chunks.len()), (Outcome::HttpError, 0));
        assert_eq!(record.error.unwrap(), "HTTP 422: no `ignore_eos` here");
    }

    #[test]
    fn a_stream_that_errs_keeps_what_came_before() {
        let error = b"data: {\"error\":\"out of memory\"}\n\n";
        let (record, chunks) = understand(&[A, error, DONE], 9, STREAM);
        assert_eq!(record.outcome, Outcome::StreamError);
        assert_eq!((record.error.as_deref(), chunks.len()), (Some("out of memory"), 3));
        assert_eq!(record.text, " a");
    }
}
