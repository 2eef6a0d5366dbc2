//! Every decision of `vectors/decisions`, and for each the same answer from `explain`.
#![expect(clippy::disallowed_methods, reason = "a test reads its vectors; the engine reads nothing")]

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use gatewright::{Authorizer, Config, Decision, KeySet, Request, Revocations, UnixTime};
use serde_json::{Value, json};

#[test]
fn every_vector_is_answered_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/decisions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut count, mut failures) = (0, Vec::new());
    for file in files {
        let vectors: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for case in vectors["cases"].as_array().unwrap() {
            count += 1;
            if let Err(difference) = check(&vectors, case) {
                failures.push(format!("{}: {}\n    {difference}", file.file_name().unwrap().display(), case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} vectors differ:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 250, "only {count} vectors");
}

fn check(vectors: &Value, case: &Value) -> Result<(), String> {
    let authorizer = authorizer(vectors, case);
    let now = UnixTime::from_secs(case.get("now").or(vectors.get("now")).and_then(Value::as_u64).unwrap());
    let request = &case["request"];
    let path = bytes(request, "path");
    let headers = headers(request);
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
