//! What was simulated, in the words of the server that did it: part of
//! `trial.json`. It must never be guessed: what the server doesn't say is
//! absent.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The field of a server's information that says what it simulates.
const FIELD: &str = "simulated";

/// The hardware and the model that a server simulated, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimulationSeen {
    /// The machine: `h100`, `a100` …
    pub machine: String,
    /// How many of its GPUs served the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
    /// The model whose shape was simulated.
    pub model: String,
    /// The name of the set of shares and host times by which steps took their
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<String>,
    /// Whether that set was fitted to figures of a real engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrated: Option<bool>,
    /// How many times as fast as the clock it went; 1 is as fast as the engine
    /// that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_scale: Option<f64>,
}

impl SimulationSeen {
    /// What a server's information says of it; `None` where it simulates no
    /// machine.
    pub fn in_server_info(info: &Value) -> Option<SimulationSeen> {
        SimulationSeen::deserialize(info.get(FIELD)?).ok()
    }

    /// The machine with the number of its GPUs, where there are several:
    /// `h100x8`, the word by which it is asked for.
    pub fn hardware(&self) -> String {
        match self.gpus {
            Some(gpus) if gpus > 1 => format!("{}x{gpus}", self.machine),
            _ => self.machine.clone(),
        }
    }
}

/// In a few words: `llama-3.1-8b on h100, uncalibrated`.
impl fmt::Display for SimulationSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.model, self.hardware())?;
        match (self.calibrated, &self.calibration) {
            (Some(false), _) => f.write_str(", uncalibrated")?,
            (Some(true), Some(name)) => write!(f, ", calibrated by {name}")?,
            (Some(true), None) => f.write_str(", calibrated")?,
            (None, Some(name)) => write!(f, ", by {name}")?,
            (None, None) => {}
        }
        match self.time_scale {
            Some(scale) if scale != 1.0 => write!(f, ", at {scale} times the clock"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_says_what_it_simulates() {
        let info = json!({ "version": "1", "simulated": {
            "machine": "h100", "gpus": 8, "model": "deepseek-r1", "calibration": "ideal",
            "calibrated": false, "time_scale": 50.0, "scheduling": { "max_num_seqs": 256 },
        }});
        let seen = SimulationSeen::in_server_info(&info).unwrap();
        assert_eq!(seen.to_string(), "deepseek-r1 on h100x8, uncalibrated, at 50 times the clock");
        let kept = serde_json::to_value(&seen).unwrap();
        assert_eq!(SimulationSeen::deserialize(&kept).unwrap(), seen);
    }

    #[test]
    fn what_is_not_said_is_absent() {
        let seen = |info: Value| SimulationSeen::in_server_info(&info);
        assert_eq!(seen(json!({ "version": "1" })), None);
        assert_eq!(seen(json!({ "simulated": true })), None);
        let words = seen(json!({ "simulated": { "machine": "cpu", "model": "qwen3-8b" } }));
        assert_eq!(words.unwrap().to_string(), "qwen3-8b on cpu");
        let scaled = json!({ "machine": "a100", "gpus": 1, "model": "m", "calibration": "vllm-x",
            "calibrated": true, "time_scale": 1.0 });
        let words = seen(json!({ "simulated": scaled })).unwrap().to_string();
        assert_eq!(words, "m on a100, calibrated by vllm-x");
    }
}
