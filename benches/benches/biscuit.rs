//! Decisions for a biscuit, first and remembered, against `biscuit-auth` alone; and how long tokens that want to be costly take.

use std::cell::RefCell;
use std::hint::black_box;

use benches::{Candidate, compare, median, nanoseconds};
use biscuit_auth::builder::BlockBuilder;
use biscuit_auth::{AuthorizerBuilder, AuthorizerLimits, Biscuit, KeyPair};
use cpu_time::ThreadTime;
use gatewright::{Authorizer, Config, Decision, Request, UnixTime};

const TOKENS: usize = 64;
const ROUNDS: usize = 41;
const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

fn main() {
    usual();
    refused();
    dearest();
}

/// A token for reports until Friday, as somebody hands it to a script: two blocks, three checks.
fn usual() {
    let root = KeyPair::new();
    let tokens: Vec<String> = (0..TOKENS)
        .map(|number| {
            let code = format!("user(\"user-{number}\"); group(\"staff\"); group(\"reports\")");
            let token = Biscuit::builder().code(code).unwrap().build(&root).unwrap();
            let narrow = "check if operation($o), {\"GET\", \"HEAD\"}.contains($o); \
                          check if resource($r), $r == \"/reports\" || $r.starts_with(\"/reports/\"); \
                          check if time($t), $t < 2026-01-09T00:00:00Z";
            token.append(BlockBuilder::new().code(narrow).unwrap()).unwrap().to_base64().unwrap()
        })
        .collect();
    let config = config(&root, "8KiB");
    let authorizer = RefCell::new(Authorizer::new(&config).unwrap());
    let fields: Vec<[(&str, String); 1]> = tokens.iter().map(|token| authorization(token)).collect();
    let decide = |fields: &[(&str, String); 1]| {
        let decision = ask(&authorizer.borrow(), fields);
        assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
    };
    let public = root.public();
    compare(
        "biscuit of two blocks with three checks: first decision",
        ROUNDS,
        vec![
            Candidate::new("decide (first time, policy included)", TOKENS, || fields.iter().for_each(decide))
                .prepared_by(|| *authorizer.borrow_mut() = Authorizer::new(&config).unwrap()),
            Candidate::new("biscuit-auth: parse and verify", TOKENS, || {
                for token in &tokens {
                    black_box(Biscuit::from_base64(token, public).unwrap());
                }
            }),
            Candidate::new("biscuit-auth: parse, verify, authorize", TOKENS, || {
                for token in &tokens {
                    authorize(&Biscuit::from_base64(token, public).unwrap());
                }
            }),
        ],
    );
    let verified: Vec<Biscuit> = tokens.iter().map(|token| Biscuit::from_base64(token, public).unwrap()).collect();
    fields.iter().for_each(decide);
    compare(
        "the same token remembered, its checks evaluated again",
        ROUNDS,
        vec![
            Candidate::new("decide (remembered)", TOKENS, || fields.iter().for_each(decide)),
            Candidate::new("biscuit-auth: authorize a verified token", TOKENS, || verified.iter().for_each(authorize)),
        ],
    );
}

/// What the vectors call too costly: each is refused, and this is how long that takes.
#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn refused() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../vectors/decisions/biscuit_costly.json")).unwrap();
    let config = Config::from_toml(vectors["config"].as_str().unwrap()).unwrap();
    let authorizer = Authorizer::new(&config).unwrap();
    println!("\ntokens that are too complex: time until they are refused");
    for case in vectors["cases"].as_array().unwrap() {
        if case["expect"]["code"] != "token_too_complex" {
            continue;
        }
        let value = case["request"]["headers"][0][1].as_str().unwrap();
        let fields = [("authorization", value.to_owned())];
        let target = case["request"]["path"].as_str().unwrap();
        let time = timed(|| assert_eq!(ask_for(&authorizer, target, &fields).code(), "token_too_complex"));
        println!("  {:<44} {:>9.1} µs, {:>6} characters", case["name"].as_str().unwrap(), time / 1e3, value.len());
    }
}

/// For each way to be costly, the largest token that is still evaluated.
#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn dearest() {
    let root = KeyPair::new();
    let config = config(&root, "64KiB");
    let long_path = format!("/{}", "a".repeat(8_000));
    println!(
        "\nthe dearest tokens that are evaluated: first decision, each one after it, and each one for a path of 8,000 bytes"
    );
    for (what, code) in SHAPES {
        let token = |size: usize| {
            let alice = Biscuit::builder().code("user(\"alice\")").unwrap().build(&root).unwrap();
            authorization(&alice.append(BlockBuilder::new().code(code(size)).unwrap()).unwrap().to_base64().unwrap())
        };
        let accepted = |size: &usize| ask(&Authorizer::new(&config).unwrap(), &token(*size)).code() != "token_too_complex";
        // Sizes grow by a fifth, so the largest accepted one is close to the bound.
        let sizes = std::iter::successors(Some(1_usize), |size| Some(size + (size / 5).max(1)));
        let Some(size) = sizes.take_while(|size| *size < 2_000).take_while(accepted).last() else {
            println!("  {what:<44} not evaluated at all");
            continue;
        };
        let fields = token(size);
        let first = timed(|| drop(ask(&Authorizer::new(&config).unwrap(), &fields)));
        let authorizer = Authorizer::new(&config).unwrap();
        let again = timed(|| drop(ask(&authorizer, &fields)));
        let long = timed(|| drop(ask_for(&authorizer, &long_path, &fields)));
        println!("  {what:<44} {:>7.2} ms {:>7.2} ms {:>7.2} ms   size {size}", first / 1e6, again / 1e6, long / 1e6);
    }
}

