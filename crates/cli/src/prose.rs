//! Prose in columns, for the pages that commands print.

/// The widest that a line gets, in columns.
pub(crate) const WIDTH: usize = 92;

/// Prose that is wrapped to the right of a margin, and a line's end. Its first
/// line goes where the margin ends already.
pub(crate) fn beside(margin: usize, prose: &str) -> String {
    let mut text = String::new();
    let mut column = margin;
    for word in prose.split(' ') {
        let width = word.chars().count();
        if column > margin {
            let (gap, at) = if column + 1 + width > WIDTH {
                (format!("\n{:margin$}", ""), margin)
            } else {
                (" ".to_owned(), column + 1)
            };
            text.push_str(&gap);
            column = at;
        }
        text.push_str(word);
        column += width;
    }
    text + "\n"
}

/// A word on the left and prose to the right of a margin. A word that reaches
/// over the margin has a line of its own.
pub(crate) fn row(margin: usize, word: &str, prose: &str) -> String {
    let gap =
        if word.chars().count() < margin { String::new() } else { format!("\n{:margin$}", "") };
    format!("{word:<margin$}{gap}{}", beside(margin, prose))
}
