//! The KV cache: a fixed number of blocks, each of which holds the keys and
//! values of so many tokens. Blocks are counted, shared and evicted here; what
//! they hold is only ever a digest.
//!
//! A block is *used* while sequences refer to it. Once none does it is either
//! blank, or it stays *cached* under its digest until its room is needed, the
//! longest unused first. Every operation takes the same short time however
//! large the pool is: room for its books is set apart at once, which takes no
//! memory before a block's first use, so that nothing has to be moved later.

use super::prefix::{Digest, Index};

/// For how many blocks room is set apart at once; beyond, the books grow.
const SET_APART: u32 = 1 << 22;

/// No block: the end of the list.
const NONE: u32 = u32::MAX;

/// One block.
#[derive(Debug)]
struct Block {
    /// How many sequences use it.
    users: u32,
    /// The digest under which it can be found.
    digest: Option<Digest>,
    /// Its neighbours in the list of cached blocks that nobody uses.
    older: u32,
    newer: u32,
}

/// All blocks of an engine.
#[derive(Debug)]
pub(super) struct Pool {
    block_size: u32,
    /// How many blocks there may be.
    capacity: u32,
    /// Those that have been used at least once.
    blocks: Vec<Block>,
    /// Those of them that nobody uses and that hold nothing.
    blank: Vec<u32>,
    /// How many are in use.
    used: u32,
    /// The ends of the list of cached blocks that nobody uses.
    oldest: u32,
    newest: u32,
    index: Index,
    changes: u64,
}

impl Pool {
    /// A pool of so many blocks, of `block_size` tokens each; `published` says
    /// whether any will be.
    pub(super) fn new(capacity: u32, block_size: u32, published: bool) -> Pool {
        let set_apart = capacity.min(SET_APART) as usize;
        Pool {
            block_size,
            capacity,
            blocks: Vec::with_capacity(set_apart),
            blank: Vec::new(),
            used: 0,
            oldest: NONE,
            newest: NONE,
            index: Index::with_room(if published { set_apart } else { 0 }),
            changes: 0,
        }
    }

    /// Tokens in a block.
    pub(super) fn block_size(&self) -> u32 {
        self.block_size
    }

    /// How many blocks there are.
    pub(super) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// How many blocks sequences use.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// How many blocks that nobody uses hold what others may profit from.
    pub(super) fn cached(&self) -> u32 {
        (self.blocks.len() - self.blank.len()) as u32 - self.used
    }

    /// How many blocks could be had, by eviction where need be.
    pub(super) fn free(&self) -> u32 {
        self.capacity - self.used
    }

    /// How many blocks hold so many tokens.
    pub(super) fn blocks_for(&self, tokens: u32) -> u32 {
        tokens.div_ceil(self.block_size)
    }

    /// Grows whenever something happened that may let in a sequence that was
    /// turned away before.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Says that a prompt has been computed, from which others may profit.
    pub(super) fn note_prompt(&mut self) {
        self.changes += 1;
    }

    /// The block that holds `digest`, and whether nobody uses it.
    pub(super) fn find(&self, digest: Digest) -> Option<(u32, bool)> {
        let block = self.index.find(digest)?;
        Some((block, self.blocks[block as usize].users == 0))
    }

    /// One more sequence uses a block that was found.
    pub(super) fn share(&mut self, block: u32) {
        if self.blocks[block as usize].users == 0 {
            self.unlink(block);
            self.used += 1;
        }
        self.blocks[block as usize].users += 1;
    }

    /// A block for one sequence, blank; `None` where all are in use.
    pub(super) fn take(&mut self) -> Option<u32> {
        if self.free() == 0 {
            return None;
        }
        self.used += 1;
        if let Some(block) = self.blank.pop() {
            self.blocks[block as usize].users = 1;
            return Some(block);
        }
        if (self.blocks.len() as u32) < self.capacity {
            self.blocks.push(Block { users: 1, digest: None, older: NONE, newer: NONE });
            return Some(self.blocks.len() as u32 - 1);
        }
        let block = self.oldest;
        self.unlink(block);
        let evicted = &mut self.blocks[block as usize];
        evicted.users = 1;
        if let Some(digest) = evicted.digest.take() {
            self.index.remove(digest);
        }
        Some(block)
    }

    /// A full block can be found by its digest from now on, unless another with
    /// the same content can already.
    pub(super) fn publish(&mut self, block: u32, digest: Digest) {
        if self.index.insert(digest, block) {
            self.blocks[block as usize].digest = Some(digest);
        }
    }

