//! Whether an engine still compiled when it was thought to be warm, by what it
//! wrote to its log (W6).

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

/// What engines write when they compile, tune or capture, in small letters: vLLM
/// and SGLang of torch.compile, CUDA graphs, DeepGEMM, Triton and FlashInfer.
const WORDS: [&str; 9] = [
    "compiling",
    "torch.compile takes",
    "jit compil",
    "jit pre-compil",
    "jit_compil",
    "capturing cuda graph",
    "capture cuda graph",
    "autotuning",
    "autotuner: ",
];

/// What makes a line one about a request, which may quote any words.
const ABOUT_A_REQUEST: [&str; 2] = ["prompt", "received request"];

/// How much of a line is quoted, in characters.
const QUOTED: usize = 160;

/// The first line of a log about compiling, from this byte on: `Some(None)` if
/// there is none, `None` if the log can't be read.
pub(super) fn compiled_after(log: &Path, from: u64) -> Option<Option<String>> {
    let mut file = File::open(log).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    for line in BufReader::new(file).split(b'\n') {
        let line = String::from_utf8_lossy(&line.ok()?).trim().to_owned();
        let small = line.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| small.contains(word));
        if has(&WORDS) && !has(&ABOUT_A_REQUEST) {
            return Some(Some(line.chars().take(QUOTED).collect()));
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_and_what_is_asked_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("engine.log");
        let before = "Capturing CUDA graph shapes: 35\n";
        let after = "Received request 7: 'how is compiling done?'\nready\n";
        let late = "WARNING [jit.py:9] Triton kernel JIT compilation during inference\n";
        std::fs::write(&log, format!("{before}{after}")).unwrap();
        let from = before.len() as u64;
        assert_eq!(compiled_after(&log, from), Some(None));
        assert_eq!(compiled_after(&log, 0), Some(Some(before.trim().to_owned())));
        std::fs::write(&log, format!("{before}{after}{late}")).unwrap();
        assert_eq!(compiled_after(&log, from), Some(Some(late.trim().to_owned())));
        assert_eq!(compiled_after(&folder.path().join("none"), 0), None);
    }
}
