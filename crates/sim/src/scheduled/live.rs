//! A sequence on its way: what it asked for, how far it is, and the blocks that
//! it uses.

use tokenometer_core::Nanos;

use super::pool::Pool;
use super::prefix::{Digest, digest};
use super::scheduler::Sequence;
use crate::words;

/// A sequence between its submission and its end.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) asked: Sequence,
    pub(super) arrived: Nanos,
    /// Tokens generated so far.
    pub(super) generated: u32,
    /// Those of them that have been sent.
    pub(super) sent: u32,
    /// Tokens whose keys and values are in the cache.
    pub(super) computed: u32,
    /// Tokens that the step under way computes for it.
    pub(super) scheduled: u32,
    /// Whether all its tokens but the last are computed, so that it generates.
    pub(super) decoding: bool,
    /// Tokens of its prompt that the cache held when it was admitted first.
    pub(super) cached: Option<u32>,
    blocks: Vec<u32>,
    /// The digests of its full blocks, as far as they were asked for.
    digests: Vec<Digest>,
    /// How many of its blocks can be found by their digests, since it was admitted.
    published: u32,
}

impl Live {
    /// A sequence that has just arrived.
    pub(super) fn new(asked: Sequence, arrived: Nanos) -> Live {
        Live {
            asked,
            arrived,
            generated: 0,
            sent: 0,
            computed: 0,
            scheduled: 0,
            decoding: false,
            cached: None,
            blocks: Vec::new(),
            digests: Vec::new(),
            published: 0,
        }
    }

    /// Tokens of its prompt.
    pub(super) fn prompt(&self) -> u32 {
        self.asked.prompt.len() as u32
    }

    /// All its tokens up to now.
    pub(super) fn length(&self) -> u32 {
        self.prompt() + self.generated
    }

    /// Tokens that are still to be generated.
    pub(super) fn owed(&self) -> u32 {
        self.asked.output - self.generated
    }

    /// How many blocks it uses.
    pub(super) fn blocks(&self) -> u32 {
        self.blocks.len() as u32
    }

    /// The blocks themselves.
    #[cfg(test)]
    pub(super) fn block_numbers(&self) -> &[u32] {
        &self.blocks
    }

    /// Whether each of its full blocks can be found.
    #[cfg(test)]
    pub(super) fn is_found(&self, pool: &Pool) -> bool {
        let full = (self.computed / pool.block_size()) as usize;
        let found = |number: usize| pool.find(*self.digests.get(number)?);
        (0..full).all(|number| found(number).is_some())
    }

    /// Takes blocks until there is room for so many tokens. False where there are
    /// too few; it keeps those that it got.
    pub(super) fn reserve(&mut self, tokens: u32, pool: &mut Pool) -> bool {
        // Most tokens fit into the last block, and a product is cheaper than a
        // quotient for each of them.
        while (self.blocks.len() as u64) * u64::from(pool.block_size()) < u64::from(tokens) {
            let Some(block) = pool.take() else { return false };
            self.blocks.push(block);
        }
        true
    }

    /// How many blocks from its beginning the cache holds, and how many of these
    /// nobody uses. At least the last token is always left to be computed, since
    /// the next one is sampled from it.
    pub(super) fn hits(&mut self, pool: &Pool) -> (u32, u32) {
        let (mut held, mut unused) = (0, 0);
        for number in 0..(self.length() - 1) / pool.block_size() {
            let Some((_, idle)) = pool.find(self.digest(number, pool.block_size())) else { break };
            held += 1;
            unused += u32::from(idle);
        }
        (held, unused)
    }

    /// Begins with so many blocks that were found.
    pub(super) fn share(&mut self, hits: u32, pool: &mut Pool) {
        debug_assert!(self.blocks.is_empty());
        for number in 0..hits {
            let (block, _) =
                pool.find(self.digests[number as usize]).expect("it was found just before");
            pool.share(block);
            self.blocks.push(block);
        }
        self.computed = hits * pool.block_size();
        self.published = hits;
    }

    /// Makes known the blocks that have become full.
    pub(super) fn publish(&mut self, pool: &mut Pool) {
        let size = pool.block_size();
        while u64::from(self.published + 1) * u64::from(size) <= u64::from(self.computed) {
            let digest = self.digest(self.published, size);
            pool.publish(self.blocks[self.published as usize], digest);
            self.published += 1;
        }
    }

    /// Gives up all its room; what it has generated stays generated.
    pub(super) fn release(&mut self, pool: &mut Pool) {
        for block in self.blocks.drain(..).rev() {
            pool.release(block);
        }
        (self.computed, self.scheduled, self.decoding) = (0, 0, false);
    }

    /// The digest of its `number`th block, all of whose tokens are known.
    fn digest(&mut self, number: u32, size: u32) -> Digest {
        while self.digests.len() as u32 <= number {
            let start = self.digests.len() as u32 * size;
            let tokens = (start..start + size).map(|at| self.token(at));
            let next = digest(self.digests.last().copied(), tokens);
            self.digests.push(next);
        }
        self.digests[number as usize]
    }

    fn token(&self, at: u32) -> u32 {
        match self.asked.prompt.get(at as usize) {
            Some(token) => *token,
            None => words::generated(self.asked.key, at - self.prompt()),
        }
    }
}
