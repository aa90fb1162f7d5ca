//! Finds the borders of events in a stream of bytes.
//!
//! The stream comes as segments; an event may be cut anywhere, inside a line
//! break or a character of UTF-8 too. What an event means is the dialect's
//! business.

use std::borrow::Cow;

use memchr::memchr;

/// One event, complete.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    /// What its `data` fields held, joined by line feeds; `None` if it had
    /// none, as a comment has.
    pub(crate) data: Option<Cow<'a, [u8]>>,
    /// Its length on the wire, the empty line that ends it included.
    pub(crate) bytes: usize,
    /// The offset in the segment just after its last byte.
    pub(crate) end: usize,
}

/// A stream that is being cut into events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The front of an event whose end is still to come.
    carry: Vec<u8>,
    /// How much of `carry` is known to hold no border.
    searched: usize,
}

impl Events {
    /// The next event that ends in `segment` at or after `from`. Without one,
    /// the rest of the segment is kept for the next.
    pub(crate) fn next<'a>(&'a mut self, segment: &'a [u8], from: usize) -> Option<Event<'a>> {
        if from >= segment.len() {
            return None;
        }
        if self.carry.is_empty() {
            let rest = &segment[from..];
            match border(rest, 0) {
                Border::At { end } => {
                    let whole = &rest[..end];
                    Some(Event { data: data_of(whole), bytes: end, end: from + end })
                }
                Border::None { searched } => {
                    self.keep(rest, searched);
                    None
                }
            }
        } else {
            self.next_carried(segment, from)
        }
    }

    /// The event whose front is in `carry`. The kept front is dropped on the
    /// call after this one, so that the event can borrow from it.
    fn next_carried<'a>(&'a mut self, segment: &[u8], from: usize) -> Option<Event<'a>> {
        let kept = self.carry.len();
        self.carry.extend_from_slice(&segment[from..]);
        match border(&self.carry, self.searched) {
            Border::At { end } => {
                let whole = std::mem::take(&mut self.carry);
                self.searched = 0;
                let data = data_of(&whole[..end]).map(|data| Cow::Owned(data.into_owned()));
                Some(Event { data, bytes: end, end: from + end - kept })
            }
            Border::None { searched } => {
                self.searched = searched;
                None
            }
        }
    }

    fn keep(&mut self, rest: &[u8], searched: usize) {
        self.carry.extend_from_slice(rest);
        self.searched = searched;
    }

    /// What came after the last border, once the stream has ended: an event
    /// that was not closed by an empty line, or nothing.
    pub(crate) fn remainder(&mut self) -> Option<(Vec<u8>, usize)> {
        let rest = std::mem::take(&mut self.carry);
        self.searched = 0;
        let bytes = rest.len();
        let data = data_of(&rest)?.into_owned();
        Some((data, bytes))
    }
}

enum Border {
    /// An empty line ends here.
    At { end: usize },
    /// None yet; none begins before this offset either.
    None { searched: usize },
}

/// Finds the first empty line at or after `from`. Lines end in LF, CR LF or a
/// lone CR; an event of nothing but empty lines counts with the event before.
fn border(bytes: &[u8], from: usize) -> Border {
    let mut at = from;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
        let first = at + found;
        let Some(second) = after_line_end(bytes, first) else {
            return Border::None { searched: first };
        };
        match bytes.get(second) {
            Some(b'\n' | b'\r') => match after_line_end(bytes, second) {
                Some(end) => return Border::At { end },
                // A lone CR may be half of a CR LF: wait for the next byte,
                // unless the lines before it end in a lone CR too.
                None => return Border::None { searched: first },
            },
            Some(_) => at = second,
            None => return Border::None { searched: first },
        }
    }
    Border::None { searched: bytes.len() }
}

/// The offset after the line end at `at`; `None` if a CR is the last byte, so
/// that a LF may still belong to it.
fn after_line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes[at], bytes.get(at + 1)) {
        (b'\n', _) => Some(at + 1),
        (_, Some(b'\n')) => Some(at + 2),
        (_, Some(_)) => Some(at + 1),
        (_, None) => None,
    }
}

