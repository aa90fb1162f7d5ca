//! What is simulated: a machine, a model, a calibration, and what is set
//! otherwise than in it. Every key is set in words, so that a flag, a study and
//! a request all set it alike.

use tokenometer_core::roofline::{Calibration, Machine, Model, Roofline, Scheduling};

use super::noise::Noise;
use super::reading;
use crate::{SimError, words};

/// What is simulated where no calibration is named.
const IDEAL: &str = "ideal";

/// Drafts and what becomes of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Speculation {
    /// Drafts a step and sequence.
    pub(super) drafts: u32,
    /// With which probability each is accepted, if those before it were.
    pub(super) acceptance: f64,
}

/// An engine that can be simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    machine: &'static Machine,
    gpus: u32,
    model: &'static Model,
    calibration: &'static Calibration,
    scheduling: Scheduling,
    time_scale: f64,
    drafts: u32,
    acceptance: Option<f64>,
    step_noise: f64,
    start_noise: f64,
    seed: Option<u64>,
}

impl Simulation {
    /// The keys that [`Simulation::set`] knows.
    pub const KEYS: [&'static str; 16] = [
        "time-scale",
        "max-num-seqs",
        "max-num-batched-tokens",
        "policy",
        "admission",
        "block-size",
        "kv-tokens",
        "memory-share",
        "prefix-cache",
        "stream-interval",
        "decode-steps",
        "num-speculative-tokens",
        "acceptance",
        "step-noise",
        "start-noise",
        "seed",
    ];

    /// `machine` is a machine's name, followed by `x` and a number where it has
    /// several devices: `h100`, `h100x8`. `model` is a model's name, its own or
    /// that of its weights on a hub. Without a `calibration` it is the `ideal`
    /// one, which is fitted to nothing. Everything else is as in the calibration,
    /// with a noise of 0.02 a step and 0.01 a start, in real time.
    ///
    /// # Errors
    ///
    /// Where there is no such machine, model or calibration; all of them are told
    /// at once.
    pub fn new(
        machine: &str,
        model: &str,
        calibration: Option<&str>,
    ) -> Result<Simulation, SimError> {
        let known_machine = Machine::in_word(machine);
        let known_model = Model::named(model);
        let word = calibration.unwrap_or(IDEAL);
        let known_calibration = Calibration::named(word);
        let (Some((machine, gpus)), Some(model), Some(calibration)) =
            (known_machine, known_model, known_calibration)
        else {
            let missing = [
                known_machine.is_none().then(|| missing("machine", machine, &machines())),
                known_model.is_none().then(|| missing("model", model, &models())),
                known_calibration.is_none().then(|| missing("calibration", word, &calibrations())),
            ];
            let missing: Vec<_> = missing.into_iter().flatten().collect();
            return Err(SimError::NotSimulated { missing: missing.join(", ") });
        };
        let simulation = Simulation {
            machine,
            gpus: gpus.unwrap_or(1),
            model,
            calibration,
            scheduling: calibration.scheduling,
            time_scale: 1.0,
            drafts: 0,
            acceptance: None,
            step_noise: 0.02,
            start_noise: 0.01,
            seed: None,
        };
        simulation.roofline()?;
        Ok(simulation)
    }

