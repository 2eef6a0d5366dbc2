//! P16: paths that anybody may see, and what is next to them.

use std::rc::Rc;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::verdict::Verdict;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let open = prober.options.open.clone();
    if open.is_empty() {
        return prober.skip(place, "all", "no path is named that anybody may see");
    }
    let protected = prober.path(place.subject);
    let mut variants = Vec::new();
    for path in open {
        let start = path.trim_end_matches('*').trim_end_matches('/').to_owned();
        if !path.ends_with('*') {
            reachable(prober, place, &path);
            for (name, target, lint) in [
                ("a longer name", format!("{start}x"), "open-sibling"),
                ("a page below", format!("{start}/{}", prober.options.unknown()), "open-regex"),
            ] {
                let variant = Variant::new(format!("{path}: {name}"), prober.get(target), lint);
                variants.push(variant.elsewhere().severity(Severity::High));
            }
        }
        for (name, between) in [
            ("and back", "/.."),
            ("and back, escaped", "/%2e%2e"),
            ("and back, with a semicolon", "/..;"),
            ("and back by an escaped slash", "/..%2f."),
            ("behind a semicolon", ";"),
        ] {
            let variant =
                Variant::new(format!("{path} {name}"), prober.get(format!("{start}{between}{protected}")), "open-regex");
            variants.push(variant.elsewhere().severity(Severity::High));
        }
    }
    prober.expect_all_refused(place, &variants);
}

fn reachable(prober: &mut Prober<'_>, place: Place, path: &str) {
    if prober.traffic.is_over() {
        return prober.out_of_time(place, path);
    }
    let server = Rc::clone(&prober.server);
    let variant = Variant::new(path, prober.get(path), "").severity(Severity::Low);
    let exchange = prober.traffic.ask(&server, &variant.question);
    let judgement = match exchange.page() {
        Some(page) if page.is_success() => Judgement::pass(format!("{}, as declared", page.status)),
        Some(page) => Judgement::new(Verdict::Warn, format!("{}, though anybody may see it", page.status)),
        None => Judgement::new(Verdict::Inconclusive, "no answer"),
    };
    let requests = vec![exchange.number];
    prober.record(place, &variant, &exchange, judgement, requests);
}
