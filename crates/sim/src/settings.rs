//! What a server is told before it starts: where it listens, what it calls
//! itself, and how it serves. Nothing here is read from the environment.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::{Fault, Script, SimError, Simulation};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// TCP, IPv4 or IPv6. Port 0 takes any free one.
    Tcp(SocketAddr),
    /// A unix socket at this path, which must not exist yet. The kernel stamps
    /// nothing that arrives on one.
    Unix(PathBuf),
}

impl FromStr for Listen {
    type Err = SimError;

    /// Reads `127.0.0.1:8000`, `[::1]:8000` or `unix:/run/sim.sock`. Names of
    /// hosts aren't looked up.
    fn from_str(word: &str) -> Result<Listen, SimError> {
        let wrong = || SimError::Address { word: word.to_owned() };
        match word.strip_prefix("unix:") {
            Some("") => Err(wrong()),
            Some(path) => Ok(Listen::Unix(path.into())),
            None => word.parse().map(Listen::Tcp).map_err(|_| wrong()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => write!(f, "{address}"),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Everything that a server is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where it listens. Any free port of 127.0.0.1 by default.
    pub listen: Listen,
    /// The name of the model that it says it serves. `sim` by default.
    pub model: String,
    /// Whether a request for another model is answered with 404, as vLLM does.
    /// True by default; SGLang takes any name.
    pub check_model: bool,
    /// The most tokens that prompt and output may have together. 131,072 by
    /// default.
    pub max_model_len: u32,
    /// Tokens that the server counts before every prompt that isn't given as
    /// ids, as a server does that tokenises otherwise than its clients. None by
    /// default.
    pub prompt_count_offset: u32,
    /// What answers keep to. On a simulated machine [`Script::PACE`] means
    /// nothing.
    pub script: Script,
    /// The machine that is simulated, whose scheduler then decides when tokens
    /// leave. None by default.
    pub simulation: Option<Simulation>,
    /// Faults and the share of requests that each befalls, at most one a
    /// request, chosen by a seeded draw. None by default. A request that names
    /// faults of its own, or `none`, is exempt.
    pub faults: Vec<(Fault, f64)>,
    /// After how many requests for generation the server ends with an error, its
    /// answers unfinished, as an engine that dies; never by default.
    pub die_after: Option<u64>,
    /// How long a connection may idle between requests before the server
    /// closes it, as uvicorn does after 5 s. Never by default.
    pub keep_alive: Option<Duration>,
    /// The processor that the serving thread stays on; any by default.
    pub cpu: Option<usize>,
    /// For how long before a deadline the thread polls instead of sleeping.
    /// 50 µs by default, which covers the time that the kernel needs to wake a
    /// thread; zero where there is but one processor, since polling would then
    /// take it from the client.
    pub spin: Duration,
    /// Whether the account of every answer is kept for `/truth`, at about 200
    /// bytes a request and 16 a write. True by default.
    pub keep_truth: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        let (some, none) = (Duration::from_micros(50), Duration::ZERO);
        Settings {
            listen: Listen::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            model: "sim".to_owned(),
            check_model: true,
            max_model_len: 131_072,
            prompt_count_offset: 0,
            script: Script::default(),
            simulation: None,
            faults: Vec::new(),
            die_after: None,
            keep_alive: None,
            cpu: None,
            spin: if has_processors() { some } else { none },
            keep_truth: true,
        }
    }
}

/// Whether the machine has several processors. How many of them this process may
/// use says nothing: where it is kept on one, its clients are kept on others.
fn has_processors() -> bool {
    let online = std::fs::read_to_string("/sys/devices/system/cpu/online");
    online.is_ok_and(|ranges| ranges.contains(['-', ',']))
}

impl Settings {
    /// Refuses shares that are no probabilities.
    pub(crate) fn check(&self) -> Result<(), SimError> {
        let mut sum = 0.0;
        for (fault, share) in &self.faults {
            sum += share;
            // Ten shares of 0.1 add up to a little less than 1, thrice 0.1 and
            // 0.7 to a little more: allow for rounding.
            if !(0.0..=1.0).contains(share) || sum > 1.0 + 1e-9 {
                return Err(SimError::Share { fault: fault.to_string(), share: *share, sum });
            }
        }
        Ok(())
    }

    /// The fault that a draw from [0, 1) chooses.
    pub(crate) fn fault_at(&self, mut draw: f64) -> Option<Fault> {
        for (fault, share) in &self.faults {
            if draw < *share {
                return Some(*fault);
            }
            draw -= share;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_back() {
        for word in ["127.0.0.1:8000", "[::1]:0", "unix:/tmp/sim.sock"] {
            assert_eq!(word.parse::<Listen>().unwrap().to_string(), word);
        }
        for word in ["localhost:8000", "127.0.0.1", "unix:", ""] {
            let said = word.parse::<Listen>().unwrap_err().to_string();
            assert!(said.contains(&format!("`{word}`")), "{said}");
        }
    }

    #[test]
    fn shares_must_be_probabilities_and_are_met() {
        let with = |shares: &[f64]| Settings {
            faults: shares.iter().map(|share| (Fault::NoDone, *share)).collect(),
            ..Settings::default()
        };
        assert!(with(&[0.1, 0.2, 0.7]).check().is_ok());
        for wrong in [&[1.1][..], &[-0.1], &[f64::NAN], &[0.6, 0.6]] {
            assert!(with(wrong).check().is_err(), "{wrong:?}");
        }
        let settings = Settings {
            faults: vec![(Fault::NoDone, 0.25), (Fault::Crlf, 0.5)],
            ..Settings::default()
        };
        let chosen = [0.0, 0.24, 0.25, 0.74, 0.75].map(|draw| settings.fault_at(draw));
        let (done, crlf) = (Some(Fault::NoDone), Some(Fault::Crlf));
        assert_eq!(chosen, [done, done, crlf, crlf, None]);
    }
}
