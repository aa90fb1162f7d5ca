//! What is known of the machine that engines are to be had on: where its
//! programs are, where our cache is, and which of uv, docker and podman answer.
//! It changes nothing, and reads no environment variable: the caller hands in
//! those that [`Machine::passes_on`] names.

use std::collections::BTreeMap;
use std::env::split_paths;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{self, Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::Runtime;
use super::command::{ANSWER_LIMIT, ask};

/// Where the installers of uv put it, below the home folder, which a fresh
/// shell may not have on its PATH.
const UV_HOMES: [&str; 2] = [".local/bin", ".cargo/bin"];

/// Variables that change how an environment comes about, and not what is in it.
const INDIFFERENT: [&str; 13] = [
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_CONCURRENT_",
    "UV_CREDENTIALS_DIR",
    "UV_HTTP_",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_NO_",
    "UV_PYTHON_",
    "UV_REQUEST_TIMEOUT",
    "UV_SYSTEM_CERTS",
];

/// A machine, as far as whoever starts engines there must know it.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The folders in which programs are looked for, as in `PATH`.
    pub path: OsString,
    /// The user's folder.
    pub home: Option<PathBuf>,
    /// The folder in which we keep what can be made again.
    pub cache: PathBuf,
    /// The variables that programs which fetch and build are given: those that
    /// [`Machine::passes_on`] names. `PATH` and `HOME` need not be among them.
    pub environment: BTreeMap<String, OsString>,
    /// What uv, docker and podman have answered.
    known: [OnceLock<Result<Tool, Lack>>; 3],
}

/// A program that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of its version.
    pub version: String,
}

/// Why something can't be used here, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lack {
    pub why: String,
    pub cure: String,
    /// The folders in which it was looked for.
    pub looked: Vec<PathBuf>,
}

impl Lack {
    pub(super) fn new(why: impl Into<String>, cure: impl Into<String>) -> Lack {
        Lack { why: why.into(), cure: cure.into(), looked: Vec::new() }
    }

    /// A program that isn't on the PATH of this machine.
    pub(super) fn not_on_path(
        machine: &Machine,
        why: impl Into<String>,
        cure: impl Into<String>,
    ) -> Lack {
        Lack { looked: split_paths(&machine.path).collect(), ..Lack::new(why, cure) }
    }
}

impl Machine {
    /// A machine with this `PATH` and this folder for what can be made again.
    pub fn new(path: impl Into<OsString>, cache: impl Into<PathBuf>) -> Machine {
        Machine { path: path.into(), cache: cache.into(), ..Machine::default() }
    }

    /// Whether programs that fetch and build are given the variable of this
    /// name: those that say how the network is reached, where uv, docker and
    /// podman keep their things, and how code is compiled.
    pub fn passes_on(name: &str) -> bool {
        const NAMES: [&str; 18] = [
            "all_proxy",
            "cc",
            "cflags",
            "container_host",
            "cuda_home",
            "cxx",
            "cxxflags",
            "ftp_proxy",
            "http_proxy",
            "https_proxy",
            "lang",
            "ld_library_path",
            "netrc",
            "no_proxy",
            "ssl_cert_dir",
            "ssl_cert_file",
            "tmpdir",
            "user",
        ];
        let lower = name.to_ascii_lowercase();
        NAMES.contains(&lower.as_str())
            || ["UV_", "DOCKER_", "XDG_"].iter().any(|begin| name.starts_with(begin))
    }

    /// The variables that change what is in an environment that uv makes.
    /// Names and passwords for an index are none of them.
    pub(super) fn shaping(&self) -> BTreeMap<&str, String> {
        let shapes = |name: &str| {
            let secret = ["_USERNAME", "_PASSWORD", "_TOKEN"].iter().any(|end| name.ends_with(end));
            name.starts_with("UV_")
                && !secret
                && !INDIFFERENT.iter().any(|begin| name.starts_with(begin))
        };
        let shaping = self.environment.iter().filter(|(name, _)| shapes(name));
        shaping.map(|(name, value)| (name.as_str(), value.to_string_lossy().into())).collect()
    }

