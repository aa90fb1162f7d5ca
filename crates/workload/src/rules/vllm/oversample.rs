//! Sending some requests again where there are too few of them.

use tokenometer_core::{Request, Rules};

use super::super::Order;

/// Adds requests to these, drawn from among them, until there are as many as
/// ordered. The generator is seeded afresh, and the two versions ask it for a
/// place in different ways. Of nothing there is nothing to draw.
pub(super) fn oversample(order: Order<'_>, requests: &mut Vec<Request>) {
    let missing = (order.count as usize).saturating_sub(requests.len());
    if missing == 0 || requests.is_empty() {
        return;
    }
    let mut python = order.python();
    let again = match order.rules {
        Rules::Vllm084 => python.choices(requests, missing),
        _ => {
            let found = requests.len() as u32;
            (0..missing).map(|_| requests[python.below(found) as usize].clone()).collect()
        }
    };
    requests.extend(again);
}
