//! `NumericDate` (RFC 7519 §2), read exactly.

use crate::time::UnixTime;

/// A moment as a JSON number names it, fractions and exponents included: nothing passes through floating point.
///
/// Only whole seconds are compared, each claim towards refusal: `exp` and `auth_time` are rounded down, `nbf` up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumericDate {
    seconds: u64,
    has_fraction: bool,
}

impl NumericDate {
    /// Reads a JSON number from 0 to [`UnixTime::MAX`]; a minus sign is refused even before zero.
    pub(crate) fn parse(number: &str) -> Option<Self> {
        // Nearly every date is a whole number of ten digits.
        if number.len() <= 12 && number.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = number.parse().ok()?;
            return (seconds <= UnixTime::MAX.as_secs()).then_some(Self { seconds, has_fraction: false });
        }
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (number, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // 0.d1d2d3… × 10^scale, with d1 above zero.
        let zeros = whole.bytes().chain(fraction.bytes()).take_while(|digit| *digit == b'0').count();
        let scale = signed(whole.len())?.checked_add(exponent)?.checked_sub(signed(zeros)?)?;
        let mut digits = whole.bytes().chain(fraction.bytes()).skip(zeros).peekable();
        if digits.peek().is_some() && scale > MAX_DIGITS {
            return None;
        }
        let mut seconds: u64 = 0;
        for _ in 0..scale.clamp(0, MAX_DIGITS) {
            let digit = char::from(digits.next().unwrap_or(b'0')).to_digit(10)?;
            seconds = seconds.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        let mut has_fraction = false;
        for digit in digits {
            has_fraction |= char::from(digit).to_digit(10)? != 0;
        }
        let ceil = seconds.checked_add(u64::from(has_fraction))?;
        (ceil <= UnixTime::MAX.as_secs()).then_some(Self { seconds, has_fraction })
    }

    /// Returns the last whole second that is not later.
    pub(crate) fn floor(self) -> UnixTime {
        UnixTime::from_secs(self.seconds)
    }

    /// Returns the first whole second that is not earlier.
    pub(crate) fn ceil(self) -> UnixTime {
        UnixTime::from_secs(self.seconds.saturating_add(u64::from(self.has_fraction)))
    }
}

/// Reads an exponent; one that no text could balance stays out of range.
fn parse_exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = digits.bytes().try_fold(0i64, |value, digit| {
        let digit = i64::from(char::from(digit).to_digit(10)?);
        Some(value.saturating_mul(10).saturating_add(digit).min(MAX_EXPONENT))
    })?;
    magnitude.checked_mul(sign)
}

fn signed(length: usize) -> Option<i64> {
    i64::try_from(length).ok()
}

/// 253402300799 has twelve digits.
const MAX_DIGITS: i64 = 12;

/// Far beyond the length of any text that is read, so that capping it here changes no verdict.
const MAX_EXPONENT: i64 = 1 << 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (number, floor, ceil) in [
            ("0", 0, 0),
            ("0.0e5", 0, 0),
            ("1767225600", 1_767_225_600, 1_767_225_600),
            ("1767225600.000", 1_767_225_600, 1_767_225_600),
            ("1767225600.5", 1_767_225_600, 1_767_225_601),
            ("1767225600.00000000000000000000000001", 1_767_225_600, 1_767_225_601),
            ("17672256E2", 1_767_225_600, 1_767_225_600),
            ("1.7672256e+9", 1_767_225_600, 1_767_225_600),
            ("1.7672256001e9", 1_767_225_600, 1_767_225_601),
            ("17672256000000000000000e-13", 1_767_225_600, 1_767_225_600),
            ("0.000000001767e18", 1_767_000_000, 1_767_000_000),
            ("1e-99999999999999999999999", 0, 1),
            ("0e99999999999999999999999", 0, 0),
            ("253402300799", 253_402_300_799, 253_402_300_799),
            ("253402300798.9", 253_402_300_798, 253_402_300_799),
            ("2534023007990e-1", 253_402_300_799, 253_402_300_799),
        ] {
            let date = NumericDate::parse(number).expect(number);
            assert_eq!((date.floor().as_secs(), date.ceil().as_secs()), (floor, ceil), "{number}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for number in [
            "-1",
            "-0",
            "-0.5",
            "253402300800",
            "253402300799.1",
            "1e12",
            "1e99999999999999999999999",
            "9007199254740993",
            "9223372036854775807",
            "18446744073709551616",
            "1767225600000",
            "1e19",
            "10000000000000000000000000e-10",
        ] {
            assert_eq!(NumericDate::parse(number), None, "{number}");
        }
    }

    proptest::proptest! {
        #[test]
        fn moving_the_point_changes_nothing(seconds in 0u64..=253_402_300_799, shift in 0usize..30) {
            let plain = NumericDate::parse(&seconds.to_string());
            proptest::prop_assert_eq!(NumericDate::parse(&format!("{seconds}{}e-{shift}", "0".repeat(shift))), plain);
            proptest::prop_assert_eq!(NumericDate::parse(&format!("0.{}{seconds}e{}", "0".repeat(shift), shift + seconds.to_string().len())), plain);
        }
    }
}
