//! What was asked, group by group, as a report shows it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::cause::Causes;
use super::evidence::{Outcome, Trial};
use super::fake::{FORBIDDEN, GOOD, GOOD_OTHER};
use crate::lint::Severity;
use crate::model::LocationId;
use crate::prove::wire::{Endpoint, Line, Request, Tls, Trust};
use crate::prove::{Check, Entry, Learned, Report, Target, Verdict, curl};

/// Requests that ask one thing of one server.
#[derive(Debug)]
pub(super) struct Group {
    probe: &'static str,
    variant: String,
    /// The server.
    place: String,
    requests: Vec<usize>,
    /// The worst that was seen.
    seen: Option<Sight>,
    /// Why it is not asked.
    skipped: Option<&'static str>,
}

/// What somebody could do, by which request.
#[derive(Debug)]
struct Sight {
    verdict: Verdict,
    number: usize,
    what: String,
    /// By which location the request left nginx, where that is known.
    location: Option<LocationId>,
}

impl Group {
    pub(super) fn new(probe: &'static str, variant: String, place: String) -> Self {
        Self { probe, variant, place, requests: Vec::new(), seen: None, skipped: None }
    }

    /// The same, not to be asked.
    pub(super) fn skipped(self, why: &'static str) -> Self {
        Self { skipped: Some(why), ..self }
    }

    pub(super) const fn is_skipped(&self) -> bool {
        self.skipped.is_some()
    }

    pub(super) fn is_open(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.verdict == Verdict::Open)
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn asked(&mut self, number: usize) {
        self.requests.push(number);
    }

    /// Keeps the worst; of two the first.
    pub(super) fn saw(&mut self, verdict: Verdict, number: usize, what: &str, location: Option<LocationId>) {
        let rank = |verdict| match verdict {
            Verdict::Open => 2,
            Verdict::Spoof => 1,
            _ => 0,
        };
        if self.seen.as_ref().is_none_or(|seen| rank(seen.verdict) < rank(verdict)) {
            self.seen = Some(Sight { verdict, number, what: what.to_owned(), location });
        }
    }

    /// As a check; what was not asked at all is none, unless it is known why.
    pub(super) fn check(self, entries: &[Entry], causes: &Causes, over: Option<&str>) -> Option<Check> {
        let Self { probe, variant, place, requests, seen, skipped } = self;
        if let Some(why) = skipped {
            return Some(note(probe, &variant, &place, Verdict::Skip, why));
        }
        let blank = Check {
            probe,
            variant,
            path: place,
            verdict: Verdict::Pass,
            severity: None,
            status: None,
            time: Duration::ZERO,
            evidence: String::new(),
            lint: None,
            curl: None,
            requests,
        };
        let Some(seen) = seen else {
            return match (blank.requests.len(), over) {
                (0, None) => None,
                (0, Some(why)) => Some(Check { verdict: Verdict::Inconclusive, evidence: why.to_owned(), ..blank }),
                (1, _) => Some(Check { evidence: "the request reached nothing behind the gate".to_owned(), ..blank }),
                (count, _) => {
                    Some(Check { evidence: format!("none of {count} requests reached what is behind the gate"), ..blank })
                }
            };
        };
        let (severity, lint) = match (causes.of(probe, seen.verdict, seen.location), seen.verdict) {
            (_, Verdict::Warn) => (Severity::Medium, None),
            (Some(cause), _) => (cause.severity, Some(cause.id)),
            (None, Verdict::Spoof) => (Severity::High, None),
            (None, _) => (Severity::Critical, None),
        };
        let entry = entries.get(seen.number);
        Some(Check {
            verdict: seen.verdict,
            severity: Some(severity),
            status: entry.and_then(|entry| entry.outcome.as_ref().ok()).copied(),
            time: entry.map(|entry| entry.time).unwrap_or_default(),
            evidence: seen.what,
            lint,
            curl: entry.map(|entry| entry.curl.clone()).filter(|curl| !curl.is_empty()),
            ..blank
        })
    }
}

/// A check that nothing was asked for.
pub(super) fn note(probe: &'static str, variant: &str, place: &str, verdict: Verdict, evidence: impl Into<String>) -> Check {
    Check {
        probe,
        variant: variant.to_owned(),
        path: place.to_owned(),
        verdict,
        severity: None,
        status: None,
        time: Duration::ZERO,
        evidence: evidence.into(),
        lint: None,
        curl: None,
        requests: Vec::new(),
    }
}

impl Trial {
    /// The same as a run of the prober reports it, for its printers: `target` is what was tried, `started` when.
    ///
    /// A configuration that did not run proves nothing, nor does one in which nobody gets in at all.
    ///
    /// # Example
    /// ```no_run
    /// use gatewright_prove::{Intent, nginx::Disk, prove::{Strictness, report}, rig};
    /// let trial = rig(b"/etc/nginx/nginx.conf", &Disk, Intent::default(), None)?;
    /// let report = trial.report("/etc/nginx/nginx.conf", "2026-01-01T00:00:00Z");
    /// report::json(&report, std::io::stdout()).unwrap();
    /// std::process::exit(report.exit_code(Strictness::Usual).into());
    /// # Ok::<(), gatewright_prove::RigError>(())
    /// ```
    #[must_use]
    pub fn report(&self, target: &str, started: &str) -> Report {
        Report {
            target: target.to_owned(),
            started: started.to_owned(),
            baseline: Learned::default(),
            nothing_proved: self.nothing_proved(),
            checks: self.checks.clone(),
            requests: self.entries.clone(),
            notes: self.notes.clone(),
        }
    }

