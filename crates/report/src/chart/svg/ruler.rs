//! How numbers lie along an axis: from where to where, where it is marked, and with which
//! words. It draws nothing.

use crate::chart::{Axis, Scale};
use crate::number::decimal;

/// Numbers beyond this are drawn at it: what lies between two of them must be a number.
const GREATEST: f64 = 1e300;

/// The numbers of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<Tick>,
}

/// A marked number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    /// What is written beside it; nothing for a line that only helps the eye.
    pub(super) words: String,
}

impl Ruler {
    /// An axis that holds all these numbers, marked at about so many.
    pub(super) fn over(axis: &Axis, values: &[f64], wanted: usize) -> Ruler {
        let ruler = match (axis.scale, ends(axis.scale, values)) {
            (_, None) => linear(0.0, 1.0, wanted),
            (Scale::Linear, Some((least, greatest))) => linear(least, greatest, wanted),
            (Scale::Log, Some((least, greatest))) => logarithmic(least, greatest, wanted),
            (Scale::Quantile, Some((_, greatest))) => quantiles(greatest),
        };
        ruler.named_by(axis)
    }

    /// The same, but no longer than its numbers where it is even: along time nothing is read
    /// off the end of an axis.
    pub(super) fn until(axis: &Axis, values: &[f64], wanted: usize) -> Ruler {
        let ruler = Ruler::over(axis, values, wanted);
        match (axis.scale, ends(axis.scale, values)) {
            (Scale::Linear, Some((least, greatest))) if least >= 0.0 && greatest > 0.0 => {
                let high = (greatest * 1.02).min(ruler.high);
                let ticks = ruler.ticks.into_iter().filter(|tick| tick.value <= high);
                Ruler { high, ticks: ticks.collect(), ..ruler }
            }
            _ => ruler,
        }
    }

    /// An axis from the least to the greatest of these numbers, a little longer at both ends
    /// and wherever zero is.
    pub(super) fn across(axis: &Axis, values: &[f64]) -> Ruler {
        let ruler = match (axis.scale, ends(axis.scale, values)) {
            (Scale::Linear, Some((least, greatest))) if least < greatest => {
                let (margin, step) =
                    ((greatest - least) * 0.06, even_step((greatest - least) / 6.0));
                let (low, high) = (least - margin, greatest + margin);
                Ruler { scale: Scale::Linear, low, high, ticks: steps(low, high, step) }
            }
            _ => Ruler::over(axis, values, 6),
        };
        ruler.named_by(axis)
    }

    /// The same axis with the words of a chart that has its own.
    fn named_by(self, axis: &Axis) -> Ruler {
        if axis.ticks.is_empty() {
            return self;
        }
        let named = axis.ticks.iter().filter(|(value, _)| self.holds(*value));
        let tick = |(value, words): &(f64, String)| Tick { value: *value, words: words.clone() };
        Ruler { ticks: named.map(tick).collect(), ..self }
    }

    /// The same axis marked at these numbers only, where they are few: the loads that were
    /// measured say more than round numbers between them.
    pub(super) fn marked_at(mut self, axis: &Axis, values: &[f64], most: usize) -> Ruler {
        let mut values: Vec<f64> =
            values.iter().copied().filter(|value| can_be_placed(self.scale, *value)).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        if axis.ticks.is_empty() && (2..=most).contains(&values.len()) {
            self.ticks =
                values.into_iter().map(|value| Tick { value, words: plain(value) }).collect();
        }
        self
    }

