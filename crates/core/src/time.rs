//! Time as a value: seconds since the Unix epoch, handed in by the caller.
//!
//! The core never reads a clock, so the same request, keys and `now` give the same decision.

use std::fmt;
use std::str::FromStr;

use toml::value::{Datetime, Offset};

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

    /// Makes a moment from a date and a time of day in UTC; `None` before 1970 or after [`UnixTime::MAX`].
    ///
    /// The date is not checked to exist: the 31st of June is the 1st of July.
    pub(crate) fn from_civil(year: u64, month: u64, day: u64, second_of_day: i64) -> Option<Self> {
        // Days since 1970-01-01, counted in years that begin in March (Howard Hinnant, `days_from_civil`).
        let (year, month) = if month > 2 { (year, month.checked_sub(3)?) } else { (year.checked_sub(1)?, month.checked_add(9)?) };
        let leap_days = (year >> 2).checked_sub(year.checked_div(100)?)?.checked_add(year.checked_div(400)?)?;
        let day_of_year = month.checked_mul(153)?.checked_add(2)?.checked_div(5)?.checked_add(day)?;
        let days = year.checked_mul(365)?.checked_add(leap_days)?.checked_add(day_of_year)?.checked_sub(719_469)?;
        let seconds = days.checked_mul(86_400)?.checked_add_signed(second_of_day)?;
        (seconds <= Self::MAX.0).then_some(Self(seconds))
    }

    /// Returns the moment of a date that has everything: date, time and offset.
    pub(crate) fn from_datetime(date: Datetime) -> Result<Self, TimeError> {
        Self::read_datetime(date).ok_or(TimeError(()))
    }

    fn read_datetime(date: Datetime) -> Option<Self> {
        let (day, time, offset) = (date.date?, date.time?, date.offset?);
        let minutes = match offset {
            Offset::Z => 0,
            Offset::Custom { minutes } => i64::from(minutes),
        };
        let [hour, minute] = [time.hour, time.minute].map(i64::from);
        let second = i64::from(time.second.unwrap_or_default());
        let minute_of_day = hour.checked_mul(60)?.checked_add(minute)?.checked_sub(minutes)?;
        let second_of_day = minute_of_day.checked_mul(60)?.checked_add(second)?;
        Self::from_civil(day.year.into(), day.month.into(), day.day.into(), second_of_day)
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

/// This is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError(());

impl fmt::Display for TimeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected a moment such as 2026-12-31T23:59:59Z, or seconds since 1970, before the year 10000")
    }
}

impl std::error::Error for TimeError {}

impl FromStr for UnixTime {
    type Err = TimeError;

    /// Reads a date with time and offset (RFC 3339), whose fraction of a second does not count, or seconds since the epoch.
    ///
    /// # Example
    /// ```
    /// use gatewright::UnixTime;
    /// assert_eq!("2026-01-01T01:00:00+01:00".parse(), Ok(UnixTime::from_secs(1_767_225_600)));
    /// assert_eq!("1767225600".parse(), Ok(UnixTime::from_secs(1_767_225_600)));
    /// assert!("2026-01-01".parse::<UnixTime>().is_err(), "where would that day begin?");
    /// ```
    fn from_str(text: &str) -> Result<Self, TimeError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = text.parse().map_err(|_| TimeError(()))?;
            return if seconds <= Self::MAX.0 { Ok(Self(seconds)) } else { Err(TimeError(())) };
        }
        text.parse().map_err(|_| TimeError(())).and_then(Self::from_datetime)
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
    fn dates_are_counted_from_1970() {
        for ((year, month, day, second), expected) in [
            ((1970, 1, 1, 0), Some(0)),
            ((1969, 12, 31, 0), None),
            ((2000, 2, 29, 1), Some(951_782_401)),
            ((2026, 1, 1, -3_600), Some(1_767_222_000)),
            ((2100, 3, 1, 0), Some(4_107_542_400)),
            ((9999, 12, 31, 86_399), Some(253_402_300_799)),
            ((10_000, 1, 1, 0), None),
        ] {
            assert_eq!(UnixTime::from_civil(year, month, day, second).map(UnixTime::as_secs), expected, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn moments_stop_at_the_year_9999() {
        assert_eq!(UnixTime::from_secs(u64::MAX), UnixTime::MAX);
        assert_eq!(UnixTime::MAX.plus(1), UnixTime::MAX);
    }
}
