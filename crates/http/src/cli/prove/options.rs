//! The options of a run against a deployment, and what they mean.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use gatewright_prove::prove::{Certificates, Methods, Outage, Prove, Target, paths};

use super::credential::{Reader, is_input};
use crate::cli::failure::{Failure, warn};
use crate::cli::{random, span};

/// A URL, and whether it names a path.
#[derive(Clone, Debug)]
pub(super) struct Url {
    target: Target,
    names_path: bool,
}

/// Whose credentials are tried.
#[derive(Debug, Args)]
pub(super) struct Credentials {
    /// Of somebody who may see the paths. Without it an answer can only look blocked
    #[arg(long, value_name = "CREDENTIAL")]
    allow: Option<String>,
    /// Of somebody else who may, and sees other content
    #[arg(long, value_name = "CREDENTIAL")]
    second: Option<String>,
    /// Of somebody who is known, and may not
    #[arg(long, value_name = "CREDENTIAL")]
    forbid: Option<String>,
    /// One that was good once
    #[arg(long, value_name = "CREDENTIAL")]
    expired: Option<String>,
}

/// What is known about the deployment, and how it is reached.
#[derive(Debug, Args)]
pub(super) struct Deployment {
    /// A file with protected paths: one in a line, OpenAPI, a sitemap, or what `nginx -T` prints; may be repeated
    #[arg(long = "paths", visible_aliases = ["openapi", "sitemap"], value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A text that only the protected pages have, where their content does not tell
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    marker: Option<String>,
    /// A path whose answer shows who the application takes one for
    #[arg(long, value_name = "PATH", value_parser = exact)]
    whoami: Option<String>,
    /// Where a login may lead, such as https://auth.example.com; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    login: Vec<Target>,
    /// A path at which the proxy asks the gate: clients must get nothing there; may be repeated
    #[arg(long, value_name = "PATH", value_parser = exact)]
    auth_path: Vec<String>,
    /// An address of the application itself, which must not answer: http://10.0.0.5:8080; may be repeated
    #[arg(long, value_name = "URL")]
    direct: Vec<Target>,
    /// Another name under which the server may answer; may be repeated
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Another port or scheme of it, such as http://app.example.com; may be repeated
    #[arg(long, value_name = "URL")]
    also: Vec<Target>,
    /// Stops the gate, for `sh -c`: what comes while it is down?
    #[arg(long, value_name = "COMMAND", requires = "restore_cmd")]
    outage_cmd: Option<String>,
    /// Starts it again; run whatever happens in between
    #[arg(long, value_name = "COMMAND", requires = "outage_cmd")]
    restore_cmd: Option<String>,
    /// Connect to this address, whatever the name says; may be repeated
    #[arg(long, value_name = "IP[:PORT]", value_parser = connect)]
    connect: Vec<Connect>,
    /// Believe certificates of these authorities (PEM) instead of the web's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Believe any certificate: the credentials go to whoever answers
    #[arg(long, short = 'k', conflicts_with = "cacert")]
    insecure: bool,
}

/// How much is tried, and how fast.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// Send GET, HEAD and OPTIONS alone, which change nothing: the default
    #[arg(long)]
    safe: bool,
    /// Send POST, PUT, PATCH and DELETE as well: what gets through can change data
    #[arg(long, conflicts_with = "safe")]
    all_methods: bool,
    /// Requests in a second, at most [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Requests at the same time, at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64), default_value_t = 4)]
    at_once: u8,
    /// Begin nothing more after this time: 90s, 15m
    #[arg(long, value_name = "SPAN", value_parser = seconds)]
    budget: Option<Duration>,
    /// Wait so long for an answer
    #[arg(long, value_name = "SPAN", value_parser = seconds, default_value = "10s")]
    timeout: Duration,
}

/// An address, with the URL's port unless it has one.
#[derive(Clone, Copy, Debug)]
enum Connect {
    Host(IpAddr),
    Socket(SocketAddr),
}

