//! What the run stands on, as far as the client's machine tells.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::system::uname;
use tokenometer_results::{Block, Environment, SCHEMA_VERSION, Tool};

/// This program.
pub(crate) fn tool() -> Tool {
    Tool {
        name: "tokenometer".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: option_env!("TOKENOMETER_BUILD").map(str::to_owned),
    }
}

/// Looks around. `root` is `/`, but for tests.
pub(crate) fn look_around(root: &Path) -> Environment {
    let read =
        |path: &str| fs::read_to_string(root.join(path)).ok().map(|text| text.trim().to_owned());
    let system = uname();
    let (name, release) = (system.sysname().to_string_lossy(), system.release().to_string_lossy());
    Environment {
        schema_version: SCHEMA_VERSION,
        tool: tool(),
        os: read("etc/os-release").and_then(|text| field(&text, "PRETTY_NAME", '=')),
        kernel: Some(format!("{name} {release}")),
        hostname: Some(system.nodename().to_string_lossy().into_owned()),
        cpu_model: read("proc/cpuinfo").and_then(|text| field(&text, "model name", ':')),
        cores: thread::available_parallelism().ok().and_then(|cores| cores.get().try_into().ok()),
        memory_bytes: read("proc/meminfo").and_then(|text| memory(&text)),
        governor: read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        clocksource: read("sys/devices/system/clocksource/clocksource0/current_clocksource"),
        versions: BTreeMap::new(),
    }
}

/// What of the machine may change while a study runs, and would change its
/// numbers.
pub(crate) fn conditions(root: &Path) -> BTreeMap<String, String> {
    let seen = look_around(root);
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    [
        ("kernel", seen.kernel),
        ("os", seen.os),
        ("host", seen.hostname),
        ("processor", seen.cpu_model),
        ("cores", number(seen.cores.map(u64::from))),
        ("memory", number(seen.memory_bytes)),
        ("governor", seen.governor),
        ("clock source", seen.clocksource),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Which start of the machine this is.
pub(crate) fn boot_id(root: &Path) -> Option<String> {
    let id = fs::read_to_string(root.join("proc/sys/kernel/random/boot_id")).ok()?;
    Some(id.trim().to_owned())
}

/// A block that begins now, under the conditions that there are.
pub(crate) fn block_now(root: &Path, number: u32) -> Block {
    Block {
        schema_version: SCHEMA_VERSION,
        block: number,
        boot_id: boot_id(root),
        environment: conditions(root),
        started_ns: clock(),
        finished_ns: None,
        arms: Vec::new(),
        seeds: BTreeMap::new(),
    }
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The value of the first line that begins with `name`, up to its separator.
fn field(text: &str, name: &str, separator: char) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let (_, value) = line.split_once(separator)?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn memory(text: &str) -> Option<u64> {
    let value = field(text, "MemTotal", ':')?;
    let kibibytes: u64 = value.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_described_by_what_it_tells() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc")).unwrap();
        fs::write(root.path().join("proc/meminfo"), "MemTotal:  1024 kB\nMemFree: 1 kB\n").unwrap();
        fs::write(root.path().join("proc/cpuinfo"), "processor: 0\nmodel name\t: A CPU\n").unwrap();
        let seen = look_around(root.path());
        assert_eq!((seen.memory_bytes, seen.os), (Some(1 << 20), None));
        assert_eq!(seen.cpu_model.as_deref(), Some("A CPU"));
    }
}