    /// How far along the axis a number lies, from 0 to 1; what lies beyond is at its end.
    pub(super) fn share(&self, value: f64) -> f64 {
        let along = |value: f64| self.scale.place(value.clamp(self.low, self.high));
        let (low, high) = (along(self.low), along(self.high));
        ((along(value) - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// Whether a number lies on the axis.
    pub(super) fn holds(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }
}

/// The least and the greatest of the numbers that have a place.
fn ends(scale: Scale, values: &[f64]) -> Option<(f64, f64)> {
    let placed = values.iter().copied().filter(|value| can_be_placed(scale, *value));
    let placed = placed.map(|value| value.clamp(-GREATEST, GREATEST));
    placed.fold(None, |ends, value| match ends {
        None => Some((value, value)),
        Some((least, greatest)) => Some((value.min(least), value.max(greatest))),
    })
}

/// Whether a number has any place on such an axis.
pub(super) fn can_be_placed(scale: Scale, value: f64) -> bool {
    let is_on = match scale {
        Scale::Linear => true,
        Scale::Log => value > 0.0,
        Scale::Quantile => (0.0..1.0).contains(&value),
    };
    value.is_finite() && is_on
}

/// An even axis, which holds zero.
fn linear(least: f64, greatest: f64, wanted: usize) -> Ruler {
    let (least, greatest) = (least.min(0.0), greatest.max(0.0));
    let greatest = if least == greatest { least + 1.0 } else { greatest };
    let step = even_step((greatest - least) / wanted as f64);
    let low = (least / step).floor() * step;
    let high = (greatest / step - 1e-9).ceil() * step;
    Ruler { scale: Scale::Linear, low, high, ticks: steps(low, high, step) }
}

/// The smallest of 1, 2 and 5 times a power of ten that isn't below this.
fn even_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= least * (1.0 - 1e-9));
    step.unwrap_or(10.0) * power
}

/// An axis by logarithms, a little longer than what lies on it.
fn logarithmic(least: f64, greatest: f64, wanted: usize) -> Ruler {
    let margin = ((greatest / least).log10() * 0.05).clamp(0.04, 0.5);
    let low = 10f64.powf((least.log10() - margin).max(-300.0));
    let high = 10f64.powf((greatest.log10() + margin).min(301.0));
    Ruler { scale: Scale::Log, low, high, ticks: powers(low, high, wanted) }
}

/// An axis of quantiles up to the greatest, marked at the median and at each nine.
fn quantiles(greatest: f64) -> Ruler {
    let nines = (1..=9).map(|nines| 1.0 - 10f64.powi(-nines));
    let marked = [0.0, 0.5].into_iter().chain(nines).filter(|value| *value <= greatest + 1e-12);
    let ticks = marked.map(|value| Tick { value, words: decimal_digits(value) });
    Ruler { scale: Scale::Quantile, low: 0.0, high: greatest.max(0.5), ticks: ticks.collect() }
}

/// A quantile with all its nines, and without the noise of its last bits.
fn decimal_digits(value: f64) -> String {
    let text = format!("{value:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Marks at powers of ten, or at their multiples where few powers lie on the axis.
fn powers(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let decades = high.log10() - low.log10();
    let every = (decades / wanted as f64).ceil().max(1.0) as i32;
    let named: &[u32] = match decades {
        decades if decades < 1.0 => &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        decades if decades < 3.0 => &[1, 2, 5],
        _ => &[1],
    };
    let mut ticks = Vec::new();
    for power in low.log10().floor() as i32..=high.log10().ceil() as i32 {
        for digit in 1..=9u32 {
            let value = f64::from(digit) * 10f64.powi(power);
            let is_named = named.contains(&digit) && power.rem_euclid(every) == 0;
            if value < low || value > high || (every > 1 && !is_named) {
                continue;
            }
            let words = if is_named { plain(value) } else { String::new() };
            ticks.push(Tick { value, words });
        }
    }
    if ticks.iter().filter(|tick| !tick.words.is_empty()).count() < 2 {
        // Less than from one digit to the next lies on the axis.
        ticks = steps(low, high, even_step((high - low) / wanted as f64));
    }
    ticks
}

/// Marks at every whole multiple of a step.
fn steps(low: f64, high: f64, step: f64) -> Vec<Tick> {
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let tick = |number| {
        let value = number as f64 * step;
        Tick { value, words: stepped(value, step) }
    };
    (first..=last).map(tick).collect()
}

/// A number on an axis with this step, with as many decimals as the step has.
fn stepped(value: f64, step: f64) -> String {
    let size = value.abs().max(step);
    if size >= 1e7 || step < 1e-5 {
        return scientific(value);
    }
    let places = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    decimal(value, places)
}

/// A number with no more decimals than it has.
pub(super) fn plain(value: f64) -> String {
    let size = value.abs();
    if value != 0.0 && !(1e-5..1e7).contains(&size) {
        return scientific(value);
    }
    let text = decimal(value, if size >= 1000.0 { 1 } else { 6 });
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A number far from 1, as `3e12`.
fn scientific(value: f64) -> String {
    let text = format!("{value:.3e}");
    match text.split_once('e') {
        _ if value == 0.0 => "0".to_owned(),
        Some((digits, power)) => {
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            format!("{digits}e{power}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale) -> Axis {
        Axis::new("x", "", scale)
    }

    fn words(ruler: &Ruler) -> Vec<&str> {
        ruler.ticks.iter().map(|tick| tick.words.as_str()).filter(|w| !w.is_empty()).collect()
    }

    #[test]
    fn an_even_axis_begins_at_zero_and_holds_all() {
        let ruler = Ruler::over(&axis(Scale::Linear), &[120.0, 1480.0], 5);
        assert_eq!(words(&ruler), ["0", "500", "1,000", "1,500"]);
        assert_eq!(ruler.share(0.0), 0.0);
        assert_eq!(ruler.share(1500.0), 1.0);
        let negative = Ruler::over(&axis(Scale::Linear), &[-0.3, 0.4], 5);
        assert_eq!(words(&negative), ["-0.4", "-0.2", "0.0", "0.2", "0.4"]);
    }

    #[test]
    fn a_logarithmic_axis_is_marked_at_powers() {
        let ruler = Ruler::over(&axis(Scale::Log), &[3.0, 12_000.0], 6);
        assert_eq!(words(&ruler), ["10", "100", "1,000", "10,000"]);
        let near = Ruler::over(&axis(Scale::Log), &[20.0, 90.0], 6);
        assert_eq!(words(&near), ["20", "30", "40", "50", "60", "70", "80", "90"]);
        let one = Ruler::over(&axis(Scale::Log), &[42.0], 6);
        assert!(words(&one).len() >= 2, "{one:?}");
    }

    #[test]
    fn an_axis_of_quantiles_is_stretched_towards_the_slowest() {
        let ruler = Ruler::over(&axis(Scale::Quantile), &[0.0, 0.999], 6);
        assert_eq!(words(&ruler), ["0", "0.5", "0.9", "0.99", "0.999"]);
        let apart = ruler.share(0.999) - ruler.share(0.99);
        assert!((ruler.share(0.99) - ruler.share(0.9) - apart).abs() < 1e-9);
        assert!(!can_be_placed(Scale::Quantile, 1.0));
    }

    #[test]
    fn an_axis_across_numbers_leaves_zero_where_it_is() {
        let ruler = Ruler::across(&axis(Scale::Linear), &[2.0, 3.0]);
        assert_eq!(words(&ruler), ["2.0", "2.2", "2.4", "2.6", "2.8", "3.0"]);
        assert!(!ruler.holds(0.0));
    }

    #[test]
    fn what_has_no_place_makes_no_axis() {
        for scale in [Scale::Linear, Scale::Log] {
            let ruler = Ruler::over(&axis(scale), &[f64::NAN, f64::INFINITY], 5);
            assert_eq!(words(&ruler).first(), Some(&"0.0"), "{ruler:?}");
        }
        assert!(!can_be_placed(Scale::Log, 0.0));
    }

    #[test]
    fn a_huge_range_has_few_marks() {
        for scale in [Scale::Linear, Scale::Log] {
            let ruler = Ruler::over(&axis(scale), &[1e-300, f64::MAX], 6);
            assert!((2..=13).contains(&ruler.ticks.len()), "{ruler:?}");
            assert!(ruler.ticks.iter().all(|tick| tick.value.is_finite()));
        }
        assert_eq!(plain(2.5e12), "2.5e12");
        assert_eq!(plain(1234.5), "1,234.5");
        assert_eq!(plain(0.25), "0.25");
    }

    #[test]
    fn an_axis_of_few_loads_is_marked_at_them() {
        let loads = [1.0, 8.0, 8.0, 32.0];
        let ruler =
            Ruler::over(&axis(Scale::Log), &loads, 6).marked_at(&axis(Scale::Log), &loads, 12);
        assert_eq!(words(&ruler), ["1", "8", "32"]);
    }
}
