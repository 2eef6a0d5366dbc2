//! What every input of the corpus costs at the most: processor time and memory of one decision, the first and the next.
//!
//! The inputs are all of `vectors/`, and some that are as large as the documented limits allow.

use std::cell::Cell;
use std::path::Path;

use benches::{median, nanoseconds};
use cpu_time::ThreadTime;
use gatewright::{Authorizer, Config, KeySet, Request, Revocations, UnixTime};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What one input costs.
struct Cost {
    name: String,
    /// In milliseconds of the thread's processor time: the first decision, and one after it.
    time: [f64; 2],
    /// In bytes, at the peak of the first decision.
    memory: usize,
}

#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn main() {
    let mut costs: Vec<Cost> = ["decisions", "attacks"].into_iter().flat_map(of_folder).collect();
    let corpus = costs.len();
    costs.extend(at_the_limits());
    println!("{corpus} inputs of the corpus, {} at the documented limits", costs.len() - corpus);
    let print = |cost: &Cost| {
        let [first, next] = cost.time;
        println!("  {first:>8.3} ms {next:>8.3} ms {:>8} bytes   {}", cost.memory, cost.name);
    };
    println!("\nthe ten that take longest: first decision, next decision, memory");
    costs.sort_by(|one, other| other.time[0].max(other.time[1]).total_cmp(&one.time[0].max(one.time[1])));
    costs.iter().take(10).for_each(print);
    let slow = costs.iter().filter(|cost| cost.time.iter().any(|time| *time > MOST_MILLISECONDS)).count();
    println!("\nthe ten that take most memory");
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.memory));
    costs.iter().take(10).for_each(print);
    let large = costs.iter().filter(|cost| cost.memory > MOST_BYTES).count();
    println!("\nover {MOST_MILLISECONDS} ms: {slow}; over {MOST_BYTES} bytes: {large}");
}

/// Measures every request in the files of a folder.
fn of_folder(folder: &'static str) -> Vec<Cost> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(folder);
    let mut costs = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let vectors: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let stem = path.file_stem().unwrap().display().to_string();
        for case in vectors["cases"].as_array().unwrap().iter().filter(|case| case["request"].is_object()) {
            costs.push(of_case(format!("{folder}/{stem}: {}", case["name"].as_str().unwrap()), &vectors, case));
        }
    }
    costs
}

fn of_case(name: String, vectors: &Value, case: &Value) -> Cost {
    let request = &case["request"];
    let bytes = |value: &Value| base64_simd::STANDARD.decode_to_vec(value.as_str().unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().as_bytes().to_vec();
    let path = request.get("path_base64").map_or_else(|| text(&request["path"]), bytes);
    let pairs = |member: &str| request[member].as_array().cloned().unwrap_or_default();
    let of = |read: fn(&Value) -> Vec<u8>| move |pair: &Value| (pair[0].as_str().unwrap().to_owned(), read(&pair[1]));
    let plain = pairs("headers").iter().map(of(|value| value.as_str().unwrap().as_bytes().to_vec())).collect::<Vec<_>>();
    let encoded = pairs("headers_base64")
        .iter()
        .map(of(|value| base64_simd::STANDARD.decode_to_vec(value.as_str().unwrap()).unwrap()))
        .collect::<Vec<_>>();
    let headers = [plain, encoded].concat();
    let proxy_sets: Vec<String> =
        request["proxy_sets"].as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned()).collect();
    let word = |member: &str| request[member].as_str().unwrap().to_owned();
    let (method, scheme, host) = (word("method"), word("scheme"), word("host"));
    let asked = Request::new(&method, &scheme, &host, &path, &headers).proxy_sets(&proxy_sets);
    let asked = request["client"].as_str().map_or(asked, |client| asked.client(client.parse().unwrap()));
    let now = UnixTime::from_secs(case.get("now").or(vectors.get("now")).and_then(Value::as_u64).unwrap());
    measure(name, || authorizer(vectors, case), &asked, now)
}

fn authorizer(vectors: &Value, case: &Value) -> Authorizer {
    let mut authorizer = Authorizer::new(&Config::from_toml(vectors["config"].as_str().unwrap()).unwrap()).unwrap();
    for (issuer, keys) in case.get("keys").or(vectors.get("keys")).and_then(Value::as_object).into_iter().flatten() {
        authorizer = authorizer.with_keys(issuer, KeySet::from_json(&keys.to_string()).unwrap()).unwrap();
    }
    match case.get("revocations").or(vectors.get("revocations")) {
        Some(list) => authorizer.with_revocations(&Revocations::from_json(&list.to_string()).unwrap()),
        None => authorizer,
    }
}

/// Takes the median of five authorizers, each of which sees the request twice.
fn measure(name: String, make: impl Fn() -> Authorizer, request: &Request<'_>, now: UnixTime) -> Cost {
    let memory = Cell::new(0);
    let samples: Vec<[f64; 2]> = (0..5)
        .map(|_| {
            let authorizer = make();
            let timed = || {
                let start = ThreadTime::now();
                drop(authorizer.decide(request, now));
                nanoseconds(start.elapsed()) / 1e6
            };
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            let first = timed();
            memory.set(memory.get().max(MEMORY.peak_usage().saturating_sub(before)));
            [first, timed()]
        })
        .collect();
    let of = |index: usize| median(samples.iter().map(|sample| sample[index]).collect());
    Cost { name, time: [of(0), of(1)], memory: memory.get() }
}

