//! The tiny model as a whole, with a tokenizer of a few tokens.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::*;

/// Byte-level BPE with two marks, a few letters, and three words.
fn tokenizer() -> String {
    json!({
        "added_tokens": [
            { "id": 0, "content": "<s>", "special": true },
            { "id": 1, "content": "</s>", "special": true },
        ],
        "post_processor": { "single": [{ "SpecialToken": { "id": "<s>" } }] },
        "model": {
            "vocab": {
                "<s>": 0, "</s>": 1, "a": 2, "b": 3, "Ġ": 4, "Ġa": 5, "ab": 6, "Ġb": 7, "Ġab": 8
            },
            "merges": [["Ġ", "a"], "a b", "Ġ b", "Ġ ab"],
        },
    })
    .to_string()
}

const CONFIG: &str = r#"{"bos_token":"<s>","eos_token":"</s>","chat_template":"{{ messages }}"}"#;

fn make(seed: u64, gguf: bool, folder: &Path) -> Result<MadeModel, TinyModelError> {
    let tokenizer = tokenizer();
    TinyModel { seed, tokenizer: &tokenizer, tokenizer_config: CONFIG, gguf }.make(folder)
}

fn hashes(made: &MadeModel) -> BTreeMap<&str, &str> {
    made.files.iter().map(|file| (file.name, file.sha256.as_str())).collect()
}

/// The tensors of `model.safetensors`, by name: shape, and the bits of bfloat16.
fn tensors(folder: &Path) -> BTreeMap<String, (Vec<usize>, Vec<u16>)> {
    let file = fs::read(folder.join("model.safetensors")).unwrap();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let header: BTreeMap<String, Value> = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let data = &file[8 + length..];
    let mut end_of_all = 0;
    let mut tensors = BTreeMap::new();
    for (name, entry) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
        let [begin, end]: [usize; 2] =
            serde_json::from_value(entry["data_offsets"].clone()).unwrap();
        end_of_all = end_of_all.max(end);
        let shape = serde_json::from_value(entry["shape"].clone()).unwrap();
        let pairs = data[begin..end].chunks_exact(2);
        let bits = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        tensors.insert(name, (shape, bits));
    }
    assert_eq!(data.len(), end_of_all);
    tensors
}