/// The joined `data` fields of an event's lines.
fn data_of(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut rest = event;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        let Some(value) = field_value(line) else { continue };
        match &mut data {
            None => data = Some(Cow::Borrowed(value)),
            Some(joined) => {
                let joined = joined.to_mut();
                joined.push(b'\n');
                joined.extend_from_slice(value);
            }
        }
    }
    data
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    // Events of one line, ended by LF, are nearly all there are.
    let end = match memchr(b'\n', bytes) {
        Some(end) => end,
        None => bytes.len(),
    };
    let line = &bytes[..end];
    let after = &bytes[(end + 1).min(bytes.len())..];
    match memchr(b'\r', line) {
        None => (line, after),
        Some(cr) if cr + 1 == line.len() => (&line[..cr], after),
        Some(cr) => (&line[..cr], &bytes[cr + 1..]),
    }
}

/// The value of a line `data: value` or `data:value`; `data` alone is empty.
fn field_value(line: &[u8]) -> Option<&[u8]> {
    let value = line.strip_prefix(b"data")?;
    match value.split_first() {
        None => Some(value),
        Some((b':', value)) => Some(value.strip_prefix(b" ").unwrap_or(value)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every event's data and length, from a stream cut into these segments.
    fn events(segments: &[&[u8]]) -> Vec<(Option<String>, usize)> {
        let mut events = Events::default();
        let mut seen = Vec::new();
        for segment in segments {
            let mut from = 0;
            while let Some(event) = events.next(segment, from) {
                from = event.end;
                let data = event.data.map(|data| String::from_utf8_lossy(&data).into_owned());
                seen.push((data, event.bytes));
            }
        }
        if let Some((data, bytes)) = events.remainder() {
            seen.push((Some(format!("cut:{}", String::from_utf8_lossy(&data))), bytes));
        }
        seen
    }

    fn data(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn events_end_at_an_empty_line() {
        let stream = b"data: one\n\ndata:two\n\n: ping\n\ndata: [DONE]\n\n";
        let seen = events(&[stream]);
        assert_eq!(seen, [(data("one"), 11), (data("two"), 10), (None, 8), (data("[DONE]"), 14)]);
    }

    #[test]
    fn all_three_line_ends_are_read() {
        for stream in ["data: a\r\n\r\ndata: b\r\n\r\n", "data: a\r\rdata: b\r\rx"] {
            let seen = events(&[stream.as_bytes()]);
            assert_eq!((&seen[0].0, &seen[1].0), (&data("a"), &data("b")), "{stream:?}");
        }
    }

    #[test]
    fn several_data_lines_are_joined_and_other_fields_dropped() {
        let stream = b"event: x\ndata: a\nid: 7\ndata: b\ndatabase: no\ndata\n\n";
        assert_eq!(events(&[stream])[0].0, data("a\nb\n"));
    }

    #[test]
    fn an_event_that_was_not_closed_is_given_at_the_end() {
        assert_eq!(events(&[b"data: a\n\ndata: b\n"])[1], (data("cut:b"), 8));
        assert_eq!(events(&[b"data: a\n\n"]).len(), 1);
    }

    proptest! {
        /// However a stream is cut, the same events come out, with the same
        /// lengths.
        #[test]
        fn cuts_do_not_matter(
            ends in prop::sample::select(vec!["\n", "\r\n"]),
            cuts in prop::collection::vec(0usize..100, 0..20),
        ) {
            let lines = ["data: {\"é\":\"✓\"}", "", ": ping", "", "data: a", "data: b", "", "data: c", "", ""];
            let stream = lines.join(ends).into_bytes();
            let whole = events(&[&stream]);
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut % stream.len()).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&stream[from..cut]);
                from = cut;
            }
            pieces.push(&stream[from..]);
            prop_assert_eq!(whole.len(), 4);
            prop_assert_eq!(events(&pieces), whole);
        }

        /// No bytes make it panic, and no byte is counted twice.
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let (front, back) = bytes.split_at(cut.min(bytes.len()));
            let seen = events(&[front, back]);
            prop_assert!(seen.iter().map(|(_, bytes)| bytes).sum::<usize>() <= bytes.len());
        }
    }
}
