//! Words in Markdown as GitHub reads it. A name, a sentence with names in it or an engine's
//! own words must stay text, whatever they hold: no markup, no HTML, no link, no cell of a
//! table, and nobody's name that would be told of it.

use crate::page::printable;

/// What breaks what GitHub would link, and shows nothing.
const BREAK: &str = "<!-- -->";

/// Text as text.
pub(super) fn text(words: &str) -> String {
    let words = printable(words);
    let mut out = String::with_capacity(words.len());
    let mut before = ' ';
    let mut chars = words.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // Whoever and whatever bears this name or number is not meant.
            '@' | '#' if !next.is_whitespace() => {
                out.push('\\');
                out.push(c);
                out.push_str(BREAK);
            }
            '#' => out.push_str("\\#"),
            '-' if next.is_ascii_digit() && out.to_ascii_uppercase().ends_with("GH") => {
                out.push_str(BREAK);
                out.push(c);
            }
            ':' if next == '/' => {
                out.push(c);
                out.push_str(BREAK);
            }
            '.' if before.eq_ignore_ascii_case(&'w')
                && out.to_ascii_lowercase().ends_with("www") =>
            {
                out.push_str(BREAK);
                out.push(c);
            }
            _ => out.push(c),
        }
        before = c;
    }
    not_a_marker(out)
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

/// A line without what moves a cursor, its blanks as they are.
fn unbroken(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
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

    #[test]
    fn nothing_ends_a_span_or_a_block_of_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("`a``b"), "``` `a``b ```");
        assert_eq!(code_in_cell("a|b"), "`a\\|b`");
        assert_eq!(block("sh", "echo\n````"), "`````sh\necho\n````\n`````\n");
        assert_eq!(code(""), "–");
    }
}
