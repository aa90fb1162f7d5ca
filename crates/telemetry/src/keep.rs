//! Where scrapes go.

use thiserror::Error;

use crate::Scrape;

/// Why a scrape could not be kept.
#[derive(Debug, Error)]
#[error("failed to keep a scrape of the engine's counters")]
pub struct KeepError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Takes scrapes in the order in which they were made. It is called on the
/// watching thread, and should neither read the texts nor hold many of them: a
/// long run makes tens of thousands.
pub trait Keep {
    /// Takes one.
    ///
    /// # Errors
    /// If it can't be kept. It is not asked again then.
    fn keep(&mut self, scrape: &Scrape) -> Result<(), KeepError>;
}

/// Keeps them in memory, for short watches.
impl Keep for Vec<Scrape> {
    fn keep(&mut self, scrape: &Scrape) -> Result<(), KeepError> {
        self.push(scrape.clone());
        Ok(())
    }
}
