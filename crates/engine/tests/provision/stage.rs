//! A machine in a folder: its programs are scripts, and it has nothing else.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;
use tokenometer_core::{Event, Observer};
use tokenometer_engine::provision::{Asked, Machine, Outlook, Place, Prospect, Provision};
use tokenometer_engine::provision::{ProvisionError, Watch, prepare, usable};

/// What is asked for in all tests.
pub const ASKED: Asked<'_> = Asked { engine: "engine", version: Some("1.2"), program: "engine" };

/// Does what uv does, as far as anybody looks: an environment with a `python`,
/// and after an installation with an `engine`.
const UV: &str = r#"
case "$1 $2" in
  "--version ") echo "uv 9.9.9 (a stand-in)" ;;
  "venv "*)
    for last; do :; done
    if [ -e "$last" ]; then echo "error: $last is in the way" >&2; exit 2; fi
    mkdir -p "$last/bin"
    echo "version_info = 3.11.9" > "$last/pyvenv.cfg"
    printf '#!/bin/sh\n' > "$last/bin/python"
    chmod +x "$last/bin/python" ;;
  "pip install")
    echo "Resolved 2 packages" >&2
    echo $$ > "$here/installing"
    while [ -e "$here/slow" ]; do sleep 0.05; done
    if [ -e "$here/complaint" ]; then cat "$here/complaint" >&2; exit 1; fi
    python=$4
    [ "$3" = --python ] || python=$5
    cp "$python" "${python%python}engine" ;;
  "pip freeze") echo "engine==1.2"; echo "idna==3.7" ;;
esac
"#;

/// The machine, and what happened on it.
pub struct Stage {
    folder: TempDir,
    pub machine: Machine,
    steps: Mutex<Vec<String>>,
}

impl Observer for Stage {
    fn notice(&self, event: Event) {
        if let Event::Step(text) = event {
            self.steps.lock().unwrap().push(text);
        }
    }
}

impl Stage {
    /// A machine without any program.
    pub fn empty() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let mut machine = Machine::new(&bin, folder.path().join("cache"));
        machine.home = Some(folder.path().join("home"));
        Stage { folder, machine, steps: Mutex::default() }
    }

    /// A machine with a uv.
    pub fn with_uv() -> Stage {
        let stage = Stage::empty();
        stage.program("uv", UV);
        stage
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a program on its PATH that writes down how it was called.
    pub fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path().join("bin").join(name);
        self.script(&path, &format!("echo {name} \"$@\" >> \"$here/calls\"\n{script}"));
        path
    }

    /// Puts a script somewhere. It is written by another process: one that we
    /// had open ourselves could not be run while any thread forks.
    pub fn script(&self, path: &Path, text: &str) {
        let here = self.path().display();
        let text = format!("#!/bin/sh\nseen=$PATH; PATH=/usr/bin:/bin; here={here}\n{text}");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "cat > \"$0\" && chmod +x \"$0\""]).arg(path).stdin(Stdio::piped());
        let mut writing = shell.spawn().unwrap();
        writing.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(writing.wait().unwrap().success());
    }

    /// Puts a file into its folder.
    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// What came of looking for an engine, in words.
    pub fn look(&self, provision: &Provision) -> String {
        let looked = usable(std::slice::from_ref(provision), &ASKED, &self.machine);
        let [Prospect { kind, outlook }] = &looked[..] else { panic!("{looked:?}") };
        let text = match outlook {
            Ok(Outlook::Ready(what)) => format!("ready: {what}"),
            Ok(Outlook::CanBeMade(what)) => format!("can be made: {what}"),
            Err(no) => {
                assert_eq!(no.kind, *kind);
                format!("unusable: {}; {}", no.why, no.cure)
            }
        };
        self.shown(&text)
    }

    /// Has an engine be there.
    pub fn prepare(&self, provision: &Provision) -> Result<Place, ProvisionError> {
        prepare(provision, &ASKED, &self.machine, Watch { observer: self, stopped: &|| false })
    }

    /// Why an engine can't be there.
    pub fn refusal(&self, provision: &Provision) -> String {
        self.shown(&self.prepare(provision).unwrap_err().to_string())
    }

    /// How the programs were called.
    pub fn calls(&self) -> String {
        self.shown(&fs::read_to_string(self.path().join("calls")).unwrap_or_default())
    }

    /// What was told meanwhile.
    pub fn steps(&self) -> String {
        self.shown(&self.steps.lock().unwrap().join("\n"))
    }

    /// Text without what differs from run to run.
    pub fn shown(&self, text: &str) -> String {
        let text = text.replace(self.path().to_str().unwrap(), "[DIR]");
        let mut parts = text.split("/engine-");
        let mut shown = parts.next().unwrap().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
            shown.push_str(if part.len() - rest.len() == 16 {
                "/engine-[HASH]"
            } else {
                "/engine-"
            });
            shown.push_str(if part.len() - rest.len() == 16 { rest } else { part });
        }
        shown
    }
}