/// Inputs as large as they may be: tokens of 64 KiB, heads of 256 KiB, paths of 8 KiB.
fn at_the_limits() -> Vec<Cost> {
    let secret = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    // A site with fifty rules of two patterns each, none of which matches.
    let patterns: String = (0..50)
        .map(|at| {
            format!("[[rule]]\nid = \"p{at}\"\npaths = ['re:/(en|de|fr)/.*/down{at}/[0-9]+', 're:/.*/{at}/.*x']\nallow = \"authenticated\"\n")
        })
        .collect();
    let config = &format!(
        "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n\
         [[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"HS256\"]\nmax_token = \"64KiB\"\n\
         sources = [\"bearer\", \"cookie:token\"]\n\
         keys = {{ secret = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" }}\n\
         [[rule]]\nid = \"patterns\"\npaths = ['re:/(a+)+b', 're:/([a-z]?){{30}}c', 're:/.*x.*y.*z']\nallow = \"anyone\"\n\
         {patterns}\
         [[rule]]\nid = \"query\"\npaths = [\"/q\"]\nquery = {{ mode = [\"x\"] }}\nallow = \"anyone\"\n\
         [[rule]]\nid = \"members\"\nallow = [{{ groups = [\"admins\"], credentials = [\"jwt\"] }}, {{ claims.a.b = [\"x\"], credentials = [\"jwt\"] }}]\n"
    );
    let authorizer = || Authorizer::new(&Config::from_toml(config).unwrap()).unwrap();
    let token = |more: Value| {
        let mut claims = json!({ "iss": "https://login.example.com", "aud": "app", "sub": "alice", "exp": 1_767_229_200 });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let token = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret)).unwrap();
        assert!((60_000..=65_536).contains(&token.len()), "{} bytes", token.len());
        vec![("authorization".to_owned(), format!("Bearer {token}"))]
    };
    let names = |count: usize| (0..count).map(|at| json!(format!("group-{at:05}"))).collect::<Vec<_>>();
    let members = |count: usize| Value::from_iter((0..count).map(|at| (format!("m{at:04}"), json!(at))));
    let deep = (0..60).fold(json!("x".repeat(47_000)), |inner, _| json!({ "a": inner }));
    let cookies = |one: &str| vec![("cookie".to_owned(), one.repeat(256 * 1024 / one.len()))];
    let inputs: Vec<(&str, String, Fields)> = vec![
        ("a token with 3,300 groups", "/".to_owned(), token(json!({ "groups": names(3_300) }))),
        ("a token with 3,600 claims", "/".to_owned(), token(members(3_600))),
        ("a token with 23,000 numbers", "/".to_owned(), token(json!({ "x": vec![1; 23_000] }))),
        ("a token with a text of 47 KB, deep inside", "/".to_owned(), token(deep)),
        (
            "a token of 64 KiB of dots",
            "/".to_owned(),
            vec![("authorization".to_owned(), format!("Bearer {}", ".".repeat(65_536)))],
        ),
        (
            "a token of 64 KiB without dots",
            "/".to_owned(),
            vec![("authorization".to_owned(), format!("Bearer {}", "A".repeat(65_536)))],
        ),
        ("256 KiB of cookies", "/".to_owned(), cookies("a=b; ")),
        ("256 KiB of equals signs", "/".to_owned(), cookies("=")),
        ("256 KiB of semicolons", "/".to_owned(), cookies(";")),
        ("a thousand sessions", "/".to_owned(), cookies("__Host-gatewright=v1.AAAAAAAA.e30.AAAA; ")),
        ("8 KiB of `a` for regular expressions", format!("/{}", "a".repeat(8_000)), Vec::new()),
        ("8 KiB of `x/` for regular expressions", format!("/{}", "xy/".repeat(85)), Vec::new()),
        ("256 KiB of query", format!("/q?{}", "mode=a&".repeat(37_000)), Vec::new()),
        ("256 KiB of query, encoded", format!("/q?{}", "%6d%6f%64%65=%61&".repeat(15_000)), Vec::new()),
        ("256 segments", "/a".repeat(255), Vec::new()),
        ("2,700 encoded letters", format!("/{}", "%41".repeat(2_700)), Vec::new()),
        ("2,000 doubly encoded letters", format!("/{}", "%2541".repeat(1_600)), Vec::new()),
        ("256 parameters", "/;x".repeat(255), Vec::new()),
        ("a path with seven forms, long", format!("/en/{}%2fb%3bx//c%5cd%23e%3f", "a".repeat(1_000)), Vec::new()),
        ("a path with four forms, as long as may be", format!("/en/{}%2fb;x//c%5cd", "a".repeat(3_000)), Vec::new()),
    ];
    let now = UnixTime::from_secs(1_767_225_600);
    inputs
        .iter()
        .map(|(name, path, headers)| {
            measure((*name).to_owned(), authorizer, &Request::new("GET", "https", "app.example.com", path, headers), now)
        })
        .collect()
}

type Fields = Vec<(String, String)>;

/// What no input may take.
const MOST_MILLISECONDS: f64 = 10.0;
/// What no input may take, in bytes.
const MOST_BYTES: usize = 1_000_000;
