//! `gatewright session`: seal a session cookie, or look into one.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gatewright::{InspectedSession, SessionClaims, UnixTime};
use serde::Serialize;

use crate::cli::failure::{FAILED, Failure, complain};
use crate::cli::find::{self, Keys};
use crate::cli::holder::Holder;
use crate::cli::report::write_json;
use crate::cli::{input, random, span};

/// Seals a session cookie, or looks into one
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    Mint(Box<Mint>),
    Inspect(Inspect),
}

impl Session {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        match self {
            Self::Mint(mint) => mint.run(out),
            Self::Inspect(inspect) => inspect.run(out),
        }
    }
}

/// Seals a session with the policy file's first key and prints the cookie's value
///
/// Whoever holds the value is the subject until it expires: treat it like a password.
#[derive(Debug, Args)]
#[command(after_help = MINT_EXAMPLE)]
pub(crate) struct Mint {
    /// The policy file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    holder: Holder,
    /// The issuer the subject belongs to; without one the session matches no rule that names `issuers`
    #[arg(long)]
    issuer: Option<String>,
    /// The authentication context class
    #[arg(long)]
    acr: Option<String>,
    /// An authentication method (RFC 8176); may be repeated
    #[arg(long)]
    amr: Vec<String>,
    /// When the user authenticated, seconds since 1970 or 2026-12-31T23:59:59Z (now)
    #[arg(long, value_name = "MOMENT")]
    auth_time: Option<UnixTime>,
    /// A host pattern the session is limited to; may be repeated
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// How long the session lives, at most the policy file's `lifetime`: 90s, 15m, 12h, 7d
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    lifetime: Option<u64>,
    /// Seal as of this moment: seconds since 1970, or 2026-12-31T23:59:59Z
    #[arg(long, value_name = "MOMENT")]
    now: Option<UnixTime>,
    /// Print the cookie's name, its value and the session's id as one JSON object
    #[arg(long)]
    json: bool,
}

impl Mint {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let live = find::open(&find::configuration(self.config.as_deref())?, Keys::Local)?;
        let authorizer = &live.current().authorizer;
        let cookie = authorizer.session_cookie().ok_or_else(no_sessions)?;
        let sid = random::session_id()?;
        let value = authorizer
            .seal_session(&self.claims(&sid), self.now.unwrap_or_else(gatewright_issuer::now))
            .map_err(|error| Failure::Usage(error.to_string()))?;
        if self.json {
            write_json(&Minted { cookie, value: &value, sid: &sid }, out)?;
        } else {
            writeln!(out, "{value}")?;
        }
        Ok(0)
    }

    fn claims(&self, sid: &str) -> SessionClaims {
        let Holder { subject, email, name, groups, scopes } = &self.holder;
        let claims = SessionClaims::new(sid, subject).with_groups(groups).with_scopes(scopes);
        let claims = claims.with_amr(&self.amr).with_hosts(&self.hosts);
        let claims = with(claims, self.issuer.as_ref(), SessionClaims::with_issuer);
        let claims = with(claims, email.as_ref(), SessionClaims::with_email);
        let claims = with(claims, name.as_ref(), SessionClaims::with_name);
        let claims = with(claims, self.acr.as_ref(), SessionClaims::with_acr);
        let claims = with(claims, self.auth_time, SessionClaims::with_auth_time);
        with(claims, self.lifetime, SessionClaims::with_lifetime)
    }
}

/// Prints what a session cookie says and whether it would open
///
/// The cookie's hosts are shown, not enforced. The value may be given with the cookie's name: `NAME=VALUE`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLE)]
pub(crate) struct Inspect {
    /// The cookie, or `-` to read it from standard input
    cookie: String,
    /// The policy file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Judge as of this moment: seconds since 1970, or 2026-12-31T23:59:59Z
    #[arg(long, value_name = "MOMENT")]
    now: Option<UnixTime>,
    /// Print one JSON object: `valid`, `reason`, `session`
    #[arg(long)]
    json: bool,
}

impl Inspect {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let live = find::open(&find::configuration(self.config.as_deref())?, Keys::Local)?;
        let authorizer = &live.current().authorizer;
        let name = authorizer.session_cookie().ok_or_else(no_sessions)?;
        let text = input::argument(self.cookie)?;
        let text = text.trim();
        let value = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).unwrap_or(text);
        let opened = authorizer.inspect_session(value, self.now.unwrap_or_else(gatewright_issuer::now));
        let valid = opened.as_ref().is_ok_and(|session| session.refusal.is_none());
        let code = if valid { 0 } else { FAILED };
        if self.json {
            write_json(&Inspected::of(&opened), out)?;
        } else {
            match opened {
                Ok(session) => {
                    writeln!(out, "{}", session.payload)?;
                    if let Some(refusal) = &session.refusal {
                        complain(refusal);
                    }
                }
                Err(reason) => complain(&reason),
            }
        }
        Ok(code)
    }
}

fn with<V>(claims: SessionClaims, value: Option<V>, set: impl FnOnce(SessionClaims, V) -> SessionClaims) -> SessionClaims {
    match value {
        Some(value) => set(claims, value),
        None => claims,
    }
}

fn no_sessions() -> Failure {
    Failure::Configuration("the policy file has no `[session]`".to_owned())
}

/// The members of `session mint --json`.
#[derive(Serialize)]
struct Minted<'m> {
    cookie: &'m str,
    value: &'m str,
    sid: &'m str,
}

/// The members of `session inspect --json`.
#[derive(Serialize)]
struct Inspected<'i> {
    valid: bool,
    reason: Option<&'i str>,
    session: serde_json::Value,
}

impl<'i> Inspected<'i> {
    fn of(opened: &'i Result<InspectedSession, String>) -> Self {
        match opened {
            Ok(session) => Self {
                valid: session.refusal.is_none(),
                reason: session.refusal.as_deref(),
                session: serde_json::from_str(&session.payload).unwrap_or(serde_json::Value::Null),
            },
            Err(reason) => Self { valid: false, reason: Some(reason), session: serde_json::Value::Null },
        }
    }
}

const MINT_EXAMPLE: &str = "\
Example:
  COOKIE=$(gatewright session mint --subject alice --email alice@example.com --group admins --lifetime 1h)
  curl -H \"Cookie: __Host-gatewright=$COOKIE\" https://app.example.com/";

const INSPECT_EXAMPLE: &str = "\
Example:
  gatewright session mint --subject alice | gatewright session inspect -

Exit code: 0 it opens, 1 it does not, 2 usage or configuration";
