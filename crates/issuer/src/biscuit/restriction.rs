//! What a token is narrowed to, as checks over the facts of a request.

use std::collections::BTreeSet;
use std::net::IpAddr;

use biscuit_auth::builder::{BlockBuilder, Check, CheckKind, Term};
use biscuit_auth::macros::check;
use gatewright::{Datalog, UnixTime};

use super::{BiscuitError, refused};

/// What a token is narrowed to: what is named twice may be either, and everything that is named has to hold.
///
/// # Example
/// ```
/// use gatewright_issuer::biscuit::Restrictions;
/// let reports = Restrictions::default().method("GET")?.path("/reports/**")?.host("app.example.com")?;
/// assert!(Restrictions::default().path("/a/*/b").is_err(), "only `**` at the end");
/// # Ok::<(), gatewright_issuer::biscuit::BiscuitError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Restrictions {
    methods: BTreeSet<String>,
    paths: Vec<Reach>,
    hosts: Vec<Reach>,
    addresses: Vec<IpAddr>,
    until: Option<UnixTime>,
    datalog: Vec<Datalog>,
}

/// One thing, or everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    Exactly(String),
    Below(String),
}

impl Restrictions {
    /// Narrows to all of these at once, as their own functions do.
    ///
    /// # Errors
    /// As for [`method`](Self::method), [`host`](Self::host) and [`path`](Self::path).
    pub fn of(methods: &[String], hosts: &[String], paths: &[String], until: Option<UnixTime>) -> Result<Self, BiscuitError> {
        let narrow = methods.iter().try_fold(Self::default(), |narrow, method| narrow.method(method))?;
        let narrow = hosts.iter().try_fold(narrow, |narrow, host| narrow.host(host))?;
        let narrow = paths.iter().try_fold(narrow, |narrow, path| narrow.path(path))?;
        Ok(match until {
            Some(moment) => narrow.until(moment),
            None => narrow,
        })
    }

    /// Allows a method; `GET` allows `HEAD` too, as in a rule.
    ///
    /// # Errors
    /// It is no method.
    pub fn method(mut self, method: &str) -> Result<Self, BiscuitError> {
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_method || method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(BiscuitError(format!("`{}` is no method; write such as `GET`", method.escape_debug())));
        }
        if method == "GET" {
            self.methods.insert("HEAD".to_owned());
        }
        self.methods.insert(method.to_owned());
        Ok(self)
    }

    /// Allows a path, or with `/**` at its end everything below it and itself. Written decoded, without a query.
    ///
    /// # Errors
    /// It is no such path.
    pub fn path(mut self, path: &str) -> Result<Self, BiscuitError> {
        let below = path.strip_suffix("/**");
        let plain = below.unwrap_or_else(|| path.strip_suffix('/').unwrap_or(path));
        let is_segment = |segment: &str| {
            !["", ".", ".."].contains(&segment)
                && !segment.contains(['*', '%', '?', '#', '\\', ';'])
                && !segment.contains(char::is_control)
        };
        let is_root = plain.is_empty() && !path.is_empty();
        if !is_root && !plain.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment)) {
            return Err(BiscuitError(format!(
                "`{}` is no path to narrow a token to; write such as `/reports/7` or `/reports/**`, decoded",
                path.escape_debug()
            )));
        }
        self.paths.push(match below {
            Some(base) => Reach::Below(base.to_owned()),
            None if is_root => Reach::Exactly("/".to_owned()),
            None => Reach::Exactly(plain.to_owned()),
        });
        Ok(self)
    }

    /// Allows a host, or with `*.` in front every host below it. The port does not matter.
    ///
    /// # Errors
    /// It is no host name.
    pub fn host(mut self, host: &str) -> Result<Self, BiscuitError> {
        let below = host.strip_prefix("*.");
        let name = below.unwrap_or(host).to_ascii_lowercase();
        let is_label =
            |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let is_address = below.is_none() && name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        if !is_address && !name.split('.').all(is_label) {
            return Err(BiscuitError(format!(
                "`{}` is no host; write such as `app.example.com` or `*.example.com`, without a port",
                host.escape_debug()
            )));
        }
        self.hosts.push(if below.is_some() { Reach::Below(name) } else { Reach::Exactly(name) });
        Ok(self)
    }

    /// Allows a client's address.
    #[must_use]
    pub fn client_ip(mut self, address: IpAddr) -> Self {
        self.addresses.push(address);
        self
    }

    /// Ends the token at this moment.
    #[must_use]
    pub fn until(mut self, moment: UnixTime) -> Self {
        self.until = Some(self.until.map_or(moment, |earlier| earlier.min(moment)));
        self
    }

    /// Adds facts, rules and checks in the language of biscuits.
    ///
    /// # Errors
    /// It is not well formed, or has policies, which only a policy file has.
    pub fn datalog(mut self, text: &str) -> Result<Self, BiscuitError> {
        let datalog = Datalog::parse(text).map_err(|error| BiscuitError(format!("this is no datalog: {error}")))?;
        self.datalog.push(datalog);
        self.block()?;
        Ok(self)
    }

    /// Whether nothing is narrowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { methods, paths, hosts, addresses, until, datalog } = self;
        let listed = methods.is_empty() && paths.is_empty() && hosts.is_empty() && addresses.is_empty();
        listed && until.is_none() && datalog.is_empty()
    }

    pub(super) fn block(&self) -> Result<BlockBuilder, BiscuitError> {
        let mut checks = Vec::new();
        if !self.methods.is_empty() {
            let methods: BTreeSet<Term> = self.methods.iter().map(|method| Term::Str(method.clone())).collect();
            checks.push(check!("check if operation($o), {methods}.contains($o)"));
        }
        checks.extend(any_of(self.paths.iter().map(|path| match path {
            Reach::Exactly(path) => {
                let path = path.as_str();
                check!("check if resource({path})")
            }
            Reach::Below(base) => {
                let (base, inside) = (base.as_str(), format!("{base}/"));
                check!("check if resource($r), $r === {base} || $r.starts_with({inside})")
            }
        })));
        checks.extend(any_of(self.hosts.iter().map(|host| match host {
            Reach::Exactly(host) => {
                let host = host.as_str();
                check!("check if host({host})")
            }
            Reach::Below(base) => {
                let end = format!(".{base}");
                check!("check if host($h), $h.ends_with({end})")
            }
        })));
        checks.extend(any_of(self.addresses.iter().map(|address| {
            let address = address.to_string();
            check!("check if client_ip({address})")
        })));
        if let Some(until) = self.until {
            let until = Term::Date(until.as_secs());
            checks.push(check!("check if time($t), $t < {until}"));
        }
        let mut block = BlockBuilder::new();
        for datalog in &self.datalog {
            block = block.code(datalog.as_str()).map_err(refused)?;
        }
        checks.into_iter().try_fold(block, BlockBuilder::check).map_err(refused)
    }
}

/// Joins checks into one that holds if any of them does.
fn any_of(checks: impl Iterator<Item = Check>) -> Option<Check> {
    let queries: Vec<_> = checks.flat_map(|check| check.queries).collect();
    (!queries.is_empty()).then_some(Check { queries, kind: CheckKind::One })
}
