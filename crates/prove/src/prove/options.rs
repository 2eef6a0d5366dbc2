//! What is to be proved, and with what.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::target::Target;
use super::wire::Line;

/// A deployment, what is behind its gate, and how much may be tried.
///
/// # Example
/// ```
/// use gatewright_prove::prove::{Credential, Prove};
/// let mut options = Prove::new("http://127.0.0.1:8000/admin".parse()?);
/// options.allow = Some(Credential::new(["Cookie: session=…"], "@allow.txt")?);
/// options.identity = vec!["X-User".to_owned()];
/// assert_eq!(options.paths, ["/admin"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Prove {
    /// The deployment.
    pub target: Target,
    /// Where it is connected to, whatever its name; none means all addresses of the name.
    pub addresses: Vec<SocketAddr>,
    /// What is protected: paths with their queries. First that of the URL.
    pub paths: Vec<String>,
    /// What anybody may see: paths, with `*` at the end all that begin so.
    pub open: Vec<String>,
    /// Of somebody who may see the paths. Without it an answer can only look blocked.
    pub allow: Option<Credential>,
    /// Of somebody else who may see them, with other content.
    pub second: Option<Credential>,
    /// Of somebody who may not see them, and is known.
    pub forbid: Option<Credential>,
    /// One that was good once.
    pub expired: Option<Credential>,
    /// A text that only the protected pages have; without it, it is learned what they have in common with nothing else.
    pub marker: Option<String>,
    /// Other names under which the server may answer.
    pub hosts: Vec<String>,
    /// Other ports or schemes of it.
    pub others: Vec<Target>,
    /// Addresses of the application itself, which must not answer.
    pub direct: Vec<Target>,
    /// Headers that tell the application who is asking.
    pub identity: Vec<String>,
    /// A path whose answer shows the identity that the application got.
    pub whoami: Option<String>,
    /// Paths at which the gate itself may be asked by the proxy.
    pub auth_paths: Vec<String>,
    /// Origins to which a login may lead.
    pub logins: Vec<String>,
    /// How the gate is stopped and started again.
    pub outage: Option<Outage>,
    /// Which methods may be used.
    pub methods: Methods,
    /// Whose certificates are believed.
    pub certificates: Certificates,
    /// For how long a connection is waited for.
    pub connect_timeout: Duration,
    /// For how long an answer is waited for.
    pub answer_timeout: Duration,
    /// How many requests are made at once, at most; four times as many where answers are slow.
    pub at_once: usize,
    /// How many requests are made in a second, at most.
    pub rate: Option<u32>,
    /// After which time nothing more is begun.
    pub budget: Option<Duration>,
    /// Part of names that no server knows; another one for every run.
    pub nonce: u64,
    /// When the run was started, for the report.
    pub started: String,
}

/// Lines of a head that say who is asking. They are sent, and never printed.
#[derive(Clone)]
pub struct Credential {
    pub(crate) lines: Vec<Line>,
}

/// Commands for `sh -c` that stop the gate and start it again.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "two commands are all there is")]
pub struct Outage {
    /// After this the gate does not answer.
    pub stop: String,
    /// After this it does. It is run whatever happens between.
    pub restore: String,
}

/// Which methods a probe may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "either a probe can change something or it cannot")]
pub enum Methods {
    /// GET, HEAD and OPTIONS, which change nothing (RFC 9110 §9.2.1).
    Safe,
    /// All of them: POST, PUT, PATCH and DELETE change something if they get through.
    All,
}

/// Whose certificates are believed.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each way to trust is named here")]
pub enum Certificates {
    /// Those of the web's authorities.
    Web,
    /// Those that these authorities have signed, PEM.
    Authorities(Vec<u8>),
    /// Anybody's: the credentials go to whoever answers.
    DangerAnybody,
}

/// The lines are no header lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialError(String);

impl Prove {
    /// Safe methods, the web's authorities, ten seconds for an answer, and no limit on requests.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            paths: vec![target.path().to_owned()],
            target,
            addresses: Vec::new(),
            open: Vec::new(),
            allow: None,
            second: None,
            forbid: None,
            expired: None,
            marker: None,
            hosts: Vec::new(),
            others: Vec::new(),
            direct: Vec::new(),
            identity: Vec::new(),
            whoami: None,
            auth_paths: Vec::new(),
            logins: Vec::new(),
            outage: None,
            methods: Methods::Safe,
            certificates: Certificates::Web,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(10),
            at_once: 4,
            rate: None,
            budget: None,
            nonce: 0,
            started: String::new(),
        }
    }

    /// A name that no server knows.
    pub(crate) fn unknown(&self) -> String {
        format!("gatewright-{:016x}", self.nonce)
    }

    /// A path that no server knows: of no form that one would refuse by itself.
    pub(crate) fn unknown_path(&self) -> String {
        format!("/{:016x}", self.nonce)
    }

    /// Whether anybody may see this target.
    pub(crate) fn is_open(&self, target: &[u8]) -> bool {
        let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        self.open.iter().any(|open| match open.strip_suffix('*') {
            // A dot segment or an escaped one can lead out of what begins so.
            Some(start) => {
                let leads_out = path.windows(2).any(|two| matches!(two, b"/." | b".." | b"//"));
                path.starts_with(start.as_bytes()) && !leads_out && !path.iter().any(|byte| b"%;\\".contains(byte))
            }
            None => path == open.as_bytes(),
        })
    }
}

impl Credential {
    /// Takes whole header lines; `instead` is what stands for them wherever they would be printed, such as `@allow.txt`.
    ///
    /// # Errors
    /// A line has no name, or a line break in it.
    ///
    /// # Example
    /// ```
    /// use gatewright_prove::prove::Credential;
    /// let credential = Credential::new(["Authorization: Bearer hidden"], "@token.txt")?;
    /// assert!(!format!("{credential:?}").contains("hidden"));
    /// assert!(Credential::new(["Bearer hidden"], "@token.txt").is_err());
    /// # Ok::<(), gatewright_prove::prove::CredentialError>(())
    /// ```
    pub fn new<L: AsRef<str>>(lines: impl IntoIterator<Item = L>, instead: &str) -> Result<Self, CredentialError> {
        let mut taken = Vec::new();
        for line in lines {
            let line = line.as_ref();
            let name = line.split_once(':').map(|(name, _)| name).filter(|name| !name.is_empty());
            if name.is_none_or(|name| !name.bytes().all(|byte| byte.is_ascii_graphic())) || line.contains(['\r', '\n', '\0']) {
                return Err(CredentialError(format!("{instead} holds a line that is not of the form `Name: value`")));
            }
            taken.push(Line::secret(line, instead));
        }
        if taken.is_empty() { Err(CredentialError(format!("{instead} holds no line"))) } else { Ok(Self { lines: taken }) }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.lines).finish()
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CredentialError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_does_not_open_what_leads_out_of_it() {
        let mut options = Prove::new("http://a.test/admin".parse().unwrap());
        options.open = vec!["/health".to_owned(), "/static/*".to_owned()];
        assert!(options.is_open(b"/health?x=1") && options.is_open(b"/static/a") && options.is_open(b"/static/a.css"));
        for target in
            ["/healthz", "/health/", "/static/../admin", "/static/%2e%2e/admin", "/static/;/a", "/static/a../b", "/static//admin"]
        {
            assert!(!options.is_open(target.as_bytes()), "{target}");
        }
    }
}
