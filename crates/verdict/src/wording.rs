//! Numbers as people read them: unit, and about three digits.

/// Milliseconds.
pub(crate) fn ms(value: f64) -> String {
    format!("{} ms", digits(value))
}

/// Nanoseconds, shown in milliseconds.
pub(crate) fn ns(value: i64) -> String {
    ms(value as f64 / 1e6)
}

/// Seconds.
pub(crate) fn s(value: f64) -> String {
    format!("{} s", digits(value))
}

/// A fraction of 1, in per cent.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// A p-value.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", digits(p)) }
}

/// A number with about three digits, without zeros at its end.
pub(crate) fn digits(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "∞".to_owned() } else { "−∞".to_owned() };
    }
    let places = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A part of a whole; `None` where there is no whole.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_about_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.1234, "0.123"),
            (0.5, "0.5"),
            (1.0, "1"),
            (1.256, "1.26"),
            (12.34, "12.3"),
            (100.0, "100"),
            (12345.6, "12346"),
            (-0.25, "-0.25"),
            (-0.0001, "0"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(digits(value), text);
        }
        assert_eq!(percent(0.005), "0.5 %");
        assert_eq!(ns(1_500_000), "1.5 ms");
        assert_eq!(p_value(1e-9), "p < 0.001");
        assert_eq!(p_value(0.0273), "p = 0.027");
    }
}
