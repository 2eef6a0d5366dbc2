//! The cookie a session travels in: its name, prefix and attributes (RFC 6265bis §4.1.3).

use crate::host::Host;

/// Name and attributes of the session cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionCookie {
    name: String,
    domain: Option<String>,
    insecure_http: bool,
}

impl SessionCookie {
    /// Checks the settings of the file; the error says what to write instead.
    pub(crate) fn new(name: Option<&str>, domain: Option<&str>, insecure_http: bool) -> Result<Self, String> {
        let domain = domain.map(parse_domain).transpose()?;
        if insecure_http && domain.is_some() {
            return Err("`insecure_http` is for loopback hosts alone; leave `domain` or `insecure_http` out".to_owned());
        }
        let default = if domain.is_some() { "__Secure-gatewright" } else { "__Host-gatewright" };
        let name = name.unwrap_or(default);
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return Err(format!("cookie name `{}` is not a token: letters, digits and `-_.` are safe", name.escape_debug()));
        }
        if domain.is_some() && strip_prefix(name, "__Host-").is_some() {
            let rest = strip_prefix(name, "__Host-").unwrap_or_default();
            return Err(format!(
                "a `__Host-` cookie cannot have a `domain`; write `cookie = \"__Secure-{rest}\"` or leave `domain` out"
            ));
        }
        let name = if insecure_http { unprefixed(name).unwrap_or(name) } else { name };
        if name.is_empty() {
            return Err("the cookie name is a prefix alone; write a name after it".to_owned());
        }
        Ok(Self { name: name.to_owned(), domain, insecure_http })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a session may be used at this host: over insecure HTTP, at loopback hosts only.
    pub(crate) fn allows(&self, host: &Host<'_>) -> bool {
        !self.insecure_http || host.is_loopback()
    }

    /// The `Set-Cookie` value for a sealed value.
    pub(crate) fn set_cookie(&self, value: &str) -> String {
        let domain = self.domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        let secure = if self.insecure_http { "" } else { "; Secure" };
        format!("{}={value}; Path=/{domain}{secure}; HttpOnly; SameSite=Lax", self.name)
    }

    /// What the operator should know although it works.
    pub(crate) fn warning(&self) -> Option<String> {
        if self.insecure_http {
            return Some(
                "`insecure_http` is on: session cookies have no `Secure` and are accepted at loopback hosts only".to_owned(),
            );
        }
        unprefixed(&self.name).is_none().then(|| {
            let prefix = if self.domain.is_some() { "__Secure-" } else { "__Host-" };
            let name = &self.name;
            format!("cookie `{name}` has no prefix, so a neighbouring site can set one of that name; `{prefix}{name}` is safe from that")
        })
    }
}

fn parse_domain(text: &str) -> Result<String, String> {
    if let Some(rest) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
        return Err(format!("domain `{text}`: write `{rest}`, which includes the names below it"));
    }
    let host = Host::parse(text.as_bytes()).map_err(|refusal| format!("`domain` is not a name: {}", refusal.detail))?;
    if host.port.is_some() || host.is_address() || !host.name.contains('.') {
        return Err(format!("domain `{text}`: a cookie's domain is a name of two or more labels, without port"));
    }
    Ok(host.name.into_owned())
}

/// Returns the name without its prefix, if it has one.
fn unprefixed(name: &str) -> Option<&str> {
    ["__Host-", "__Secure-"].into_iter().find_map(|prefix| strip_prefix(name, prefix))
}

/// Strips a prefix as browsers see it: without regard to case.
fn strip_prefix<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// RFC 9110 §5.6.2, which RFC 6265 §4.1.1 asks of a cookie's name.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_cookie(name: Option<&str>, domain: Option<&str>, insecure_http: bool) -> String {
        SessionCookie::new(name, domain, insecure_http).unwrap().set_cookie("v")
    }

    #[test]
    fn attributes_follow_the_settings() {
        assert_eq!(set_cookie(None, None, false), "__Host-gatewright=v; Path=/; Secure; HttpOnly; SameSite=Lax");
        assert_eq!(
            set_cookie(None, Some("Example.com"), false),
            "__Secure-gatewright=v; Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(set_cookie(Some("session"), None, false), "session=v; Path=/; Secure; HttpOnly; SameSite=Lax");
        assert_eq!(set_cookie(None, None, true), "gatewright=v; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(set_cookie(Some("__Secure-s"), None, true), "s=v; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn wrong_settings_say_what_to_write() {
        for (name, domain, insecure_http, hint) in [
            (Some("__Host-s"), Some("example.com"), false, "write `cookie = \"__Secure-s\"`"),
            (Some("__host-s"), Some("example.com"), false, "cannot have a `domain`"),
            (Some("a b"), None, false, "not a token"),
            (Some(""), None, false, "not a token"),
            (Some("__Host-"), None, true, "a prefix alone"),
            (None, Some(".example.com"), false, "write `example.com`"),
            (None, Some("localhost"), false, "two or more labels"),
            (None, Some("10.0.0.1"), false, "two or more labels"),
            (None, Some("example.com:443"), false, "without port"),
            (None, Some("a/b"), false, "not a name"),
            (None, Some("example.com"), true, "loopback hosts alone"),
        ] {
            let error = SessionCookie::new(name, domain, insecure_http).unwrap_err();
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn a_name_without_prefix_is_warned_of() {
        assert_eq!(SessionCookie::new(None, None, false).unwrap().warning(), None);
        assert_eq!(SessionCookie::new(None, Some("example.com"), false).unwrap().warning(), None);
        let plain = SessionCookie::new(Some("session"), None, false).unwrap();
        assert!(plain.warning().unwrap().contains("`__Host-session`"));
        assert!(SessionCookie::new(None, None, true).unwrap().warning().unwrap().contains("insecure_http"));
    }
}
