//! What the page carries for its own script: the charting library, data, and the rule by
//! which a browser refuses everything else. Nothing here may be loaded from anywhere.

use std::fmt;
use std::io::Write as _;
use std::sync::LazyLock;

use askama::filters::HtmlSafe;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use plotly::Plot;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The looks of the page.
pub(super) const STYLE: &str = include_str!("../../templates/report.css");

/// What the page does: it draws charts, copies and downloads.
pub(super) const SCRIPT: &str = include_str!("../../templates/report.js");

/// Plotly as its package brings it, without the typesetter of formulas beside it.
pub(super) static PLOTLY: LazyLock<String> = LazyLock::new(|| {
    let scripts = Plot::offline_js_sources();
    let (_, rest) = scripts.split_once('>').expect("the first script has an opening tag");
    let (plotly, _) = rest.split_once("</script>").expect("the first script is closed");
    plotly.to_owned()
});

/// The rule for the browser: nothing is loaded, no form is sent, and of scripts only those
/// two run that this page was made with, whatever else may stand in it. Styles may stand in
/// elements, since the charting library sets them there.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let allowed = |script: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
    format!(
        "default-src 'none'; script-src {} {}; style-src 'unsafe-inline'; img-src data: blob:; \
         base-uri 'none'; form-action 'none'",
        allowed(&PLOTLY),
        allowed(SCRIPT),
    )
});

/// Data for the page's script, as JSON that can't end the element it stands in.
#[derive(Debug)]
pub(super) struct Json {
    text: String,
}

/// Nothing in it means anything to a reader of markup.
impl HtmlSafe for Json {}

impl Json {
    /// This data. Characters that mean something to a reader of markup or of scripts occur
    /// in JSON only within texts, where each may be written by its number.
    pub(super) fn of(data: &impl Serialize) -> Json {
        let json = serde_json::to_string(data).expect("its keys are texts");
        let mut text = String::with_capacity(json.len());
        for c in json.chars() {
            match c {
                '<' => text.push_str("\\u003c"),
                '>' => text.push_str("\\u003e"),
                '&' => text.push_str("\\u0026"),
                '\u{2028}' => text.push_str("\\u2028"),
                '\u{2029}' => text.push_str("\\u2029"),
                c => text.push(c),
            }
        }
        Json { text }
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Data for the page's script that is large and seldom wanted: JSON, compressed, written in
/// letters and digits. A browser unpacks it when it is asked for.
#[derive(Debug)]
pub(super) struct Pack {
    text: String,
}

/// It holds letters, digits and three signs that mean nothing to a reader of markup.
impl HtmlSafe for Pack {}

impl Pack {
    /// This data.
    pub(super) fn of(data: &impl Serialize) -> Pack {
        let json = serde_json::to_vec(data).expect("its keys are texts");
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&json).expect("memory takes whatever is written to it");
        let packed = packer.finish().expect("memory takes whatever is written to it");
        Pack { text: STANDARD.encode(packed) }
    }
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_can_not_end_its_element() {
        let hostile = "</script><!--<script>&\u{2028}\u{2029}\"";
        let json = Json::of(&hostile);
        let text = json.to_string();
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
        assert_eq!(json.len(), text.len());
    }

    #[test]
    fn a_pack_can_be_opened_again() {
        let pack = Pack::of(&["</script>", "b"]).to_string();
        assert!(pack.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)), "{pack}");
        let bytes = STANDARD.decode(&pack).unwrap();
        let data: Vec<String> =
            serde_json::from_reader(flate2::read::GzDecoder::new(&bytes[..])).unwrap();
        assert_eq!(data, ["</script>", "b"]);
    }

    #[test]
    fn the_library_is_whole_and_alone() {
        assert!(PLOTLY.contains("plotly.js v3"));
        assert!(!PLOTLY.contains("<script") && !PLOTLY.contains("MathJax.js"));
        assert!(POLICY.starts_with("default-src 'none'; script-src 'sha256-"));
    }
}
