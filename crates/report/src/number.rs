//! Numbers for the eye. They are rounded here and nowhere else.

/// A whole number, its thousands parted by commas: `12,345`.
pub(crate) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number with this many decimals, its thousands parted: `1,234.5`.
pub(crate) fn decimal(number: f64, places: usize) -> String {
    let text = format!("{number:.places$}");
    // A small negative number may round to nothing, which has no sign.
    let text = match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    match digits.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", grouped(whole)),
        None => format!("{sign}{}", grouped(digits)),
    }
}

/// As many decimals as leave a number of this size three or four digits.
pub(crate) fn places(size: f64) -> usize {
    match size.abs() {
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    }
}

/// A number with as many decimals as suit it; nothing at all is a plain 0.
pub(crate) fn short(number: f64) -> String {
    decimal(number, if number == 0.0 { 0 } else { places(number) })
}

/// A share in per cent. All and nothing are said only where they are exact.
pub(crate) fn percent(share: f64) -> String {
    match share {
        share if share > 0.0 && share < 0.0005 => "<0.1 %".to_owned(),
        share if (0.9995..1.0).contains(&share) => ">99.9 %".to_owned(),
        share => format!("{:.1} %", share * 100.0),
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(decimal(-1234.56, 1), "-1,234.6");
        assert_eq!(decimal(-0.0001, 2), "0.00");
        assert_eq!(short(0.01234), "0.012");
        assert_eq!(short(0.0), "0");
        assert_eq!(short(3.5), "3.50");
        assert_eq!(short(41.25), "41.2");
        assert_eq!(short(12_345.6), "12,346");
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(0.9999), ">99.9 %");
        assert_eq!(percent(0.9990), "99.9 %");
        assert_eq!(percent(0.0001), "<0.1 %");
        assert_eq!(percent(0.0), "0.0 %");
    }
}
