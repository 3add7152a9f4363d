//! Numbers to so many digits.

/// A number to so many digits behind the point.
pub(crate) fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_rounded_to_its_digits() {
        for (number, digits, expected) in [
            (1.0 / 3.0, 4, 0.3333),
            (2.0 / 3.0, 1, 0.7),
            (1234.5, 0, 1235.0),
        ] {
            assert!((rounded(number, digits) - expected).abs() < 1e-12);
        }
    }
}
