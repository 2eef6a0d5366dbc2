//! P19: what the headers of an answer say to caches, and to the person who gets it.

use std::rc::Rc;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::verdict::Verdict;
use crate::prove::wire::Response;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let baseline = Rc::clone(&prober.baseline);
    let Some(subject) = baseline.subjects.get(place.subject) else { return };
    let path = subject.path.as_str();
    let both = [("with a credential", subject.allowed.as_ref()), ("without", Some(&subject.anonymous))];
    for (name, exchange) in both {
        let Some(exchange) = exchange else { continue };
        let Ok(answer) = &exchange.outcome else { continue };
        let caching = Variant::new(format!("caching, {name}"), prober.get(path), "page-cache").severity(Severity::Medium);
        prober.record(place, &caching, exchange, caches(answer), vec![exchange.number]);
        let telling = Variant::new(format!("what they tell, {name}"), prober.get(path), "").severity(Severity::Low);
        let judgement = tells(answer, &prober.options.identity);
        prober.record(place, &telling, exchange, judgement, vec![exchange.number]);
    }
}

/// RFC 9111 §5.2.2: what shared caches may keep.
fn caches(answer: &Response) -> Judgement {
    let control = answer.values("cache-control").map(|value| String::from_utf8_lossy(value).to_ascii_lowercase());
    let control = control.collect::<Vec<_>>().join(", ");
    let has = |word: &str| control.split([',', ' ', '=']).any(|part| part == word);
    if has("no-store") || has("private") || has("no-cache") {
        return Judgement::pass(format!("`Cache-Control: {control}`"));
    }
    if has("public") || has("s-maxage") || (has("max-age") && !control.contains("max-age=0")) {
        return Judgement::new(Verdict::Warn, format!("`Cache-Control: {control}` lets caches keep it for others"));
    }
    Judgement::pass("nothing is said to caches")
}

fn tells(answer: &Response, identity: &[String]) -> Judgement {
    let tokens = ["authorization", "x-auth-request-access-token", "x-forwarded-access-token", "x-access-token", "x-id-token"];
    let known = identity.iter().map(String::as_str).chain(tokens);
    match known.into_iter().find(|name| answer.values(name).next().is_some()) {
        Some(name) => Judgement::new(Verdict::Warn, format!("`{name}` of the gate is handed on to the client")),
        None => Judgement::pass("nothing of the gate's"),
    }
}
