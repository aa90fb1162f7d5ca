//! Brings data files and tokenizers onto this machine.
//!
//! A tokenizer is put where the Hugging Face libraries put it, so that every
//! other tool finds it, too:
//!
//! ```text
//! <cache>/models--ORG--NAME/refs/main             the commit that `main` is
//!                           blobs/ETAG            the files themselves
//!                           snapshots/COMMIT/…    links to them, by name
//! ```

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use tokenometer_engine::{
    Download, DownloadError, HubFile, Network, Notice, Stated, download, is_repository, look,
};
use tokenometer_workload::Mistake;

use super::{DatasetError, Wanted};

/// The file that a tokenizer must have.
const TOKENIZER: &str = "tokenizer.json";
/// Files that it may have.
const BESIDE: [&str; 2] = ["tokenizer_config.json", "chat_template.jinja"];

/// A Hugging Face hub, or a mirror of it.
#[derive(Clone)]
pub struct Hub {
    /// Where it is: `https://huggingface.co`.
    pub endpoint: String,
    /// Who asks. It is told to the hub's own host alone.
    pub token: Option<String>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_token = self.token.is_some();
        f.debug_struct("Hub").field("endpoint", &self.endpoint).field("token", &has_token).finish()
    }
}

/// A data file to fetch.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// What.
    pub wanted: Wanted,
    /// Its revision: a branch, a tag or a commit.
    pub revision: Option<String>,
    /// The SHA-256 that it must have, in hexadecimal.
    pub sha256: Option<String>,
    /// Where it is to lie.
    pub to: PathBuf,
}

/// A data file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fetched {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Whether somebody had said what its SHA-256 should be: the one who asked,
    /// this program, or the server.
    pub checked: bool,
    /// Whether it was there already.
    pub was_there: bool,
}

/// Fetches a data file.
///
/// # Errors
///
/// [`DatasetError::Mistakes`] for what can't be meant, [`DatasetError::Download`]
/// for what keeps the file from coming.
pub fn fetch(
    settings: &FetchSettings,
    hub: &Hub,
    network: &Network,
    notice: &mut dyn FnMut(Notice),
) -> Result<Fetched, DatasetError> {
    let mistakes = settings.mistakes();
    if !mistakes.is_empty() {
        return Err(DatasetError::Mistakes(mistakes));
    }
    let revision = settings.revision.as_deref();
    let url = settings.wanted.url(&hub.endpoint, revision)?;
    let pinned = settings.wanted.sha256(revision);
    let order = Download {
        url: &url,
        to: &settings.to,
        sha256: settings.sha256.as_deref().or(pinned),
        token: hub.token.as_deref().filter(|_| settings.wanted.is_on_hub(&hub.endpoint)),
    };
    let done = download(&order, network, notice)?;
    Ok(Fetched {
        path: settings.to.clone(),
        bytes: done.bytes,
        sha256: done.sha256,
        checked: done.is_checked,
        was_there: done.was_there,
    })
}

impl FetchSettings {
    /// Everything in these settings that can't be meant.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        mistakes.extend(self.wanted.url("", self.revision.as_deref()).err());
        let is_hash =
            |given: &str| given.len() == 64 && given.bytes().all(|byte| byte.is_ascii_hexdigit());
        mistakes.extend(self.sha256.as_deref().filter(|given| !is_hash(given)).map(|given| {
            mistake(
                format!("--sha256 {given}"),
                "a SHA-256 has 64 hexadecimal digits",
                "copy all of it, as `sha256sum FILE` prints it",
            )
        }));
        mistakes
    }
}

impl FetchTokenizerSettings {
    /// Everything in these settings that can't be meant.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let wrong = (!is_repository(&self.name)).then(|| {
            mistake(
                format!("--tokenizer {}", self.name),
                "it is no name of a model on the hub",
                "write it as ORG/NAME",
            )
        });
        wrong.into_iter().collect()
    }
}

fn mistake(place: String, problem: &str, cure: &str) -> Mistake {
    Mistake { place, problem: problem.to_owned(), cure: cure.to_owned() }
}

/// A tokenizer to fetch.
#[derive(Clone, Debug)]
pub struct FetchTokenizerSettings {
    /// The model's repository: `ORG/NAME`.
    pub name: String,
    /// Its revision: a branch, a tag or a commit; `None` is `main`.
    pub revision: Option<String>,
    /// The cache of the Hugging Face libraries.
    pub cache: PathBuf,
}

