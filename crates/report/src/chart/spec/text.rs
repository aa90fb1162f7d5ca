//! Words that plotly.js draws as they are.

/// The most letters of a line beside an axis.
const LINE: usize = 30;
/// The most letters of a name in a legend.
const LEGEND: usize = 44;

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

/// A name in a legend, cut in its middle where it is very long: what tells one name from
/// another often stands at its end.
pub(super) fn in_legend(name: &str) -> String {
    literal(&cut(name, LEGEND))
}

/// A name beside an axis, in two lines where it is long, so that the chart keeps its room.
pub(super) fn beside_axis(name: &str) -> String {
    let length = name.chars().count();
    let middle = |(at, _): &(usize, &str)| name[..*at].chars().count().abs_diff(length / 2);
    let space = (length > LINE).then(|| name.match_indices(' ').min_by_key(middle)).flatten();
    match space {
        Some((at, _)) => {
            lines(&[literal(&cut(&name[..at], LINE)), literal(&cut(&name[at + 1..], LINE))])
        }
        None => literal(&cut(name, LINE)),
    }
}

/// So many letters of a name, without those of its middle where it has more.
fn cut(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let end = most / 2;
    let start = most - 1 - end;
    let kept = letters[..start].iter().chain(['…'].iter()).chain(&letters[letters.len() - end..]);
    kept.collect()
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

    #[test]
    fn a_long_name_leaves_room_for_the_chart() {
        assert_eq!(beside_axis("chat-c8, TTFT p50"), "chat-c8, TTFT p50");
        assert_eq!(
            beside_axis("sglang: chat-c8, output throughput (more is better)"),
            "sglang: chat-c8, output<br>throughput (more is better)"
        );
        let long = format!("{}-c8", "x".repeat(60));
        assert_eq!(beside_axis(&long), format!("{}…{}-c8", "x".repeat(14), "x".repeat(12)));
        assert_eq!(in_legend(&long).chars().count(), 44);
        assert_eq!(beside_axis(&"<b> ".repeat(9)).matches("&lt;b&gt;").count(), 9);
    }
}
