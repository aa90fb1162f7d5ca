//! The order of versions, as engines number theirs: after PEP 440, with
//! llama.cpp's `b4500` and tags such as `v0.5.5` beside it.

use std::cmp::Ordering;
use std::fmt;

/// How far a release has come: before, at and after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// `1.0.dev3`: on the way, before even an alpha.
    Developing,
    /// `1.0a1`, `1.0b1`, `1.0rc1`.
    Candidate(char, u64),
    /// The release itself, and what is numbered after it.
    Released,
}

/// The version of an engine. Two that only differ in what follows a `+` are the
/// same: it names a build.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    release: Vec<u64>,
    stage: Stage,
    post: Option<u64>,
    dev: Option<u64>,
}

impl Version {
    /// Reads a version; `None` where it is none that has an order.
    pub fn read(text: &str) -> Option<Version> {
        let plain = text.trim().to_lowercase();
        let plain = plain.strip_prefix(['v', 'b']).unwrap_or(&plain);
        let plain = plain.split_once('+').map_or(plain, |(plain, _)| plain);
        let mut parts = pieces(plain).into_iter().peekable();
        let mut release = Vec::new();
        while let Some(Piece::Number(number)) = parts.peek() {
            release.push(*number);
            parts.next();
        }
        while release.len() > 1 && release.last() == Some(&0) {
            release.pop();
        }
        let (mut candidate, mut post, mut dev) = (None, None, None);
        while let Some(piece) = parts.next() {
            let Piece::Word(word) = piece else { return None };
            let number = match parts.peek() {
                Some(Piece::Number(number)) => *number,
                _ => 0,
            };
            parts.next_if(|piece| matches!(piece, Piece::Number(_)));
            match word.as_str() {
                "a" | "alpha" => candidate = Some(('a', number)),
                "b" | "beta" => candidate = Some(('b', number)),
                "c" | "rc" => candidate = Some(('c', number)),
                "post" => post = Some(number),
                "dev" => dev = Some(number),
                _ => return None,
            }
        }
        let stage = match candidate {
            Some((letter, number)) => Stage::Candidate(letter, number),
            None if post.is_none() && dev.is_some() => Stage::Developing,
            None => Stage::Released,
        };
        let is_known = !release.is_empty();
        is_known.then(|| Version { text: text.trim().to_owned(), release, stage, post, dev })
    }

    /// The version as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A part of a version between two borders.
enum Piece {
    Number(u64),
    Word(String),
}

/// Cuts where dots, dashes and underscores stand, and where digits begin or
/// end.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in text.split(['.', '-', '_']).filter(|part| !part.is_empty()) {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end =
                rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            pieces.push(match piece.parse() {
                Ok(number) => Piece::Number(number),
                Err(_) => Piece::Word(piece.to_owned()),
            });
            rest = after;
        }
    }
    pieces
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        // A development build comes before what it leads to.
        let dev = |version: &Version| version.dev.map_or((1, 0), |number| (0, number));
        self.release
            .cmp(&other.release)
            .then_with(|| self.stage.cmp(&other.stage))
            .then_with(|| self.post.cmp(&other.post))
            .then_with(|| dev(self).cmp(&dev(other)))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::read(text).unwrap()
    }

    #[test]
    fn versions_stand_in_their_order() {
        let sorted = [
            "0.2.14",
            "0.3.0",
            "0.3.1.post1",
            "0.4.0rc2",
            "0.4.0",
            "0.4.2.post4",
            "0.4.3.post2",
            "0.7.3.dev138+g21f6ca217",
            "0.7.3",
            "0.7.4.dev181+gf35f8e22",
            "0.7.4a1",
            "0.7.4b1",
            "0.7.4rc1",
            "0.7.4rc2",
            "0.7.4",
            "0.7.4.post1.dev2",
            "0.7.4.post1",
            "0.10.0",
            "1.0",
            "b4500",
            "b10000",
        ];
        for pair in sorted.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn what_is_the_same_is_equal() {
        assert_eq!(version("v0.5"), version("0.5.0"));
        assert_eq!(version("0.32.0+cpu"), version("0.32.0"));
        assert_eq!(version("0.17.post1.dev"), version("0.17.0.post1.dev0"));
        assert_eq!(version("1.2.0-rc.1"), version("1.2.0rc1"));
        assert_eq!(version("0.32.0+cpu").text(), "0.32.0+cpu");
    }

    #[test]
    fn what_has_no_order_is_no_version() {
        for text in ["", "main", "latest", "1.2.x", "1.0-final"] {
            assert!(Version::read(text).is_none(), "{text}");
        }
    }
}
