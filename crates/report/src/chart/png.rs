//! A picture as PNG, for what shows no SVG: drawn by the same program everywhere, in the
//! face that comes with it.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Options, Tree, fontdb};
use thiserror::Error;

use super::font;

/// Pixels of the PNG for each of the picture: sharp on a dense screen and on paper.
const DENSITY: f32 = 2.0;
/// The most pixels of a side: a taller picture is drawn less densely.
const MOST: f32 = 8192.0;

/// Why a picture cannot be drawn.
#[derive(Debug, Error)]
pub enum PngError {
    /// It isn't one.
    #[error("the picture is not sound SVG: {0}")]
    Svg(#[from] usvg::Error),
    /// It has no pixel, or too many.
    #[error("a picture of {width} × {height} pixels cannot be drawn")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The pixels were drawn and cannot be written.
    #[error("the picture cannot be written as PNG: {0}")]
    Encoding(String),
}

/// The faces of pictures. No face of this machine is read, so that a picture is the same on
/// every one.
static FACES: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut faces = fontdb::Database::new();
    for file in font::files() {
        faces.load_font_data(file.to_vec());
    }
    faces.set_sans_serif_family(font::FAMILY);
    Arc::new(faces)
});

/// The SVG as a PNG file.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let options = Options {
        font_family: font::FAMILY.to_owned(),
        fontdb: Arc::clone(&FACES),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size();
    let density = DENSITY.min(MOST / size.width().max(size.height()));
    let width = (size.width() * density).round() as u32;
    let height = (size.height() * density).round() as u32;
    let mut pixels = Pixmap::new(width, height).ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(density, density), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Encoding(error.to_string()))
}
