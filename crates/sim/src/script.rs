//! When and how much: the script that every answer keeps to unless its request
//! brings another. Nothing here knows a socket or a dialect.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp, LogNormal};
use tokenometer_core::Nanos;

use crate::SimError;

/// A length of time, fixed or drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always the same: `20ms`.
    Fixed(Duration),
    /// Every length between two equally likely: `uniform:50ms:150ms`.
    Uniform {
        /// The shortest.
        low: Duration,
        /// The longest.
        high: Duration,
    },
    /// `median · exp(sigma · Z)`, Z standard normal: `lognormal:100ms:0.5`.
    LogNormal {
        /// Half of the draws are shorter.
        median: Duration,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// Exponential, as between the arrivals of a Poisson process:
    /// `exponential:20ms`.
    Exponential {
        /// The mean.
        mean: Duration,
    },
}

impl Delay {
    /// One length, drawn from `rng` unless it is fixed.
    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng) -> Nanos {
        match *self {
            Delay::Fixed(length) => length.into(),
            Delay::Uniform { low, high } => {
                let (low, high) = (Nanos::from(low).0, Nanos::from(high).0);
                Nanos(rng.random_range(low..=high))
            }
            Delay::LogNormal { median, sigma } => {
                let law = LogNormal::new(median.as_secs_f64().ln(), sigma)
                    .expect("`from_str` takes only finite sigmas that aren't negative");
                Nanos::from_secs_f64(law.sample(rng))
            }
            Delay::Exponential { mean } => {
                let law = Exp::new(1.0 / mean.as_secs_f64())
                    .expect("the inverse of a duration is never negative");
                Nanos::from_secs_f64(law.sample(rng))
            }
        }
    }

    /// Whether nothing needs to be drawn.
    pub(crate) fn fixed(&self) -> Option<Nanos> {
        match *self {
            Delay::Fixed(length) => Some(length.into()),
            _ => None,
        }
    }
}

impl FromStr for Delay {
    type Err = SimError;

    fn from_str(word: &str) -> Result<Delay, SimError> {
        let wrong = || SimError::Delay { word: word.to_owned() };
        let length = |part: &str| parse_duration(part).map_err(|_| wrong());
        let parts: Vec<&str> = word.split(':').collect();
        match parts[..] {
            [fixed] => length(fixed).map(Delay::Fixed),
            ["uniform", low, high] => {
                let (low, high) = (length(low)?, length(high)?);
                if low > high { Err(wrong()) } else { Ok(Delay::Uniform { low, high }) }
            }
            ["lognormal", median, sigma] => {
                let (median, sigma) = (length(median)?, sigma.parse::<f64>().map_err(|_| wrong())?);
                let sound = median > Duration::ZERO && sigma.is_finite() && sigma >= 0.0;
                if sound { Ok(Delay::LogNormal { median, sigma }) } else { Err(wrong()) }
            }
            ["exponential", mean] => match length(mean)? {
                Duration::ZERO => Err(wrong()),
                mean => Ok(Delay::Exponential { mean }),
            },
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Delay::Fixed(length) => f.write_str(&show_duration(length)),
            Delay::Uniform { low, high } => {
                write!(f, "uniform:{}:{}", show_duration(low), show_duration(high))
            }
            Delay::LogNormal { median, sigma } => {
                write!(f, "lognormal:{}:{sigma}", show_duration(median))
            }
            Delay::Exponential { mean } => write!(f, "exponential:{}", show_duration(mean)),
        }
    }
}

/// Reads `250us`, `1.5s`, `0`: a number that isn't negative, and its unit, one
/// of `ns`, `us`, `ms`, `s`, `m`.
pub fn parse_duration(word: &str) -> Result<Duration, SimError> {
    let wrong = || SimError::Duration { word: word.to_owned() };
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let scale = match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "" if number == 0.0 => 1.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * scale).map_err(|_| wrong())
}

/// Writes a duration so that [`parse_duration`] reads it back: in the largest
/// unit that leaves no fraction.
pub(crate) fn show_duration(length: Duration) -> String {
    let nanos = length.as_nanos();
    for (unit, scale) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)] {
        if nanos.is_multiple_of(scale) {
            return format!("{}{unit}", nanos / scale);
        }
    }
    format!("{nanos}ns")
}

/// When a response's headers leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// As soon as the request has been read, with the event that only names
    /// the role, where the dialect has one. vLLM does so with the headers.
    Early,
    /// With the first token, as SGLang's OpenAI routes do.
    Late,
}

/// When an answer's tokens leave, how many there are, and how they are packed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Script {
    /// From the request's arrival to the first write that holds tokens.
    pub ttft: Delay,
    /// Between the deadlines of neighbouring writes. Zero is a burst: each
    /// write as soon as the socket takes it.
    pub gap: Delay,
    /// Tokens in an event of the stream; at least 1.
    pub tokens_per_chunk: u32,
    /// Events in one write to the socket; at least 1.
    pub chunks_per_write: u32,
    /// Tokens to generate where the request sets no limit; at least 1.
    pub output_tokens: u32,
    /// Pad events that hold tokens up to this many bytes, counted from `data:`
    /// to the end of the blank line; `None` leaves them at their natural size
    /// of about 240.
    pub event_bytes: Option<u32>,
    /// When the headers leave.
    pub headers: Headers,
    /// From which text, delays and faults are drawn.
    pub seed: u64,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            ttft: Delay::Fixed(Duration::from_millis(50)),
            gap: Delay::Fixed(Duration::from_millis(10)),
            tokens_per_chunk: 1,
            chunks_per_write: 1,
            output_tokens: 128,
            event_bytes: None,
            headers: Headers::Early,
            seed: 0,
        }
    }
}

