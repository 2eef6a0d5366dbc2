//! Time as a value: seconds since the Unix epoch, handed in by the caller.
//!
//! The core never reads a clock, so the same request, keys and `now` give the same decision.

use std::fmt;

/// A moment in whole seconds since 1970-01-01T00:00:00Z (`NumericDate` of RFC 7519 §2, without fractions).
///
/// # Example
/// ```
/// use gatewright::UnixTime;
/// let now = UnixTime::from_secs(1_767_225_600);
/// assert_eq!(now.plus(60).seconds_since(now), 60);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The last second of the year 9999: no claim may name a later one.
    pub const MAX: Self = Self(253_402_300_799);

    /// Makes a moment from seconds since the epoch; anything past [`UnixTime::MAX`] becomes `MAX`.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        if seconds > Self::MAX.0 { Self::MAX } else { Self(seconds) }
    }

    /// Returns the seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Returns the moment `seconds` later, at most [`UnixTime::MAX`].
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self::from_secs(self.0.saturating_add(seconds))
    }

    /// Returns how many seconds lie between `earlier` and this moment, 0 if `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Reads a duration of the policy file (`90s`, `15m`, `12h`, `7d`) as seconds.
pub(crate) fn parse_duration(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_one_unit() {
        assert_eq!(parse_duration("12h"), Some(43_200));
        assert_eq!(parse_duration("0s"), Some(0));
        for wrong in ["", "h", "12", "1.5h", "-1s", "1h30m", " 1s", "99999999999999999999d", "1é"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_stop_at_the_year_9999() {
        assert_eq!(UnixTime::from_secs(u64::MAX), UnixTime::MAX);
        assert_eq!(UnixTime::MAX.plus(1), UnixTime::MAX);
    }
}
