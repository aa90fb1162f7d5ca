//! The weights of the tiny model, drawn so that they keep their meaning for ever.
//!
//! How a weight comes about is fixed here, down to the bit:
//!
//! 1. The state of a tensor is the first eight bytes (little-endian) of SHA-256 of
//!    `tokenometer tiny model 1`, a zero byte, the seed as eight bytes
//!    (little-endian), and the tensor's name in the transformers library.
//! 2. Its words are those of SplitMix64 (Steele, Lea & Flood 2014) from there.
//! 3. A word gives one weight: its upper 24 bits as a number u of [0, 1), then
//!    (2u − 1) · √3 · σ in single precision, rounded to bfloat16, half to even.
//!    So the weights are uniform with standard deviation σ: unlike normal ones
//!    they need no function that machines round differently. σ is ¼ for the
//!    embedding, and 0.02 elsewhere, with which Llama's are initialised.
//! 4. Scales of normalisations are 1.
//! 5. Each token has one word as its successor. The words of the vocabulary stand
//!    in a ring: in the order of their numbers, then shuffled (Fisher & Yates, from
//!    the end; the other place is the upper half of the 128-bit product of a random
//!    word and the count that is left), with the random words of the name `ring`.
//!    The successor of a word is the next one in the ring; that of any other token
//!    the next one in turn, from the ring's beginning, in the order of numbers.
//! 6. The head's row for a word is the sum of the embeddings of all tokens that it
//!    succeeds, in the order of their numbers, in single precision, then rounded
//!    as above. Every other row is 0.
//!
//! A layer adds little to a vector, so that the last vector resembles the
//! embedding of the last token, and the head finds its successor by far the
//! likeliest: at about 50, where the others lie around 0. With a head of random
//! rows the first two would often be so near to each other that engines which add
//! up in another order answer differently.
//!
//! No float is computed any other way here, and nothing is drawn from a library
//! that might change between its releases.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::shape::Part;
use super::vocabulary::Vocabulary;

/// What the states are derived under. A change of any rule above needs a new one.
const DOMAIN: &[u8] = b"tokenometer tiny model 1\0";

/// The standard deviation σ of the embedding.
const OF_EMBEDDING: f32 = 0.25;

/// The standard deviation σ within the layers.
const OF_LAYERS: f32 = 0.02;

/// √3: a uniform number of [−√3, √3) has standard deviation 1.
const REACH: f32 = 1.732_050_8;

/// One in bfloat16.
const ONE: u16 = 0x3f80;

/// A tensor of the model.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    /// What it does.
    pub part: Part,
    /// How many rows it has.
    pub rows: usize,
    /// How many columns it has.
    pub columns: usize,
    /// Its weights as the bits of bfloat16, row by row.
    pub values: Vec<u16>,
}

/// All tensors of the model.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// In the order of [`Part::all`].
    pub tensors: Vec<Tensor>,
}

impl Weights {
    /// Draws all of them.
    pub(super) fn draw(seed: u64, vocabulary: &Vocabulary) -> Weights {
        let mut tensors: Vec<Tensor> = Vec::new();
        for part in Part::all() {
            let (rows, columns) = part.size(vocabulary.len());
            let values = match part {
                Part::Head => {
                    let of_embedding = |tensor: &&Tensor| tensor.part == Part::Embedding;
                    let embedding = tensors.iter().find(of_embedding);
                    let embedding = embedding.expect("the embedding comes first");
                    let successors = successors(rows, &ring(seed, vocabulary));
                    head(&embedding.values, columns, &successors)
                }
                part => drawn(part, seed, rows * columns),
            };
            tensors.push(Tensor { part, rows, columns, values });
        }
        Weights { tensors }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.values.len() as u64).sum()
    }
}

/// So many weights of one tensor.
fn drawn(part: Part, seed: u64, count: usize) -> Vec<u16> {
    if part.is_scale() {
        return vec![ONE; count];
    }
    let deviation = if part == Part::Embedding { OF_EMBEDDING } else { OF_LAYERS };
    let mut words = Words::of(seed, &part.name());
    (0..count).map(|_| bfloat16(weight(words.next(), deviation))).collect()
}

