//! P07: the same server by another name, by none, and at other ports.

use crate::prove::judge::Judgement;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::Server;
use crate::prove::verdict::Verdict;
use crate::prove::wire::Version;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let path = prober.path(place.subject);
    let target = prober.options.target.clone();
    let (host, authority) = (target.host().to_owned(), target.authority());
    let address = prober.server.address;
    let unknown = format!("{}.test", prober.options.unknown());

    let mut named = vec![
        ("a name that nobody knows", unknown.clone()),
        ("the address", address.to_string()),
        ("localhost", "localhost".to_owned()),
        ("the name with a dot", format!("{}.", host.trim_end_matches('.'))),
        ("the name with another port", format!("{host}:1")),
        ("the name in capitals", authority.to_ascii_uppercase()),
        ("a name below it", format!("x.{host}")),
    ];
    named.extend(prober.options.hosts.iter().map(|host| ("another host", host.clone())));
    let mut variants = Vec::new();
    for (name, host) in named {
        // A port, and not the end of an IPv6 address in its brackets.
        let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let bare = port.map_or(host.as_str(), |(bare, _)| bare);
        let request = prober.get(path.as_str()).replacing("Host", &host);
        let variant = Variant::new(format!("{name}: {host}"), request, LINT).elsewhere();
        let mut variant = variant.calling(bare.trim_end_matches('.'));
        variant.everywhere = name == "a name that nobody knows" || name == "another host";
        variants.push(variant);
    }

    let empty = prober.get(path.as_str()).replacing("Host", "");
    variants.push(Variant::new("an empty Host", empty, LINT).elsewhere().everywhere());
    let mut old = prober.get(path.as_str()).without("Host");
    old.version = Version::Http10;
    variants.push(Variant::new("HTTP/1.0 without Host", old, LINT).elsewhere().everywhere());
    let twice = prober.get(path.as_str()).with("Host", &unknown);
    variants.push(Variant::new("two Hosts", twice, LINT).elsewhere());
    for (name, line, host) in
        [("a URL with the name, and another Host", &authority, &unknown), ("a URL with another name", &unknown, &authority)]
    {
        let request = prober.get(format!("http://{line}{path}")).replacing("Host", host);
        variants.push(Variant::new(name, request, "auth-location-http-host").elsewhere());
    }
    let forwarded = prober.get(path.as_str()).with("X-Forwarded-Host", &unknown);
    variants.push(Variant::new("X-Forwarded-Host", forwarded, "auth-location-http-host"));
    prober.expect_all_refused(place, &variants);
    others(prober, place, &path);
}

/// Other ports and schemes.
fn others(prober: &mut Prober<'_>, place: Place, path: &str) {
    for other in prober.options.others.clone() {
        let name = other.origin();
        let same_name = other.host() == prober.options.target.host();
        let addresses = if same_name { Ok(vec![prober.server.address]) } else { other.addresses() };
        let Ok(addresses) = addresses else {
            prober.note(place, &name, Judgement::new(Verdict::Inconclusive, "its name is not known"));
            continue;
        };
        for mut address in addresses {
            address.set_port(other.port());
            let server = match Server::new(&other, address, &prober.options.certificates) {
                Ok(server) => server,
                Err(error) => {
                    prober.note(place, &name, Judgement::new(Verdict::Inconclusive, error.to_string()));
                    continue;
                }
            };
            let request = prober.get(path).replacing("Host", &other.authority());
            let variant = Variant::new(format!("{name} ({address})"), request, LINT).elsewhere();
            prober.expect_closed(place, &server, &variant.calling(other.host()));
        }
    }
}

const LINT: &str = "open-server";
