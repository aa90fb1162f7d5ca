//! `environment.json`: the machine and the libraries under a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Tool;

/// What the run stood on, as seen from the client's side. `None` where the
/// system would not tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The program that measured.
    pub tool: Tool,
    /// The operating system: `Ubuntu 24.04`.
    pub os: Option<String>,
    /// The kernel's name and release: `Linux 6.18.0`.
    pub kernel: Option<String>,
    /// The name of the host.
    pub hostname: Option<String>,
    /// The model of the processor.
    pub cpu_model: Option<String>,
    /// The logical cores that the run could use.
    pub cores: Option<u32>,
    /// The memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// How core clocks are chosen: `performance`, `powersave` …
    pub governor: Option<String>,
    /// The clock under `CLOCK_REALTIME`: `tsc` …
    pub clocksource: Option<String>,
    /// The versions of libraries and tools that matter, by name.
    pub versions: BTreeMap<String, String>,
}