    fn nothing_proved(&self) -> Option<String> {
        let why = self.shown.first().map(|shown| match shown.to.as_str() {
            "" => shown.what.clone(),
            place => format!("{place}: {}", shown.what),
        });
        let why = why.unwrap_or_default();
        let who = self.shown.first().map_or("the proxy", |shown| shown.who);
        match self.outcome {
            Outcome::Rejected => Some(format!("{who} refuses the configuration: {why}")),
            Outcome::NotRun => Some(format!("the configuration was not run: {why}")),
            Outcome::Closed if !self.lets_in => {
                Some("nobody got in, not even with a session: that nobody else did shows little".to_owned())
            }
            Outcome::Open | Outcome::Spoofed | Outcome::Closed => None,
        }
    }
}

/// Lines for a shell that ask the configuration where it listens itself, once it runs elsewhere.
#[derive(Debug, Default)]
pub(super) struct Shells(BTreeMap<(Vec<u8>, String), Option<Way>>);

/// Where a server listens by the configuration.
#[derive(Debug)]
struct Way {
    endpoint: Endpoint,
    target: Target,
}

impl Shells {
    /// The line for a request to an address of the configuration; empty where there is none, as for a socket.
    pub(super) fn line(&mut self, key: &[u8], host: &str, is_tls: bool, request: &Request) -> String {
        let found = self.0.entry((key.to_vec(), host.to_owned())).or_insert_with(|| way(key, host, is_tls));
        let Some(Way { endpoint, target }) = found else { return String::new() };
        curl(endpoint, target, None, &as_shown(request))
    }
}

fn way(key: &[u8], host: &str, is_tls: bool) -> Option<Way> {
    let port: u16 = port(key)?.parse().ok()?;
    let name = String::from_utf8_lossy(key);
    let ip = match name.rsplit_once(':')?.0.trim_start_matches('[').trim_end_matches(']') {
        "::" => IpAddr::from(Ipv6Addr::LOCALHOST),
        ip => ip.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified()).unwrap_or(Ipv4Addr::LOCALHOST.into()),
    };
    let scheme = if is_tls { "https" } else { "http" };
    let target: Target = format!("{scheme}://{host}:{port}/").parse().ok()?;
    let address = SocketAddr::new(ip, port);
    let tls = if is_tls { Some(Tls::new(host, &Trust::DangerAnybody).ok()?) } else { None };
    Some(Way { endpoint: Endpoint { address, tls }, target })
}

/// The port of an address, as it is written.
pub(super) fn port(key: &[u8]) -> Option<String> {
    let port = key.iter().rposition(|byte| *byte == b':').and_then(|colon| key.get(colon.saturating_add(1)..))?;
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    is_port.then(|| String::from_utf8_lossy(port).into_owned())
}

/// The sessions are those of our gate: a person has others, in files.
fn as_shown(request: &Request) -> Request {
    let mut shown = request.clone();
    shown.lines.clear();
    for line in &request.lines {
        if !line.is("cookie") {
            shown.lines.push(line.clone());
            continue;
        }
        let value = String::from_utf8_lossy(line.value()).into_owned();
        let (mut other, mut file) = (Vec::new(), None);
        for cookie in value.split("; ").map(str::trim) {
            match [(GOOD_OTHER, "@second.txt"), (GOOD, "@allow.txt"), (FORBIDDEN, "@forbid.txt")]
                .into_iter()
                .find(|(session, _)| cookie.ends_with(session))
            {
                Some((_, named)) => file = Some(named),
                None => other.push(cookie),
            }
        }
        shown.lines.extend(file.map(|file| Line::secret("Cookie: session", file)));
        if !other.is_empty() {
            shown.lines.push(Line::new("Cookie", other.join("; ")));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_asks_where_the_configuration_listens_with_sessions_from_files() {
        let mut shells = Shells::default();
        let cookies = format!("s={GOOD}; session={GOOD}; x=evil");
        let request = Request::new("GET", "/a", "app.test").with("Cookie", cookies);
        let line = shells.line(b"*:8080", "app.test", false, &request);
        assert_eq!(
            line,
            "curl -i -s --connect-to ::127.0.0.1:8080 -H 'Host: app.test' -H @allow.txt -H 'Cookie: x=evil' \
             --request-target /a http://app.test:8080/"
        );
        assert!(shells.line(b"[::]:443", "app.test", true, &request).contains("https://app.test:443/"));
        assert!(shells.line(b"unix:/run/a.sock", "app.test", false, &request).is_empty());
    }

    #[test]
    fn worst_that_was_seen_is_what_a_group_says() {
        let mut group = Group::new("P01", "a".into(), "app.test:80".into());
        group.asked(0);
        group.saw(Verdict::Warn, 0, "odd", None);
        group.saw(Verdict::Open, 0, "in", None);
        group.saw(Verdict::Spoof, 0, "as another", None);
        assert!(group.is_open());
        let check = group.check(&[], &Causes::default(), None).unwrap();
        assert_eq!((check.verdict, check.severity, check.evidence.as_str()), (Verdict::Open, Some(Severity::Critical), "in"));
    }
}
