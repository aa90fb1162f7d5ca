//! What a model is, as far as its folder says: hashes by which two arms are known to
//! serve the same.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The files that say what a model is but for its weights.
const DESCRIPTION: &str = "config.json";
/// The files that make tokens of a text.
const TOKENIZER: &str = "tokenizer.json";
/// Weights are read whole up to this size, in bytes; larger ones are known by the names
/// and sizes of their files.
const READ_WHOLE: u64 = 256 << 20;

/// What a folder says of the model in it.
pub(super) struct ModelFolder {
    /// The weights, and the shape that they are read by.
    pub(super) weights: Option<String>,
    /// The tokenizer.
    pub(super) tokenizer: Option<String>,
}

impl ModelFolder {
    /// Looks into a folder; `None` where there is none, as for a model on a hub or in one
    /// file.
    pub(super) fn at(path: &Path) -> Option<ModelFolder> {
        path.is_dir().then(|| ModelFolder {
            weights: weights(path),
            tokenizer: hash_of(&path.join(TOKENIZER)),
        })
    }
}

/// The names under which a model's description counts its experts.
const EXPERTS: [&str; 4] =
    ["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"];

/// Whether the model in a folder is a mixture of experts; `None` where no description of
/// it lies there.
pub(super) fn has_experts(folder: &Path) -> Option<bool> {
    let text = fs::read(folder.join(DESCRIPTION)).ok()?;
    let said: Value = serde_json::from_slice(&text).ok()?;
    // Models of several kinds of input describe the one that writes text beside the others.
    let places = [&said, &said["text_config"]];
    let counts = places.iter().flat_map(|place| EXPERTS.map(|name| place[name].as_u64()));
    Some(counts.flatten().any(|count| count > 1))
}

fn weights(folder: &Path) -> Option<String> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.ends_with(".safetensors") || name.ends_with(".bin")
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let sizes: Option<Vec<u64>> =
        files.iter().map(|file| Some(fs::metadata(file).ok()?.len())).collect();
    let sizes = sizes.filter(|sizes| !sizes.is_empty())?;
    let mut hash = Sha256::new();
    hash.update(fs::read(folder.join(DESCRIPTION)).ok()?);
    let whole = sizes.iter().sum::<u64>() <= READ_WHOLE;
    for (file, size) in files.iter().zip(sizes) {
        hash.update(file.file_name()?.to_string_lossy().as_bytes());
        hash.update(size.to_le_bytes());
        if whole {
            hash.update(fs::read(file).ok()?);
        }
    }
    let by = if whole { "" } else { " by names and sizes" };
    Some(format!("sha256 {}{by}", short(hash)))
}

fn hash_of(file: &Path) -> Option<String> {
    let mut hash = Sha256::new();
    hash.update(fs::read(file).ok()?);
    Some(format!("sha256 {}", short(hash)))
}

/// The first half of a hash, in hexadecimal: enough to tell models apart.
pub(super) fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_of_experts_is_known_by_its_description() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(has_experts(folder.path()), None);
        for (text, mixture) in [
            (r#"{ "num_local_experts": 8 }"#, true),
            (r#"{ "text_config": { "num_experts": 128 } }"#, true),
            (r#"{ "hidden_size": 4096, "num_experts": 0 }"#, false),
        ] {
            fs::write(folder.path().join(DESCRIPTION), text).unwrap();
            assert_eq!(has_experts(folder.path()), Some(mixture), "{text}");
        }
    }
}
