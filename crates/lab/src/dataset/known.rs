//! The data files that are known by a word, and every other way to say what is
//! to be fetched. It must never fetch anything itself.

use std::path::PathBuf;

use tokenometer_engine::HubFile;
use tokenometer_workload::Mistake;

/// A data file that is known by a word.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// The word.
    pub word: &'static str,
    /// The name that the file has everywhere.
    pub file_name: &'static str,
    /// The revision that is fetched where no other one is named.
    revision: &'static str,
    /// Its SHA-256 in that revision.
    sha256: &'static str,
    /// Whether it lies on the hub.
    is_on_hub: bool,
    /// Its address, with `{revision}` and, on the hub, `{hub}` in it.
    address: &'static str,
}

/// All of them.
pub const KNOWN_FILES: [KnownFile; 2] = [
    // The conversations with which SGLang's and vLLM's tools measure.
    KnownFile {
        word: "sharegpt",
        file_name: "ShareGPT_V3_unfiltered_cleaned_split.json",
        revision: "192ab2185289094fc556ec8ce5ce1e8e587154ca",
        sha256: "35f0e213ce091ed9b9af2a1f0755e9d39f9ccec34ab281cd4ca60d70f6479ba4",
        is_on_hub: true,
        address: "{hub}/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered/resolve/{revision}/\
                  ShareGPT_V3_unfiltered_cleaned_split.json",
    },
    // The lines of vLLM's dataset of that name, as of its release 0.8.4.
    KnownFile {
        word: "sonnet",
        file_name: "sonnet.txt",
        revision: "dc1b4a6f1300003ae27f033afbdff5e2683721ce",
        sha256: "d58663195ba6780da5f029b920c7ac00cad1e435ee1df7e03bf9ec2470f8dea4",
        is_on_hub: false,
        address: "https://raw.githubusercontent.com/vllm-project/vllm/{revision}/benchmarks/\
                  sonnet.txt",
    },
];

impl KnownFile {
    /// The file of this word, if there is one.
    pub fn of(word: &str) -> Option<&'static KnownFile> {
        KNOWN_FILES.iter().find(|known| known.word == word)
    }
}

/// What is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What lies at a URL.
    Url(String),
    /// A file on the hub.
    Hub(HubFile),
    /// A file that is known by a word.
    Known(&'static KnownFile),
}

/// How similar a word must be to a known one to be taken for a slip.
const SIMILAR: f64 = 0.75;

impl Wanted {
    /// Reads a URL, a name on the hub, or a known word.
    ///
    /// # Errors
    ///
    /// A mistake that names the nearest known word, if one is near.
    pub fn read(what: &str) -> Result<Wanted, Mistake> {
        if what.contains("://") {
            return Ok(Wanted::Url(what.to_owned()));
        }
        if let Some(known) = KnownFile::of(what) {
            return Ok(Wanted::Known(known));
        }
        if let Some(file) = HubFile::read(what) {
            return Ok(Wanted::Hub(file));
        }
        let likeness = |known: &KnownFile| strsim::jaro_winkler(&what.to_lowercase(), known.word);
        let nearest = KNOWN_FILES.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let cure = match nearest {
            Some(known) if likeness(known) >= SIMILAR => format!("did you mean `{}`?", known.word),
            _ => "give a URL, ORG/NAME:PATH or datasets/ORG/NAME:PATH on the hub, sharegpt or \
                  sonnet"
                .to_owned(),
        };
        let problem = "it is no URL, no file on the hub, and no word that is known".to_owned();
        Err(Mistake { place: format!("`{what}`"), problem, cure })
    }

    /// Where it lies, with the hub at `endpoint`.
    ///
    /// # Errors
    ///
    /// A mistake where a revision is named for a URL, which has none.
    pub fn url(&self, endpoint: &str, revision: Option<&str>) -> Result<String, Mistake> {
        match (self, revision) {
            (Wanted::Url(url), None) => Ok(url.clone()),
            (Wanted::Url(_), Some(revision)) => Err(Mistake {
                place: format!("--revision {revision}"),
                problem: "only a file on the hub or a known one has revisions".to_owned(),
                cure: "write the revision into the URL, or leave the flag out".to_owned(),
            }),
            (Wanted::Hub(file), revision) => Ok(file.url(endpoint, revision.unwrap_or("main"))),
            (Wanted::Known(known), revision) => Ok(known
                .address
                .replace("{hub}", endpoint.trim_end_matches('/'))
                .replace("{revision}", revision.unwrap_or(known.revision))),
        }
    }

