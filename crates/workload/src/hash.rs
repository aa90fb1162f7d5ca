//! One number that stands for everything that is measured.

use sha2::{Digest, Sha256};
use tokenometer_core::{Nanos, Pace, Phase, Prompt, Request, Schedule};

/// What the hash begins with. A change of the encoding needs a new one.
const DOMAIN: &[u8] = b"tokenometer workload 1\0";

/// The SHA-256 of the measured requests, in lower-case hexadecimal: equal for
/// all arms that are sent the same work.
///
/// It covers every measured request in the order of sending and, in an open
/// loop, its offset from the window's opening. It does not cover the ramp-in,
/// the drain, the number of slots or the cap, nor how many tokens a prompt is
/// known to have, which is knowledge about the work and no part of it.
///
/// The encoding, hashed in this order, numbers little-endian:
///
/// 1. `tokenometer workload 1` and a zero byte; `c` for a closed loop or `o` for
///    an open one; the number of measured requests (64 bits);
/// 2. of each request, in an open loop its offset in nanoseconds (64 bits,
///    signed);
/// 3. the prompt: `t` and the text; or `m`, the number of turns (64 bits) and of
///    each the role and the content; or `i`, the number of ids (64 bits) and the
///    ids (32 bits each). Every string is its length in bytes (64 bits) and its
///    UTF-8;
/// 4. the output tokens asked for (32 bits), and a byte that is 1 where exactly
///    those are asked for, else 0;
/// 5. only where a request has fields of its own: `f`, their number (64 bits),
///    and of each, in the order of their names, the name and the value as JSON
///    without blanks.
pub fn workload_sha256(schedule: &Schedule) -> String {
    match &schedule.pace {
        Pace::Closed { measured, .. } => {
            let requests = &schedule.requests[measured.start as usize..measured.end as usize];
            let mut hash = WorkloadHash::closed(requests.len() as u64);
            requests.iter().for_each(|request| hash.add(request));
            hash.sha256()
        }
        Pace::Open { arrivals, window, .. } => {
            let measured = || arrivals.iter().filter(|arrival| arrival.phase == Phase::Measure);
            let mut hash = WorkloadHash::open(measured().count() as u64);
            for arrival in measured() {
                let request = &schedule.requests[arrival.request as usize];
                hash.add_due(arrival.offset - window.opens, request);
            }
            hash.sha256()
        }
    }
}

/// The hash of [`workload_sha256`], made one request after the other.
#[derive(Clone, Debug)]
pub struct WorkloadHash(Sha256);

impl WorkloadHash {
    /// That of so many requests without a time of their own.
    pub fn closed(requests: u64) -> WorkloadHash {
        WorkloadHash::begin(b"c", requests)
    }

    /// That of so many requests, each of which has its offset.
    pub fn open(requests: u64) -> WorkloadHash {
        WorkloadHash::begin(b"o", requests)
    }

    fn begin(loop_kind: &[u8], requests: u64) -> WorkloadHash {
        let hash = Sha256::new_with_prefix(DOMAIN);
        WorkloadHash(hash.chain_update(loop_kind).chain_update(requests.to_le_bytes()))
    }

    /// Adds the next request of a closed loop.
    pub fn add(&mut self, request: &Request) {
        add_request(&mut self.0, request);
    }

    /// Adds the next request of an open loop, due so long after the window's
    /// opening.
    pub fn add_due(&mut self, offset: Nanos, request: &Request) {
        self.0.update(offset.0.to_le_bytes());
        add_request(&mut self.0, request);
    }

    /// The hash, in lower-case hexadecimal.
    pub fn sha256(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn add_request(hash: &mut Sha256, request: &Request) {
    match &request.prompt {
        Prompt::Text(text) => {
            hash.update(b"t");
            add_text(hash, text);
        }
        Prompt::Messages(turns) => {
            hash.update(b"m");
            hash.update((turns.len() as u64).to_le_bytes());
            for turn in turns {
                add_text(hash, &turn.role);
                add_text(hash, &turn.content);
            }
        }
        Prompt::TokenIds(ids) => {
            hash.update(b"i");
            hash.update((ids.len() as u64).to_le_bytes());
            ids.iter().for_each(|id| hash.update(id.to_le_bytes()));
        }
    }
    hash.update(request.output.tokens.to_le_bytes());
    hash.update([u8::from(request.output.exact)]);
    if !request.fields.is_empty() {
        hash.update(b"f");
        hash.update((request.fields.len() as u64).to_le_bytes());
        let mut fields: Vec<_> = request.fields.iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        for (name, value) in fields {
            add_text(hash, name);
            add_text(hash, &value.to_string());
        }
    }
}

fn add_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use tokenometer_core::{Arrival, Close, Message, OutputLength, Window};

    use super::*;

    fn requests() -> Vec<Request> {
        let turn =
            |role: &str, content: &str| Message { role: role.into(), content: content.into() };
        let request =
            |prompt, tokens, exact| Request::new(prompt, None, OutputLength { tokens, exact });
        vec![
            request(Prompt::Text("wörd".into()), 5, true),
            request(Prompt::Messages(vec![turn("system", ""), turn("user", "hi")]), 7, false),
            request(Prompt::TokenIds(vec![1, 2, 70_000]), 9, true),
        ]
    }

    fn closed(requests: Vec<Request>) -> Schedule {
        let pace = Pace::Closed {
            starts: vec![Nanos::ZERO],
            ramp_in: 3..3,
            measured: 0..3,
            drain: 3..3,
            close: Close::AllEnded,
            measured_as: Phase::Measure,
        };
        Schedule { requests, pace }
    }

    /// Both numbers were found by another program, written from the encoding
    /// that [`workload_sha256`] describes.
    #[test]
    fn the_encoding_is_the_one_described() {
        assert_eq!(
            workload_sha256(&closed(requests())),
            "752442b87a09bd336b01359c4258d2f2bc0f561bd950c7272d531e8efa87ad40"
        );
        let arrivals = [
            (3, 1, Phase::RampIn),
            (10, 2, Phase::Measure),
            (25, 0, Phase::Measure),
            (25, 2, Phase::Measure),
            (40, 1, Phase::Drain),
        ]
        .map(|(offset, request, phase)| Arrival { offset: Nanos(offset), request, phase });
        let window = Window { opens: Nanos(10), closes: Nanos(26) };
        let pace = Pace::Open { arrivals: arrivals.to_vec(), window, cap: Some(1) };
        assert_eq!(
            workload_sha256(&Schedule { requests: requests(), pace }),
            "b0f6b87300e2ea6a3da4a4d360b703ce31fcb0f10f2027b83f1d72fd4da9edc2"
        );
    }

    #[test]
    fn fields_are_a_part_of_the_work_in_any_order() {
        let with = |fields: &[(&str, u32)]| {
            let mut requests = requests();
            requests[0].fields =
                fields.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
            workload_sha256(&closed(requests))
        };
        assert_eq!(with(&[("a", 1), ("b", 2)]), with(&[("b", 2), ("a", 1)]));
        assert_ne!(with(&[("a", 1)]), with(&[("a", 2)]));
        assert_ne!(with(&[("a", 1)]), with(&[]));
    }

    #[test]
    fn what_is_known_of_a_prompt_is_no_part_of_it() {
        let mut known = requests();
        known[0].input_tokens = Some(3);
        assert_eq!(workload_sha256(&closed(known)), workload_sha256(&closed(requests())));
    }
}
