//! The index against the plain way: the first rule whose target matches, looking at one after the other.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::form::{Form, FormSet};
use crate::host::HostPattern;
use crate::network::Network;
use crate::policy::pattern::PathPattern;
use crate::policy::rule::{Effect, Target};
use crate::request::Request;
use crate::trace::Off;

const HOSTS: &[&str] =
    &["app.example.com", "*.example.com", "*.b.example.com", "other.test", "app.example.com:8443", "app.example.com:443"];
const PATHS: &[&str] =
    &["/", "/a", "/a/**", "/a/*", "/a/*/c", "/a/b", "/**", "/*/b", "re:/a/[a-z]+", "/A/b", "/a/b/c/**", "/admin", "/admin/**"];
const METHODS: &[&str] = &["GET", "POST"];

fn rule_strategy() -> impl Strategy<Value = Rule> {
    let hosts = prop::option::of(prop::sample::subsequence(HOSTS, 1..=2));
    let paths = prop::option::of(prop::sample::subsequence(PATHS, 1..=2));
    let methods = prop::option::weighted(0.3, prop::sample::subsequence(METHODS, 1..=1));
    let accept = prop::sample::subsequence(Form::ALL.to_vec(), 0..=3);
    (hosts, paths, methods, any::<bool>(), accept, prop::bool::weighted(0.2)).prop_map(
        |(hosts, paths, methods, insensitive, accept, inside)| {
            let mut forms = FormSet::default();
            accept.into_iter().for_each(|form| forms.insert(form));
            Rule {
                id: "r".to_owned(),
                target: Target {
                    hosts: hosts.map(|hosts| hosts.into_iter().map(|host| HostPattern::parse(host).unwrap()).collect()),
                    paths: paths
                        .map(|paths| paths.into_iter().map(|path| PathPattern::parse(path, insensitive).unwrap()).collect()),
                    methods: methods.map(|methods| methods.into_iter().map(str::to_owned).collect()),
                    networks: inside.then(|| vec![Network::parse("10.0.0.0/8").unwrap()]),
                    insensitive,
                    accept: forms,
                    ..Target::default()
                },
                effect: Effect::Deny,
                shadow: false,
            }
        },
    )
}

fn request_strategy() -> impl Strategy<Value = (String, String, String, Option<IpAddr>)> {
    (
        prop::sample::select(vec!["GET", "HEAD", "POST", "PUT"]).prop_map(str::to_owned),
        prop::sample::select(vec!["app.example.com", "x.b.example.com", "example.com", "other.test", "app.example.com:8443"])
            .prop_map(str::to_owned),
        prop::collection::vec(
            prop::sample::select(vec!["a", "b", "c", "A", "admin", "", "a;x", "a%2fb", "a%252fb", "admin.", "%23", "x"]),
            0..5,
        )
        .prop_map(|segments| format!("/{}", segments.join("/"))),
        prop::option::of(prop::sample::select(vec![IpAddr::from([10, 1, 2, 3]), IpAddr::from([192, 0, 2, 1])])),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_index_finds_what_looking_at_every_rule_finds(
        rules in prop::collection::vec(rule_strategy(), 0..12),
        (method, host, path, client) in request_strategy(),
        from in 0_usize..3,
        portless in any::<bool>(),
    ) {
        let policy = Policy::new(rules);
        let mut request = Request::new(&method, "https", &host, &path, &());
        if let Some(client) = client {
            request = request.client(client);
        }
        if portless {
            request = request.portless_host();
        }
        let Ok(parsed) = request.parse() else { return Ok(()) };
        let readings = parsed.path.readings().unwrap();
        let candidate = Candidate { request: &parsed, headers: &(), readings: &readings };
        let plain = policy
            .rules()
            .iter()
            .enumerate()
            .skip(from)
            .find_map(|(index, rule)| rule.target.consider(candidate).ok().map(|matched| (index, matched)));
        let found = policy.first(candidate, from, &mut Off).map(|(index, _, matched)| (index, matched));
        prop_assert_eq!(found, plain);
    }
}
