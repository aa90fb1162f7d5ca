//! The face in which static pictures are written, and how wide its letters are.
//!
//! It comes with a crate, so that a picture looks the same on every machine and nothing is
//! read from this one. It holds Latin, Greek, Cyrillic and the signs of mathematics; letters
//! that it lacks are drawn as boxes.

use std::sync::LazyLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// The name of the family, as pictures ask for it.
pub(super) const FAMILY: &str = "DejaVu Sans";

/// The family's plain face and its heavier one, as files.
pub(super) fn files() -> [&'static [u8]; 2] {
    [dejavu::sans::regular(), dejavu::sans::bold()]
}

/// What is read of each face: which glyph a letter has, and how wide it is.
static FACES: LazyLock<[(Charmap<'static>, GlyphMetrics<'static>); 2]> = LazyLock::new(|| {
    files().map(|file| {
        let face = FontRef::new(file).expect("the face of the crate is a sound file");
        (face.charmap(), face.glyph_metrics(Size::new(1.0), LocationRef::default()))
    })
});

/// How far a letter takes the pen, in parts of the size in which it is written.
pub(super) fn advance(letter: char, is_bold: bool) -> f64 {
    let (glyphs, metrics) = &FACES[usize::from(is_bold)];
    match glyphs.map(letter).and_then(|glyph| metrics.advance_width(glyph)) {
        Some(advance) => f64::from(advance),
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
