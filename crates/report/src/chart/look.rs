//! How an arm looks, the same in every chart of a report: a colour, a dash and a marker,
//! so that arms can be told apart without seeing colours.

/// The look of one arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its colour, as `#rrggbb`. The palette is that of Okabe and Ito (2008, *Color
    /// Universal Design*), which people with any of the usual kinds of colour blindness can
    /// tell apart; its yellow and its black are left out, since one is lost on white and
    /// the other on a dark page.
    pub colour: &'static str,
    /// How its lines are drawn.
    pub dash: Dash,
    /// How its points are drawn.
    pub marker: Marker,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Without a gap.
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
}

/// How a point is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// Two crossed strokes.
    Cross,
}

const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const DASHES: [Dash; 3] = [Dash::Solid, Dash::Dashed, Dash::Dotted];
const MARKERS: [Marker; 5] =
    [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Cross];

/// The look of the arm at this place of the study. The first six differ in colour, and any
/// thirty in one of the three.
pub fn look(place: usize) -> Look {
    Look {
        colour: COLOURS[place % COLOURS.len()],
        dash: DASHES[place % DASHES.len()],
        marker: MARKERS[place % MARKERS.len()],
    }
}
