//! What is generated: words without meaning.

/// Words that every arm says, each of them with the blank before it.
const WORDS: [&str; 12] = [
    " this", " answer", " is", " made", " up", " and", " nobody", " was", " asked", " for", " it",
    ".",
];

/// So many words, beginning at one that hangs on the row.
pub(crate) fn plain(row: u32, tokens: u32) -> String {
    (0..tokens).map(|token| WORDS[((row + token) % WORDS.len() as u32) as usize]).collect()
}

/// Cuts a text into so many parts, each of which ends where a character does: their lengths in
/// bytes. Parts of a text with fewer characters than parts are empty.
pub(crate) fn cut(text: &str, parts: u32) -> Vec<u32> {
    let end_of = |part: u32| {
        let aimed = text.len() * part as usize / parts.max(1) as usize;
        (aimed..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
    };
    (0..parts).map(|part| (end_of(part + 1) - end_of(part)) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_end_with_characters() {
        for text in ["", "a", "äöü", "plain words", "👩‍👩‍👧 and \u{202e}"] {
            for parts in [1, 2, 7, 40] {
                let cut = cut(text, parts);
                assert_eq!(cut.len(), parts as usize);
                let mut at = 0;
                for length in cut {
                    at += length as usize;
                    assert!(text.is_char_boundary(at), "{text} at {at}");
                }
                assert_eq!(at, text.len());
            }
        }
    }

    #[test]
    fn a_row_always_says_the_same() {
        assert_eq!(plain(3, 4), " made up and nobody");
        assert_eq!(plain(15, 4), plain(3, 4));
    }
}
