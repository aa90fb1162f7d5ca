//! What a prefix cache is to find of a workload (W3): the longest common prefixes
//! of its prompts, block by block, each with those that were sent before it.
//!
//! It is a cache with room for everything, which knows a prompt as soon as it is
//! due. An engine finds no more than that, unless it holds something of another
//! load. Nothing here asks an engine, or looks at what it did find.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use tokenometer_core::{Dialect, Message, Prompt, Request};
use tokenometer_workload::Tokenizer;

use crate::understand::Sent;

/// The tokens of a block, where an engine doesn't tell: vLLM's default on GPUs
/// (`vllm/config/cache.py`).
pub(super) const USUAL_BLOCK: u32 = 16;

/// The fewest bytes of a text that are looked at together, where its tokens aren't
/// known: about one token.
const LEAST_STEP: usize = 4;

/// How many pieces all texts together are looked at in, at most. More would take
/// more memory than the texts.
const MOST_PIECES: usize = 4_000_000;

/// How many prompts tell whether a tokenizer is the engine's.
const TRIED: usize = 16;

/// What was sent to an engine, in which blocks it keeps it, and how to read it.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    /// What it was sent before, since its cache was emptied.
    pub(super) before: &'a [Request],
    /// The rows of the load.
    pub(super) rows: &'a [Request],
    /// Which of them were sent.
    pub(super) sent: &'a [Sent],
    /// The tokenizer, where there is one.
    pub(super) tokenizer: Option<&'a Tokenizer>,
    /// The dialect in which it was asked.
    pub(super) dialect: Dialect,
    /// The tokens of a block of its cache.
    pub(super) block: u32,
}

/// What is to be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Expected {
    /// The share of prompt tokens that stand in the cache.
    pub(super) share: f64,
    /// Whether something unknown stands around prompts, which they may share.
    pub(super) unknown_template: bool,
}

impl<'a> Load<'a> {
    /// The share that is to be found in the prompts of the requests that count, as
    /// far as it is known how long they are; `None` if it is of none.
    pub(super) fn expected(&self, counts: impl Fn(&Sent) -> bool) -> Option<Expected> {
        let reader = self.reader();
        let before = self.before.iter().map(|request| reader.read(request, None).digests);
        let mut cache: HashSet<u64> = before.flatten().collect();
        let mut due: Vec<&Sent> = self.sent.iter().collect();
        due.sort_by_key(|sent| sent.request);
        let mut rows: BTreeMap<u32, Read> = BTreeMap::new();
        let (mut found, mut asked, mut unknown_template) = (0.0, 0.0, false);
        for sent in due {
            let Some(request) = self.rows.get(sent.row as usize) else { continue };
            let read = rows.entry(sent.row).or_insert_with(|| reader.read(request, sent.tokens));
            if let Some(tokens) = read.tokens.filter(|_| counts(sent)) {
                found += read.found(&cache, self.block);
                asked += f64::from(tokens);
                unknown_template |= read.unknown_template;
            }
            cache.extend(&read.digests);
        }
        (asked > 0.0).then(|| Expected { share: found / asked, unknown_template })
    }

    /// How to read its prompts. A tokenizer that doesn't come to the server's
    /// counts isn't the model's, or something stands around prompts; a few of them
    /// tell.
    fn reader(&self) -> Reader<'a> {
        let all = Reader {
            tokenizer: self.tokenizer,
            is_chat: self.dialect == Dialect::OpenaiChat,
            block: self.block.max(1),
            step: self.step(),
        };
        let counts = self.sent.iter().filter_map(|sent| {
            let request = self.rows.get(sent.row as usize)?;
            Some((all.ids(&request.prompt)?.len() as u64, u64::from(sent.tokens?)))
        });
        match counts.take(TRIED).all(|(ours, theirs)| ours == theirs) {
            true => all,
            false => Reader { tokenizer: None, ..all },
        }
    }

    /// How many bytes of a text are looked at together.
    fn step(&self) -> usize {
        let bytes = |request: &Request| match &request.prompt {
            Prompt::TokenIds(_) => 0,
            Prompt::Text(text) => text.len(),
            Prompt::Messages(messages) => messages.iter().map(|one| one.content.len()).sum(),
        };
        let all: usize = self.before.iter().chain(self.rows).map(bytes).sum();
        (all / MOST_PIECES).max(LEAST_STEP)
    }
}

/// Reads prompts as the engine does, as far as that is known.
#[derive(Clone, Copy, Debug)]
struct Reader<'a> {
    /// The engine's own tokenizer.
    tokenizer: Option<&'a Tokenizer>,
    is_chat: bool,
    block: u32,
    step: usize,
}

