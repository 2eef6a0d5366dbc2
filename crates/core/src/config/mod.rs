//! The policy file: read, checked, explained when wrong.
//!
//! A file is read twice by the same code: [`Config::from_toml`] checks everything that stands in it, [`Config::resolve`] reads it
//! again with what `env:` and `file:` refer to. Nothing is guessed: unknown keys, wrong types and impossible values are errors that
//! point at their place.

mod api_key;
mod assertion;
mod basic;
mod biscuit;
mod client_cert;
mod document;
mod entries;
mod error;
mod http;
mod identity_headers;
mod issuer;
mod login;
mod policy_test;
mod reader;
mod rule;
mod session;
mod source;
mod warnings;

use std::sync::Arc;

use self::document::{Member, Node, Place, Problem, Value};
use self::reader::Reader;
use crate::api_key::ApiKeys;
use crate::assertion::Assertions;
use crate::biscuit::Biscuits;
use crate::certificate::Certificates;
use crate::identity::CredentialKind;
use crate::identity_headers::IdentityHeader;
use crate::password::Passwords;
use crate::policy::rule::{Effect, Rule};
use crate::return_address::Login;
use crate::secret::Unprinted;
use crate::session::Sessions;

pub use self::error::{ConfigError, Position, Warning};
pub use self::http::HttpSettings;
pub(crate) use self::issuer::{IssuerConfig, KeySource};
pub use self::issuer::{KeyLocation, RemoteKeys};
pub(crate) use self::policy_test::PolicyTest;
pub use self::reader::Reference;

/// A policy file that was read and checked. Data: nothing in it is compiled or fetched yet.
///
/// # Example
/// ```
/// use gatewright::{Config, Reference};
/// let config = Config::from_toml(r#"
///     version = 1
///     [session]
///     keys = ["env:SESSION_KEY"]
///     lifetime = "12h"
///     [[rule]]
///     id = "members"
///     allow = "authenticated"
/// "#)?;
/// let config = config.resolve(|reference| match reference {
///     Reference::Env(name) if name == "SESSION_KEY" => Ok(b"0123456789abcdef0123456789abcdef".to_vec()),
///     other => Err(format!("nothing is known of {other}")),
/// })?;
/// assert!(config.warnings().is_empty());
/// # Ok::<(), gatewright::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    source: Arc<Unprinted>,
    document: Arc<Node>,
    references: Vec<Reference>,
    unresolved: Option<(String, Place)>,
    pub(crate) session: Option<Sessions>,
    pub(crate) issuers: Vec<IssuerConfig>,
    pub(crate) biscuits: Vec<Biscuits>,
    pub(crate) passwords: Option<Passwords>,
    pub(crate) api_keys: Vec<ApiKeys>,
    pub(crate) certificates: Vec<Certificates>,
    pub(crate) revocations: Option<Reference>,
    pub(crate) identity_headers: Vec<IdentityHeader>,
    pub(crate) assertions: Option<Assertions>,
    pub(crate) login: Option<Login>,
    pub(crate) http: HttpSettings,
    pub(crate) rules: Vec<Rule>,
    pub(crate) tests: Vec<PolicyTest>,
    warnings: Vec<Warning>,
    notes: Vec<Warning>,
}

