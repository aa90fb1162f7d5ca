//! The face in which static pictures are written, and how wide its letters are.
//!
//! It comes with a crate, so that a picture looks the same on every machine and nothing is
//! read from this one. It holds Latin, Greek, Cyrillic and the signs of mathematics; letters
//! that it lacks are drawn as boxes.

use std::sync::LazyLock;

use ttf_parser::Face;

/// The name of the family, as pictures ask for it.
pub(super) const FAMILY: &str = "DejaVu Sans";

/// The family's plain face and its heavier one, as files.
pub(super) fn files() -> [&'static [u8]; 2] {
    [dejavu::sans::regular(), dejavu::sans::bold()]
}

static FACES: LazyLock<[Face<'static>; 2]> = LazyLock::new(|| {
    files().map(|file| Face::parse(file, 0).expect("the face of the crate is a sound file"))
});

/// How far a letter takes the pen, in parts of the size in which it is written.
pub(super) fn advance(letter: char, is_bold: bool) -> f64 {
    let face = &FACES[usize::from(is_bold)];
    let units = f64::from(face.units_per_em());
    match face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)) {
        Some(advance) => f64::from(advance) / units,
        // What the face lacks is drawn in another or as a box, neither of which is wider.
        None => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_their_widths() {
        assert!(advance('W', false) > 2.0 * advance('i', false));
        assert!(advance('a', true) > advance('a', false));
        assert!(advance('0', false) == advance('9', false), "digits stand below each other");
        assert_eq!(advance('語', false), 1.0);
    }
}
