//! Words in Markdown as GitHub reads it. A name, a sentence with names in it or an engine's
//! own words must stay text, whatever they hold: no markup, no HTML, no link, no cell of a
//! table, and nobody's name that would be told of it.

use crate::page::{is_command, printable};

/// What breaks what GitHub would link, and shows nothing.
const BREAK: &str = "<!-- -->";

/// Text as text.
pub(super) fn text(words: &str) -> String {
    let words = printable(words);
    let mut out = String::with_capacity(words.len());
    let mut chars = words.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            _ => out.push_str(&unlinked(&out, c, next)),
        }
    }
    not_a_marker(out)
}

/// A character without what GitHub would make a link of: whoever and whatever bears this
/// name, number or address isn't meant.
fn unlinked(before: &str, c: char, next: char) -> String {
    let ends_with = |word: &str| {
        let end = before.get(before.len().saturating_sub(word.len())..);
        end.is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    match c {
        '@' | '#' if !next.is_whitespace() => format!("\\{c}{BREAK}"),
        '#' => "\\#".to_owned(),
        ':' if next == '/' => format!(":{BREAK}"),
        '-' if next.is_ascii_digit() && ends_with("gh") => format!("{BREAK}-"),
        '.' if ends_with("www") => format!("{BREAK}."),
        _ => c.to_string(),
    }
}

/// Text at whose beginning nothing is taken for the mark of a list or of a heading.
fn not_a_marker(text: String) -> String {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let mut rest = text[digits..].chars();
    let (first, second) = (rest.next(), rest.next());
    match first {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{text}"),
        Some('.' | ')') if digits > 0 && second.is_none_or(char::is_whitespace) => {
            format!("{}\\{}", &text[..digits], &text[digits..])
        }
        _ => text,
    }
}

/// Words as they are to be typed, in a line of text.
pub(super) fn code(words: &str) -> String {
    spanned(&printable(words))
}

/// The same in a cell of a table, where a bar would end the cell even here.
pub(super) fn code_in_cell(words: &str) -> String {
    spanned(&printable(words).replace('|', "\\|"))
}

fn spanned(words: &str) -> String {
    if words.is_empty() {
        return "–".to_owned();
    }
    let fence = "`".repeat(longest_run(words) + 1);
    // A blank keeps a backtick of theirs from the fence, and is not shown.
    let blank = if words.starts_with('`') || words.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{words}{blank}{fence}")
}

/// Lines as they are, in a block that nothing in them can end.
pub(super) fn block(kind: &str, lines: &str) -> String {
    let lines: Vec<String> = lines.lines().map(unbroken).collect();
    let lines = lines.join("\n");
    let fence = "`".repeat(longest_run(&lines).max(2) + 1);
    format!("{fence}{kind}\n{lines}\n{fence}\n")
}

/// A line without what moves a cursor or turns it around, its blanks as they are.
fn unbroken(line: &str) -> String {
    line.chars()
        .map(|c| if is_command(c) { ' ' } else { c })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// How many backticks follow one another at most.
fn longest_run(words: &str) -> usize {
    words.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A table: names of columns, and rows of cells that are Markdown already. Numbers stand to
/// the right.
pub(super) fn table(header: &[&str], numbers_from: usize, rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let rules = (0..header.len()).map(|at| if at < numbers_from { "---" } else { "---:" });
    let mut out = line(header.to_vec());
    out.push_str(&line(rules.collect()));
    for row in rows {
        out.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_stays_text() {
        for (name, shown) in [
            ("a|b", "a\\|b"),
            ("`x` *y* __z__", "\\`x\\` \\*y\\* \\_\\_z\\_\\_"),
            ("<script>", "&lt;script&gt;"),
            ("@octocat", "\\@<!-- -->octocat"),
            ("see #12", "see \\#<!-- -->12"),
            ("GH-7", "GH<!-- -->-7"),
            ("https://x.org", "https:<!-- -->//x.org"),
            ("www.x.org", "www<!-- -->.x.org"),
            ("[a](b)", "\\[a\\](b)"),
            ("- a\n- b", "\\- a - b"),
            ("1. a", "1\\. a"),
            ("0.11.0", "0.11.0"),
            ("# a", "\\# a"),
            ("chat-c8", "chat-c8"),
        ] {
            assert_eq!(text(name), shown);
        }
    }

    /// What a reader of GitHub sees of Markdown, without what shows nothing.
    fn rendered(markdown: &str) -> String {
        let mut options = comrak::Options::default();
        options.extension.autolink = true;
        options.extension.table = true;
        options.extension.strikethrough = true;
        options.extension.math_dollars = true;
        options.render.r#unsafe = true;
        comrak::markdown_to_html(markdown, &options).replace(BREAK, "")
    }

    fn as_html(words: &str) -> String {
        words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    }

    proptest! {
        /// Whatever words hold, they are seen as they are, and as nothing else.
        #[test]
        fn words_are_seen_as_they_are(
            words in "([ a-c019.,:;/@#!?'\"&<>()\\[\\]{}|`*_~$\\\\=+\\-\u{202e}]|www\\.|http://|GH-|&lt;|<!--|-->|\n){0,24}"
        ) {
            let words = printable(&words);
            prop_assume!(!words.is_empty());
            let shown = rendered(&text(&words));
            prop_assert_eq!(shown, format!("<p>{}</p>\n", as_html(&words)));
            let in_a_cell = rendered(&table(&["a", "b"], 1, &[vec![text(&words), code_in_cell(&words)]]));
            let cell = format!("<td>{}</td>", as_html(&words));
            prop_assert!(in_a_cell.contains(&cell), "{}", in_a_cell);
            prop_assert_eq!(in_a_cell.matches("<td").count(), 2);
            let in_code = rendered(&code(&words));
            prop_assert_eq!(in_code, format!("<p><code>{}</code></p>\n", as_html(&words)));
        }
    }

    #[test]
    fn nothing_ends_a_span_or_a_block_of_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("`a``b"), "``` `a``b ```");
        assert_eq!(code_in_cell("a|b"), "`a\\|b`");
        assert_eq!(block("sh", "echo\n````"), "`````sh\necho\n````\n`````\n");
        assert_eq!(code(""), "–");
    }
}
