//! Policy lookup as the number of rules grows, and the time to build the table.

use std::fmt::Write;

use benches::{Candidate, compare, median, nanoseconds};
use cpu_time::ThreadTime;
use gatewright::{Authorizer, Config, Decision, Request, UnixTime};

const ASKED: usize = 997;

#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn main() {
    let sizes = [10, 1_000, 100_000];
    let authorizers: Vec<Authorizer> = sizes
        .iter()
        .map(|size| {
            let start = ThreadTime::now();
            let config = Config::from_toml(&policy(*size)).unwrap();
            let read = nanoseconds(start.elapsed()) / 1e6;
            let builds: Vec<f64> = (0..3)
                .map(|_| {
                    let start = ThreadTime::now();
                    drop(Authorizer::new(&config).unwrap());
                    nanoseconds(start.elapsed()) / 1e6
                })
                .collect();
            println!("{size} rules: file read and checked in {read:.0} ms, table built in {:.1} ms", median(builds));
            Authorizer::new(&config).unwrap()
        })
        .collect();
    let targets: Vec<Vec<String>> = sizes.iter().map(|size| targets(*size)).collect();
    let names = ["decide among 10 rules", "decide among 1,000 rules", "decide among 100,000 rules"];
    let candidates = authorizers.iter().zip(&targets).zip(names).rev().map(|((authorizer, targets), name)| {
        Candidate::new(name, ASKED, move || {
            for target in targets {
                let request = Request::new("GET", "https", "app.example.com", target, &());
                let decision = authorizer.decide(&request, UnixTime::from_secs(1_767_225_600));
                assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
            }
        })
    });
    compare("policy lookup (whole decision, anonymous)", 41, candidates.collect());
}

fn policy(rules: usize) -> String {
    let mut text = String::from("version = 1\n");
    for rule in 0..rules {
        let path = match rule % 3 {
            0 => format!("/service-{rule}/**"),
            1 => format!("/team-{}/project-{rule}/*/files/**", rule % 50),
            _ => format!("/api/v1/items/{rule}"),
        };
        write!(text, "[[rule]]\nid = \"r{rule}\"\npaths = [\"{path}\"]\nallow = \"anyone\"\n").unwrap();
    }
    text
}

fn targets(rules: usize) -> Vec<String> {
    (0..ASKED)
        .map(|asked| {
            let rule = asked * 7919 % rules;
            match rule % 3 {
                0 => format!("/service-{rule}/some/page?x=1"),
                1 => format!("/team-{}/project-{rule}/main/files/a/b", rule % 50),
                _ => format!("/api/v1/items/{rule}"),
            }
        })
        .collect()
}