    /// Sets one option by its name and in words. What two options mean together is
    /// judged by [`Simulation::check`].
    ///
    /// # Errors
    ///
    /// Where there is no such key, or it can't hold the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SimError> {
        let scheduling = &mut self.scheduling;
        match key {
            "time-scale" => self.time_scale = reading::time_scale(key, value)?,
            "max-num-seqs" => scheduling.max_num_seqs = reading::count(key, value)?,
            "max-num-batched-tokens" => scheduling.token_budget = reading::count(key, value)?,
            "policy" => scheduling.policy = reading::policy(key, value)?,
            "admission" => scheduling.admission = reading::admission(key, value)?,
            "block-size" => scheduling.block_size = reading::count(key, value)?,
            "kv-tokens" => scheduling.kv_tokens = Some(reading::tokens(key, value)?),
            "memory-share" => scheduling.memory_share = reading::memory_share(key, value)?,
            "prefix-cache" => scheduling.prefix_cache = reading::switch(key, value)?,
            "stream-interval" => scheduling.stream_interval = reading::count(key, value)?,
            "decode-steps" => scheduling.decode_steps = reading::count(key, value)?,
            "num-speculative-tokens" => self.drafts = reading::drafts(key, value)?,
            "acceptance" => self.acceptance = Some(reading::share(key, value)?),
            "step-noise" => self.step_noise = reading::sigma(key, value)?,
            "start-noise" => self.start_noise = reading::sigma(key, value)?,
            "seed" => self.seed = Some(reading::seed(key, value)?),
            _ => {
                let valid = Simulation::KEYS.join(", ");
                return Err(SimError::UnknownKey { key: key.to_owned(), valid });
            }
        }
        Ok(())
    }

    /// Whether the options go together and the model fits.
    ///
    /// # Errors
    ///
    /// Says everything that contradicts itself at once; where nothing does, that
    /// the weights leave no room for a block of the KV cache.
    pub fn check(&self) -> Result<(), SimError> {
        let mut problems = Vec::new();
        match (self.drafts, self.acceptance) {
            (1.., None) => problems.push("num-speculative-tokens needs acceptance"),
            (0, Some(_)) => problems.push("acceptance needs num-speculative-tokens"),
            _ => {}
        }
        if self.drafts > 0 && self.scheduling.decode_steps > 1 {
            problems.push("num-speculative-tokens and decode-steps exclude each other");
        }
        if !problems.is_empty() {
            return Err(SimError::Contradiction { problems: problems.join("; ") });
        }
        let (tokens, block_size) = (self.kv_tokens()?, self.scheduling.block_size);
        if tokens < u64::from(block_size) {
            return Err(SimError::NoBlock { tokens, block_size });
        }
        Ok(())
    }

    /// Everything that is simulated, in words: `machine`, `gpus`, `model`,
    /// `calibration` and whether it is calibrated, then every key of
    /// [`Simulation::KEYS`] that has a value, as [`Simulation::set`] reads it.
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        let kv_tokens = self.kv_tokens().ok().map(|tokens| tokens.to_string());
        let named = [
            ("machine", self.machine.name.clone()),
            ("gpus", self.gpus.to_string()),
            ("model", self.model.name.clone()),
            ("calibration", self.calibration.name.clone()),
            ("calibrated", self.calibration.calibrated.to_string()),
        ];
        let Scheduling { policy, admission, .. } = self.scheduling;
        let values = [
            Some(self.time_scale.to_string()),
            Some(self.scheduling.max_num_seqs.to_string()),
            Some(self.scheduling.token_budget.to_string()),
            Some(policy.name().to_owned()),
            Some(admission.name().to_owned()),
            Some(self.scheduling.block_size.to_string()),
            kv_tokens,
            Some(self.scheduling.memory_share.to_string()),
            Some(if self.scheduling.prefix_cache { "on" } else { "off" }.to_owned()),
            Some(self.scheduling.stream_interval.to_string()),
            Some(self.scheduling.decode_steps.to_string()),
            Some(self.drafts.to_string()),
            self.acceptance.map(|share| share.to_string()),
            Some(self.step_noise.to_string()),
            Some(self.start_noise.to_string()),
            self.seed.map(|seed| seed.to_string()),
        ];
        let set = Simulation::KEYS.into_iter().zip(values);
        let set = set.filter_map(|(key, value)| Some((key, value?)));
        named.into_iter().chain(set).collect()
    }

    /// The machine.
    pub fn machine(&self) -> &'static Machine {
        self.machine
    }

    /// How many of its devices.
    pub fn gpus(&self) -> u32 {
        self.gpus
    }

    /// The model.
    pub fn model(&self) -> &'static Model {
        self.model
    }

    /// The calibration.
    pub fn calibration(&self) -> &'static Calibration {
        self.calibration
    }

    /// How steps are formed: the calibration's way, and what was set otherwise.
    pub fn scheduling(&self) -> Scheduling {
        self.scheduling
    }

    /// How many times faster than the engine everything goes.
    pub fn time_scale(&self) -> f64 {
        self.time_scale
    }

    /// The seed, where one was set. Without one the seed is 0: whoever wants every
    /// start to differ sets another for each.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Drafts a step and sequence; none without speculation.
    pub fn drafts(&self) -> u32 {
        self.drafts
    }

    /// How many tokens the KV cache holds: as set, or as the calibration says, or
    /// as the memory has room for.
    ///
    /// # Errors
    ///
    /// Where the weights leave no room.
    pub fn kv_tokens(&self) -> Result<u64, SimError> {
        match self.scheduling.kv_tokens {
            Some(tokens) => Ok(tokens),
            None => Ok(self.roofline()?.kv_tokens(self.scheduling.memory_share)?),
        }
    }

    /// What steps cost.
    ///
    /// # Errors
    ///
    /// Where the machine has no so many devices.
    pub fn roofline(&self) -> Result<Roofline, SimError> {
        Ok(Roofline::new(self.machine, self.gpus, self.model, self.calibration)?)
    }

    pub(super) fn speculation(&self) -> Option<Speculation> {
        let acceptance = self.acceptance.filter(|_| self.drafts > 0)?;
        Some(Speculation { drafts: self.drafts, acceptance })
    }

    pub(super) fn noise(&self) -> Noise {
        Noise::new(words::mix(self.seed.unwrap_or(0)), self.start_noise, self.step_noise)
    }
}

