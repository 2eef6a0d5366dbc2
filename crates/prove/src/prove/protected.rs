//! Paths that a configuration of nginx keeps behind a gate.

use super::target::Target;
use crate::model::{Fit, Matcher, Model, ServerId};
use crate::nginx::{Configuration, Dump};

/// The paths of the locations that ask a gate, in what `nginx -T` has printed; `None` if this is no such thing.
///
/// Of the servers for the target's name; if there is none, of all. What is behind expressions is found by what they begin with.
pub(super) fn protected(text: &[u8], target: &Target) -> Option<Vec<String>> {
    let dump = Dump::parse(text)?;
    let configuration = Configuration::load(dump.main(), &dump).ok()?;
    let model = Model::new(&configuration);
    let host = target.host().to_ascii_lowercase();
    let fits: Vec<(Option<Fit>, ServerId)> = model.servers().map(|(id, server)| (server.fit(host.as_bytes()), id)).collect();
    let best = fits.iter().filter_map(|(fit, _)| *fit).min();
    let servers: Vec<ServerId> = fits.into_iter().filter(|(fit, _)| best.is_none() || *fit == best).map(|(_, id)| id).collect();
    let mut found = Vec::new();
    for (_, location) in model.locations().filter(|(_, location)| servers.contains(&location.server)) {
        let path = match &location.matcher {
            Matcher::Named => continue,
            Matcher::Rest => b"/".as_slice(),
            Matcher::Exact | Matcher::Prefix | Matcher::Final => location.pattern,
            Matcher::Regex(pattern) => pattern.starts().first().map(Vec::as_slice).unwrap_or_default(),
        };
        let is_path = path.starts_with(b"/") && path.iter().all(u8::is_ascii_graphic);
        let taken = model.find(location.server, path);
        if is_path && model.is_protected(taken) && !model.is_internal(taken) && !model.is_asking(taken) {
            found.push(String::from_utf8_lossy(path).into_owned());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(target: &str) -> Vec<String> {
        let text = "# configuration file /etc/nginx/nginx.conf:
            http {
                server {
                    listen 80; server_name app.test;
                    auth_request /_auth;
                    location = /_auth { internal; proxy_pass http://gate; }
                    location / { proxy_pass http://app; }
                    location /public/ { auth_request off; proxy_pass http://app; }
                    location ~ ^/api/v[12]/ { proxy_pass http://app; }
                    location @login { return 302 /login; }
                }
                server { listen 80; server_name other.test; location /x/ { auth_request /_auth; } location /_auth { proxy_pass http://gate; } }
            }";
        protected(text.as_bytes(), &target.parse().unwrap()).unwrap()
    }

    #[test]
    fn paths_are_those_of_locations_that_ask() {
        assert_eq!(read("http://app.test/"), ["/", "/", "/api/v1/"]);
        assert_eq!(read("https://other.test:8443/"), ["/x/"]);
        assert_eq!(read("http://10.0.0.1/").len(), 4, "of all servers");
        assert_eq!(protected(b"/admin\n", &"http://app.test/".parse().unwrap()), None);
    }
}
