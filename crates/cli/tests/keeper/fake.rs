//! Engines that are shell scripts, and a look at what lives of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokenometer_engine::process::{Job, Process, StopSignal};

/// How long anything may take before a test fails.
const LIMIT: Duration = Duration::from_secs(60);
/// How long after us anything of an engine may live.
const AFTER_US: Duration = Duration::from_secs(5);
/// The variable by which the processes of a fake engine are found.
const MARK: &str = "TOKENOMETER_KEEPER_TEST";
/// The variable that tells the process that is to die what to do.
pub const TOLD: &str = "TOKENOMETER_KEEPER_TEST_TOLD";

/// The keeper under test.
pub fn keeper() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tokenometer"))
}

/// Waits until this holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LIMIT, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An engine in a folder of its own.
pub struct Fake {
    folder: TempDir,
    mark: String,
    /// How it is to be started.
    pub job: Job,
}

impl Fake {
    /// An engine that is this shell script. It calls `up` when it is up.
    pub fn new(script: &str) -> Fake {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().unwrap();
        let script = format!("up() {{ : > up; }}\n{script}");
        let job = Job {
            command: ["sh", "-c", &script].map(str::to_owned).into(),
            environment: [(MARK.to_owned(), mark.clone())].into(),
            folder: Some(folder.path().to_owned()),
            log: folder.path().join("engine.log"),
            cores: Vec::new(),
            stop: StopSignal::Term,
            grace: Duration::from_millis(300),
            afterwards: Vec::new(),
        };
        Fake { folder, mark, job }
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it has written.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.job.log).unwrap()
    }

    /// Starts it and waits until it is up.
    pub fn start(&self) -> Process {
        let process = Process::start(keeper(), &self.job).unwrap();
        eventually("the engine is up", || self.path("up").exists());
        process
    }

    /// Has another process of ours start it and then do what it is told. Waits
    /// until the engine is up.
    pub fn start_elsewhere(&self, then: &str) -> std::process::Child {
        let told = serde_json::json!({ "job": self.job, "then": then }).to_string();
        // Whoever started the tests may ignore signals, as a shell does for what it puts
        // into the background, and that is inherited.
        let child = Command::new("env")
            .arg("--default-signal")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "death::of_us", "--ignored", "--nocapture"])
            .env(TOLD, told)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the engine is up", || self.path("up").exists());
        child
    }

    /// The variable, with its value, that only its processes have.
    pub fn mark(&self) -> String {
        format!("{MARK}={}", self.mark)
    }

    /// How many of its processes live.
    pub fn alive(&self) -> usize {
        self.living().len()
    }

    /// The numbers of its processes that live. A zombie has no environment.
    pub fn living(&self) -> Vec<u32> {
        let wanted = self.mark();
        let holds = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
        };
        let files = fs::read_dir("/proc").unwrap().flatten();
        files.filter_map(|file| file.file_name().to_str()?.parse().ok()).filter(holds).collect()
    }

    /// Waits until nothing of it lives, which may take five seconds.
    pub fn is_gone_soon(&self) {
        let began = Instant::now();
        while self.alive() > 0 {
            let alive = self.alive();
            assert!(began.elapsed() < AFTER_US, "{alive} processes of the engine live on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // Only what a failed test has left running.
        for pid in self.living() {
            let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

/// The process above this one.
pub fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    line.trim().parse().unwrap()
}