/// Brings the options together, but for what the policy says and for the credentials.
pub(super) fn of(url: Url, named: Vec<String>, deployment: &Deployment, limits: &Limits) -> Result<Prove, Failure> {
    let Url { target, names_path } = url;
    let mut options = Prove::new(target);
    if !names_path {
        options.paths.clear();
    }
    let target = &options.target;
    let mut found = named;
    for file in &deployment.files {
        found.extend(read_paths(file, target)?);
    }
    options.addresses = deployment
        .connect
        .iter()
        .map(|connect| match connect {
            Connect::Host(host) => SocketAddr::new(*host, target.port()),
            Connect::Socket(socket) => *socket,
        })
        .collect();
    for path in found {
        if !options.paths.contains(&path) {
            options.paths.push(path);
        }
    }
    options.marker.clone_from(&deployment.marker);
    options.whoami.clone_from(&deployment.whoami);
    options.logins = deployment.login.iter().map(Target::origin).collect();
    options.auth_paths.clone_from(&deployment.auth_path);
    options.direct.clone_from(&deployment.direct);
    options.hosts.clone_from(&deployment.host);
    options.others.clone_from(&deployment.also);
    options.outage =
        deployment.outage_cmd.clone().zip(deployment.restore_cmd.clone()).map(|(stop, restore)| Outage { stop, restore });
    options.certificates = match &deployment.cacert {
        Some(path) => Certificates::Authorities(read(path)?),
        None if deployment.insecure => {
            warn("certificates are not looked at (`--insecure`): the credentials go to whoever answers");
            Certificates::DangerAnybody
        }
        None => Certificates::Web,
    };
    options.methods = if limits.all_methods { Methods::All } else { Methods::Safe };
    options.at_once = limits.at_once.into();
    options.rate = limits.rate;
    options.budget = limits.budget;
    options.answer_timeout = limits.timeout;
    options.connect_timeout = options.connect_timeout.min(limits.timeout);
    options.nonce = u64::from_le_bytes(random::bytes()?);
    options.started = gatewright_http::rfc3339(gatewright_issuer::now());
    Ok(options)
}

/// Without any path that is named, the root is what is protected.
///
/// # Errors
/// A path is both.
pub(super) fn check_paths(options: &mut Prove) -> Result<(), Failure> {
    if options.paths.is_empty() {
        options.paths.push(options.target.path().to_owned());
    }
    match options.paths.iter().find(|path| options.open.contains(path)) {
        Some(path) => Err(Failure::Usage(format!("`{path}` is named as protected, and as open"))),
        None => Ok(()),
    }
}

impl Credentials {
    /// Reads those that are named.
    pub(super) fn read(&self, options: &mut Prove) -> Result<(), Failure> {
        let all = [&self.allow, &self.second, &self.forbid, &self.expired];
        if all.iter().filter(|argument| argument.as_deref().is_some_and(is_input)).count() > 1 {
            return Err(Failure::Usage("only one credential can be read from standard input".to_owned()));
        }
        let mut reader = Reader::default();
        let mut read = |option: &str, argument: &Option<String>| {
            argument.as_deref().map(|argument| reader.read(option, argument)).transpose()
        };
        options.allow = read("allow", &self.allow)?;
        options.second = read("second", &self.second)?;
        options.forbid = read("forbid", &self.forbid)?;
        options.expired = read("expired", &self.expired)?;
        if options.allow.is_none() {
            warn("without `--allow` an answer can only look blocked: nobody knows what the protected page is");
        }
        Ok(())
    }
}

/// Reads a URL.
pub(super) fn url(text: &str) -> Result<Url, String> {
    let target: Target = text.parse().map_err(|error: gatewright_prove::prove::TargetError| error.to_string())?;
    let names_path = text.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?']));
    Ok(Url { target, names_path })
}

/// Reads a path as it is sent: no `*`, nothing that has to be escaped.
pub(super) fn exact(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("a path begins with `/`".to_owned());
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('#') {
        return Err("a path is sent as it is: escape spaces and what is not ASCII, and leave out `#`".to_owned());
    }
    Ok(text.to_owned())
}

fn connect(text: &str) -> Result<Connect, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let socket = text.parse().map(Connect::Socket);
    socket
        .or_else(|_| bare.parse().map(Connect::Host))
        .map_err(|_| "write `127.0.0.1`, `127.0.0.1:8443` or `[::1]:8443`".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    match span::parse(text)? {
        0 => Err("this is no time at all".to_owned()),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

fn read_paths(file: &Path, target: &Target) -> Result<Vec<String>, Failure> {
    paths(&file.display().to_string(), &read(file)?, target).map_err(|error| Failure::Usage(error.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Usage(format!("`{}` cannot be read: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_without_a_path_names_none() {
        let names = |text: &str| url(text).unwrap().names_path;
        assert!(!names("https://app.test") && names("https://app.test/") && names("https://app.test?x"));
        assert!(url("app.test").is_err());
    }

    #[test]
    fn address_has_the_port_of_the_url_unless_it_has_its_own() {
        assert!(matches!(connect("127.0.0.1"), Ok(Connect::Host(_))) && matches!(connect("[::1]"), Ok(Connect::Host(_))));
        assert!(matches!(connect("[::1]:80"), Ok(Connect::Socket(_))) && connect("app.test:80").is_err());
    }

    #[test]
    fn path_is_sent_as_it_is() {
        assert!(exact("/a/%2e%2e/b?c=d").is_ok());
        assert!(["a", "", "/a b", "/ä", "/a#b"].iter().all(|text| exact(text).is_err()));
    }

    #[test]
    fn no_time_at_all_is_no_limit() {
        assert_eq!(seconds("2m"), Ok(Duration::from_secs(120)));
        assert!(seconds("0s").is_err() && seconds("2").is_err());
    }
}
