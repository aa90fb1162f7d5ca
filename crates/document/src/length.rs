//! A length of time, which is written alike in studies and in profiles.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, such as `30s` or `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub Duration);

impl Length {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Length {
        Length(Duration::from_secs(seconds))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Length).map_err(|_| {
            D::Error::custom(format!(
                "`{text}` is no length of time; write it like `500ms` or `2m`"
            ))
        })
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(self.0))
    }
}

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time: a number and its unit.",
            "title": "length of time",
            "pattern": "^([0-9]+ ?(ns|us|ms|s|sec|m|min|h|d) ?)+$",
            "examples": ["30s", "2m"],
        })
    }
}
