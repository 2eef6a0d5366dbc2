//! Where a login may send the user back to (open-redirect rules of DESIGN section 7).

use crate::host::{Host, HostPattern};
use crate::path::Path;
use crate::percent::{self, Plus};
use crate::request::Scheme;

/// `[login]` of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) url: String,
    pub(crate) return_hosts: Vec<ReturnHost>,
    page: LoginPage,
}

/// The login page itself, which nobody is sent back to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LoginPage {
    host: String,
    port: u16,
    /// Decoded, as [`Path::text`] gives it.
    path: String,
}

/// One entry of `return_hosts`: `[scheme://]host[:port]`, https by default. Without a port it is the scheme's default port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnHost {
    pub(crate) https: bool,
    pub(crate) host: HostPattern,
}

impl Login {
    /// Reads the two keys of `[login]`; the error says what to write instead.
    pub(crate) fn parse(url: &str, return_hosts: &[&str]) -> Result<Self, String> {
        let page = LoginPage::parse(url)?;
        let return_hosts = return_hosts.iter().map(|entry| ReturnHost::parse(entry)).collect::<Result<_, _>>()?;
        Ok(Self { url: url.to_owned(), return_hosts, page })
    }

    /// Judges the raw query text after `rd=`; the result is the text as received (decoded at most once), never repaired.
    pub(crate) fn return_address(&self, raw: &str) -> Option<String> {
        if raw.len() > MAX_RAW {
            return None;
        }
        let address = if has_scheme(raw) { raw.to_owned() } else { decode_once(raw)? };
        let parts = Address::parse(&address)?;
        let listed = self.return_hosts.iter().any(|entry| entry.matches(&parts));
        (listed && !self.leads_to_login_page(&parts)).then_some(address)
    }

    /// Builds the login URL for a request that came for `address` (absolute, or `None`), with the step-up parameters
    /// before `rd`, which is last and percent-encoded. `rd` is left out if `return_address` would refuse it.
    pub(crate) fn location(&self, address: Option<&str>, max_age: Option<u64>, acr_values: &[Box<str>]) -> String {
        let mut location = self.url.clone();
        let mut push = |name: &str, value: &str| {
            location.push(if location.contains('?') { '&' } else { '?' });
            location.push_str(name);
            location.push('=');
            percent::encode_into(&mut location, value);
        };
        if let Some(seconds) = max_age {
            push("max_age", &seconds.to_string());
        }
        if !acr_values.is_empty() {
            push("acr_values", &acr_values.join(" "));
        }
        // Only an absolute address: an encoded one would be read as what it decodes to.
        if let Some(address) = address.filter(|address| has_scheme(address)).and_then(|address| self.return_address(address)) {
            push("rd", &address);
        }
        location
    }

    /// Whether this host and (decoded) path are the login page itself, which never redirects to itself.
    ///
    /// An unknown port counts as the page's own.
    pub(crate) fn is_login_page(&self, host: &str, port: Option<u16>, path: &str) -> bool {
        host == self.page.host && port.is_none_or(|port| port == self.page.port) && path == self.page.path
    }

    /// As [`is_login_page`](Self::is_login_page); at the login host a path that could be read as the page's counts too.
    fn leads_to_login_page(&self, address: &Address<'_>) -> bool {
        if address.host.name != self.page.host || address.port() != self.page.port {
            return false;
        }
        match Path::parse(address.path.as_bytes()) {
            Ok(path) if path.forms().is_empty() => self.is_login_page(&address.host.name, None, &path.text()),
            Ok(_) | Err(_) => true,
        }
    }
}

impl LoginPage {
    fn parse(url: &str) -> Result<Self, String> {
        let Some(address) = Address::parse(url) else {
            return Err(format!("login url `{url}` is not an absolute address; write such as `https://auth.example.com/login`"));
        };
        if !address.https && !address.host.is_loopback() {
            return Err(format!("login url `{url}`: plain http is for loopback hosts only; write `https://`"));
        }
        let after_path = url.split_once(['?', '#']).map_or("", |(_, rest)| rest);
        if url.contains('#') {
            return Err(format!("login url `{url}`: a fragment never reaches the server; leave it out"));
        }
        if after_path.split('&').any(|pair| pair.split('=').next() == Some("rd")) {
            return Err(format!("login url `{url}`: `rd` is added for each request; leave it out"));
        }
        let path = Path::parse(address.path.as_bytes()).ok().filter(|path| path.forms().is_empty());
        let Some(path) = path else {
            return Err(format!("login url `{url}`: the path can be read in more than one way; write it plainly"));
        };
        Ok(Self { port: address.port(), path: path.text().into_owned(), host: address.host.name.into_owned() })
    }
}

