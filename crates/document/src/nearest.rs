//! What somebody probably meant.

/// How similar a word must be to a known one to be taken for a slip.
const SIMILAR: f64 = 0.8;

/// The one of `candidates` that `word` is a slip of, if one is near enough: the
/// most similar after Jaro and Winkler, whatever the case, `_` being `-`.
pub fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> Option<&'a str> {
    let word = plain(word);
    candidates
        .into_iter()
        .map(|candidate| {
            let candidate = candidate.as_ref();
            (strsim::jaro_winkler(&word, &plain(candidate)), candidate)
        })
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// A word without what people get wrong most.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word() {
        let words = ["concurrency", "request-rate", "duration"];
        assert_eq!(nearest("concurency", words), Some("concurrency"));
        assert_eq!(nearest("REQUEST_RATE", words), Some("request-rate"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(nearest("duration", Vec::<&str>::new()), None);
    }
}
