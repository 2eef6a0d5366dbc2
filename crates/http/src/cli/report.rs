//! A decision told in full: as JSON for a program, as text for a person.
//!
//! Neither form contains a token, a cookie or a key: the engine's explanation has none, and a renewed session is only mentioned.

use std::io::{self, Write};

use gatewright::{Decision, Explanation, Identity, Step};
use serde::Serialize;

use crate::cli::style::Style;

/// A decision and how it came about.
#[derive(Debug)]
pub(crate) struct Report<'d> {
    pub(crate) decision: &'d Decision,
    pub(crate) explanation: &'d Explanation,
}

impl Report<'_> {
    /// Writes one JSON object (`schemas/decide.schema.json`).
    pub(crate) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(&self.answer(), out)
    }

    /// Writes the way of the decision step by step, then what the proxy is told.
    pub(crate) fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        // The outcome closes the text anyway, with its headers.
        for step in self.explanation.steps().iter().filter(|step| !matches!(step, Step::Outcome { .. })) {
            writeln!(out, "{}", paint(step, style))?;
        }
        let answer = self.answer();
        writeln!(out)?;
        let rule = answer.rule.map_or_else(|| "no rule".to_owned(), |rule| format!("rule `{rule}`"));
        let line = format!("{} {} ({}), {rule}", answer.status, answer.outcome, answer.code);
        writeln!(out, "{}", if answer.status == 200 { style.good(&line) } else { style.bad(&line) })?;
        if !answer.detail.is_empty() {
            writeln!(out, "  {}", answer.detail)?;
        }
        for (name, value) in &answer.headers {
            writeln!(out, "  {name}: {value}")?;
        }
        if answer.renewed_session {
            writeln!(out, "  Set-Cookie: {}", style.faint("(the session, renewed)"))?;
        }
        if let Some(value) = answer.www_authenticate {
            writeln!(out, "  WWW-Authenticate: {value}")?;
        }
        if let Some(url) = answer.login_url {
            writeln!(out, "  login: {url}")?;
        }
        for shadow in &answer.shadow {
            writeln!(out, "  shadow rule `{}` would have said: {}", shadow.rule, shadow.would)?;
        }
        Ok(())
    }

    fn answer(&self) -> Answer<'_> {
        let decision = self.decision;
        let (permit, challenge) = match decision {
            Decision::Allow(permit) => (Some(permit), None),
            Decision::Challenge(challenge) => (None, Some(challenge)),
            Decision::Forbid(_) | Decision::Indeterminate(_) => (None, None),
        };
        Answer {
            outcome: decision.outcome(),
            status: decision.status(),
            code: decision.code(),
            rule: decision.rule(),
            detail: decision.detail(),
            identity: permit.and_then(|permit| permit.identity()).map(Person::of),
            headers: permit
                .map(|permit| permit.headers().map(|(name, value)| (name.to_owned(), value.into_owned())).collect())
                .unwrap_or_default(),
            www_authenticate: challenge.map(|challenge| challenge.www_authenticate()),
            login_url: challenge.and_then(|challenge| challenge.login_url()),
            renewed_session: permit.is_some_and(|permit| permit.renewed_session().is_some()),
            shadow: decision.shadows().iter().map(|shadow| Shadow { rule: &shadow.rule, would: shadow.code }).collect(),
            steps: self.explanation,
        }
    }
}

/// Writes a value as indented JSON and a newline.
pub(crate) fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn paint(step: &Step, style: Style) -> String {
    let line = step.to_string();
    match step {
        Step::Check { passed, .. } | Step::Condition { passed, .. } if *passed => style.good(&line),
        Step::Check { .. } | Step::Condition { .. } => style.bad(&line),
        Step::Rule { matched, .. } if !matched => style.faint(&line),
        _ => style.strong(&line),
    }
}

/// The members of `decide --json`, in their order.
#[derive(Serialize)]
struct Answer<'d> {
    outcome: &'d str,
    status: u16,
    code: &'d str,
    rule: Option<&'d str>,
    detail: &'d str,
    identity: Option<Person<'d>>,
    headers: Vec<(String, String)>,
    www_authenticate: Option<&'d str>,
    login_url: Option<&'d str>,
    renewed_session: bool,
    shadow: Vec<Shadow<'d>>,
    steps: &'d Explanation,
}

/// An identity as its members.
#[derive(Serialize)]
struct Person<'d> {
    subject: &'d str,
    email: Option<&'d str>,
    name: Option<&'d str>,
    groups: Vec<&'d str>,
    scopes: Vec<&'d str>,
    issuer: Option<&'d str>,
    credential: &'d str,
}

impl<'d> Person<'d> {
    fn of(identity: &'d Identity) -> Self {
        Self {
            subject: identity.subject(),
            email: identity.email(),
            name: identity.name(),
            groups: identity.groups().collect(),
            scopes: identity.scopes().collect(),
            issuer: identity.issuer(),
            credential: identity.credential().name(),
        }
    }
}

/// What a shadow rule would have said.
#[derive(Serialize)]
struct Shadow<'d> {
    rule: &'d str,
    would: &'d str,
}