impl ReturnHost {
    fn parse(text: &str) -> Result<Self, String> {
        let (https, host) = match text.split_once("://") {
            None => (true, text),
            Some(("https", host)) => (true, host),
            Some(("http", host)) => (false, host),
            Some((scheme, _)) => return Err(format!("return host `{text}`: `{scheme}` is neither `https` nor `http`")),
        };
        if let Some((bare, _)) = host.split_once(['/', '?', '#']) {
            let scheme = if https { "" } else { "http://" };
            return Err(format!("return host `{text}` has a path; write `{scheme}{bare}`"));
        }
        if host == "*" {
            return Err("return host `*` would let a link lead anywhere; list the hosts, such as `*.example.com`".to_owned());
        }
        HostPattern::parse(host).map(|host| Self { https, host }).map_err(|error| format!("return host {error}"))
    }

    fn matches(&self, address: &Address<'_>) -> bool {
        let port = self.host.port.unwrap_or(default_port(self.https));
        self.https == address.https && port == address.port() && self.host.matches_name(&address.host.name)
    }
}

/// An absolute address that every parser reads alike.
struct Address<'a> {
    https: bool,
    host: Host<'a>,
    /// Raw, without query and fragment; `/` if there is none.
    path: &'a str,
}

impl<'a> Address<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        // A browser drops tabs and line ends, and reads `\` as `/`; nobody agrees on bytes above 0x7e.
        let printable = text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
        if !printable || text.len() > MAX_ADDRESS {
            return None;
        }
        let (https, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://")?),
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = Host::parse(authority.as_bytes()).ok()?;
        if !authority.eq_ignore_ascii_case(&host.to_string()) {
            return None;
        }
        let path = rest.strip_prefix(authority)?.split(['?', '#']).next()?;
        Some(Self { https, host, path: if path.is_empty() { "/" } else { path } })
    }

    fn port(&self) -> u16 {
        self.host.port.unwrap_or(default_port(self.https))
    }
}

/// Decodes `http%3A…` and `https%3A…` once, as one query value: a raw `&` would begin another, a raw `+` would be a space.
fn decode_once(raw: &str) -> Option<String> {
    let after_scheme = raw.strip_prefix("https").or_else(|| raw.strip_prefix("http"))?;
    let is_encoded = percent::triplet(after_scheme.as_bytes()) == Some(b':');
    if !is_encoded || raw.contains(['&', '+']) {
        return None;
    }
    String::from_utf8(percent::decode(raw.as_bytes(), Plus::Literal)?.into_owned()).ok()
}

