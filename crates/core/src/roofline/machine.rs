//! Hardware: what its devices can do at most, by its makers' own word.

use serde::Deserialize;

/// A kind of machine: up to so many devices of one kind, all linked with each other.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// What it is called: `h100`.
    pub name: String,
    /// The device's whole name.
    pub title: String,
    /// The most devices of one machine.
    pub most_gpus: u32,
    /// Dense arithmetic on 16-bit numbers, in FLOP a second and device.
    #[serde(rename = "bf16_tflops", deserialize_with = "tera")]
    pub bf16: f64,
    /// Dense arithmetic on 8-bit floating-point numbers, likewise; absent where the
    /// device has none.
    #[serde(default, rename = "fp8_tflops", deserialize_with = "maybe_tera")]
    pub fp8: Option<f64>,
    /// How fast a device reads its memory, in bytes a second.
    #[serde(rename = "bandwidth_gb_s", deserialize_with = "giga")]
    pub bandwidth: f64,
    /// A device's memory, in bytes.
    #[serde(rename = "memory_gb", deserialize_with = "giga")]
    pub memory: f64,
    /// What a device sends to the others at most, in bytes a second; absent where
    /// there is but one.
    #[serde(default, rename = "link_gb_s", deserialize_with = "maybe_giga")]
    pub link: Option<f64>,
    /// Where the figures were published.
    pub sources: Vec<String>,
}

fn tera<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(f64::deserialize(deserializer)? * 1e12)
}

fn maybe_tera<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.map(|number| number * 1e12))
}

pub(super) fn giga<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(f64::deserialize(deserializer)? * 1e9)
}

fn maybe_giga<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.map(|number| number * 1e9))
}