/// The words of a vocabulary, each before its successor, the last before the
/// first.
fn ring(seed: u64, vocabulary: &Vocabulary) -> Vec<usize> {
    let mut ring = vocabulary.words();
    let mut words = Words::of(seed, "ring");
    for last in (1..ring.len()).rev() {
        let product = u128::from(words.next()) * (last as u128 + 1);
        ring.swap(last, (product >> u64::BITS) as usize);
    }
    ring
}

/// The successor of each of so many tokens.
fn successors(tokens: usize, ring: &[usize]) -> Vec<usize> {
    let next = ring.iter().cycle().skip(1);
    let of_words: BTreeMap<usize, usize> = ring.iter().copied().zip(next.copied()).collect();
    let mut in_turn = ring.iter().cycle();
    let mut of_another = || *in_turn.next().expect("a vocabulary without words was refused");
    (0..tokens).map(|token| of_words.get(&token).copied().unwrap_or_else(&mut of_another)).collect()
}

/// The head that answers each token with its successor.
fn head(embedding: &[u16], columns: usize, successors: &[usize]) -> Vec<u16> {
    let mut sums = vec![0.0_f32; embedding.len()];
    for (row, &successor) in embedding.chunks_exact(columns).zip(successors) {
        for (sum, &bits) in sums[successor * columns..].iter_mut().zip(row) {
            *sum += f32::from_bits(u32::from(bits) << 16);
        }
    }
    sums.into_iter().map(bfloat16).collect()
}

/// The random words of one tensor.
struct Words(u64);

impl Words {
    fn of(seed: u64, name: &str) -> Words {
        let digest = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(seed.to_le_bytes())
            .chain_update(name.as_bytes())
            .finalize();
        let state = digest.first_chunk().expect("the hash has 32 bytes");
        Words(u64::from_le_bytes(*state))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// The weight that a word gives.
fn weight(word: u64, deviation: f32) -> f32 {
    let unit = (word >> 40) as f32 / (1_u32 << 24) as f32;
    (2.0 * unit - 1.0) * REACH * deviation
}

/// The bits of the bfloat16 next to a finite number; of two equally near the
/// even one.
fn bfloat16(value: f32) -> u16 {
    let bits = value.to_bits();
    let half = 0x7fff + ((bits >> 16) & 1);
    ((bits + half) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_splitmix64() {
        // As the generator's authors publish them for the state 1234567.
        let mut words = Words(1_234_567);
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([words.next(), words.next()], published);
    }

    #[test]
    fn rounding_goes_to_the_nearest_and_half_to_the_even_one() {
        for (bits, rounded) in [
            (0x3f80_0000, 0x3f80),
            (0x3f80_7fff, 0x3f80),
            (0x3f80_8000, 0x3f80),
            (0x3f80_8001, 0x3f81),
            (0x3f81_8000, 0x3f82),
            (0xbf80_ffff, 0xbf81),
            (0x0000_0000, 0x0000),
        ] {
            assert_eq!(bfloat16(f32::from_bits(bits)), rounded, "{bits:#x}");
        }
    }

    #[test]
    fn words_go_round_and_other_tokens_come_in_in_turn() {
        assert_eq!(successors(7, &[3, 6, 5]), [3, 6, 5, 6, 3, 3, 5]);
    }

    #[test]
    fn weights_are_even_around_zero_with_the_deviation_wanted() {
        let mut words = Words::of(0, "a tensor");
        let drawn: Vec<f64> =
            (0..100_000).map(|_| f64::from(weight(words.next(), OF_LAYERS))).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let square = drawn.iter().map(|value| value * value).sum::<f64>() / drawn.len() as f64;
        assert!(mean.abs() < 0.0005, "{mean}");
        assert!((square.sqrt() - 0.02).abs() < 0.0005, "{}", square.sqrt());
        assert!(drawn.iter().all(|value| value.abs() <= 0.02 * 1.733));
    }
}