fn has_scheme(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

const fn default_port(https: bool) -> u16 {
    if https { Scheme::Https.default_port() } else { Scheme::Http.default_port() }
}

/// DESIGN section 7: 2 KiB, which with its encoding still fits into one header line.
const MAX_ADDRESS: usize = 2 * 1024;

/// The longest address with every byte percent-encoded.
const MAX_RAW: usize = 3 * MAX_ADDRESS;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    fn login() -> Login {
        let hosts =
            ["app.example.com", "*.apps.example.com", "api.example.com:8443", "http://localhost:3000", "auth.example.com"];
        Login::parse("https://auth.example.com/login?theme=dark", &hosts).unwrap()
    }

    fn accepts(raw: &str) -> bool {
        login().return_address(raw).is_some()
    }

    #[test]
    fn listed_addresses_are_given_back_as_received() {
        for same in [
            "https://app.example.com",
            "https://app.example.com/",
            "https://APP.example.com:443/a?b=c&d=https://evil.example/#x",
            "https://x.y.apps.example.com/%7Ea/../b//c;d",
            "https://api.example.com:8443/?q",
            "http://localhost:3000/",
            "https://auth.example.com/account",
        ] {
            assert_eq!(login().return_address(same).as_deref(), Some(same));
        }
        let encoded = "https%3A%2F%2Fapp.example.com%2Fa%3Fb%3D%2526%2bc";
        assert_eq!(login().return_address(encoded).as_deref(), Some("https://app.example.com/a?b=%26+c"));
        assert_eq!(login().return_address("https%3a//app.example.com/").as_deref(), Some("https://app.example.com/"));
    }

    #[test]
    fn addresses_that_leave_or_could_be_read_twice_are_refused() {
        for raw in [
            "",
            "/",
            "/a",
            "//app.example.com",
            "/\\app.example.com",
            "app.example.com",
            "?x",
            "javascript:alert(1)",
            "data:text/html,x",
            "HTTPS://app.example.com/",
            "https:app.example.com",
            "https:/app.example.com",
            "https:///app.example.com",
            "https://",
            "https://evil.example/",
            "https://app.example.com.evil.example/",
            "https://evilapp.example.com/",
            "https://apps.example.com/",
            "https://xapps.example.com/",
            "https://app.example.com@evil.example/",
            "https://evil.example@app.example.com/",
            "https://u:p@app.example.com/",
            "https://@app.example.com/",
            "https://evil.example\\@app.example.com/",
            "https://evil.example#@app.example.com/",
            "https://evil.example?@app.example.com",
            "https://app.example.com\\evil",
            "https://app.example.com/\\x",
            "https://app.example.com./",
            "https://app.example.com:444/",
            "https://app.example.com:/",
            "https://app.example.com:0443/",
            "https://app.example.com:443:443/",
            "http://app.example.com/",
            "https://localhost:3000/",
            "http://localhost/",
            "https://api.example.com/",
            "https://app%2eexample.com/",
            "https://app.example.com%00/",
            "https://app.example.com /",
            " https://app.example.com/",
            "https://app.example.com/ x",
            "https://app.example.com/\tx",
            "https://app.example.com/\n",
            "ht\ntps://app.example.com/",
            "https://app.example.com/\x7f",
            "https://app.example.com/é",
            "https://app。example.com/",
            "https://ａpp.example.com/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://[::ffff:7f00:1]/",
            "blob:https://app.example.com/",
            "view-source:https://app.example.com/",
            "http%3A%2F%2Fevil.example",
            "https%3A%2F%2Fapp.example.com&x=1",
            "https%3A%2F%2Fapp.example.com%2F+x",
            "https%253A%252F%252Fapp.example.com",
            "https%3A%2F%2Fapp.example.com%0d%0aSet-Cookie%3Ax",
            "https%3A%2F%2Fapp.example.com%5c",
            "https%3A%2F%2Fapp.example.com%zz",
            "https%3A%2F%2Fu%40app.example.com",
            "https%3A%2F%2Fapp.example.com%2F%ff",
            "https%3Aapp.example.com",
            "%68ttps%3A%2F%2Fapp.example.com",
            "httpsx%3A%2F%2Fapp.example.com",
        ] {
            assert!(!accepts(raw), "{raw:?}");
        }
    }

    #[test]
    fn the_login_page_itself_is_refused() {
        for raw in [
            "https://auth.example.com/login",
            "https://AUTH.example.com:443/login/?x",
            "https://auth.example.com/%6cogin",
            "https://auth.example.com/x/../login",
            "https://auth.example.com//login",
            "https://auth.example.com/login;x",
            "https%3A%2F%2Fauth.example.com%2Flogin",
        ] {
            assert!(!accepts(raw), "{raw}");
        }
        assert!(accepts("https://app.example.com/login"));
        assert!(login().is_login_page("auth.example.com", None, "/login"));
        assert!(login().is_login_page("auth.example.com", Some(443), "/login"));
        assert!(!login().is_login_page("auth.example.com", Some(8443), "/login"));
        assert!(!login().is_login_page("app.example.com", None, "/login"));
    }

    #[test]
    fn two_kibibytes_are_the_limit() {
        let address = |length: usize| format!("https://app.example.com/{}", "a".repeat(length - 24));
        assert!(accepts(&address(MAX_ADDRESS)) && !accepts(&address(MAX_ADDRESS + 1)));
        let encoded: String = address(MAX_ADDRESS).bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert!(accepts(&format!("https{}", &encoded[15..])));
        assert!(!accepts(&format!("https%3A{}", "%2F".repeat(MAX_ADDRESS))));
    }

    #[test]
    fn the_location_has_rd_last() {
        let address = "https://app.example.com/a?b=c&d=é";
        assert_eq!(login().location(Some(address), None, &[]), "https://auth.example.com/login?theme=dark");
        assert_eq!(
            login().location(Some("https://app.example.com/a?b=c&d=%2B"), Some(900), &["urn:x".into(), "2".into()]),
            "https://auth.example.com/login?theme=dark&max_age=900&acr_values=urn%3Ax%202\
             &rd=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc%26d%3D%252B"
        );
        let plain = Login::parse("https://auth.example.com/login", &["app.example.com"]).unwrap();
        assert_eq!(plain.location(None, None, &[]), "https://auth.example.com/login");
        assert_eq!(plain.location(Some("https://evil.example/"), None, &[]), "https://auth.example.com/login");
        assert_eq!(plain.location(Some("https%3A%2F%2Fapp.example.com"), None, &[]), "https://auth.example.com/login");
    }

    #[test]
    fn wrong_settings_say_what_to_write() {
        for (url, hosts, hint) in [
            ("/login", &[][..], "absolute address"),
            ("auth.example.com/login", &[], "`https://auth.example.com/login`"),
            ("http://auth.example.com/login", &[], "write `https://`"),
            ("https://auth.example.com/login#x", &[], "fragment"),
            ("https://u@auth.example.com/login", &[], "absolute address"),
            ("https://auth.example.com/login?rd=x", &[], "`rd` is added"),
            ("https://auth.example.com/a/../login", &[], "more than one way"),
            ("https://auth.example.com/lo gin", &[], "absolute address"),
            ("https://a/login", &["*"], "lead anywhere"),
            ("https://a/login", &["ftp://a"], "neither"),
            ("https://a/login", &["http://a:80/x"], "write `http://a:80`"),
            ("https://a/login", &["user@a"], "not a host"),
        ] {
            let error = Login::parse(url, hosts).unwrap_err();
            assert!(error.contains(hint), "{url}: {error}");
        }
        assert!(Login::parse("http://localhost:8080/login", &["app.example.com"]).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_accepted_every_url_parser_sends_to_a_listed_host(
            start in prop_oneof![Just("https://"), Just("http://"), Just("https%3A%2F%2F"), Just("https:"), Just("//"), Just("/")],
            pieces in proptest::collection::vec(prop_oneof![
                Just("app.example.com"), Just("x.apps.example.com"), Just("api.example.com:8443"), Just("localhost:3000"),
                Just("APP.EXAMPLE.COM"), Just("evil.example"), Just("@"), Just(":"), Just("443"), Just(":443"), Just("."), Just("/"),
                Just("\\"), Just("?"), Just("#"), Just("%2F"), Just("%40"), Just("%5C"), Just("%09"), Just("\t"), Just("\n"), Just(" "),
                Just("é"), Just("。"), Just("%"), Just("a"), Just("[::1]"), Just("%2e"), Just(";"), Just("&"), Just("+"),
            ], 0..6),
        ) {
            let raw = format!("{start}{}", pieces.concat());
            if let Some(address) = login().return_address(&raw) {
                let url = Url::parse(&address).unwrap();
                let origin = (url.scheme(), url.host_str().unwrap(), url.port_or_known_default().unwrap());
                let below = origin.1.ends_with(".apps.example.com") && (origin.0, origin.2) == ("https", 443);
                let listed = [
                    ("https", "app.example.com", 443), ("https", "api.example.com", 8443), ("http", "localhost", 3000),
                    ("https", "auth.example.com", 443),
                ];
                prop_assert!(below || listed.contains(&origin), "{} went to {:?}", raw, origin);
                prop_assert!(url.username().is_empty() && url.password().is_none());
                prop_assert!(address == raw || Some(&address) == decode_once(&raw).as_ref());
            }
        }

        #[test]
        fn what_the_location_says_is_read_back(path in "[a-z/?&=%+;.]{0,40}") {
            let login = login();
            let address = format!("https://app.example.com/{path}");
            let location = login.location(Some(&address), None, &[]);
            let rd = location.split_once("&rd=").map(|(_, rd)| rd).unwrap();
            prop_assert_eq!(login.return_address(rd), Some(address));
        }

        #[test]
        fn no_text_panics(raw in "\\PC{0,60}") {
            let _ = login().return_address(&raw);
        }
    }
}