/// If this test fails, every published seed has lost its meaning: restore the
/// rule instead of the numbers.
#[test]
fn a_seed_keeps_its_meaning() {
    let home = tempfile::tempdir().unwrap();
    let made = make(0, true, home.path()).unwrap();
    let lines = made.files.iter().map(|file| {
        let MadeFile { name, bytes, sha256, .. } = file;
        format!("{sha256} {bytes:>8} {name}")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let home = tempfile::tempdir().unwrap();
    let first = make(7, true, &home.path().join("first")).unwrap();
    let second = make(7, true, &home.path().join("second")).unwrap();
    let other = make(8, true, &home.path().join("other")).unwrap();
    assert_eq!(hashes(&first), hashes(&second));
    for (name, same) in [("config.json", true), ("model.safetensors", false), (GGUF_FILE, false)] {
        assert_eq!(hashes(&first)[name] == hashes(&other)[name], same, "{name}");
    }
}

#[test]
fn what_is_there_already_is_kept_and_what_is_missing_is_added() {
    let home = tempfile::tempdir().unwrap();
    make(3, false, home.path()).unwrap();
    let again = make(3, true, home.path()).unwrap();
    let was_there: Vec<bool> = again.files.iter().map(|file| file.was_there).collect();
    assert_eq!(was_there, [true, true, true, true, true, false]);
}

#[test]
fn another_model_is_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let weights = home.path().join("model.safetensors");
    fs::write(&weights, "somebody's").unwrap();
    let error = make(0, false, home.path()).unwrap_err();
    assert!(matches!(&error, TinyModelError::Occupied { path } if *path == weights), "{error}");
    assert_eq!(fs::read(&weights).unwrap(), b"somebody's");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing else was written");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let error = make(0, false, &file.join("model")).unwrap_err();
    assert!(matches!(error, TinyModelError::File { .. }), "{error}");
}

#[test]
fn tensors_have_the_shapes_that_the_configuration_states() {
    let home = tempfile::tempdir().unwrap();
    let made = make(0, false, home.path()).unwrap();
    let config: Value =
        serde_json::from_slice(&fs::read(home.path().join("config.json")).unwrap()).unwrap();
    let of = |key: &str| config[key].as_u64().unwrap() as usize;
    let tensors = tensors(home.path());
    let shape = |name: &str| tensors[name].0.clone();
    let (hidden, head) = (of("hidden_size"), of("head_dim"));
    assert_eq!(shape("model.embed_tokens.weight"), [9, hidden]);
    assert_eq!(shape("lm_head.weight"), [of("vocab_size"), hidden]);
    assert_eq!(tensors.len(), 3 + 9 * of("num_hidden_layers"));
    let last = format!("model.layers.{}", of("num_hidden_layers") - 1);
    let queries = of("num_attention_heads") * head;
    let keys = of("num_key_value_heads") * head;
    assert_eq!(shape(&format!("{last}.self_attn.q_proj.weight")), [queries, hidden]);
    assert_eq!(shape(&format!("{last}.self_attn.k_proj.weight")), [keys, hidden]);
    assert_eq!(shape(&format!("{last}.self_attn.o_proj.weight")), [hidden, queries]);
    assert_eq!(shape(&format!("{last}.mlp.down_proj.weight")), [hidden, of("intermediate_size")]);
    assert_eq!(shape(&format!("{last}.input_layernorm.weight")), [hidden]);
    let count: usize = tensors.values().map(|(_, bits)| bits.len()).sum();
    assert_eq!(made.parameters, count as u64);
}

/// What the head makes of each embedding: the token whose row is the most alike
/// is the successor, and the others are far from it.
#[test]
fn every_token_clearly_prefers_a_word() {
    let home = tempfile::tempdir().unwrap();
    make(0, false, home.path()).unwrap();
    let tensors = tensors(home.path());
    let rows = |name: &str| {
        let float = |&bits: &u16| f32::from_bits(u32::from(bits) << 16);
        let rows = tensors[name].1.chunks_exact(shape::HIDDEN);
        rows.map(|row| row.iter().map(float).collect()).collect::<Vec<Vec<f32>>>()
    };
    let (embedding, head) = (rows("model.embed_tokens.weight"), rows("lm_head.weight"));
    let words = [5, 7, 8];
    let mut answered = Vec::new();
    for token in &embedding {
        let product = |row: &Vec<f32>| token.iter().zip(row).map(|(a, b)| a * b).sum::<f32>();
        let mut values: Vec<(f32, usize)> =
            head.iter().enumerate().map(|(token, row)| (product(row), token)).collect();
        values.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert!(words.contains(&values[0].1), "{values:?}");
        assert!(values[0].0 > 2.0 * values[1].0, "{values:?}");
        answered.push(values[0].1);
    }
    let way: Vec<usize> =
        std::iter::successors(Some(5), |&word| Some(answered[word])).take(4).collect();
    assert_eq!((way[0], way[3]), (5, 5), "the words stand in a ring: {way:?}");
    assert!(words.iter().all(|word| way.contains(word)), "{way:?}");
}

/// Both forms hold the same weights: the GGUF is read back by what its format
/// says, its rows of queries put back, and compared.
#[test]
fn the_gguf_holds_the_same_weights() {
    let home = tempfile::tempdir().unwrap();
    make(5, true, home.path()).unwrap();
    let file = fs::read(home.path().join(GGUF_FILE)).unwrap();
    let tensors = tensors(home.path());
    let (data, entries) = gguf_entries(&file);
    assert_eq!(entries.len(), tensors.len());
    for part in shape::Part::all() {
        let (sizes, kind, offset) = &entries[&part.gguf_name()];
        let (shape, bits) = &tensors[&part.name()];
        assert_eq!(sizes.iter().rev().copied().collect::<Vec<_>>(), *shape, "{part:?}");
        assert_eq!(offset % 32, 0, "{part:?}");
        let begin = data + offset;
        let there: Vec<u16> = match kind {
            0 => file[begin..begin + bits.len() * 4]
                .chunks_exact(4)
                .map(|word| {
                    assert_eq!(word[..2], [0, 0]);
                    u16::from_le_bytes([word[2], word[3]])
                })
                .collect(),
            30 => file[begin..begin + bits.len() * 2]
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
            other => panic!("{part:?} is of type {other}"),
        };
        let turned = matches!(part, shape::Part::Layer(_, shape::Inner::Query | shape::Inner::Key));
        for (place, row) in there.chunks_exact(shape::HIDDEN).enumerate().filter(|_| turned) {
            let (head, within) = (place / 64, place % 64);
            let place = head * 64 + within / 2 + (within % 2) * 32;
            assert_eq!(row, &bits[place * shape::HIDDEN..][..shape::HIDDEN], "{part:?}");
        }
        assert!(turned || there == *bits, "{part:?}");
    }
}

/// Sizes, type and offset of a tensor.
type GgufEntry = (Vec<usize>, u32, usize);

/// Where the tensors' data begin, and what the file says of each tensor.
fn gguf_entries(file: &[u8]) -> (usize, BTreeMap<String, GgufEntry>) {
    let mut reader = Reader { file, at: 0 };
    assert_eq!(reader.take(4), b"GGUF");
    assert_eq!(reader.u32(), 3);
    let (count, facts) = (reader.u64(), reader.u64());
    for _ in 0..facts {
        reader.text();
        let kind = reader.u32();
        reader.skip_value(kind);
    }
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let name = reader.text();
        let dimensions = reader.u32();
        let sizes = (0..dimensions).map(|_| reader.u64()).collect();
        entries.insert(name, (sizes, reader.u32(), reader.u64()));
    }
    (reader.at.next_multiple_of(32), entries)
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        self.at += count;
        &self.file[self.at - count..self.at]
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(*self.take(4).first_chunk().unwrap())
    }

    fn u64(&mut self) -> usize {
        u64::from_le_bytes(*self.take(8).first_chunk().unwrap()) as usize
    }

    fn text(&mut self) -> String {
        let length = self.u64();
        String::from_utf8(self.take(length).to_vec()).unwrap()
    }

    fn skip_value(&mut self, kind: u32) {
        match kind {
            7 => drop(self.take(1)),
            4..=6 => drop(self.take(4)),
            8 => drop(self.text()),
            9 => {
                let inner = self.u32();
                for _ in 0..self.u64() {
                    self.skip_value(inner);
                }
            }
            other => panic!("no value here is of type {other}"),
        }
    }
}