impl Config {
    /// Reads a policy file.
    ///
    /// # Errors
    /// The text is not TOML, a key is unknown or wrong, or the settings contradict each other.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let source = Arc::new(Unprinted::from(text.to_owned()));
        let document = Node::from_toml(text).map_err(|problem| ConfigError::new(problem.message, &problem.place, text))?;
        Self::read(source, Arc::new(document), &mut Reader::without_shell())
    }

    /// Reads a policy of the same shape from a JSON value, for bindings.
    ///
    /// # Errors
    /// As [`Config::from_toml`]; places are paths such as `rule[2].allow`.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, ConfigError> {
        Self::read(Arc::default(), Arc::new(Node::from_json(value, "")), &mut Reader::without_shell())
    }

    /// Sets one scalar of `[http]` by its name in lower case, as the environment variable `GATEWRIGHT_HTTP_<NAME>` does.
    ///
    /// # Errors
    /// `[http]` has no such scalar, or the value is wrong for it.
    pub fn override_http(self, name: &str, value: &str) -> Result<Self, ConfigError> {
        let place = Place::Named(format!("GATEWRIGHT_HTTP_{}", name.to_ascii_uppercase()));
        let value = http::scalar(name, value, &place).map_err(|problem| self.error(&problem))?;
        let mut document = Node::clone(&self.document);
        set(&mut document, "http", name, &Node { place: place.clone(), value }, &place);
        Self::read(Arc::clone(&self.source), Arc::new(document), &mut Reader::without_shell())
    }

    /// Takes the `[[test]]`s of another file instead of its own; a file of tests has nothing else.
    ///
    /// # Errors
    /// The text is not TOML, or has anything but well-formed tests. Places are in that text.
    pub fn with_tests_from_toml(self, text: &str) -> Result<Self, ConfigError> {
        let error = |problem: Problem| ConfigError::new(problem.message, &problem.place, text);
        let document = Node::from_toml(text).map_err(error)?;
        let mut table = document.table("the file of tests").map_err(error)?;
        let tests = policy_test::read(&mut table, text).map_err(error)?;
        table.finish().map_err(error)?;
        Ok(Self { tests, ..self })
    }

    /// Returns everything outside the file that it refers to, each once; the list of revocations is apart
    /// ([`Config::revocations`]), since it changes while the process runs.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.references.iter()
    }

    /// Reads every reference through `read`, once each: the bytes of a file, the text of a variable.
    ///
    /// # Errors
    /// What `read` says, or what is wrong with what it gave, at the reference's place in the file.
    pub fn resolve(self, mut read: impl FnMut(&Reference) -> Result<Vec<u8>, String>) -> Result<Self, ConfigError> {
        Self::read(Arc::clone(&self.source), Arc::clone(&self.document), &mut Reader::with_shell(&mut read))
            .map(|config| Self { tests: self.tests, ..config })
    }

    /// Returns what is allowed but looks like a mistake.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns what has to be done outside the file, such as in the proxy, for something in it to work.
    #[must_use]
    pub fn notes(&self) -> &[Warning] {
        &self.notes
    }

    /// Returns the adapter's settings.
    #[must_use]
    pub fn http(&self) -> &HttpSettings {
        &self.http
    }

    /// Whether the file has a table that credentials of this kind are verified by.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Config, CredentialKind};
    /// let config = Config::from_toml("version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n")?;
    /// assert!(config.accepts(CredentialKind::Session) && !config.accepts(CredentialKind::Biscuit));
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn accepts(&self, kind: CredentialKind) -> bool {
        match kind {
            CredentialKind::Session => self.session.is_some(),
            CredentialKind::Jwt => !self.issuers.is_empty(),
            CredentialKind::Biscuit => !self.biscuits.is_empty(),
            CredentialKind::Basic => self.passwords.is_some(),
            CredentialKind::ApiKey => !self.api_keys.is_empty(),
            CredentialKind::ClientCert => !self.certificates.is_empty(),
        }
    }

    /// Returns the issuers whose keys have to be fetched.
    pub fn remote_keys(&self) -> impl Iterator<Item = &RemoteKeys> {
        self.issuers.iter().filter_map(|issuer| match &issuer.keys {
            KeySource::Remote(remote) => Some(remote),
            KeySource::Local(_) => None,
        })
    }

    /// Returns the file of revocations, if there is one.
    #[must_use]
    pub fn revocations(&self) -> Option<&Reference> {
        self.revocations.as_ref()
    }

    /// Returns the hosts that rules name, each once and in the file's order: `app.example.com`, `*.example.com`, with a port if the
    /// rule has one. Empty if no rule names any.
    ///
    /// # Example
    /// ```
    /// use gatewright::Config;
    /// let config = Config::from_toml(
    ///     "version = 1\n[[rule]]\nid = \"a\"\nhosts = [\"App.example.com\", \"*.example.com:8443\"]\ndeny = \"anyone\"",
    /// )?;
    /// assert_eq!(config.hosts(), ["app.example.com", "*.example.com:8443"]);
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts = Vec::new();
        for pattern in self.rules.iter().filter_map(|rule| rule.target.hosts.as_ref()).flatten() {
            let host = pattern.to_string();
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Returns the paths that rules name, each once and in the file's order: `/`, `/reports/*`, `/static/**`, `re:…`.
    ///
    /// # Example
    /// ```
    /// use gatewright::Config;
    /// let config = Config::from_toml("version = 1\n[[rule]]\nid = \"a\"\npaths = [\"/a/*\", \"/b/**\", \"/\"]\ndeny = \"anyone\"")?;
    /// assert_eq!(config.paths(), ["/a/*", "/b/**", "/"]);
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for pattern in self.rules.iter().filter_map(|rule| rule.target.paths.as_ref()).flatten() {
            let path = pattern.to_string();
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// Returns the ids of the rules that let anyone pass, in the file's order.
    ///
    /// # Example
    /// ```
    /// use gatewright::Config;
    /// let config = Config::from_toml("version = 1\n[[rule]]\nid = \"health\"\npaths = [\"/healthz\"]\nallow = \"anyone\"")?;
    /// assert_eq!(config.open_rules().collect::<Vec<_>>(), ["health"]);
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    pub fn open_rules(&self) -> impl Iterator<Item = &str> {
        let open = |rule: &&Rule| matches!(rule.effect, Effect::Anyone) && !rule.shadow;
        self.rules.iter().filter(open).map(|rule| rule.id.as_str())
    }

    /// Returns where people log in, if the file says so.
    ///
    /// # Example
    /// ```
    /// use gatewright::Config;
    /// let config = Config::from_toml("version = 1\n[login]\nurl = \"https://auth.example.com/login\"")?;
    /// assert_eq!(config.login_url(), Some("https://auth.example.com/login"));
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn login_url(&self) -> Option<&str> {
        self.login.as_ref().map(|login| login.url.as_str())
    }

    /// Refuses a configuration with references that nobody read.
    pub(crate) fn require_resolved(&self) -> Result<(), ConfigError> {
        match &self.unresolved {
            None => Ok(()),
            Some((message, place)) => Err(ConfigError::new(message.clone(), place, &self.source)),
        }
    }

    fn error(&self, problem: &Problem) -> ConfigError {
        ConfigError::new(problem.message.clone(), &problem.place, &self.source)
    }

    fn read(source: Arc<Unprinted>, document: Arc<Node>, reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        match Self::read_tables(&source, &document, reader) {
            Ok(mut config) => {
                warnings::look(&config, &document, reader);
                config.warnings = reader.warnings(&source);
                config.notes = reader.notes(&source);
                config.references = reader.references();
                config.unresolved = reader.unresolved();
                Ok(Self { source, document, ..config })
            }
            Err(problem) => Err(ConfigError::new(problem.message, &problem.place, &source)),
        }
    }

    /// Reads the tables in the order of the documentation.
    fn read_tables(source: &str, document: &Node, reader: &mut Reader<'_>) -> Result<Self, Problem> {
        let mut table = document.table("the file")?;
        table.require_known(TABLES)?;
        let version = table.require("version")?;
        if !matches!(version.value, Value::Integer(1)) {
            return Err(version.problem("this version reads `version = 1`"));
        }
        let session = table.take("session").map(|node| session::read(node, reader)).transpose()?.flatten();
        let issuers = issuer::read(&mut table, reader)?;
        let biscuits = biscuit::read(&mut table)?;
        let passwords = basic::read(&mut table, reader)?;
        let api_keys = api_key::read(&mut table, reader)?;
        let certificates = client_cert::read(&mut table, reader)?;
        let revocations = table.take("revocations").map(reader::revocations).transpose()?;
        let identity_headers = table.take("identity_headers").map(identity_headers::read).transpose()?.unwrap_or_default();
        let assertions =
            table.take("assertion").map(|node| assertion::read(node, &identity_headers, reader)).transpose()?.flatten();
        let login = table.take("login").map(login::read).transpose()?;
        let http = match table.take("http") {
            Some(node) => http::read(node, reader)?,
            None => HttpSettings::default(),
        };
        let sources = rule::Sources::new(&issuers, kinds_of_sources(document)?);
        let rules = rule::read(&mut table, &sources)?;
        let tests = policy_test::read(&mut table, source)?;
        table.finish()?;
        Ok(Self {
            source: Arc::default(),
            document: Arc::new(Node { place: document.place.clone(), value: Value::Bool(false) }),
            references: Vec::new(),
            unresolved: None,
            session,
            issuers,
            biscuits,
            passwords,
            api_keys,
            certificates,
            revocations,
            identity_headers,
            assertions,
            login,
            http,
            rules,
            tests,
            warnings: Vec::new(),
            notes: Vec::new(),
        })
    }
}

/// What a file consists of, in the order of the documentation.
const TABLES: &[&str] = &[
    "version",
    "session",
    "issuer",
    "biscuit",
    "basic",
    "api_key",
    "client_cert",
    "revocations",
    "identity_headers",
    "assertion",
    "login",
    "http",
    "rule",
    "test",
];

/// Lists every source of identities that the file names, by its kind.
fn kinds_of_sources(document: &Node) -> Result<Vec<CredentialKind>, Problem> {
    let mut table = document.table("the file")?;
    let mut kinds = Vec::new();
    for kind in CredentialKind::ALL {
        let count = match table.take(kind.table()) {
            Some(node) => node.array().map_or(1, <[Node]>::len),
            None => 0,
        };
        kinds.extend(std::iter::repeat_n(*kind, count));
    }
    Ok(kinds)
}

/// Sets `table.key` in a document, making the table if it is not there.
fn set(document: &mut Node, table: &str, key: &str, node: &Node, place: &Place) {
    let Value::Table(members) = &mut document.value else { return };
    if !members.iter().any(|member| member.key == table) {
        let empty = Node { place: place.clone(), value: Value::Table(Vec::new()) };
        members.push(Member { key: table.to_owned(), place: place.clone(), node: empty });
    }
    for member in members.iter_mut().filter(|member| member.key == table) {
        if let Value::Table(inner) = &mut member.node.value {
            inner.retain(|member| member.key != key);
            inner.push(Member { key: key.to_owned(), place: place.clone(), node: node.clone() });
        }
    }
}

#[cfg(test)]
mod tests;