impl Script {
    /// The keys that [`Script::set`] knows.
    pub const KEYS: [&'static str; 8] = [
        "ttft",
        "gap",
        "tokens-per-chunk",
        "chunks-per-write",
        "output-tokens",
        "event-bytes",
        "headers",
        "seed",
    ];

    /// Those of them that say when tokens leave and how they are packed.
    pub const PACE: [&'static str; 4] = ["ttft", "gap", "tokens-per-chunk", "chunks-per-write"];

    /// Sets one part of the script by its name and in words.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SimError> {
        match key {
            "ttft" => self.ttft = value.parse()?,
            "gap" => self.gap = value.parse()?,
            "tokens-per-chunk" => self.tokens_per_chunk = count(key, value)?,
            "chunks-per-write" => self.chunks_per_write = count(key, value)?,
            "output-tokens" => self.output_tokens = count(key, value)?,
            "event-bytes" => self.event_bytes = Some(count(key, value)?),
            "headers" => {
                self.headers = match value {
                    "early" => Headers::Early,
                    "late" => Headers::Late,
                    _ => return Err(unreadable(key, value, "it is `early` or `late`")),
                }
            }
            "seed" => {
                self.seed = value
                    .parse()
                    .map_err(|_| unreadable(key, value, "it is a whole number below 2^64"))?;
            }
            _ => {
                let valid = format!("fault, {}", Script::KEYS.join(", "));
                return Err(SimError::UnknownKey { key: key.to_owned(), valid });
            }
        }
        Ok(())
    }
}

/// Reads a count that must be at least one. The upper bound keeps sums of
/// counts within 32 bits.
fn count(key: &str, value: &str) -> Result<u32, SimError> {
    match value.parse() {
        Ok(number) if (1..=1 << 24).contains(&number) => Ok(number),
        _ => Err(unreadable(key, value, "it is a whole number from 1 to 16777216")),
    }
}

fn unreadable(key: &str, value: &str, wanted: &'static str) -> SimError {
    SimError::Value { key: key.to_owned(), value: value.to_owned(), wanted }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn delays_are_read_and_written_back() {
        for word in [
            "20ms",
            "0s",
            "1500us",
            "17ns",
            "uniform:50ms:150ms",
            "lognormal:100ms:0.5",
            "exponential:20ms",
        ] {
            assert_eq!(word.parse::<Delay>().unwrap().to_string(), word);
        }
        assert_eq!("1.5s".parse::<Delay>().unwrap().to_string(), "1500ms");
        assert_eq!("0".parse::<Delay>().unwrap(), Delay::Fixed(Duration::ZERO));
    }

    #[test]
    fn what_is_no_delay_is_named() {
        for word in [
            "",
            "20",
            "ms",
            "-1ms",
            "20 ms",
            "1h",
            "uniform:2ms",
            "uniform:2ms:1ms",
            "normal:1ms",
            "lognormal:0s:1",
            "lognormal:1ms:-1",
            "lognormal:1ms:inf",
            "exponential:0s",
            "1.2.3s",
        ] {
            let said = word.parse::<Delay>().unwrap_err().to_string();
            assert!(said.contains(&format!("`{word}`")) && said.contains("uniform"), "{said}");
        }
    }

    #[test]
    fn draws_have_the_centre_that_was_asked_for() {
        // 20,001 draws: the median of each law is known to about 1 %.
        for (word, median) in [
            ("20ms", 20.0),
            ("uniform:50ms:150ms", 100.0),
            ("lognormal:100ms:0.5", 100.0),
            ("exponential:20ms", 20.0 * std::f64::consts::LN_2),
        ] {
            let delay: Delay = word.parse().unwrap();
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let mut drawn: Vec<f64> =
                (0..20_001).map(|_| delay.draw(&mut rng).as_millis_f64()).collect();
            drawn.sort_by(f64::total_cmp);
            assert!((drawn[10_000] / median - 1.0).abs() < 0.03, "{word}: {}", drawn[10_000]);
        }
    }

    #[test]
    fn a_script_is_set_in_words_and_refuses_what_it_cannot_hold() {
        let mut script = Script::default();
        for (key, value) in
            [("ttft", "1s"), ("headers", "late"), ("event-bytes", "400"), ("seed", "7")]
        {
            script.set(key, value).unwrap();
        }
        assert_eq!(script.ttft, Delay::Fixed(Duration::from_secs(1)));
        assert_eq!(
            (script.headers, script.event_bytes, script.seed),
            (Headers::Late, Some(400), 7)
        );
        let said = script.set("tempo", "1").unwrap_err().to_string();
        assert!(said.contains("`tempo`") && said.contains("tokens-per-chunk"), "{said}");
        for (key, value) in [("tokens-per-chunk", "0"), ("headers", "soon"), ("seed", "-1")] {
            let said = script.set(key, value).unwrap_err().to_string();
            assert!(said.contains(value) && said.contains(key), "{said}");
        }
    }
}