type Shape = (&'static str, fn(usize) -> String);

const SHAPES: [Shape; 17] = [
    ("n facts joined twice", |n| format!("{} check if p($a), p($b), $a < 0", facts(n))),
    ("n facts joined three times", |n| format!("{} check if p($a), p($b), p($c), $a < 0", facts(n))),
    ("two facts joined n times", |n| {
        let body: Vec<String> = (0..n).map(|at| format!("p($x{at})")).collect();
        format!("p(1); p(2); check if {}, $x0 < 0", body.join(", "))
    }),
    ("n rules over 20 facts, joined", |n| {
        let rules: String = (0..n).map(|at| format!("q{at}($a) <- p($a), p($b), $b < $a;")).collect();
        format!("{} {rules} check if q0($a), $a < 0", facts(20))
    }),
    ("transitive closure over n facts", |n| {
        let edges: String = (0..n).map(|at| format!("e({at}, {});", at + 1)).collect();
        format!("{edges} t($a, $b) <- e($a, $b); t($a, $c) <- t($a, $b), e($b, $c); check if t($a, $b), $a < 0")
    }),
    ("n checks", |n| "check if operation($o), resource($r), time($t), $r.starts_with(\"/\");".repeat(n)),
    ("n checks over 300 facts", |n| format!("{} {}", facts(300), "check if p($a), $a < 0 or true;".repeat(n))),
    ("a closure over n elements, twice", |n| {
        let list = (0..n).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
        format!("check if [{list}].any($a -> [{list}].any($b -> $a + $b < 0)) or true")
    }),
    ("n sets compared", |n| {
        let set = (0..60).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
        format!("check if {} or true", vec![format!("{{{set}}}.intersection({{{set}, 99}}).contains(98)"); n].join(" || "))
    }),
    ("n facts with sets of 50, joined", |n| {
        let set = |at: usize| (0..50).map(|it| (it * 7 + at).to_string()).collect::<Vec<_>>().join(", ");
        let facts: String = (0..n).map(|at| format!("s({{{}}});", set(at))).collect();
        format!("{facts} check if s($a), s($b), $a.contains(-1)")
    }),
    ("n patterns", |n| {
        (0..n).map(|at| format!("check if resource($r), $r.matches(\"^/(reports|[a-z]{{{at}}})[a-z0-9/]*$\") or true;")).collect()
    }),
    ("n patterns of nested choices", |n| {
        let one = |at: usize| format!("check if resource($r), $r.matches(\"^(/?([a-e]|[e-i]|[i-q]|[q-z]|{at})*)*x$\") or true;");
        (0..n).map(one).collect()
    }),
    ("n looks at a set of 400", |n| {
        let set = (0..400).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
        format!("s({{{set}}}); check if s($a), {}", vec!["$a.length() > 0"; n].join(", "))
    }),
    ("n closures around a set of 400", |n| {
        let set = (0..400).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
        format!("s({{{set}}}); check if s($a), {}", vec!["($a.length() > 0 && true)"; n].join(", "))
    }),
    ("n sums of the path", |n| format!("check if resource($r), {}", vec!["($r + $r + $r).length() > 0"; n].join(", "))),
    ("n comparisons of a text of 2,000", |n| {
        let text = "x".repeat(2_000);
        format!("check if \"{text}\" !== \"y\", {}", vec![format!("\"{text}\" === \"{text}\""); n].join(", "))
    }),
    ("n different texts", |n| (0..n).map(|at| format!("p(\"text-{at}\");")).collect()),
];

fn facts(count: usize) -> String {
    (0..count).map(|fact| format!("p({fact});")).collect()
}

fn config(root: &KeyPair, max_token: &str) -> Config {
    let text = format!(
        "version = 1\n[[biscuit]]\npublic_keys = [\"{}\"]\nmax_token = \"{max_token}\"\n\
         identity = {{ subject = \"data($u) <- user($u)\", groups = \"data($g) <- group($g)\" }}\n\
         [[rule]]\nid = \"members\"\nhosts = [\"*.example.com\"]\nallow = \"authenticated\"\n",
        root.public()
    );
    Config::from_toml(&text).unwrap()
}

fn authorization(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

fn ask(authorizer: &Authorizer, fields: &[(&str, String); 1]) -> Decision {
    ask_for(authorizer, PATH, fields)
}

fn ask_for(authorizer: &Authorizer, target: &str, fields: &[(&str, String); 1]) -> Decision {
    authorizer.decide(&Request::new("GET", "https", "app.example.com", target, fields), NOW)
}

/// What somebody writes who has a verified token and no policy of their own.
fn authorize(biscuit: &Biscuit) {
    let limits = AuthorizerLimits { max_time: std::time::Duration::from_secs(1), ..AuthorizerLimits::default() };
    let code =
        "operation(\"GET\"); resource(\"/reports/7\"); host(\"app.example.com\"); time(2026-01-01T00:00:00Z); allow if true;";
    let builder = AuthorizerBuilder::new().set_limits(limits).code(code).unwrap();
    black_box(builder.build(biscuit).unwrap().authorize().unwrap());
}

/// The median of eleven runs, in nanoseconds of the thread's CPU time.
fn timed(mut run: impl FnMut()) -> f64 {
    run();
    let sample = |_| {
        let start = ThreadTime::now();
        run();
        nanoseconds(start.elapsed())
    };
    median((0..11).map(sample).collect())
}

const PATH: &str = "/reports/7?x=1";
