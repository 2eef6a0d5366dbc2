//! The vectors, decisions and attacks, as requests that somebody could send.

use std::path::Path;

use gatewright::{KeySet, Revocations, UnixTime};
use gatewright_http::{Clock, Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};
use serde_json::Value;

use super::gate::Lines;

/// Why a decision of the corpus was not, or not rightly, answered.
pub(crate) enum Failure {
    /// The dialect has no words for this request; why.
    NotExpressible(String),
    Wrong(String),
}

/// A case with what it takes from its file.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) config: String,
    pub(crate) request: Value,
    pub(crate) expect: Value,
    now: UnixTime,
    keys: Value,
    revocations: Value,
}

/// Returns every case of every file, in order.
pub(crate) fn cases() -> Vec<Case> {
    [cases_of("decisions", ""), cases_of("attacks", "attacks/")].concat()
}

fn cases_of(folder: &str, prefix: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort_unstable();
    let mut cases = Vec::new();
    for path in files {
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // The files of other forms are for other tests.
        for case in file["cases"].as_array().unwrap().iter().filter(|case| case["request"].is_object()) {
            let of = |name: &str| case.get(name).or_else(|| file.get(name)).cloned().unwrap_or_default();
            cases.push(Case {
                name: format!("{prefix}{stem}: {}", case["name"].as_str().unwrap()),
                config: file["config"].as_str().unwrap().to_owned(),
                request: case["request"].clone(),
                expect: case["expect"].clone(),
                now: UnixTime::from_secs(of("now").as_u64().unwrap()),
                keys: of("keys"),
                revocations: of("revocations"),
            });
        }
    }
    cases
}

impl Case {
    /// Reads the policy, with the keys and revocations of the case.
    pub(crate) fn live(&self) -> Result<Live, Failure> {
        let options = Options { watch: false, fetch: false, ..Options::default() };
        let wrong = |error: String| Failure::Wrong(error);
        let live = Live::from_text(&self.config, Path::new("."), options).map_err(|error| wrong(error.to_string()))?;
        for (issuer, keys) in self.keys.as_object().into_iter().flatten() {
            let keys = KeySet::from_json(&keys.to_string()).map_err(|error| wrong(error.to_string()))?;
            live.update_keys(issuer, keys).map_err(|error| wrong(format!("{issuer}: {error:?}")))?;
        }
        if !self.revocations.is_null() {
            live.update_revocations(Revocations::from_json(&self.revocations.to_string()).unwrap());
        }
        Ok(live)
    }

    /// Starts a gate at the moment of the case, asks `ask` for an answer, and returns it with the decision that was logged.
    pub(crate) fn with_gate<A>(&self, live: Live, listen: &str, ask: impl FnOnce(&Server) -> A) -> Result<(A, Value), Failure> {
        let (now, lines) = (self.now, Lines::default());
        let log = Log::json(lines.clone());
        let grpc = Some("127.0.0.1:0".to_owned());
        let options = ServeOptions { listen: vec![listen.to_owned()], grpc, log: log.clone(), ..ServeOptions::default() };
        let server = Server::start_with_clock(live, options, Clock::new(move || now));
        let server = server.map_err(|error| Failure::Wrong(error.to_string()))?;
        let answer = ask(&server);
        log.flush();
        let logged = lines.entries().into_iter().find(|entry| entry.get("outcome").is_some()).unwrap_or_default();
        Ok((answer, logged))
    }

    /// A member of the request as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.request.get(name).and_then(Value::as_str)
    }

    /// A member of the request as bytes, which may stand there in base64.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        match self.request.get(format!("{name}_base64")) {
            Some(encoded) => decode(encoded),
            None => self.text(name).unwrap().as_bytes().to_vec(),
        }
    }

    /// The header fields, in order.
    pub(crate) fn fields(&self) -> Vec<(String, Vec<u8>)> {
        let pairs = |member: &str| self.request.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
        let name = |pair: &Value| pair[0].as_str().unwrap().to_owned();
        let plain = pairs("headers").into_iter().map(|pair| (name(&pair), pair[1].as_str().unwrap().as_bytes().to_vec()));
        plain.chain(pairs("headers_base64").into_iter().map(|pair| (name(&pair), decode(&pair[1])))).collect()
    }

    /// The certificate headers that the proxy overwrites.
    pub(crate) fn proxy_sets(&self) -> Vec<&str> {
        let names = self.request.get("proxy_sets").and_then(Value::as_array);
        names.into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
    }
}

/// Appends a header line to a head, or says that no field can carry it.
pub(crate) fn line(head: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<(), Failure> {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let control = value.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f);
    if control || blank(value.first()) || blank(value.last()) {
        return Err(Failure::NotExpressible("a field value cannot carry it (RFC 9110 §5.5)".to_owned()));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
        return Err(Failure::NotExpressible("the header's name is no token".to_owned()));
    }
    head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    Ok(())
}

fn decode(encoded: &Value) -> Vec<u8> {
    base64_simd::STANDARD.decode_to_vec(encoded.as_str().unwrap()).unwrap()
}

/// Counts what was asked, and prints what could not be and why.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) wrong: Vec<String>,
    left_out: std::collections::BTreeMap<String, Vec<String>>,
}

impl Tally {
    pub(crate) fn count(&mut self, case: &Case, outcome: Result<(), Failure>) {
        match outcome {
            Ok(()) => self.asked += 1,
            Err(Failure::NotExpressible(reason)) => self.left_out.entry(reason).or_default().push(case.name.clone()),
            Err(Failure::Wrong(what)) => self.wrong.push(format!("{}: {what}", case.name)),
        }
    }

    /// Prints the count and fails if an answer was wrong, or too little could be asked.
    pub(crate) fn finish(&self, least: usize) {
        let left_out: usize = self.left_out.values().map(Vec::len).sum();
        println!("{} decisions the same, {left_out} not expressible", self.asked);
        for (reason, names) in &self.left_out {
            println!("  {reason}: {}\n    {}", names.len(), names.join("\n    "));
        }
        assert!(self.wrong.is_empty(), "{} differ:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(self.asked >= least, "too much of the corpus cannot be asked: {} asked, {left_out} left out", self.asked);
    }
}
