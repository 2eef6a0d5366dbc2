//! `gatewright biscuit`: make a token, hand on a weaker one, look into one.

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gatewright::{CredentialKind, UnixTime};
use gatewright_issuer::biscuit::{self, BiscuitError, Inspected, Restrictions, RootKey};
use serde::Serialize;

use crate::cli::failure::{FAILED, Failure, complain};
use crate::cli::find::{self, Keys};
use crate::cli::holder::Holder;
use crate::cli::report::write_json;
use crate::cli::{input, span};

/// Makes biscuits, narrows them, or looks into one
#[derive(Debug, Subcommand)]
pub(crate) enum Biscuit {
    Mint(Box<Mint>),
    Attenuate(Attenuate),
    Inspect(Inspect),
}

impl Biscuit {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        match self {
            Self::Mint(mint) => mint.run(out),
            Self::Attenuate(attenuate) => attenuate.run(out),
            Self::Inspect(inspect) => inspect.run(out),
        }
    }
}

/// Makes a token with a root key and prints it
///
/// The token says who its holder is in the facts `user`, `email`, `name`, `group` and `scope`, which is where the `identity` of
/// the documentation looks for them. Whoever holds the token is the subject: treat it like a password, and let it end.
#[derive(Debug, Args)]
#[command(after_help = MINT_EXAMPLE)]
pub(crate) struct Mint {
    /// The private root key: `env:NAME`, or a file (`gatewright key generate biscuit` makes one)
    #[arg(long, value_name = "KEY")]
    key: String,
    /// The key's id, as the policy file's `public_keys` has it
    #[arg(long, value_name = "ID")]
    key_id: Option<u32>,
    #[command(flatten)]
    holder: Holder,
    #[command(flatten)]
    narrow: Narrow,
    /// Print the token and its revocation ids as one JSON object
    #[arg(long)]
    json: bool,
}

/// Appends a block that makes a token weaker, and prints the new token
///
/// No key is needed: every holder can do it, before handing the token on.
#[derive(Debug, Args)]
#[command(after_help = ATTENUATE_EXAMPLE)]
pub(crate) struct Attenuate {
    /// The token, or `-` to read it from standard input
    token: String,
    #[command(flatten)]
    narrow: Narrow,
    /// Let nobody append anything afterwards
    #[arg(long)]
    seal: bool,
    /// Print the token and its revocation ids as one JSON object
    #[arg(long)]
    json: bool,
}

/// What a token is narrowed to. Of the same option any may hold; all the options given have to.
#[derive(Debug, Args)]
struct Narrow {
    /// Only this method, GET with HEAD; may be repeated
    #[arg(long = "method", value_name = "METHOD")]
    methods: Vec<String>,
    /// Only this path, or with `/**` at its end everything below it; may be repeated
    #[arg(long = "path", value_name = "PATH")]
    paths: Vec<String>,
    /// Only this host, or with `*.` in front every host below it; may be repeated
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Only from this address; may be repeated
    #[arg(long = "client", value_name = "IP")]
    clients: Vec<IpAddr>,
    /// Only before this moment: 2026-12-04T18:00:00Z, or seconds since 1970
    #[arg(long, value_name = "MOMENT", conflicts_with = "lifetime")]
    until: Option<UnixTime>,
    /// Only for so long from now: 90s, 15m, 12h, 7d
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    lifetime: Option<u64>,
    /// Facts, rules and checks of your own; may be repeated
    #[arg(long, value_name = "TEXT")]
    datalog: Vec<String>,
    /// Count `--lifetime` from this moment
    #[arg(long, value_name = "MOMENT", requires = "lifetime")]
    now: Option<UnixTime>,
}

impl Mint {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let key = match self.key.strip_prefix("env:") {
            Some(name) => std::env::var(name).map_err(|error| Failure::Usage(format!("the variable `{name}`: {error}")))?,
            None if self.key.contains("-private/") => return Err(Failure::Usage(LITERAL_KEY.to_owned())),
            None => find::read_text(self.key.strip_prefix("file:").unwrap_or(&self.key).as_ref())?,
        };
        let key = RootKey::parse(&key)?;
        let narrow = self.narrow.restrictions()?;
        let Holder { subject, email, name, groups, scopes } = self.holder;
        let token = key.mint(self.key_id, &biscuit::Holder { subject, email, name, groups, scopes }, &narrow)?;
        print(&token, self.json, out)
    }
}

impl Attenuate {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let token = input::argument(self.token)?;
        let weaker = biscuit::attenuate(&token, &self.narrow.restrictions()?, self.seal)?;
        print(&weaker, self.json, out)
    }
}

impl Narrow {
    fn restrictions(&self) -> Result<Restrictions, Failure> {
        let mut narrow = Restrictions::default();
        for method in &self.methods {
            narrow = narrow.method(method)?;
        }
        for path in &self.paths {
            narrow = narrow.path(path)?;
        }
        for host in &self.hosts {
            narrow = narrow.host(host)?;
        }
        for text in &self.datalog {
            narrow = narrow.datalog(text)?;
        }
        narrow = self.clients.iter().fold(narrow, |narrow, client| narrow.client_ip(*client));
        let from_now = |span| self.now.unwrap_or_else(gatewright_issuer::now).plus(span);
        Ok(match self.until.or(self.lifetime.map(from_now)) {
            Some(until) => narrow.until(until),
            None => narrow,
        })
    }
}