    /// One sequence less uses the block. Give back the last block of a sequence
    /// first: what comes first in a prompt is what others are likeliest to
    /// share, and should be evicted last.
    pub(super) fn release(&mut self, block: u32) {
        let released = &mut self.blocks[block as usize];
        released.users -= 1;
        if released.users > 0 {
            return;
        }
        self.used -= 1;
        self.changes += 1;
        if released.digest.is_some() {
            self.link(block);
        } else {
            self.blank.push(block);
        }
    }

    /// Forgets all that is cached. Only while no block is in use.
    pub(super) fn flush(&mut self) {
        debug_assert_eq!(self.used, 0);
        self.index.clear();
        self.blocks.clear();
        self.blank.clear();
        (self.oldest, self.newest) = (NONE, NONE);
    }

    /// Puts a block at the newer end of the list.
    fn link(&mut self, block: u32) {
        let before = std::mem::replace(&mut self.newest, block);
        let linked = &mut self.blocks[block as usize];
        (linked.older, linked.newer) = (before, NONE);
        match before {
            NONE => self.oldest = block,
            before => self.blocks[before as usize].newer = block,
        }
    }

    /// Takes a block out of the list.
    fn unlink(&mut self, block: u32) {
        let Block { older, newer, .. } = self.blocks[block as usize];
        match older {
            NONE => self.oldest = newer,
            older => self.blocks[older as usize].newer = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.blocks[newer as usize].older = older,
        }
    }

    /// Goes through every block and fails where the counts, the list and the index
    /// contradict each other, or a block isn't used as often as `uses` has it.
    #[cfg(test)]
    pub(super) fn verify(&self, uses: impl IntoIterator<Item = u32>) {
        let mut expected = vec![0; self.blocks.len()];
        uses.into_iter().for_each(|block| expected[block as usize] += 1);
        let users: Vec<u32> = self.blocks.iter().map(|block| block.users).collect();
        assert_eq!(users, expected);
        let (mut listed, mut at, mut before) = (0, self.oldest, NONE);
        while at != NONE {
            let block = &self.blocks[at as usize];
            assert_eq!((block.users, block.older), (0, before));
            assert!(block.digest.is_some());
            (listed, before, at) = (listed + 1, at, block.newer);
        }
        assert_eq!(self.newest, before);
        let used = self.blocks.iter().filter(|block| block.users > 0).count();
        assert_eq!(self.used as usize, used);
        assert_eq!(self.blocks.len(), used + listed + self.blank.len(), "a block is lost");
        for (number, block) in self.blocks.iter().enumerate() {
            if let Some(digest) = block.digest {
                assert_eq!(self.index.find(digest), Some(number as u32));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefix::digest;
    use super::*;

    fn name(number: u32) -> Digest {
        digest(None, [number].into_iter())
    }

    #[test]
    fn the_longest_unused_block_is_evicted_first() {
        let mut pool = Pool::new(3, 16, true);
        let blocks: Vec<u32> = (0..3).map(|_| pool.take().unwrap()).collect();
        assert_eq!((pool.take(), pool.free()), (None, 0));
        for (number, block) in (0..).zip(&blocks) {
            pool.publish(*block, name(number));
        }
        for block in [1, 0, 2] {
            pool.release(blocks[block]);
        }
        pool.verify([]);
        pool.share(blocks[1]);
        pool.release(blocks[1]);
        assert_eq!(pool.take(), Some(blocks[0]));
        assert_eq!(pool.find(name(0)), None);
        assert_eq!(pool.find(name(1)), Some((blocks[1], true)));
        pool.verify([blocks[0]]);
    }

    #[test]
    fn a_shared_block_is_free_once_nobody_uses_it() {
        let mut pool = Pool::new(2, 1, true);
        let block = pool.take().unwrap();
        pool.publish(block, name(5));
        pool.share(block);
        pool.release(block);
        assert_eq!((pool.used(), pool.find(name(5))), (1, Some((block, false))));
        pool.release(block);
        assert_eq!((pool.used(), pool.find(name(5))), (0, Some((block, true))));
        pool.flush();
        assert_eq!((pool.find(name(5)), pool.free()), (None, 2));
        pool.verify([]);
    }

    #[test]
    fn blocks_with_the_same_content_are_found_once() {
        let mut pool = Pool::new(2, 1, true);
        let (one, other) = (pool.take().unwrap(), pool.take().unwrap());
        pool.publish(one, name(5));
        pool.publish(other, name(5));
        pool.release(one);
        pool.release(other);
        pool.verify([]);
        assert_eq!(pool.find(name(5)), Some((one, true)));
        assert_eq!(pool.take(), Some(other), "a blank block goes before a cached one");
    }
}
