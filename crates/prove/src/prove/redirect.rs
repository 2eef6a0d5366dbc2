//! Where a `Location` leads.

use super::target::Target;
use super::wire::Response;

/// What is at the other end of a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// A target of the same origin.
    Here(String),
    /// Another origin.
    Away(String),
    /// There is no `Location`, or an empty one, or one that is no URL.
    Nowhere,
}

/// Says where an answer to `asked` leads, if it is a redirect.
pub(crate) fn redirect(response: &Response, target: &Target, asked: &[u8]) -> Option<Leads> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.value("location").unwrap_or_default();
    Some(leads(&location, target, &String::from_utf8_lossy(asked)))
}

/// RFC 3986 §5.2, without the folding of dots: a browser would, and the next request shows what comes of it.
fn leads(location: &str, target: &Target, asked: &str) -> Leads {
    let location = location.split('#').next().unwrap_or_default();
    if location.is_empty() {
        return Leads::Nowhere;
    }
    if let Some(rest) = location.strip_prefix("//") {
        return absolute(&format!("{}://{rest}", target.scheme().name()), target);
    }
    if location.starts_with('/') {
        return Leads::Here(location.to_owned());
    }
    let scheme = location.split(['/', '?']).next().unwrap_or_default();
    if scheme.contains(':') {
        return absolute(location, target);
    }
    let path = asked.split('?').next().unwrap_or_default();
    if location.starts_with('?') {
        return Leads::Here(format!("{path}{location}"));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Leads::Here(format!("{folder}/{location}"))
}

fn absolute(url: &str, target: &Target) -> Leads {
    // Schemes are of any case (RFC 3986 §3.1), and so are hosts.
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let url = format!("{lower}{}", url.get(8..).unwrap_or_default());
    match url.parse::<Target>() {
        Err(_) => Leads::Nowhere,
        Ok(to) if to.origin().eq_ignore_ascii_case(&target.origin()) => Leads::Here(to.path().to_owned()),
        Ok(to) => Leads::Away(to.origin()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(location: &str) -> Leads {
        leads(location, &"http://app.test:8000/".parse().unwrap(), "/admin/users?x=1")
    }

    #[test]
    fn every_form_of_a_reference_is_followed() {
        for (location, target) in [
            ("/login?rd=%2Fadmin#top", "/login?rd=%2Fadmin"),
            ("http://APP.test:8000/login", "/login"),
            ("HTTP://app.test:8000", "/"),
            ("//app.test:8000/a", "/a"),
            ("login", "/admin/login"),
            ("?y=2", "/admin/users?y=2"),
        ] {
            assert_eq!(to(location), Leads::Here(target.to_owned()), "{location}");
        }
    }

    #[test]
    fn other_schemes_ports_and_hosts_are_elsewhere() {
        assert_eq!(to("https://app.test:8000/"), Leads::Away("https://app.test:8000".to_owned()));
        assert_eq!(to("http://app.test/"), Leads::Away("http://app.test".to_owned()));
        assert_eq!(to("//idp.test/x"), Leads::Away("http://idp.test".to_owned()));
        assert_eq!([to(""), to("mailto:a"), to("#a")], [Leads::Nowhere, Leads::Nowhere, Leads::Nowhere]);
    }
}
