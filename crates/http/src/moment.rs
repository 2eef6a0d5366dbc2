//! Moments for people and programs: RFC 3339 in UTC, to the second.

use gatewright::UnixTime;

/// Writes a moment.
#[must_use]
pub fn rfc3339(moment: UnixTime) -> String {
    let (days, second) = (moment.as_secs() / 86_400, moment.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// The date of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`, for days that are not negative).
#[expect(clippy::arithmetic_side_effects, reason = "days come from a clock of 64-bit seconds: far below any overflow")]
pub(crate) const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_as_the_same_moment() {
        for seconds in [0, 951_782_400, 1_767_225_599, 4_107_542_399, UnixTime::MAX.as_secs()] {
            let text = rfc3339(UnixTime::from_secs(seconds));
            assert_eq!(text.parse(), Ok(UnixTime::from_secs(seconds)), "{text}");
        }
        assert_eq!(rfc3339(UnixTime::from_secs(951_782_400)), "2000-02-29T00:00:00Z");
    }
}