    /// The program of this name on the PATH, or the one that a path names.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        if program.contains('/') {
            let path = path::absolute(self.expanded(program)).ok()?;
            return is_program(&path).then_some(path);
        }
        let folders = split_paths(&self.path).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(program)).find(|path| is_program(path))
    }

    /// A path in which a leading `~` stands for the user's folder.
    pub(super) fn expanded(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }

    /// A program to be run with the variables that are passed on, and no other.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).env("PATH", &self.path);
        if let Some(home) = &self.home {
            command.env("HOME", home);
        }
        command
    }

    /// uv, if it is here.
    pub(super) fn uv(&self) -> Result<Tool, Lack> {
        self.known[0].get_or_init(|| self.look_for_uv()).clone()
    }

    /// Docker or podman, if it is here and can run something.
    pub(super) fn runtime(&self, runtime: Runtime) -> Result<Tool, Lack> {
        self.known[1 + runtime as usize].get_or_init(|| self.look_for(runtime)).clone()
    }

    fn look_for_uv(&self) -> Result<Tool, Lack> {
        let homes = self.home.iter().flat_map(|home| UV_HOMES.map(|folder| home.join(folder)));
        let at_home = || homes.map(|folder| folder.join("uv")).find(|path| is_program(path));
        let path = self.find("uv").or_else(at_home).ok_or_else(|| {
            let why = "there is no `uv` on the PATH, which would make it";
            Lack::not_on_path(self, why, "install it with `pip install uv`")
        })?;
        let mut command = self.command(&path);
        command.arg("--version");
        match ask(command, ANSWER_LIMIT) {
            Ok(said) => Ok(Tool { path, version: last_word(&said) }),
            Err(why) => {
                let why = format!("`{} --version` fails: {why}", path.display());
                Err(Lack::new(why, "install uv again with `pip install --force-reinstall uv`"))
            }
        }
    }

    fn look_for(&self, runtime: Runtime) -> Result<Tool, Lack> {
        let program = runtime.program();
        let path = self.find(program).ok_or_else(|| {
            Lack::not_on_path(
                self,
                format!("there is no `{program}` on the PATH"),
                format!("install {program}, or have the engine in another way"),
            )
        })?;
        let mut command = self.command(&path);
        let cure = match runtime {
            Runtime::Docker => {
                command.args(["version", "--format", "{{.Server.Version}}"]);
                "start it (`systemctl start docker`), and see that you may use it (`docker ps`)"
            }
            Runtime::Podman => {
                command.args(["info", "--format", "{{.Version.Version}}"]);
                "see what `podman info` says, and mend that"
            }
        };
        match ask(command, ANSWER_LIMIT) {
            Ok(said) => Ok(Tool { path, version: last_word(&said) }),
            Err(why) => Err(Lack::new(format!("{program} is here and can't be used: {why}"), cure)),
        }
    }
}

/// `0.13.9` out of `uv 0.13.9 (x86_64-unknown-linux-gnu)`.
fn last_word(said: &str) -> String {
    let before_remark = said.split('(').next().unwrap_or_default();
    before_remark.split_whitespace().next_back().unwrap_or_default().to_owned()
}

/// Whether a file may be run.
pub(super) fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_how_the_network_is_reached_is_passed_on_and_no_key() {
        for name in ["HTTPS_PROXY", "https_proxy", "UV_INDEX_URL", "SSL_CERT_FILE", "DOCKER_HOST"] {
            assert!(Machine::passes_on(name), "{name}");
        }
        for name in ["OPENAI_API_KEY", "HF_TOKEN", "PYTHONPATH", "VIRTUAL_ENV", "PATH"] {
            assert!(!Machine::passes_on(name), "{name}");
        }
    }

    #[test]
    fn only_what_changes_an_environment_shapes_it() {
        let mut machine = Machine::new("", "/cache");
        for name in [
            "UV_CACHE_DIR",
            "UV_HTTP_TIMEOUT",
            "UV_INDEX_MINE_PASSWORD",
            "UV_INDEX_URL",
            "UV_TORCH_BACKEND",
            "https_proxy",
        ] {
            machine.environment.insert(name.to_owned(), "x".into());
        }
        let shaping: Vec<_> = machine.shaping().into_keys().collect();
        assert_eq!(shaping, ["UV_INDEX_URL", "UV_TORCH_BACKEND"]);
    }

    #[test]
    fn a_version_is_the_last_word_that_is_no_remark() {
        for said in ["uv 0.13.9 (8c7c7d 2026-11-01)", "uv 0.13.9", "0.13.9\n"] {
            assert_eq!(last_word(said), "0.13.9");
        }
    }
}
