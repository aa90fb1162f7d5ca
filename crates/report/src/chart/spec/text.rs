//! Words that plotly.js draws as they are.

/// Words as plotly draws them literally. It reads text as a small HTML of its own (tags, line
/// breaks, links and entities), `$…$` as a formula where MathJax is there, and `%{…}` as a
/// place to be filled in; a name that holds any of these must be drawn as it stands.
pub(super) fn literal(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '$' => text.push_str("&#36;"),
            '{' => text.push_str("&#123;"),
            // What would end a line ends none here.
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text
}

/// Parts, each already literal, below one another.
pub(super) fn lines(parts: &[String]) -> String {
    let parts: Vec<&str> =
        parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join("<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_drawn_as_it_stands() {
        assert_eq!(
            literal("<b>&lt; $x$ %{y}\n<a href=\"x\">"),
            "&lt;b&gt;&amp;lt; &#36;x&#36; %&#123;y} &lt;a href=\"x\"&gt;"
        );
    }
}
