//! The environment variables that mean something here; no other place reads
//! any. The libraries beneath read `SSL_CERT_FILE` and `SSL_CERT_DIR` (further
//! authorities to trust), `COLUMNS` and `TERM`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokenometer_engine::provision::Machine;

/// What was found in the environment.
#[derive(Debug)]
pub(crate) struct Environment {
    /// `OPENAI_API_KEY`: sent to the target as a bearer token.
    pub(crate) api_key: Option<OsString>,
    /// `HF_TOKEN`: sent to the hub that datasets and tokenizers are fetched
    /// from.
    pub(crate) hub_token: Option<OsString>,
    /// `HF_ENDPOINT`: another hub than Hugging Face's.
    pub(crate) hub_endpoint: Option<OsString>,
    /// The Hugging Face caches, in the order in which they are looked through:
    /// `HF_HUB_CACHE`, then `HF_HOME`'s, then the usual one.
    pub(crate) hub_caches: Vec<PathBuf>,
    /// Where fetched datasets are kept: `XDG_DATA_HOME`'s folder of ours, or
    /// the usual one.
    pub(crate) datasets: Option<PathBuf>,
    /// What engines are looked for and made with: `PATH`, `HOME`,
    /// `XDG_CACHE_HOME`, and what [`Machine::passes_on`] names, as proxies and
    /// the settings of uv and docker.
    pub(crate) machine: Machine,
    /// `NO_COLOR`: whether it is set to anything, which forbids colour.
    pub(crate) no_colour: bool,
}

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Environment {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let path = |name| set(name).map(PathBuf::from);
        let home = path("HOME");
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let caches = [
            path("HF_HUB_CACHE"),
            path("HF_HOME").map(|home| home.join("hub")),
            below_home(".cache/huggingface/hub"),
        ];
        let cache = path("XDG_CACHE_HOME").or_else(|| below_home(".cache"));
        let data = path("XDG_DATA_HOME").or_else(|| below_home(".local/share"));
        Environment {
            api_key: set("OPENAI_API_KEY"),
            hub_token: set("HF_TOKEN"),
            hub_endpoint: set("HF_ENDPOINT"),
            hub_caches: caches.into_iter().flatten().collect(),
            datasets: data.map(|data| data.join("tokenometer/datasets")),
            machine: machine(home.clone(), cache.unwrap_or_else(env::temp_dir)),
            no_colour: set("NO_COLOR").is_some(),
        }
    }

    /// The file of this name in the current folder, or else among the datasets
    /// that were fetched.
    pub(crate) fn find_dataset(&self, name: &str) -> Option<PathBuf> {
        let here = Path::new(name);
        if here.is_file() {
            return Some(here.to_owned());
        }
        self.datasets.as_ref().map(|folder| folder.join(name)).filter(|path| path.is_file())
    }
}

/// The variable of this name, where a study asks for it: what an engine is
/// given, or a key that isn't written into a file.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// This machine, with the folder that caches lie in.
fn machine(home: Option<PathBuf>, caches: PathBuf) -> Machine {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut machine = Machine::new(path, caches.join("tokenometer"));
    machine.home = home;
    let named = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    machine.environment = named.filter(|(name, _)| Machine::passes_on(name)).collect();
    machine
}