/// A tokenizer that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FetchedTokenizer {
    /// The folder that holds its files.
    pub path: PathBuf,
    /// The commit of its repository.
    pub commit: String,
    /// Its files, those that were there already among them.
    pub files: Vec<String>,
}

/// Fetches a model's tokenizer into the cache of the Hugging Face libraries.
///
/// # Errors
///
/// As [`fetch`]; [`DatasetError::NoHub`] where the server is none.
pub fn fetch_tokenizer(
    settings: &FetchTokenizerSettings,
    hub: &Hub,
    network: &Network,
    notice: &mut dyn FnMut(Notice),
) -> Result<FetchedTokenizer, DatasetError> {
    let mistakes = settings.mistakes();
    if !mistakes.is_empty() {
        return Err(DatasetError::Mistakes(mistakes));
    }
    let revision = settings.revision.as_deref().unwrap_or("main");
    let folder = settings.cache.join(format!("models--{}", settings.name.replace('/', "--")));
    let source = Repository { name: &settings.name, folder: &folder, hub, network };
    let (url, stated) = source.look(TOKENIZER, revision)?;
    let commit = stated.commit.clone().filter(|commit| is_plain(commit));
    let commit = commit.ok_or(DatasetError::NoHub { url })?;
    let snapshot = folder.join("snapshots").join(&commit);
    make_folder(&snapshot)?;
    source.bring(TOKENIZER, &commit, &stated, notice)?;
    let mut files = vec![TOKENIZER.to_owned()];
    for name in BESIDE {
        match source.look(name, &commit) {
            Ok((_, stated)) => source.bring(name, &commit, &stated, notice)?,
            Err(DatasetError::Download(DownloadError::Missing { .. })) => continue,
            Err(error) => return Err(error),
        }
        files.push(name.to_owned());
    }
    if revision != commit {
        // A branch may have a slash in its name, and then has a folder.
        write_ref(&folder.join("refs").join(revision), &commit)?;
    }
    Ok(FetchedTokenizer { path: snapshot, commit, files })
}

/// A model's repository, and its folder in the cache.
struct Repository<'a> {
    name: &'a str,
    folder: &'a Path,
    hub: &'a Hub,
    network: &'a Network,
}

impl Repository<'_> {
    /// What the hub states of a file, and its URL.
    fn look(&self, file: &str, revision: &str) -> Result<(String, Stated), DatasetError> {
        let url = HubFile::of_model(self.name, file).url(&self.hub.endpoint, revision);
        let order = Download {
            url: &url,
            to: &self.folder.join("snapshots").join(revision).join(file),
            sha256: None,
            token: self.hub.token.as_deref(),
        };
        let stated = look(&order, self.network)?;
        Ok((url, stated))
    }

    /// Has a file of a commit lie in its snapshot.
    fn bring(
        &self,
        file: &str,
        commit: &str,
        stated: &Stated,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(), DatasetError> {
        let link = self.folder.join("snapshots").join(commit).join(file);
        if link.exists() {
            return Ok(());
        }
        let url = HubFile::of_model(self.name, file).url(&self.hub.endpoint, commit);
        let mark =
            stated.etag.as_deref().map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
        let blob =
            mark.filter(|mark| is_plain(mark)).ok_or(DatasetError::NoHub { url: url.clone() })?;
        let to = self.folder.join("blobs").join(blob);
        if !to.exists() {
            let token = self.hub.token.as_deref();
            let order = Download { url: &url, to: &to, sha256: stated.sha256.as_deref(), token };
            download(&order, self.network, notice)?;
        }
        match symlink(Path::new("../../blobs").join(blob), &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(DatasetError::file("link", &link, error))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a word of the server's can be the name of a file.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn make_folder(path: &Path) -> Result<(), DatasetError> {
    fs::create_dir_all(path).map_err(|source| DatasetError::file("make the folder", path, source))
}

fn write_ref(path: &Path, commit: &str) -> Result<(), DatasetError> {
    path.parent().map(make_folder).transpose()?;
    fs::write(path, commit).map_err(|source| DatasetError::file("write", path, source))
}