impl Reader<'_> {
    /// Reads a prompt token by token, where it is known how it is cut, else by the
    /// bytes of the text.
    fn read(&self, request: &Request, server: Option<u32>) -> Read {
        if let Some(ids) = self.ids(&request.prompt) {
            return Read::tokens(&ids, self.block);
        }
        let tokens = server.or(request.input_tokens);
        let (text, is_templated) = match &request.prompt {
            Prompt::TokenIds(ids) => return Read::tokens(ids, self.block),
            Prompt::Text(text) => (Cow::Borrowed(text.as_str()), self.is_chat),
            Prompt::Messages(messages) => (Cow::Owned(contents(messages)), true),
        };
        Read { unknown_template: is_templated, ..Read::text(&text, tokens, self.step) }
    }

    /// The tokens of a prompt, as far as the tokenizer knows how it is sent.
    fn ids(&self, prompt: &Prompt) -> Option<Vec<u32>> {
        let chat = |messages: &[Message]| {
            let tokenizer = self.tokenizer.filter(|tokenizer| tokenizer.has_chat_template())?;
            tokenizer.ids(&tokenizer.chat(messages, true).ok()?).ok()
        };
        match prompt {
            Prompt::TokenIds(ids) => Some(ids.clone()),
            Prompt::Messages(messages) => chat(messages),
            Prompt::Text(text) if self.is_chat => {
                chat(&[Message { role: "user".to_owned(), content: text.clone() }])
            }
            Prompt::Text(text) => self.tokenizer?.prompt_ids(text).ok(),
        }
    }
}

/// All that a conversation says.
fn contents(messages: &[Message]) -> String {
    messages.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n")
}

/// A prompt, as a cache looks at it.
#[derive(Debug)]
struct Read {
    /// For each block, a digest of all from the beginning to its end.
    digests: Vec<u64>,
    /// The tokens of one block, which are known on average alone where it is one
    /// of bytes.
    per_block: Option<f64>,
    /// All its tokens.
    tokens: Option<u32>,
    unknown_template: bool,
}

impl Read {
    fn tokens(ids: &[u32], block: u32) -> Read {
        Read {
            digests: digests(ids.chunks_exact(block.max(1) as usize)),
            per_block: Some(f64::from(block)),
            tokens: u32::try_from(ids.len()).ok(),
            unknown_template: false,
        }
    }

    fn text(text: &str, tokens: Option<u32>, step: usize) -> Read {
        let per_byte = tokens.map(|tokens| f64::from(tokens) / text.len().max(1) as f64);
        Read {
            digests: digests(text.as_bytes().chunks_exact(step)),
            per_block: per_byte.map(|tokens| tokens * step as f64),
            tokens,
            unknown_template: false,
        }
    }

    /// The tokens that a cache holds of it. The last one is computed in any case,
    /// since what follows it is to be known, and with it its block.
    fn found(&self, cache: &HashSet<u64>, block: u32) -> f64 {
        let held = self.digests.iter().take_while(|digest| cache.contains(digest)).count();
        let most = self.tokens.unwrap_or(0).saturating_sub(1) / block.max(1) * block.max(1);
        let held = held as f64 * self.per_block.unwrap_or(0.0);
        // Texts that begin with the same few letters share no block.
        if held < f64::from(block) { 0.0 } else { held.min(f64::from(most)) }
    }
}

