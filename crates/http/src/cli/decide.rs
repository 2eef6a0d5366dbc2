//! `gatewright decide`: one decision, explained.

use std::ffi::OsString;
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use gatewright::{Decision, Explanation, Request, UnixTime};
use gatewright_issuer::{Live, Refresh};

use crate::cli::failure::Failure;
use crate::cli::find::{self, Keys};
use crate::cli::header;
use crate::cli::report::Report;
use crate::cli::style::Style;
use crate::cli::url::SplitUrl;

/// Decides one request and says how: every check on its credential, every rule, what did not match
///
/// The URL is split as bytes and judged as it stands: no dot segment is removed, no case folded, nothing re-encoded. Only
/// a missing path becomes `/`. The host of the request is the URL's; a `Host` header is a header like any other.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Decide {
    /// The request's URL: scheme://host[:port]/path?query
    #[arg(value_name = "URL")]
    url: OsString,
    /// The policy file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The request's method
    #[arg(long, value_name = "M", default_value = "GET")]
    method: OsString,
    /// A request header `N: V`, a file of such lines `@FILE`, or `-` for lines on standard input; may be repeated
    #[arg(long = "header", short = 'H', value_name = "HEADER")]
    headers: Vec<OsString>,
    /// The client's address, as a trusted proxy would report it
    #[arg(long, value_name = "IP")]
    client: Option<IpAddr>,
    /// A certificate header that the proxy overwrites, so that it counts; may be repeated
    #[arg(long = "proxy-sets", value_name = "NAME")]
    proxy_sets: Vec<String>,
    /// Decide as of this moment: seconds since 1970, or 2026-12-31T23:59:59Z
    #[arg(long, value_name = "MOMENT")]
    now: Option<UnixTime>,
    /// Fetch no keys
    #[arg(long)]
    offline: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Decide {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let Some(url) = SplitUrl::new(self.url.as_encoded_bytes()) else {
            return Err(Failure::Usage("the URL has no scheme and host: write `https://app.example.com/path`".to_owned()));
        };
        let headers = header::read("--header", &self.headers, std::io::stdin())?;
        let path = find::configuration(self.config.as_deref())?;
        let keys = if self.offline { Keys::Local } else { Keys::Fetch };
        let live = find::open(&path, keys)?;

        let request = Request::new(self.method.as_encoded_bytes(), url.scheme, url.host, url.target, &headers);
        let request = self.client.map_or(request, |address| request.client(address));
        let proxy_sets = self.proxy_sets.iter().map(|name| certificate_header(name)).collect::<Result<Vec<_>, _>>()?;
        let request = request.proxy_sets(&proxy_sets);
        let now = self.now.unwrap_or_else(gatewright_issuer::now);
        let (decision, explanation) = explain(&live, &request, now, keys);

        let report = Report { decision: &decision, explanation: &explanation };
        if self.json {
            report.write_json(out)?;
        } else {
            report.write_text(Style::of_stdout(), out)?;
        }
        Ok(exit_code(&decision))
    }
}

fn certificate_header(name: &str) -> Result<String, Failure> {
    let name = name.to_ascii_lowercase();
    let known: Vec<&str> = gatewright::certificate_headers().collect();
    if known.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(Failure::Usage(format!("`--proxy-sets {name}`: no certificate is read from it; write some of {}", known.join(", "))))
}

/// Explains, and once more if the first answer asked for keys that then came.
fn explain(live: &Live, request: &Request<'_>, now: UnixTime, keys: Keys) -> (Decision, Explanation) {
    let first = live.current().authorizer.explain(request, now);
    let Some(issuer) = first.0.wants_keys().filter(|_| keys == Keys::Fetch) else {
        return first;
    };
    let came = match live.refresh(issuer) {
        Refresh::Pending(pending) => pending.wait(PATIENCE),
        Refresh::Cooling => false,
    };
    if came { live.current().authorizer.explain(request, now) } else { first }
}

fn exit_code(decision: &Decision) -> u8 {
    match decision {
        Decision::Allow(_) => 0,
        Decision::Challenge(_) => 10,
        Decision::Forbid(_) => 11,
        Decision::Indeterminate(_) => 12,
    }
}

/// How long a person waits for an issuer.
const PATIENCE: Duration = Duration::from_secs(15);

const EXAMPLE: &str = "\
Examples:
  gatewright decide https://app.example.com/admin/
  gatewright decide --header @headers.txt --method POST --client 203.0.113.7 https://app.example.com/api
  gatewright decide --header - --json https://app.example.com/ < headers.txt
  gatewright decide --header @certificate.txt --proxy-sets Client-Cert https://app.example.com/

A secret on the command line can be read by every user of the machine: use @FILE or `-`.

Exit code: 0 allow, 10 challenge (401), 11 forbid (403), 12 indeterminate (503), 2 usage or configuration";
