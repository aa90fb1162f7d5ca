//! The program as a whole: how fast it starts, and what memory it takes.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::Failure;
use crate::client::Engine;
use crate::numbers::spread;

/// How often each is tried.
const TRIES: usize = 7;

pub(crate) fn run() -> Result<(), Failure> {
    let program = program()?;
    let mut help = Vec::new();
    for _ in 0..TRIES {
        help.push(wall(Command::new(&program).arg("--help"))?);
    }
    println!("whole, --help: {} ms (goal: under 20)", spread(&help));
    one_request(&program)?;
    memory(&program)
}

/// The program lies beside this one, if the workspace was built whole.
fn program() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?.with_file_name("tokenometer");
    if program.exists() {
        Ok(program)
    } else {
        Err("build the program first: cargo build --release".into())
    }
}

fn wall(command: &mut Command) -> Result<f64, Failure> {
    let began = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let taken = began.elapsed().as_secs_f64() * 1e3;
    check(status)?;
    Ok(taken)
}

/// Whether a run came to its end. That so small a run, or a burst, is no valid
/// measurement, which the program says with status 4, is no concern here.
fn check(status: ExitStatus) -> Result<(), Failure> {
    if matches!(status.code(), Some(0 | 4)) {
        return Ok(());
    }
    Err(format!("the program ended with {status}").into())
}

/// What a run takes beyond its one request, which takes 100 ms by itself.
fn one_request(program: &PathBuf) -> Result<(), Failure> {
    let engine = Engine::start("ttft=50ms gap=10ms")?;
    let mut over = Vec::new();
    for _ in 0..TRIES {
        let folder = tempfile::tempdir()?;
        let mut command = bench(program, &engine, &folder.path().join("run"));
        command.args(["--num-prompts", "1", "--random-output-len", "6", "--ignore-eos"]);
        over.push(wall(&mut command)? - 100.0);
    }
    println!(
        "whole, one request: {} ms beyond the request, 50 of them the engine's answer to the \
         probe (goal: under 100)",
        spread(&over)
    );
    Ok(())
}

fn bench(program: &PathBuf, engine: &Engine, out: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command.arg("bench").arg("--base-url").arg(format!("http://127.0.0.1:{}", engine.port));
    command.arg("--out").arg(out).args(["--warmup-requests", "0"]);
    command
}

/// The largest resident size of runs, each twice as long as the one before.
fn memory(program: &PathBuf) -> Result<(), Failure> {
    for requests in [5_000, 10_000, 20_000] {
        let engine = Engine::start("ttft=1ms gap=0 chunks-per-write=4")?;
        let folder = tempfile::tempdir()?;
        let mut command = bench(program, &engine, &folder.path().join("run"));
        command.args(["--max-concurrency", "64", "--random-output-len", "128", "--ignore-eos"]);
        command.args(["--num-prompts", &requests.to_string()]);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let peak = peak_memory(&mut child)?;
        println!(
            "whole, {requests} × 128 tokens: {peak:.1} MB at most, {:.1} s \
             (goal: 10,000 under 64 MB)",
            began.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// Waits for a child, and gives its peak resident size in megabytes.
fn peak_memory(child: &mut std::process::Child) -> Result<f64, Failure> {
    let pid = i32::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: a `rusage` of zeros is valid, and both pointers are to locals
    // that outlive the call. The child is waited for here and nowhere else.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(pid, &raw mut status, 0, &raw mut usage);
        usage
    };
    check(ExitStatus::from_raw(status))?;
    Ok(usage.ru_maxrss as f64 * 1024.0 / 1e6)
}