    /// Whether it lies with the hub at `endpoint`, which may be told a token.
    pub fn is_on_hub(&self, endpoint: &str) -> bool {
        match self {
            Wanted::Url(url) => url.starts_with(&format!("{}/", endpoint.trim_end_matches('/'))),
            Wanted::Hub(_) => true,
            Wanted::Known(known) => known.is_on_hub,
        }
    }

    /// The SHA-256 that it is known to have, in hexadecimal.
    pub fn sha256(&self, revision: Option<&str>) -> Option<&'static str> {
        match (self, revision) {
            (Wanted::Known(known), None) => Some(known.sha256),
            _ => None,
        }
    }

    /// Where it belongs in a folder of data: under its own name, and under its
    /// repository's where it is one of many.
    ///
    /// # Errors
    ///
    /// A mistake where a URL names no file.
    pub fn place(&self) -> Result<PathBuf, Mistake> {
        match self {
            Wanted::Known(known) => Ok(known.file_name.into()),
            Wanted::Hub(file) => Ok(PathBuf::from(&file.repository).join(&file.path)),
            Wanted::Url(url) => {
                let path = url.split(['?', '#']).next().unwrap_or_default();
                let after_host = path.split("://").nth(1).and_then(|rest| rest.split_once('/'));
                let name = after_host.and_then(|(_, path)| path.rsplit('/').next());
                name.filter(|name| !["", ".", ".."].contains(name)).map(PathBuf::from).ok_or_else(
                    || Mistake {
                        place: format!("`{path}`"),
                        problem: "it ends with no name that the file could have".to_owned(),
                        cure: "say with --out where it shall lie".to_owned(),
                    },
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "https://huggingface.co/";

    #[test]
    fn everything_that_can_be_wanted_has_an_address_and_a_place() {
        for (what, url, place) in [
            (
                "sharegpt",
                "https://huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered/resolve/\
                 192ab2185289094fc556ec8ce5ce1e8e587154ca/ShareGPT_V3_unfiltered_cleaned_split.json",
                "ShareGPT_V3_unfiltered_cleaned_split.json",
            ),
            (
                "sonnet",
                "https://raw.githubusercontent.com/vllm-project/vllm/\
                 dc1b4a6f1300003ae27f033afbdff5e2683721ce/benchmarks/sonnet.txt",
                "sonnet.txt",
            ),
            (
                "datasets/org/name:a/b.json",
                "https://huggingface.co/datasets/org/name/resolve/main/a/b.json",
                "org/name/a/b.json",
            ),
            ("https://x.org/a/b.json?c=d#e", "https://x.org/a/b.json?c=d#e", "b.json"),
        ] {
            let wanted = Wanted::read(what).unwrap();
            assert_eq!(wanted.url(HUB, None).unwrap(), url);
            assert_eq!(wanted.place().unwrap(), PathBuf::from(place));
        }
    }

    #[test]
    fn another_revision_has_another_hash() {
        let known = Wanted::read("sharegpt").unwrap();
        assert!(known.sha256(None).is_some() && known.sha256(Some("main")).is_none());
        assert!(known.url("http://mirror", Some("main")).unwrap().contains("/resolve/main/"));
        let url = Wanted::read("https://x.org/a").unwrap();
        assert!(url.url(HUB, Some("main")).is_err());
    }

    #[test]
    fn only_the_hub_is_told_the_token() {
        for (what, is_on_hub) in [
            ("sharegpt", true),
            ("sonnet", false),
            ("org/name:a", true),
            ("https://huggingface.co/org/name/resolve/main/a", true),
            ("https://huggingface.co.evil.org/a", false),
            ("https://x.org/a", false),
        ] {
            assert_eq!(Wanted::read(what).unwrap().is_on_hub(HUB), is_on_hub, "{what}");
        }
    }

    #[test]
    fn what_is_not_known_names_what_is_near() {
        let told = |what: &str| Wanted::read(what).unwrap_err().to_string();
        let place = Wanted::read("https://x.org/").unwrap().place().unwrap_err().to_string();
        insta::assert_snapshot!([told("share-gpt"), told("org/name"), place].join("\n"));
    }
}
