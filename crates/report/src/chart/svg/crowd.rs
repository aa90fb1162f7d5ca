//! Where labels go so that they don't cover each other or what they belong to.

use super::canvas::Rect;

/// What is already drawn, as rectangles.
#[derive(Debug)]
pub(super) struct Crowd {
    within: Rect,
    taken: Vec<Rect>,
}

impl Crowd {
    /// Nothing is drawn yet; labels should stay within this rectangle.
    pub(super) fn new(within: Rect) -> Crowd {
        Crowd { within, taken: Vec::new() }
    }

    /// Keeps a place free of labels.
    pub(super) fn take(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// Keeps a line free of labels, by small squares along it.
    pub(super) fn take_line(&mut self, points: &[(f64, f64)]) {
        const STEP: f64 = 4.0;
        const HALF: f64 = 2.0;
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let steps = (length / STEP).ceil().max(1.0) as usize;
            for step in 0..steps {
                let share = step as f64 / steps as f64;
                let x = from.0 + (to.0 - from.0) * share - HALF;
                let y = from.1 + (to.1 - from.1) * share - HALF;
                self.take(Rect { x, y, width: 2.0 * HALF, height: 2.0 * HALF });
            }
        }
    }

    /// The best place for a label of this size beside a point: the first around it that is
    /// free, near before far, or else the one that covers least.
    pub(super) fn beside(&mut self, point: (f64, f64), size: (f64, f64)) -> Rect {
        let near = around(point, size, 6.0);
        let places = near.into_iter().chain(around(point, size, 13.0));
        let mut best = (f64::INFINITY, near[0]);
        for place in places {
            let covered = self.covered(place);
            if covered < best.0 {
                best = (covered, place);
            }
        }
        self.take(best.1);
        best.1
    }

    /// How much a label at this place would cover, or would stand out.
    fn covered(&self, place: Rect) -> f64 {
        let inside = place.shared(self.within);
        let outside = place.width * place.height - inside;
        outside + self.taken.iter().map(|taken| taken.shared(place)).sum::<f64>()
    }
}

/// Eight places around a point, so far away: first those at its corners.
fn around((x, y): (f64, f64), (width, height): (f64, f64), away: f64) -> [Rect; 8] {
    let at = |x: f64, y: f64| Rect { x, y, width, height };
    let (left, right) = (x - away - width, x + away);
    let (above, below) = (y - away - height, y + away);
    let (across, level) = (x - width / 2.0, y - height / 2.0);
    [
        at(right - 2.0, above + 2.0),
        at(left + 2.0, above + 2.0),
        at(right - 2.0, below - 2.0),
        at(left + 2.0, below - 2.0),
        at(right, level),
        at(left, level),
        at(across, above - 1.0),
        at(across, below + 1.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Rect = Rect { x: 0.0, y: 0.0, width: 200.0, height: 200.0 };

    #[test]
    fn labels_make_room_for_each_other() {
        let mut crowd = Crowd::new(PAGE);
        let labels: Vec<Rect> =
            (0..6).map(|_| crowd.beside((100.0, 100.0), (20.0, 10.0))).collect();
        for (index, label) in labels.iter().enumerate() {
            for other in &labels[..index] {
                assert_eq!(label.shared(*other), 0.0, "{label:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_label_stays_within_the_picture() {
        let mut crowd = Crowd::new(PAGE);
        let label = crowd.beside((198.0, 2.0), (40.0, 10.0));
        assert_eq!(label.shared(PAGE), 400.0, "{label:?}");
    }
}
