//! The embedded engine as a child process, on a processor of its own where
//! there is one. Whatever happens to us, it ends: it watches for its parent's
//! death, and is ended when this value is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokenometer_core::Address;
use tokenometer_results::{Stage, Start};

use crate::LabError;
use crate::settings::{Embedded, Host};

/// What it keeps to where it is told nothing: about half a second a request, as
/// a small model on a fast machine takes, and drawn, so that there is something
/// to measure.
const USUAL_SCRIPT: [&str; 4] = ["--ttft", "lognormal:40ms:0.25", "--gap", "lognormal:2ms:0.2"];

/// How long it may take to say where it listens. It takes milliseconds.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long it may take to end by itself.
const END_LIMIT: Duration = Duration::from_secs(2);

/// The running embedded engine.
#[derive(Debug)]
pub(crate) struct EmbeddedEngine {
    child: Child,
    /// Where it listens.
    pub(crate) address: Address,
    /// How it was started.
    pub(crate) start: Start,
}

impl EmbeddedEngine {
    /// Starts it and waits until it listens. Its output goes into `log`.
    pub(crate) fn start(
        settings: &Embedded,
        host: &Host,
        cpu: Option<usize>,
        log: &Path,
    ) -> Result<EmbeddedEngine, LabError> {
        let began = Instant::now();
        let mut arguments: Vec<String> =
            ["sim", "--listen", "127.0.0.1:0", "--exit-with-parent"].map(str::to_owned).to_vec();
        if let Some(cpu) = cpu {
            arguments.extend(["--cpu".to_owned(), cpu.to_string()]);
        }
        if settings.arguments.is_empty() {
            arguments.extend(USUAL_SCRIPT.map(str::to_owned));
        }
        arguments.extend(settings.arguments.iter().cloned());
        let mut child = spawn(host, &arguments, log)?;
        let address = listening_at(&mut child).map_err(|why| {
            let _ = child.kill();
            let _ = child.wait();
            let said = last_words(log);
            LabError::Embedded { why: format!("{why}{said}"), source: None }
        })?;
        let listening =
            Stage { name: "listening".to_owned(), duration_s: began.elapsed().as_secs_f64() };
        let command = std::iter::once(host.executable.display().to_string()).chain(arguments);
        let start = Start::new(command, [], vec![listening]);
        Ok(EmbeddedEngine { child, address, start })
    }
}

fn spawn(host: &Host, arguments: &[String], log: &Path) -> Result<Child, LabError> {
    let failed = |why: &str| {
        let why = why.to_owned();
        move |source| LabError::Embedded { why, source: Some(source) }
    };
    let log_file = File::create(log).map_err(failed("its log can't be written"))?;
    Command::new(&host.executable)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .spawn()
        .map_err(failed("this program can't be started again"))
}

/// Reads the line in which it says where it listens. The rest of its output is
/// read away, so that it never waits for us.
fn listening_at(child: &mut Child) -> Result<Address, String> {
    let output = child.stdout.take().ok_or("its output can't be read")?;
    let (send, line) = mpsc::channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        let _ = output.read_line(&mut line);
        let _ = send.send(line);
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    let line = line.recv_timeout(START_LIMIT).map_err(|_| "it said nothing".to_owned())?;
    let said: Value = serde_json::from_str(&line).map_err(|_| "it ended".to_owned())?;
    let address = said["listening"].as_str().ok_or_else(|| format!("it said `{line}`"))?;
    address.parse().map_err(|why| format!("it listens at `{address}`: {why}"))
}

/// What it wrote last, for an error.
fn last_words(log: &Path) -> String {
    let mut text = String::new();
    let _ = File::open(log).and_then(|mut log| log.read_to_string(&mut text));
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("; it said: {text}") }
}

impl Drop for EmbeddedEngine {
    /// Asks it to end, and ends it if it doesn't.
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        let began = Instant::now();
        while began.elapsed() < END_LIMIT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