fn print(token: &str, json: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    if json {
        let blocks = biscuit::inspect(token)?.blocks;
        let revocation_ids = blocks.iter().map(|block| block.revocation_id.as_str()).collect();
        write_json(&Made { token, revocation_ids }, out)?;
    } else {
        writeln!(out, "{token}")?;
    }
    Ok(0)
}

/// Prints what a token holds, and with a policy file whether it is accepted and whose it is
///
/// Checks are shown, not evaluated: `gatewright decide` does that for a request.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLE)]
pub(crate) struct Inspect {
    /// The token, or `-` to read it from standard input
    token: String,
    /// The policy file whose root keys the token is verified with; without any nothing is verified
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object: `key_id`, `sealed`, `blocks`, `verified`, `subject`, `reason`
    #[arg(long)]
    json: bool,
}

impl Inspect {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let token = input::argument(self.token)?;
        let token = token.trim();
        let inspected = biscuit::inspect(token)?;
        let verified = match find::configuration(self.config.as_deref()) {
            Ok(path) => {
                let live = find::open(&path, Keys::Local)?;
                let state = live.current();
                let asked = self.config.is_some() || state.config.accepts(CredentialKind::Biscuit);
                asked.then(|| state.authorizer.inspect_biscuit(token))
            }
            Err(_) => None,
        };
        let subject = verified.as_ref().and_then(|verified| verified.as_ref().ok()).map(|identity| identity.subject());
        let reason = verified.as_ref().and_then(|verified| verified.as_ref().err()).map(String::as_str);
        if self.json {
            let verified = verified.as_ref().map(Result::is_ok);
            write_json(&Shown::of(&inspected, verified, subject, reason), out)?;
        } else {
            write_text(&inspected, out)?;
            match (subject, reason) {
                (Some(subject), _) => writeln!(out, "verified: subject `{}`", subject.escape_debug())?,
                (None, Some(reason)) => complain(reason),
                (None, None) => writeln!(out, "not verified: name the policy file with `--config`")?,
            }
        }
        Ok(if reason.is_some() { FAILED } else { 0 })
    }
}

fn write_text(inspected: &Inspected, out: &mut dyn Write) -> Result<(), Failure> {
    let key = inspected.key_id.map_or("no key id".to_owned(), |id| format!("key id {id}"));
    writeln!(out, "{key}, {}", if inspected.sealed { "sealed" } else { "not sealed" })?;
    for (index, block) in inspected.blocks.iter().enumerate() {
        let signer = block.signer.as_ref().map_or(String::new(), |signer| format!(", signed by {signer}"));
        writeln!(out, "\nblock {index}{signer}\n  revocation id {}", block.revocation_id)?;
        for line in block.datalog.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out)?;
    Ok(())
}

impl From<BiscuitError> for Failure {
    fn from(error: BiscuitError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// The members of `biscuit mint --json` and `biscuit attenuate --json`.
#[derive(Serialize)]
struct Made<'m> {
    token: &'m str,
    revocation_ids: Vec<&'m str>,
}

/// The members of `biscuit inspect --json`.
#[derive(Serialize)]
struct Shown<'s> {
    key_id: Option<u32>,
    sealed: bool,
    blocks: Vec<ShownBlock<'s>>,
    verified: Option<bool>,
    subject: Option<&'s str>,
    reason: Option<&'s str>,
}

#[derive(Serialize)]
struct ShownBlock<'s> {
    datalog: &'s str,
    signer: Option<&'s str>,
    revocation_id: &'s str,
}

impl<'s> Shown<'s> {
    fn of(inspected: &'s Inspected, verified: Option<bool>, subject: Option<&'s str>, reason: Option<&'s str>) -> Self {
        let blocks = inspected.blocks.iter().map(|block| ShownBlock {
            datalog: &block.datalog,
            signer: block.signer.as_deref(),
            revocation_id: &block.revocation_id,
        });
        Self { key_id: inspected.key_id, sealed: inspected.sealed, blocks: blocks.collect(), verified, subject, reason }
    }
}

const LITERAL_KEY: &str =
    "a private key on the command line can be read by every user of the machine: name a file, or `env:NAME`";

const MINT_EXAMPLE: &str = "\
Examples:
  (umask 077; gatewright key generate biscuit --public root.pub > root.key)
  gatewright biscuit mint --key root.key --subject report-bot --method GET --path '/reports/**' --until 2026-12-04T18:00:00Z
  gatewright biscuit mint --key env:BISCUIT_KEY --subject alice --group staff --lifetime 12h";

const ATTENUATE_EXAMPLE: &str = "\
Examples:
  gatewright biscuit attenuate - --method GET --path '/reports/**' --lifetime 7d < token
  gatewright biscuit attenuate - --datalog 'check if host(\"app.example.com\")' --seal < token";

const INSPECT_EXAMPLE: &str = "\
Example:
  gatewright biscuit inspect - --config gatewright.toml < token

Exit code: 0 shown (and accepted, with `--config`), 1 not accepted, 2 usage or configuration";
