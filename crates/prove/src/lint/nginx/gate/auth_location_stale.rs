use super::auth_location_cache::cache;
use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-stale", Severity::High, "an old yes of the gate is used when the gate does not answer");

/// A cache is in force in the location of the gate, with `proxy_cache_use_stale` for errors: an answer that is past its time is used
/// as long as the gate is down. `updating` alone uses it only while a new one is fetched.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject).iter().filter(|gate| cache(gate).is_some()) {
        let Some(line) = gate.option("cache_use_stale") else { continue };
        if line.arguments().iter().all(|word| matches!(word.value(), b"off" | b"updating")) {
            continue;
        }
        let why = "who was let in once stays in as long as the gate is down or cannot answer, whatever was revoked since";
        findings.push(LINT.at(
            line.span(),
            why,
            format!("write `{}_cache_use_stale off;` into the location of the gate", gate.kind),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-stale", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn old_answer_in_an_outage_is_one_too_many() {
        assert_eq!(with("proxy_cache c; proxy_cache_use_stale error timeout;"), Some(Severity::High));
        assert_eq!(with("proxy_cache c; proxy_cache_use_stale updating;"), None);
        assert_eq!(with("proxy_cache_use_stale error timeout;"), None);
    }
}
