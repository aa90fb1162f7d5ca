//! To come.

use super::{Drawn, Order};
use crate::WorkloadError;

/// Draws the requests.
pub(crate) fn draw(order: Order<'_>) -> Result<Drawn, WorkloadError> {
    Err(order.no_such_dataset())
}