/// A digest of everything up to the end of each piece. Two of 64 bits are the same
/// by accident about once in 2^64 pairs.
fn digests<'a, T: Hash + 'a>(pieces: impl Iterator<Item = &'a [T]>) -> Vec<u64> {
    let mut before = 0_u64;
    pieces
        .map(|piece| {
            let mut hasher = DefaultHasher::new();
            before.hash(&mut hasher);
            piece.hash(&mut hasher);
            before = hasher.finish();
            before
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use tokenometer_core::{Nanos, OutputLength};

    use super::*;

    fn request(prompt: Prompt) -> Request {
        Request::new(prompt, None, OutputLength { tokens: 8, exact: true })
    }

    /// A prompt of token ids: a beginning that is shared, and its own end.
    fn ids(shared: u32, own: u32, length: u32) -> Request {
        let ids = (0..length).map(|i| if i < shared { i } else { 1000 * own + i }).collect();
        request(Prompt::TokenIds(ids))
    }

    fn text(shared: usize, own: &str) -> Request {
        request(Prompt::Text(format!("{}{}", "shared ".repeat(shared), own.repeat(64))))
    }

    fn sent(rows: &[u32], tokens: Option<u32>) -> Vec<Sent> {
        let sent = |(number, row): (usize, &u32)| Sent {
            request: number as u32,
            row: *row,
            at: Nanos(number as i64),
            tokens,
            tells_cached: true,
        };
        rows.iter().enumerate().map(sent).collect()
    }

    fn load<'a>(before: &'a [Request], rows: &'a [Request], sent: &'a [Sent]) -> Load<'a> {
        let dialect = Dialect::OpenaiCompletions;
        Load { before, rows, sent, tokenizer: None, dialect, block: 16 }
    }

    fn share(load: &Load<'_>) -> f64 {
        load.expected(|_| true).unwrap().share
    }

    #[test]
    fn prompts_of_their_own_find_nothing() {
        let (rows, sent) = ([ids(0, 1, 64), ids(0, 2, 64), ids(0, 3, 64)], sent(&[0, 1, 2], None));
        assert_eq!(share(&load(&[], &rows, &sent)), 0.0);
    }

    #[test]
    fn whole_blocks_are_shared_and_the_first_finds_none() {
        // 40 tokens in common are two blocks of 16.
        let rows: Vec<Request> = (1..=4).map(|own| ids(40, own, 64)).collect();
        let sent = sent(&[0, 1, 2, 3], None);
        assert_eq!(share(&load(&[], &rows, &sent)), 3.0 * 32.0 / 256.0);
        // With one before them, the first finds them, too.
        let before = [ids(40, 9, 64)];
        assert_eq!(share(&load(&before, &rows, &sent)), 4.0 * 32.0 / 256.0);
        let ones = Load { block: 1, ..load(&[], &rows, &sent) };
        assert_eq!(share(&ones), 3.0 * 40.0 / 256.0);
    }

    #[test]
    fn a_prompt_that_is_sent_again_is_found_but_for_its_last_block() {
        let (rows, twice) = ([ids(0, 1, 64)], sent(&[0, 0], None));
        assert_eq!(share(&load(&[], &rows, &twice)), 48.0 / 128.0);
        let (rows, twice) = ([ids(0, 1, 65)], sent(&[0, 0], None));
        assert_eq!(share(&load(&[], &rows, &twice)), 64.0 / 130.0);
    }

    #[test]
    fn what_is_due_first_is_found_first() {
        let rows = [ids(32, 1, 64), ids(32, 2, 64)];
        let mut backwards = sent(&[0, 1], None);
        backwards.reverse();
        let load = load(&[], &rows, &backwards);
        let of_row = |row| load.expected(|sent| sent.row == row).unwrap().share;
        assert_eq!((of_row(0), of_row(1)), (0.0, 0.5));
        assert_eq!(load.expected(|_| false), None);
    }

    #[test]
    fn text_is_measured_by_its_bytes_where_nobody_knows_its_tokens() {
        // 448 bytes in common, of 512 that are 128 tokens.
        let rows = [text(64, "a"), text(64, "b")];
        let both = sent(&[0, 1], Some(128));
        let expected = load(&[], &rows, &both).expected(|_| true).unwrap();
        assert_eq!(expected, Expected { share: 112.0 / 256.0, unknown_template: false });
        let unknown = sent(&[0, 1], None);
        assert_eq!(load(&[], &rows, &unknown).expected(|_| true), None);
        // One that was cut off before it told its count is left out.
        let mut one_cut_off = both.clone();
        one_cut_off.push(Sent { request: 2, row: 2, tokens: None, ..both[0] });
        let rows = [text(64, "a"), text(64, "b"), text(64, "c")];
        assert_eq!(load(&[], &rows, &one_cut_off).expected(|_| true), Some(expected));
    }

    #[test]
    fn a_chat_template_is_unknown_without_its_tokenizer() {
        let (rows, both) = ([text(64, "a"), text(64, "b")], sent(&[0, 1], Some(150)));
        let chat = Load { dialect: Dialect::OpenaiChat, ..load(&[], &rows, &both) };
        assert!(chat.expected(|_| true).unwrap().unknown_template);
    }

    #[test]
    fn a_tokenizer_of_another_model_is_not_believed() {
        let tokenizer = Tokenizer::builtin();
        let rows = [text(64, "a"), text(64, "b")];
        let Prompt::Text(words) = &rows[0].prompt else { unreachable!() };
        let ours = tokenizer.prompt_ids(words).unwrap().len() as u32;
        let believed = |tokens| {
            let sent = sent(&[0, 1], Some(tokens));
            Load { tokenizer: Some(&tokenizer), ..load(&[], &rows, &sent) }
                .reader()
                .tokenizer
                .is_some()
        };
        assert!(believed(ours) && !believed(ours + 1));
    }
}
