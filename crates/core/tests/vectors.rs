//! Every decision of `vectors/`, ordinary or an attack, and for each the same answer from `explain`; and the attacks on what is
//! read before a request is decided, or after.
#![expect(clippy::disallowed_methods, reason = "a test reads its vectors; the engine reads nothing")]

use std::collections::HashSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use gatewright::{
    Authorizer, Config, Decision, Headers, KeySet, Network, Request, Revocations, TrustedHops, UnixTime,
    client_from_forwarded_for,
};
use serde_json::{Value, json};

#[test]
fn every_decision_is_as_its_vector_says() {
    assert!(decide_all("decisions").len() >= 1_000);
}

#[test]
fn every_attack_is_refused_or_let_pass_as_its_vector_says() {
    let requests = decide_all("attacks");
    let distinct = requests.iter().collect::<HashSet<_>>().len();
    println!("{} attacks by request, {distinct} of them distinct", requests.len());
    assert!(distinct >= 1_200, "only {distinct} distinct attacks");
}

#[test]
fn a_client_behind_forwarded_for_is_who_the_vectors_say() {
    let cases = cases(&vectors("attacks/forwarded_for.json"));
    for case in &cases {
        let fields: Vec<&str> = case["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
        let hops = match &case["trusted_hops"] {
            Value::Array(networks) => {
                TrustedHops::Networks(networks.iter().map(|network| Network::parse(network.as_str().unwrap()).unwrap()).collect())
            }
            count => TrustedHops::Count(count.as_u64().unwrap().try_into().unwrap()),
        };
        let client = client_from_forwarded_for(fields.iter().map(|field| field.as_bytes()), &hops);
        assert_eq!(client.map(|client| client.to_string()).as_deref(), case["client"].as_str(), "{case}");
    }
    assert!(cases.len() >= 100);
}

#[test]
fn a_login_returns_only_where_the_vectors_say() {
    let vectors = vectors("attacks/return_addresses.json");
    let authorizer = Authorizer::new(&Config::from_toml(vectors["config"].as_str().unwrap()).unwrap()).unwrap();
    let cases = cases(&vectors);
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| authorizer.return_address(case["raw"].as_str().unwrap()).as_deref() != case["address"].as_str())
        .map(Value::to_string)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() >= 400);
}

