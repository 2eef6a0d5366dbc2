//! Spans of time as arguments.

/// Reads a span as the policy file writes it (`90s`, `15m`, `12h`, `7d`) into seconds.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
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
    fn spans_are_a_number_and_one_unit() {
        assert_eq!(parse("12h"), Ok(43_200));
        for wrong in ["", "12", "h", "+1h", "1h30m", "1é", "99999999999999999999d"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
