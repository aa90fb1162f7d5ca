//! What a request wants of the sim itself: a script and faults of its own, in
//! a header or in a member of its body.

use serde_json::{Map, Value};

use crate::{Fault, Script, SimError};

/// What a request wants of the sim.
pub(super) struct Wishes {
    pub(super) script: Script,
    /// Whether a simulated machine decides when tokens leave.
    pub(super) simulated: bool,
    pub(super) faults: Option<Vec<Fault>>,
}

impl Wishes {
    /// Reads `ttft=100ms; gap=20ms; fault=crlf,error-after:3`.
    pub(super) fn read_header(&mut self, header: Option<&str>) -> Result<(), SimError> {
        let parts = header.into_iter().flat_map(|header| header.split(';')).map(str::trim);
        let mut named = false;
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            if key.trim() == "fault" && !std::mem::replace(&mut named, true) {
                // The header's faults replace those of the body.
                self.faults = None;
            }
            self.set(key.trim(), value.trim())?;
        }
        Ok(())
    }

    /// Reads the same from a JSON object, where a list of faults may stand too.
    pub(super) fn read_object(
        &mut self,
        object: Option<Map<String, Value>>,
    ) -> Result<(), SimError> {
        for (key, value) in object.into_iter().flatten() {
            match value {
                Value::String(text) => self.set(&key, &text)?,
                Value::Array(list) => {
                    for value in list {
                        self.set(&key, value.as_str().unwrap_or(&value.to_string()))?;
                    }
                }
                other => self.set(&key, &other.to_string())?,
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), SimError> {
        if self.simulated && Script::PACE.contains(&key) {
            return Err(SimError::OwnPace { key: key.to_owned() });
        }
        if key != "fault" {
            return self.script.set(key, value);
        }
        let faults = self.faults.get_or_insert_default();
        if value != "none" {
            for word in value.split(',') {
                faults.push(word.trim().parse()?);
            }
        }
        Ok(())
    }
}