/// Decides every case of a folder's files, and returns what was asked.
fn decide_all(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut asked, mut failures) = (Vec::new(), Vec::new());
    for file in files {
        let vectors: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        // The other forms have tests of their own.
        for case in cases(&vectors).iter().filter(|case| case["request"].is_object()) {
            asked.push(format!("{} {} {}", vectors["config"], case["request"], case["now"]));
            if let Err(difference) = check(&vectors, case) {
                failures.push(format!("{}: {}\n    {difference}", file.file_name().unwrap().display(), case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {} vectors differ:\n{}", failures.len(), asked.len(), failures.join("\n"));
    asked
}

fn vectors(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(file);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn cases(vectors: &Value) -> Vec<Value> {
    vectors["cases"].as_array().unwrap().clone()
}

fn check(vectors: &Value, case: &Value) -> Result<(), String> {
    let authorizer = authorizer(vectors, case);
    let now = UnixTime::from_secs(case.get("now").or(vectors.get("now")).and_then(Value::as_u64).unwrap());
    let request = &case["request"];
    let path = bytes(request, "path");
    let headers = Watched { pairs: headers(request), names: authorizer.header_names() };
    let text = |name: &str, default: &'static str| request[name].as_str().unwrap_or(default).to_owned();
    let (method, scheme, host) = (text("method", "GET"), text("scheme", "https"), text("host", ""));
    let mut asked = Request::new(&method, &scheme, &host, &path, &headers);
    if let Some(client) = request["client"].as_str() {
        asked = asked.client(client.parse::<IpAddr>().unwrap());
    }
    if request["portless_host"] == json!(true) {
        asked = asked.portless_host();
    }
    let proxy_sets: Vec<String> =
        request["proxy_sets"].as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned()).collect();
    asked = asked.proxy_sets(&proxy_sets);
    let (explained, explanation) = authorizer.explain(&asked, now);
    let decision = authorizer.decide(&asked, now);
    let remembered = authorizer.decide(&asked, now);
    for (name, other) in [("explain", &explained), ("a second decide", &remembered)] {
        if seen(other) != seen(&decision) {
            return Err(format!("{name} differs from decide: {} against {}", seen(other), seen(&decision)));
        }
    }
    let seen = seen(&decision);
    for (member, expected) in case["expect"].as_object().unwrap() {
        if seen[member] != *expected {
            return Err(format!("`{member}`: expected {expected}, came {} ({})\n{explanation}", seen[member], decision.detail()));
        }
    }
    Ok(())
}

fn authorizer(vectors: &Value, case: &Value) -> Authorizer {
    let config = Config::from_toml(vectors["config"].as_str().unwrap());
    let mut authorizer = Authorizer::new(&config.unwrap_or_else(|error| panic!("{}: {error}", vectors["description"]))).unwrap();
    if let Some(keys) = case.get("keys").or(vectors.get("keys")).and_then(Value::as_object) {
        for (issuer, jwks) in keys {
            authorizer = authorizer.with_keys(issuer, KeySet::from_json(&jwks.to_string()).unwrap()).unwrap();
        }
    }
    if let Some(list) = case.get("revocations").or(vectors.get("revocations")) {
        authorizer = authorizer.with_revocations(&Revocations::from_json(&list.to_string()).unwrap());
    }
    authorizer
}

/// Headers of which only those may be read that the authorizer says it reads.
struct Watched<'n> {
    pairs: Vec<(String, Vec<u8>)>,
    names: &'n [String],
}

impl Headers for Watched<'_> {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        // What an explanation tells of headers that are not read does not change the decision.
        let is_certificate = gatewright::certificate_headers().any(|header| header == name);
        assert!(is_certificate || self.names.iter().any(|known| known == name), "`{name}` is read and not in {:?}", self.names);
        self.pairs.each(name, each);
    }
}

/// Everything of a decision that a vector may speak of, by the same names.
fn seen(decision: &Decision) -> Value {
    let mut seen = json!({
        "outcome": decision.outcome(),
        "status": decision.status(),
        "code": decision.code(),
        "rule": decision.rule(),
        "identity": null,
        "headers": null,
        "www_authenticate": null,
        "login_url": null,
        "renewed": false,
        "wants_keys": decision.wants_keys(),
    });
    match decision {
        Decision::Allow(permit) => {
            seen["headers"] = permit.headers().map(|(name, value)| json!([name, value])).collect();
            seen["renewed"] = json!(permit.renewed_session().is_some());
            if let Some(identity) = permit.identity() {
                seen["identity"] = json!({
                    "subject": identity.subject(),
                    "email": identity.email(),
                    "name": identity.name(),
                    "groups": identity.groups().collect::<Vec<_>>(),
                    "scopes": identity.scopes().collect::<Vec<_>>(),
                    "issuer": identity.issuer(),
                    "credential": identity.credential().name(),
                });
            }
        }
        Decision::Challenge(challenge) => {
            seen["www_authenticate"] = json!(challenge.www_authenticate());
            seen["login_url"] = json!(challenge.login_url());
        }
        Decision::Forbid(forbidden) => seen["www_authenticate"] = json!(forbidden.www_authenticate()),
        Decision::Indeterminate(_) => {}
    }
    seen
}

fn headers(request: &Value) -> Vec<(String, Vec<u8>)> {
    let pairs = |member: &str| request[member].as_array().cloned().unwrap_or_default();
    let plain = pairs("headers")
        .into_iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().as_bytes().to_vec()));
    let encoded = pairs("headers_base64").into_iter().map(|pair| (pair[0].as_str().unwrap().to_owned(), decode(&pair[1])));
    plain.chain(encoded).collect()
}

fn bytes(request: &Value, member: &str) -> Vec<u8> {
    match request.get(format!("{member}_base64")) {
        Some(encoded) => decode(encoded),
        None => request[member].as_str().unwrap().as_bytes().to_vec(),
    }
}

fn decode(encoded: &Value) -> Vec<u8> {
    base64_simd::STANDARD.decode_to_vec(encoded.as_str().unwrap()).unwrap()
}
