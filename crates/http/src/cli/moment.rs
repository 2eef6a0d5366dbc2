//! Moments and spans of time as arguments.

use gatewright::UnixTime;

/// Reads seconds since 1970, up to the year 9999.
pub(crate) fn parse(text: &str) -> Result<UnixTime, String> {
    let seconds = text.parse().map_err(|_| "not a number of seconds since 1970".to_owned())?;
    let moment = UnixTime::from_secs(seconds);
    if moment.as_secs() == seconds {
        Ok(moment)
    } else {
        Err(format!("later than {}, the last second of the year 9999", UnixTime::MAX))
    }
}

/// Reads a span as the policy file writes it (`90s`, `15m`, `12h`, `7d`) into seconds.
pub(crate) fn parse_span(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no span of time: write `90s`, `15m`, `12h` or `7d`");
    let (number, unit) = text.char_indices().last().and_then(|(at, _)| text.split_at_checked(at)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_whole_seconds_up_to_the_year_9999() {
        assert_eq!(parse("1767225600"), Ok(UnixTime::from_secs(1_767_225_600)));
        for wrong in ["", "-1", "1.5", "now", "253402300800"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn spans_are_a_number_and_one_unit() {
        assert_eq!(parse_span("12h"), Ok(43_200));
        for wrong in ["", "12", "h", "+1h", "1h30m", "1é", "99999999999999999999d"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