/// Says that there is no such word, and what there is.
fn missing(kind: &str, word: &str, names: &[&str]) -> String {
    format!("the {kind} `{word}` (there are {})", names.join(", "))
}

fn machines() -> Vec<&'static str> {
    Machine::all().iter().map(|machine| &*machine.name).collect()
}

fn models() -> Vec<&'static str> {
    Model::all().iter().map(|model| &*model.name).collect()
}

fn calibrations() -> Vec<&'static str> {
    Calibration::all().iter().map(|calibration| &*calibration.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulation() -> Simulation {
        Simulation::new("h100", "llama-3.1-8b", None).unwrap()
    }

    #[test]
    fn a_machine_is_read_with_and_without_its_devices() {
        let gpus = |word| {
            let simulation = Simulation::new(word, "llama-3.2-3b-fp8", None).ok()?;
            Some((&*simulation.machine().name, simulation.gpus()))
        };
        assert_eq!(gpus("h100"), Some(("h100", 1)));
        assert_eq!(gpus("H100x8"), Some(("h100", 8)));
        assert_eq!(gpus("mi300x"), Some(("mi300x", 1)));
        assert_eq!(gpus("mi300xx4"), Some(("mi300x", 4)));
        assert_eq!(gpus("h100x"), None);
        assert!(matches!(
            Simulation::new("h100x9", "llama-3.1-8b", None),
            Err(SimError::Unroofed(_))
        ));
    }

    #[test]
    fn all_that_is_not_known_is_told_at_once() {
        let said = Simulation::new("h101", "lama", Some("fast")).unwrap_err().to_string();
        for word in ["`h101`", "`lama`", "`fast`", "h100", "ideal"] {
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn what_is_described_can_be_set_again() {
        let mut one = simulation();
        for (key, value) in [("policy", "whole-prompt"), ("kv-tokens", "5000"), ("seed", "9")] {
            one.set(key, value).unwrap();
        }
        one.set("num-speculative-tokens", "3").unwrap();
        one.set("acceptance", "0.7").unwrap();
        one.check().unwrap();
        let mut other = simulation();
        for (key, value) in one.describe() {
            if Simulation::KEYS.contains(&key) {
                other.set(key, &value).unwrap();
            }
        }
        assert_eq!(one, other);
        let keys: Vec<_> = one.describe().into_iter().map(|(key, _)| key).skip(5).collect();
        assert_eq!(keys, Simulation::KEYS);
    }

    #[test]
    fn what_a_key_cannot_hold_is_refused() {
        for (key, wrong) in [
            ("time-scale", "0"),
            ("max-num-seqs", "0"),
            ("max-num-batched-tokens", "many"),
            ("policy", "random"),
            ("admission", "all"),
            ("block-size", "-1"),
            ("kv-tokens", "0"),
            ("memory-share", "1.1"),
            ("prefix-cache", "yes"),
            ("stream-interval", "0"),
            ("decode-steps", "1.5"),
            ("num-speculative-tokens", "65"),
            ("acceptance", "NaN"),
            ("step-noise", "-0.1"),
            ("start-noise", "inf"),
            ("seed", "-1"),
        ] {
            let said = simulation().set(key, wrong).unwrap_err().to_string();
            assert!(said.contains(key) && said.contains(wrong), "{said}");
        }
        let said = simulation().set("speed", "1").unwrap_err().to_string();
        assert!(said.contains("`speed`") && said.contains("time-scale"), "{said}");
    }

    #[test]
    fn options_that_contradict_each_other_are_refused_together() {
        let mut wrong = simulation();
        wrong.set("num-speculative-tokens", "3").unwrap();
        wrong.set("decode-steps", "10").unwrap();
        let said = wrong.check().unwrap_err().to_string();
        assert!(said.contains("acceptance") && said.contains("decode-steps"), "{said}");
        let mut small = simulation();
        small.set("kv-tokens", "15").unwrap();
        small.set("block-size", "16").unwrap();
        assert!(matches!(small.check(), Err(SimError::NoBlock { tokens: 15, block_size: 16 })));
    }
}
