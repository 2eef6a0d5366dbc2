//! What stands in a line.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gatewright::Decision;

use super::Format;
use super::escape::push;
use crate::dialect::Described;
use crate::moment::civil;

/// A decision, as it is logged.
#[derive(Debug)]
pub(crate) struct Entry<'d> {
    pub(crate) decision: &'d Decision,
    /// The status that was sent; a challenge may have become a redirect.
    pub(crate) status: u16,
    /// The request, as far as it was understood.
    pub(crate) described: Option<&'d Described<'d>>,
    pub(crate) request_id: RequestId<'d>,
    pub(crate) taken: Duration,
}

/// What ties a line to the proxy's own log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RequestId<'r> {
    /// `X-Request-ID`, as the proxy sent it.
    Sent(&'r str),
    /// Counted here.
    Counted(u64),
}

impl Entry<'_> {
    pub(super) fn line(&self, format: Format) -> String {
        match format {
            Format::Json => self.json(),
            Format::Text => self.text(),
        }
    }

    fn json(&self) -> String {
        let decision = self.decision;
        let audit = decision.audit();
        let mut line = String::with_capacity(LINE);
        line.push_str("{\"time\":\"");
        push_time(&mut line);
        let _ =
            write!(line, "\",\"outcome\":\"{}\",\"status\":{},\"code\":\"{}\"", decision.outcome(), self.status, decision.code());
        member(&mut line, "rule", decision.rule().map(str::as_bytes));
        member(&mut line, "subject", audit.subject.as_deref().map(str::as_bytes));
        member(&mut line, "issuer", audit.issuer.as_deref().map(str::as_bytes));
        member(&mut line, "kid", audit.kid.as_deref().map(str::as_bytes));
        member(&mut line, "credential", audit.credential.map(|kind| kind.name().as_bytes()));
        member(&mut line, "method", self.described.map(|described| described.method));
        member(&mut line, "host", self.described.map(Described::shown_host));
        member(&mut line, "path", self.described.map(Described::path));
        let client = self.described.and_then(|described| described.client).map(|client| client.to_string());
        member(&mut line, "client", client.as_deref().map(str::as_bytes));
        let _ = write!(line, ",\"micros\":{}", self.taken.as_micros());
        match self.request_id {
            RequestId::Sent(id) => member(&mut line, "request_id", Some(id.as_bytes())),
            RequestId::Counted(number) => drop(write!(line, ",\"request_id\":\"{number}\"")),
        }
        if !decision.shadows().is_empty() {
            line.push_str(",\"shadows\":{");
            for (position, shadow) in decision.shadows().iter().enumerate() {
                line.push_str(if position == 0 { "\"" } else { ",\"" });
                push(&mut line, shadow.rule.as_bytes());
                let _ = write!(line, "\":\"{}\"", shadow.code);
            }
            line.push('}');
        }
        member(&mut line, "detail", self.detail().map(str::as_bytes));
        line.push_str("}\n");
        line
    }

    fn text(&self) -> String {
        let decision = self.decision;
        let mut line = String::with_capacity(LINE);
        push_time(&mut line);
        let _ = write!(line, " {} {} {}", self.status, decision.outcome(), decision.code());
        if let Some(described) = self.described {
            line.push(' ');
            push(&mut line, described.method);
            line.push(' ');
            push(&mut line, described.shown_host());
            push(&mut line, described.path());
            if let Some(client) = described.client {
                let _ = write!(line, " client={client}");
            }
        }
        if let Some(rule) = decision.rule() {
            line.push_str(" rule=");
            push(&mut line, rule.as_bytes());
        }
        if let Some(subject) = decision.audit().subject {
            line.push_str(" subject=");
            push(&mut line, subject.as_bytes());
        }
        let _ = write!(line, " {}µs", self.taken.as_micros());
        if let Some(detail) = self.detail() {
            line.push_str(": ");
            push(&mut line, detail.as_bytes());
        }
        line.push('\n');
        line
    }

    /// The reason in words, on refusals.
    fn detail(&self) -> Option<&str> {
        match self.decision {
            Decision::Allow(_) => None,
            Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => Some(self.decision.detail()),
        }
    }
}

