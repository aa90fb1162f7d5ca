//! The program in a folder of its own: run, signalled, and shown without what
//! differs from run to run.

#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod files;
pub mod study;

use std::fmt;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test fails.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits until this holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LIMIT, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// What goes wrong where each row of a table is checked, several at once: rows
/// are independent, and most of what each takes is waiting.
pub fn failures<Row: Sync>(
    rows: &[Row],
    check: impl Fn(&Row) -> Result<(), String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut failures = Vec::new();
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            failures.extend(check(row).err());
        }
        failures
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// A folder to run the program in.
pub struct Test {
    folder: TempDir,
}

/// Variables of whoever runs the tests, which must not change what they see.
const FOREIGN: [&str; 11] = [
    "OPENAI_API_KEY",
    "NO_COLOR",
    "COLUMNS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HOME",
    "XDG_DATA_HOME",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_TOKEN",
    "HF_ENDPOINT",
];

impl Test {
    /// A folder with a bench of eight requests in `run`.
    pub fn with_bench() -> Test {
        let test = Test::new();
        test.run(
            "bench --num-prompts 8 --max-concurrency 4 --dataset-name random-ids --ignore-eos \
             --random-input-len 30 --random-output-len 6 --out run -- --ttft 5ms --gap 3ms",
        );
        test
    }

    /// An empty folder.
    pub fn new() -> Test {
        Test { folder: tempfile::tempdir().unwrap() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file into it.
    pub fn file(&self, name: &str, text: &str) -> &Test {
        fs::write(self.path().join(name), text).unwrap();
        self
    }

    /// The program with these arguments, in words without blanks in them.
    pub fn command(&self, arguments: &str) -> Invocation<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokenometer"));
        command.current_dir(self.path()).args(arguments.split_ascii_whitespace());
        for name in FOREIGN {
            command.env_remove(name);
        }
        Invocation { test: self, command, stdout: None }
    }

    /// Runs the program with these arguments.
    pub fn run(&self, arguments: &str) -> Ran {
        self.command(arguments).run()
    }

    /// Starts the embedded engine as a server, with these arguments.
    pub fn sim(&self, arguments: &str) -> Sim {
        let mut running = self.command("sim --listen 127.0.0.1:0").and(arguments).start();
        let mut line = String::new();
        let mut stdout = BufReader::new(running.child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap().to_owned();
        Sim { running, address }
    }
}

/// A command that is being put together.
pub struct Invocation<'t> {
    test: &'t Test,
    command: Command,
    stdout: Option<File>,
}

impl<'t> Invocation<'t> {
    /// More arguments, in words without blanks in them.
    pub fn and(mut self, arguments: &str) -> Invocation<'t> {
        self.command.args(arguments.split_ascii_whitespace());
        self
    }

    /// One more argument, whatever is in it.
    pub fn arg(mut self, argument: &str) -> Invocation<'t> {
        self.command.arg(argument);
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Invocation<'t> {
        self.command.env(name, value);
        self
    }

    /// Leads its stdout to a file.
    pub fn stdout_to(mut self, path: &str) -> Invocation<'t> {
        self.stdout = Some(File::options().write(true).open(path).unwrap());
        self
    }

    /// Allows it so many open files.
    pub fn with_open_files(mut self, count: u32) -> Invocation<'t> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("ulimit -n {count}; exec \"$0\" \"$@\""));
        shell.arg(self.command.get_program()).args(self.command.get_args());
        shell.current_dir(self.test.path());
        self.command = shell;
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(self.stdout.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running { child, folder: self.test.path().to_owned() }
    }

    /// Runs it to its end.
    pub fn run(self) -> Ran {
        self.start().finish()
    }

    /// Runs it to its end with stderr led to a terminal, and gives what that
    /// showed.
    pub fn run_on_terminal(mut self) -> (Ran, String) {
        let (terminal, program_side) = terminal();
        self.command.env("TERM", "xterm").stdin(Stdio::null()).stdout(Stdio::piped());
        let child = self.command.stderr(program_side).spawn().unwrap();
        let running = Running { child, folder: self.test.path().to_owned() };
        // The command holds the program's side, too: a terminal ends when
        // nobody has it any more.
        drop(self.command);
        let reading = thread::spawn(move || shown_on(terminal));
        let ran = running.finish();
        (ran, reading.join().unwrap())
    }
}

/// A terminal of 120 columns: our side of it, and the program's.
fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let size = Winsize { ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    let program_side = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    tcsetwinsize(&program_side, size).unwrap();
    (ours.into(), program_side)
}

/// All that is shown until the program has gone, which reads as an error.
fn shown_on(mut terminal: File) -> String {
    let (mut shown, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = terminal.read(&mut part) {
        shown.extend_from_slice(&part[..length]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// A program that runs.
pub struct Running {
    pub child: Child,
    folder: PathBuf,
}

impl Running {
    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Waits until this holds.
    pub fn wait_until(&mut self, what: &str, holds: impl Fn(&Path) -> bool) {
        eventually(what, || {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before {what}");
            holds(&self.folder)
        });
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Ran {
        let folder = std::mem::take(&mut self.folder);
        let mut out = self.child.stdout.take();
        let err = self.child.stderr.take();
        let reading = thread::spawn(move || {
            let mut text = String::new();
            err.map(|mut err| err.read_to_string(&mut text).unwrap());
            text
        });
        let mut stdout = String::new();
        if let Some(out) = &mut out {
            out.read_to_string(&mut stdout).unwrap();
        }
        let stderr = reading.join().unwrap();
        let status = self.child.wait().unwrap();
        Ran { status, stdout, stderr, folder }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only what a failed test has left running.
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The embedded engine as a server.
pub struct Sim {
    pub running: Running,
    /// Where it listens.
    pub address: String,
}

/// What a program did.
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    folder: PathBuf,
}

impl Ran {
    /// Its exit code.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap()
    }

    /// The JSON object that it printed.
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self}");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Exit code, stdout and stderr, with folders and ports replaced.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| ports(&text.replace(self.folder.to_str().unwrap(), "[DIR]"));
        writeln!(f, "exit: {}", self.status.code().map_or(-1, |code| code))?;
        writeln!(f, "--- stdout\n{}", shown(&self.stdout))?;
        write!(f, "--- stderr\n{}", shown(&self.stderr))
    }
}

/// Text with the ports of this machine's own addresses replaced.
fn ports(text: &str) -> String {
    const HOST: &str = "127.0.0.1:";
    let mut parts = text.split(HOST);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str(HOST);
        shown.push_str("[PORT]");
        shown.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    shown
}

/// Every file below a folder, by its path there, in order.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}
