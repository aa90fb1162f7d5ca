//! Words in a picture: how wide they are, where they are parted, and what of someone
//! else's words may be shown at all.

use super::super::font::advance;

/// Someone else's words as one line of text. What would move a reader's cursor, turn the
/// direction of the text around or be no character of XML is taken out.
pub(crate) fn clean(words: &str) -> String {
    let kept = words.chars().filter(|letter| !turns_or_void(*letter));
    let blanked: String =
        kept.map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    blanked.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character only turns the direction of others, or is none at all in XML.
fn turns_or_void(letter: char) -> bool {
    matches!(
        letter,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fffe}' | '\u{ffff}' | '\u{feff}'
    )
}

/// How wide words are, in pixels, at this size.
pub(crate) fn width(words: &str, size: f64) -> f64 {
    words.chars().map(|letter| advance(letter, false)).sum::<f64>() * size
}

/// The same in the heavier face.
pub(crate) fn bold_width(words: &str, size: f64) -> f64 {
    words.chars().map(|letter| advance(letter, true)).sum::<f64>() * size
}

/// Words in lines no wider than `room`. A word that is wider is broken.
pub(crate) fn wrapped(words: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in clean(words).split(' ') {
        for part in broken(word, size, room) {
            let joined = if line.is_empty() { part.clone() } else { format!("{line} {part}") };
            if line.is_empty() || width(&joined, size) <= room {
                line = joined;
            } else {
                lines.push(std::mem::replace(&mut line, part));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A word in parts no wider than `room`, each of one letter at least.
fn broken(word: &str, size: f64, room: f64) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut taken = 0.0;
    for letter in word.chars() {
        let wide = advance(letter, false) * size;
        let part = parts.last_mut().expect("there is one from the start");
        if taken + wide > room && !part.is_empty() {
            parts.push(letter.to_string());
            taken = wide;
        } else {
            part.push(letter);
            taken += wide;
        }
    }
    parts
}

/// Words cut to be no wider than `room`, with a mark where something was cut.
pub(crate) fn shortened(words: &str, size: f64, room: f64) -> String {
    let words = clean(words);
    if width(&words, size) <= room {
        return words;
    }
    let mut kept = String::new();
    let mut taken = width("…", size);
    for letter in words.chars() {
        taken += advance(letter, false) * size;
        if taken > room {
            break;
        }
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

/// Lines of words, at most so many, the last with a mark where more would follow.
pub(crate) fn wrapped_to(words: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines = wrapped(words, size, room);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(shortened(&rest, size, room));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_their_room() {
        let words = "one interval for every point, over the blocks that count";
        for line in wrapped(words, 12.0, 120.0) {
            assert!(width(&line, 12.0) <= 120.0, "{line}");
        }
        assert_eq!(wrapped(words, 12.0, 120.0).join(" "), words);
    }

    #[test]
    fn a_word_without_a_gap_is_broken() {
        let lines = wrapped(&"x".repeat(100), 12.0, 60.0);
        assert!(lines.len() > 5);
        assert_eq!(lines.concat(), "x".repeat(100));
    }

    #[test]
    fn what_is_cut_is_marked() {
        assert_eq!(shortened("vllm", 12.0, 100.0), "vllm");
        let cut = shortened("a very long name of an arm", 12.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 60.0, "{cut}");
        let lines = wrapped_to("one two three four five six", 12.0, 40.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
    }

    #[test]
    fn nothing_that_is_no_text_is_shown() {
        assert_eq!(clean("a\tb\u{202e}c\u{7}"), "a bc");
        assert_eq!(wrapped("", 12.0, 50.0), Vec::<String>::new());
    }
}