/// Writes a line that is not about a decision.
pub(super) fn note(format: Format, name: &str, detail: &str) -> String {
    let mut line = String::with_capacity(LINE);
    match format {
        Format::Json => {
            line.push_str("{\"time\":\"");
            push_time(&mut line);
            line.push('"');
            member(&mut line, "event", Some(name.as_bytes()));
            member(&mut line, "detail", Some(detail.as_bytes()));
            line.push_str("}\n");
        }
        Format::Text => {
            push_time(&mut line);
            let _ = write!(line, " {name}: ");
            for (position, part) in detail.lines().enumerate() {
                line.push_str(if position == 0 { "" } else { "\n    " }); // an error that shows the place in the file has several lines
                push(&mut line, part.as_bytes());
            }
            line.push('\n');
        }
    }
    line
}

fn member(line: &mut String, name: &str, value: Option<&[u8]>) {
    if let Some(value) = value {
        for part in [",\"", name, "\":\""] {
            line.push_str(part);
        }
        push(line, value);
        line.push('"');
    }
}

/// Room for a usual line.
const LINE: usize = 384;

fn push_time(line: &mut String) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    push_moment(line, since);
}

/// Appends a moment as RFC 3339 in UTC, to the millisecond.
fn push_moment(line: &mut String, since_epoch: Duration) {
    let (days, second) = (since_epoch.as_secs() / 86_400, since_epoch.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let millis = u64::from(since_epoch.subsec_millis());
    for (value, digits, after) in [
        (year, 1000, '-'),
        (month, 10, '-'),
        (day, 10, 'T'),
        (hour, 10, ':'),
        (minute, 10, ':'),
        (second, 10, '.'),
        (millis, 100, 'Z'),
    ] {
        push_digits(line, value, digits);
        line.push(after);
    }
}

/// Appends the digits of a number from this power of ten downwards.
fn push_digits(line: &mut String, value: u64, mut power: u64) {
    while power > 0 {
        let digit = u8::try_from(value.checked_div(power).unwrap_or_default() % 10).unwrap_or_default();
        line.push(char::from(b'0'.saturating_add(digit)));
        power /= 10;
    }
}

#[cfg(test)]
mod tests {
    use gatewright::Rejection;

    use super::*;

    #[test]
    fn moments_are_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.007Z"),
            (951_782_400, "2000-02-29T00:00:00.007Z"),
            (1_767_225_599, "2025-12-31T23:59:59.007Z"),
        ] {
            let mut line = String::new();
            push_moment(&mut line, Duration::from_millis(seconds * 1000 + 7));
            assert_eq!(line, text);
        }
    }

    #[test]
    fn decision_is_one_json_object_without_the_query() {
        let decision = Decision::refused(Rejection::RequestMalformed, "a \"quoted\"\nreason");
        let described = Described {
            method: b"GET",
            scheme: b"https",
            host: b"app\x1b",
            target: b"/p?token=secret",
            client: None,
            portless: true,
        };
        let entry = Entry {
            decision: &decision,
            status: 403,
            described: Some(&described),
            request_id: RequestId::Sent("abc"),
            taken: Duration::from_micros(12),
        };
        let line = entry.line(Format::Json);
        assert!(!line.contains("secret") && line.matches('\n').count() == 1 && line.ends_with("}\n"), "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        for (name, expected) in [
            ("outcome", "forbid"),
            ("code", "request_malformed"),
            ("method", "GET"),
            ("host", "app\x1b"),
            ("path", "/p"),
            ("request_id", "abc"),
            ("detail", "a \"quoted\"\nreason"),
        ] {
            assert_eq!(value[name], expected, "{name}");
        }
        assert_eq!((&value["status"], &value["micros"]), (&403.into(), &12.into()));
        let text = entry.line(Format::Text);
        assert!(text.contains(" 403 forbid request_malformed GET app\\u001b/p ") && text.matches('\n').count() == 1, "{text}");
    }
}
