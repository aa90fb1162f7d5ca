//! What makes two prompts the same from their beginning: each full block of
//! tokens has a digest that depends on all tokens up to its end, and an index
//! says which block of the cache holds which digest.
//!
//! It knows nothing of who uses a block or when one is given up: that is the
//! pool's.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroU64;

use crate::words;

/// A digest of every token from the beginning of a sequence to the end of one
/// of its blocks. Two of 64 bits are the same by accident about once in 2^64
/// pairs, and a million blocks make 2^39 pairs.
pub(super) type Digest = NonZeroU64;

/// The digest of a block of `tokens` that follows the blocks with the digest
/// `before`; `None` for the first block.
pub(super) fn digest(before: Option<Digest>, tokens: impl Iterator<Item = u32>) -> Digest {
    let start = before.map_or(words::FNV_OFFSET, Digest::get);
    let state = tokens.fold(start, |state, token| words::mix(state ^ u64::from(token)));
    // Zero is left out so that an absent digest needs no room of its own.
    Digest::new(state).unwrap_or(Digest::MIN)
}

/// A digest is random already, so it is its own hash.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = words::hash(self.0, bytes);
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

/// Which block holds which digest.
#[derive(Debug)]
pub(super) struct Index {
    blocks: HashMap<Digest, u32, BuildHasherDefault<AsItIs>>,
}

impl Index {
    /// An empty index that needn't grow up to so many blocks.
    pub(super) fn with_room(blocks: usize) -> Index {
        Index { blocks: HashMap::with_capacity_and_hasher(blocks, BuildHasherDefault::default()) }
    }

    /// Says that `block` holds `digest`. False, and nothing is changed, where
    /// another block holds it already.
    pub(super) fn insert(&mut self, digest: Digest, block: u32) -> bool {
        let held = *self.blocks.entry(digest).or_insert(block);
        held == block
    }

    /// The block that holds `digest`.
    pub(super) fn find(&self, digest: Digest) -> Option<u32> {
        self.blocks.get(&digest).copied()
    }

    /// Forgets who holds `digest`.
    pub(super) fn remove(&mut self, digest: Digest) {
        self.blocks.remove(&digest);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.blocks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_every_token_before_its_end() {
        let of = |tokens: &[u32]| {
            tokens.chunks(2).fold(None, |before, block| Some(digest(before, block.iter().copied())))
        };
        assert_eq!(of(&[1, 2, 3, 4]), of(&[1, 2, 3, 4]));
        assert_ne!(of(&[1, 2, 3, 4]), of(&[2, 1, 3, 4]));
        assert_ne!(of(&[1, 2, 3, 4]), of(&[3, 4]));
    }

    #[test]
    fn the_first_block_with_a_digest_keeps_it() {
        let mut index = Index::with_room(1);
        let of_one = digest(None, [1].into_iter());
        assert!(index.insert(of_one, 7));
        assert!(!index.insert(of_one, 8));
        assert_eq!(index.find(of_one), Some(7));
        index.remove(of_one);
        assert_eq!(index.find(of_one), None);
    }
}
