//! How much the page may hold beside the charting library, so that it opens at once and can
//! be sent by mail, however large the study was.

/// The most bytes of the page beside the charting library.
pub(super) const MOST: usize = 3_000_000;

/// What is left of the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// A page of this size.
    pub(super) fn of(bytes: usize) -> Budget {
        Budget { left: bytes }
    }

    /// How much is left.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Keeps room for what must stand in the page.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }

    /// Takes room for something, if there is enough of it.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left;
        if fits {
            self.left -= bytes;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone() {
        let mut budget = Budget::of(10);
        budget.reserve(4);
        assert!(budget.take(5));
        assert!(!budget.take(2));
        assert!(budget.take(1));
        budget.reserve(3);
        assert!(!budget.take(1));
    }
}
