use super::{Asking, passing};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-timeouts", Severity::Low, "a gate that hangs makes every request wait for up to a minute");

/// The timeouts for connecting to the gate and for its answer are those of nginx, 60 seconds each, or longer than ten.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject) {
        let slow: Vec<_> = ["connect_timeout", "read_timeout"].into_iter().filter(|name| is_slow(&gate, name)).collect();
        if slow.is_empty() {
            continue;
        }
        let span = slow.iter().find_map(|name| gate.option(name)).map_or(gate.place, Directive::span);
        let why = "while the gate hangs, every request waits and holds a connection: an outage of the gate becomes one of nginx";
        let lines: Vec<_> = slow
            .iter()
            .map(|name| format!("`{}_{name} {};`", gate.kind, if name.starts_with('c') { "1s" } else { "3s" }))
            .collect();
        findings.push(LINT.at(span, why, format!("write {} into {}", lines.join(" and "), "the location of the gate")));
    }
}

fn is_slow(gate: &Asking<'_, '_>, name: &str) -> bool {
    match gate.option(name).and_then(|line| line.argument(0)) {
        Some(written) => milliseconds(written).is_some_and(|time| time > LONGEST),
        None => gate.is_known(name),
    }
}

/// Reads a time: `10`, `1500ms`, `1m 30s`; `None` if it is none, or a variable.
fn milliseconds(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let mut rest = text.trim();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at_checked(end)?;
        let (unit, behind) = UNITS.iter().find_map(|(unit, length)| Some((*length, behind.strip_prefix(unit)?)))?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = behind.trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

/// In milliseconds, longer names first; a number alone is in seconds.
const UNITS: [(&str, u64); 9] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
    ("M", 2_592_000_000),
    ("y", 31_536_000_000),
    ("", 1_000),
];

/// What people wait for a page, in milliseconds.
const LONGEST: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use super::milliseconds;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-timeouts", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn minute_of_nginx_is_too_long() {
        assert_eq!(with(""), Some(Severity::Low));
        assert_eq!(with("proxy_connect_timeout 1s;"), Some(Severity::Low));
        assert_eq!(with("proxy_connect_timeout 1s; proxy_read_timeout 1m;"), Some(Severity::Low));
    }

    #[test]
    fn seconds_are_fine() {
        assert_eq!(with("proxy_connect_timeout 500ms; proxy_read_timeout 10;"), None);
    }

    #[test]
    fn times_are_those_of_nginx() {
        let times = ["10", "1s", "500ms", "1m", "1h 30m", "1m30s"].map(|text| milliseconds(text.as_bytes()));
        assert_eq!(times, [10_000, 1_000, 500, 60_000, 5_400_000, 90_000].map(Some));
        assert_eq!(["", "$x", "1q", "s"].map(|text| milliseconds(text.as_bytes())), [None; 4]);
    }
}
