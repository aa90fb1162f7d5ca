//! The time of a step, and the tokens that the cache holds.

use thiserror::Error;

use super::{Batch, Calibration, Machine, Model, Weights};

/// Bytes that a reduction moves for each number of 16 bits, before the share of it
/// that stays where it is: a ring sends everything twice (Patarasuk and Yuan 2009).
const REDUCED_BYTES: f64 = 4.0;
/// Reductions a layer: behind attention, and behind what follows it.
const REDUCTIONS: f64 = 2.0;

/// Why a model can't be simulated on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RooflineError {
    /// No such machine is built.
    #[error("a machine of {asked} {name} isn't known: there are from 1 to {most}")]
    Gpus {
        /// The machine.
        name: String,
        /// The devices that were asked for.
        asked: u32,
        /// The most that it has.
        most: u32,
    },
    /// The weights leave no room for a single token.
    #[error(
        "{model} has {weights} GB of weights, which {gpus} × {name} with {room} GB for weights and cache together can't hold: take more devices, a larger share of their memory, or a smaller model"
    )]
    Memory {
        /// The model.
        model: String,
        /// Its weights, in GB.
        weights: u64,
        /// The machine.
        name: String,
        /// Its devices.
        gpus: u32,
        /// What all of them have room for, in GB.
        room: u64,
    },
}

/// A model on a machine under a calibration: all that a step's time needs, worked out
/// once.
#[derive(Clone, Debug, PartialEq)]
pub struct Roofline {
    machine: Machine,
    gpus: u32,
    model: Model,
    calibration: Calibration,
    /// Seconds for a token's arithmetic in the layers.
    layer_token: f64,
    /// Seconds for reading a parameter of the layers.
    layer_read: f64,
    /// Seconds for a sampled token's arithmetic in the head, and for reading it.
    head_token: f64,
    head_read: f64,
    /// Seconds for a pair of a generated token, for reading what it attends to, and
    /// for a pair of a prompt.
    decode_pair: f64,
    cache_read: f64,
    prefill_pair: f64,
    /// Seconds for the reductions of a step, and for each token in them.
    reductions: f64,
    reduced_token: f64,
}

impl Roofline {
    /// A model on so many devices of a machine.
    ///
    /// # Errors
    ///
    /// Where the machine has no so many devices. Whether the weights fit is said by
    /// [`Roofline::kv_tokens`], since it depends on the memory that may be used.
    pub fn new(
        machine: &Machine,
        gpus: u32,
        model: &Model,
        calibration: &Calibration,
    ) -> Result<Roofline, RooflineError> {
        if gpus == 0 || gpus > machine.most_gpus {
            let (name, most) = (machine.name.clone(), machine.most_gpus);
            return Err(RooflineError::Gpus { name, asked: gpus, most });
        }
        let devices = f64::from(gpus);
        // Weights of 8 bits are widened on devices that can't compute with them.
        let layer_peak = match model.weights {
            Weights::Fp8 => machine.fp8.unwrap_or(machine.bf16),
            Weights::Bf16 => machine.bf16,
        };
        let compute = devices * calibration.compute;
        let memory = machine.bandwidth * calibration.bandwidth;
        let (reductions, reduced_token) = reductions(machine, gpus, model, calibration);
        Ok(Roofline {
            layer_token: 2.0 * model.active_parameters() / (compute * layer_peak),
            layer_read: model.weights.bytes() / (devices * memory),
            head_token: 2.0 * model.head_parameters() / (compute * machine.bf16),
            head_read: model.head_bytes() / (devices * memory),
            decode_pair: model.decode_flop() / (devices * machine.bf16 * calibration.attention),
            cache_read: model.cache_bytes() / (f64::from(model.cache_shares(gpus)) * memory),
            prefill_pair: model.prefill_flop()
                / (devices * machine.bf16 * calibration.prefill_attention),
            reductions,
            reduced_token,
            machine: machine.clone(),
            gpus,
            model: model.clone(),
            calibration: calibration.clone(),
        })
    }

