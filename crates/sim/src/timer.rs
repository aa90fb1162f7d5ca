//! What is to be looked at when. No clock is read here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tokenometer_core::Nanos;

/// One entry: a connection, by its slot, and the serial number that it bore
/// when the alarm was set. An entry with an old serial is void; so an alarm is
/// cancelled by counting up, and nothing ever has to be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alarm {
    pub(crate) due: Nanos,
    pub(crate) slot: u32,
    pub(crate) serial: u64,
}

/// Alarms in the order in which they fall due.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Alarm>>,
}

impl Timers {
    pub(crate) fn set(&mut self, alarm: Alarm) {
        self.heap.push(Reverse(alarm));
    }

    /// When the next alarm falls due, if there is one.
    pub(crate) fn next(&self) -> Option<Nanos> {
        self.heap.peek().map(|Reverse(alarm)| alarm.due)
    }

    /// Takes out the earliest alarm that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Nanos) -> Option<Alarm> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(alarm)| alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_come_in_order_and_never_early() {
        let mut timers = Timers::default();
        for (due, slot) in [(30, 3), (10, 1), (20, 2)] {
            timers.set(Alarm { due: Nanos(due), slot, serial: 0 });
        }
        assert_eq!(timers.next(), Some(Nanos(10)));
        assert_eq!(timers.take_due(Nanos(9)), None);
        let due: Vec<u32> =
            std::iter::from_fn(|| timers.take_due(Nanos(25))).map(|alarm| alarm.slot).collect();
        assert_eq!(due, [1, 2]);
        assert_eq!(timers.next(), Some(Nanos(30)));
    }
}
