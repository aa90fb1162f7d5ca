//! The sim's language: how it counts the tokens of a text, and what it says.
//!
//! A token is a run of characters that aren't white space, together with the
//! white space before it; white space at the end of a text belongs to nothing.
//! So counting is exact, the same for everyone, and needs no vocabulary file.
//! A generated token is a word such as ` w17`, where 17 is its id; any other
//! word's id is a hash of it, so that the same word always has the same id.

/// Ids run from 0 to one below this.
pub const VOCABULARY: u32 = 32_000;

/// The number of tokens in a text.
pub fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The token ids of a text, in order.
pub fn ids(text: &str) -> impl Iterator<Item = u32> {
    text.split_whitespace().map(id)
}

/// The id of one word, without its white space.
fn id(word: &str) -> u32 {
    let number = word.strip_prefix('w').or_else(|| word.strip_prefix('é'));
    match number.and_then(|digits| digits.parse::<u32>().ok()) {
        Some(id) if id < VOCABULARY => id,
        _ => (hash(FNV_OFFSET, word.as_bytes()) % u64::from(VOCABULARY)) as u32,
    }
}

/// The start value of [`hash`] (FNV-1a, 64 bits).
pub(crate) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Goes on hashing with FNV-1a from `state`.
pub(crate) fn hash(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Mixes a number thoroughly: the finaliser of SplitMix64 (Steele, Lea and
/// Flood 2014), a bijection that passes for random on consecutive inputs.
pub(crate) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The id of the `index`th token of the answer whose key is `key`. Any token
/// can be had without those before it.
pub(crate) fn generated(key: u64, index: u32) -> u32 {
    (mix(key ^ u64::from(index).wrapping_mul(0xd134_2543_de82_ef95)) % u64::from(VOCABULARY)) as u32
}

/// Appends the word of this id, led by its space: ` w17`, or ` é17` where a
/// letter of two bytes is wanted.
pub(crate) fn push(out: &mut Vec<u8>, id: u32, accented: bool) {
    out.extend_from_slice(if accented { " é".as_bytes() } else { b" w" });
    push_decimal(out, u64::from(id));
}

/// Appends a number in decimal digits.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    // 2^64 has 20 digits.
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_cut_at_its_white_space() {
        assert_eq!(count("The quick  brown\n fox "), 4);
        assert_eq!(count(" \n"), 0);
        assert_eq!(ids("w17 é31999 w17").collect::<Vec<_>>(), [17, 31_999, 17]);
        assert!(ids("w32000 wolf 17").all(|id| id < VOCABULARY));
    }

    proptest! {
        #[test]
        fn what_is_said_is_counted_and_read_back(key: u64, length in 0_u32..50, accented: bool) {
            let said: Vec<u32> = (0..length).map(|index| generated(key, index)).collect();
            let mut text = Vec::new();
            for id in &said {
                push(&mut text, *id, accented);
            }
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(count(&text), said.len());
            prop_assert_eq!(ids(&text).collect::<Vec<_>>(), said);
        }

        #[test]
        fn decimals_are_those_of_the_standard_library(number: u64) {
            let mut out = Vec::new();
            push_decimal(&mut out, number);
            prop_assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }
}