    /// How long a step takes, in seconds; nothing where there is nothing to compute.
    ///
    /// t_step + t_seq·D + \[a prompt\]·t_pre + layers + head + attention + reductions,
    /// where layers, head and the attention of what decodes each take the longer of
    /// their arithmetic and of reading their numbers (Williams, Waterman and Patterson
    /// 2009).
    pub fn step(&self, batch: &Batch) -> f64 {
        self.timed(batch, 1.0, 1.0)
    }

    /// How long a later step of a run takes that was scheduled at once, in seconds: the
    /// host has less to do between its steps.
    pub fn inner_step(&self, batch: &Batch) -> f64 {
        self.timed(batch, self.calibration.inner_step, self.calibration.inner_sequence)
    }

    /// How long the devices need for a step, without the host, in seconds.
    pub fn device(&self, batch: &Batch) -> f64 {
        let tokens = batch.tokens as f64;
        let layers = (tokens * self.layer_token)
            .max(self.model.read_parameters(batch.tokens) * self.layer_read);
        let head = match batch.sampled {
            0 => 0.0,
            sampled => (sampled as f64 * self.head_token).max(self.head_read),
        };
        let decode =
            (batch.decode_pairs as f64 * self.decode_pair).max(batch.read as f64 * self.cache_read);
        let prefill = batch.prefill_pairs * self.prefill_pair;
        layers + head + decode + prefill + self.reductions + tokens * self.reduced_token
    }

    fn timed(&self, batch: &Batch, of_step: f64, of_sequence: f64) -> f64 {
        if batch.is_empty() {
            return 0.0;
        }
        let Calibration { step, sequence, prefill, .. } = self.calibration;
        let for_prompts = if batch.chunks > 0 { prefill } else { 0.0 };
        let host = step * of_step + sequence * of_sequence * batch.decoding as f64 + for_prompts;
        host + self.device(batch)
    }

    /// How many tokens the cache holds, where weights and cache together may have this
    /// share of each device's memory: (G·(memory·share − reserve) − weights) over the
    /// bytes of a token on all devices that hold it.
    ///
    /// # Errors
    ///
    /// Where the weights leave no room for a token.
    pub fn kv_tokens(&self, memory_share: f64) -> Result<u64, RooflineError> {
        let gpus = f64::from(self.gpus);
        let room = gpus * (self.machine.memory * memory_share - self.calibration.reserve);
        let weights = self.model.weight_bytes();
        let copies = gpus / f64::from(self.model.cache_shares(self.gpus));
        let tokens = (room - weights) / (self.model.cache_bytes() * copies);
        if tokens >= 1.0 {
            return Ok(tokens as u64);
        }
        Err(RooflineError::Memory {
            model: self.model.name.clone(),
            weights: (weights / 1e9).ceil() as u64,
            name: self.machine.name.clone(),
            gpus: self.gpus,
            room: (room / 1e9).max(0.0) as u64,
        })
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Its devices.
    pub fn gpus(&self) -> u32 {
        self.gpus
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The calibration.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }
}

/// Seconds for the reductions of a step, and for each token in them: 2·L·(α_c +
/// 4·T·d·(G−1)/G/(λ·η_l)); none on one device.
fn reductions(
    machine: &Machine,
    gpus: u32,
    model: &Model,
    calibration: &Calibration,
) -> (f64, f64) {
    let Some(link) = machine.link.filter(|_| gpus > 1) else { return (0.0, 0.0) };
    let count = REDUCTIONS * f64::from(model.layers);
    let moved = f64::from(gpus - 1) / f64::from(gpus);
    let bytes = REDUCED_BYTES * f64::from(model.hidden) * moved;
    (count * calibration.all_reduce, count * bytes / (link * calibration.link))
}
