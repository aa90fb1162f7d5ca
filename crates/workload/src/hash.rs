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
///    those are asked for, else 0.
pub fn workload_sha256(schedule: &Schedule) -> String {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    match &schedule.pace {
        Pace::Closed { measured, .. } => {
            let requests = &schedule.requests[measured.start as usize..measured.end as usize];
            hash.update(b"c");
            hash.update((requests.len() as u64).to_le_bytes());
            requests.iter().for_each(|request| add_request(&mut hash, request));
        }
        Pace::Open { arrivals, window, .. } => {
            let measured = || arrivals.iter().filter(|arrival| arrival.phase == Phase::Measure);
            hash.update(b"o");
            hash.update((measured().count() as u64).to_le_bytes());
            for arrival in measured() {
                let Nanos(offset) = arrival.offset - window.opens;
                hash.update(offset.to_le_bytes());
                add_request(&mut hash, &schedule.requests[arrival.request as usize]);
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
}

fn add_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}
