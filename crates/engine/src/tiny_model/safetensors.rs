//! The weights as `model.safetensors`: eight bytes with the length of a header of
//! JSON, the header, and the tensors one behind the other.
//!
//! The format: <https://huggingface.co/docs/safetensors>.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::shape::Part;
use super::weights::{Tensor, Weights};

/// The header's length is a multiple of this, so that what follows is aligned.
const ALIGNMENT: usize = 8;

/// The header, whose keys keep the order of the tensors.
struct Header<'a> {
    weights: &'a Weights,
    seed: u64,
}

/// What the header says of the file.
#[derive(Serialize)]
struct Metadata {
    format: &'static str,
    made_by: &'static str,
    seed: String,
}

/// What the header says of a tensor.
#[derive(Serialize)]
struct Entry {
    dtype: &'static str,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// The whole file.
pub(super) fn bytes(weights: &Weights, seed: u64) -> Vec<u8> {
    let mut header =
        serde_json::to_vec(&Header { weights, seed }).expect("numbers and words are JSON");
    header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    for tensor in &weights.tensors {
        file.extend(tensor.values.iter().flat_map(|bits| bits.to_le_bytes()));
    }
    file
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.weights.tensors.len() + 1))?;
        let seed = self.seed.to_string();
        // Loaders ask by `format` which library's tensors these are.
        let metadata = Metadata { format: "pt", made_by: "tokenometer", seed };
        map.serialize_entry("__metadata__", &metadata)?;
        let mut begin = 0;
        for tensor in &self.weights.tensors {
            let end = begin + tensor.values.len() * size_of::<u16>();
            map.serialize_entry(&tensor.part.name(), &entry(tensor, begin, end))?;
            begin = end;
        }
        map.end()
    }
}

fn entry(tensor: &Tensor, begin: usize, end: usize) -> Entry {
    let Tensor { part, rows, columns, .. } = *tensor;
    let shape = if Part::is_scale(part) { vec![columns] } else { vec![rows, columns] };
    Entry { dtype: "BF16", shape, data_offsets: [begin, end] }
}
