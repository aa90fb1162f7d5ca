//! Two clients and an engine, each a process of its own, so that a client's
//! CPU is that of its whole process and nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;

use rustix::thread::{CpuSet, sched_setaffinity};
use serde::{Deserialize, Serialize};
use tokenometer_sim::{Server, Settings, Truth};

use crate::Failure;

/// The processor of the client under measurement.
const CLIENT_CPU: usize = 0;
/// The processor of the engine.
const ENGINE_CPU: usize = 1;

/// The body that both clients send: at most 512 bytes.
pub(crate) fn body(tokens: u32) -> String {
    format!(
        "{{\"max_tokens\":{tokens},\"model\":\"sim\",\"prompt\":\"{}\",\"stream\":true,\
         \"stream_options\":{{\"include_usage\":true}}}}",
        prompt()
    )
}

/// The prompt in it.
pub(crate) fn prompt() -> String {
    "word ".repeat(50)
}

/// What a client is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    /// Where the engine listens.
    pub(crate) port: u16,
    /// Streams that are open together.
    pub(crate) streams: usize,
    /// Requests in all.
    pub(crate) requests: usize,
    /// Tokens of each answer.
    pub(crate) tokens: u32,
    /// The instants at which requests are due, in nanoseconds from the start;
    /// empty for a closed loop.
    pub(crate) offsets: Vec<i64>,
    /// Whether every instant is to be told, or only the cost.
    pub(crate) tell: bool,
}

/// What a client tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    /// CPU time of the whole process from the first send to the last byte.
    pub(crate) cpu_ns: i64,
    /// Wall time of the same.
    pub(crate) wall_ns: i64,
    /// Events that bear tokens.
    pub(crate) events: u64,
    /// Reads that brought something.
    pub(crate) reads: u64,
    /// Reads without a stamp of the kernel's.
    pub(crate) unstamped: u64,
    /// Every request, if asked for.
    pub(crate) requests: Vec<Seen>,
}

/// One request as a client saw it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Its `x-request-id`.
    pub(crate) id: String,
    /// When it was due, and sent.
    pub(crate) intended: i64,
    pub(crate) sent: i64,
    /// When each event that bears tokens came.
    pub(crate) events: Vec<i64>,
}

impl Told {
    /// Tokens a second.
    pub(crate) fn rate(&self) -> f64 {
        self.events as f64 / (self.wall_ns as f64 / 1e9)
    }

    /// CPU time of a token, in microseconds.
    pub(crate) fn cpu_of_token(&self) -> f64 {
        self.cpu_ns as f64 / 1e3 / self.events as f64
    }

    /// Tokens that one read brought, on average.
    pub(crate) fn tokens_a_read(&self) -> f64 {
        self.events as f64 / self.reads as f64
    }
}

/// Carries out, as a child, the task that its parent gives it.
pub(crate) fn be(run: fn(&Task) -> Result<Told, Failure>) -> Result<(), Failure> {
    pin(CLIENT_CPU);
    let told = run(&serde_json::from_reader(std::io::stdin().lock())?)?;
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

/// Serves as the embedded engine until the parent hangs up.
pub(crate) fn be_engine(script: &str, cpu: &str) -> Result<(), Failure> {
    let mut settings = Settings { cpu: Some(cpu.parse()?), ..Settings::default() };
    for pair in script.split_whitespace() {
        let (key, value) = pair.split_once('=').ok_or("a script is key=value …")?;
        settings.script.set(key, value)?;
    }
    let mut server = Server::bind(settings)?;
    println!("{}", server.address());
    static STOP: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        STOP.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    server.run(&STOP)?;
    Ok(())
}

fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    // On a machine of one processor both share it, and the figures say so.
    let _ = sched_setaffinity(None, &set);
}

/// A running engine.
pub(crate) struct Engine {
    child: Child,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Engine {
    /// Starts one that answers by this script: `key=value`, with spaces between.
    pub(crate) fn start(script: &str) -> Result<Engine, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["engine", script, &ENGINE_CPU.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("no output")?).read_line(&mut line)?;
        let port = line.trim().rsplit(':').next().ok_or("no port")?.parse()?;
        Ok(Engine { child, port })
    }

    /// What really happened since the last time this was asked.
    pub(crate) fn truth(&self) -> Result<Vec<Truth>, Failure> {
        let lines = self.ask("GET /truth")?;
        self.ask("POST /truth/reset")?;
        let body = lines.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        body.lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }

    fn ask(&self, what: &str) -> Result<String, Failure> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            socket,
            "{what} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Has a client carry out a task in a process of its own. What it tells is
/// refused if it has not seen the tokens that were sent.
pub(crate) fn have(client: &str, task: &Task) -> Result<Told, Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(client)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    serde_json::to_writer(child.stdin.take().ok_or("no input")?, task)?;
    let text = String::from_utf8(child.wait_with_output()?.stdout)?;
    let told: Told = serde_json::from_str(text.trim())
        .map_err(|why| format!("{client} said {why}: {text:.300}"))?;
    let expected = task.requests as u64 * u64::from(task.tokens);
    // An event that is cut between two reads the bare loop may miss.
    if told.events.abs_diff(expected) * 1000 > expected {
        return Err(format!("{client} saw {} tokens of {expected}", told.events).into());
    }
    Ok(told)
}
