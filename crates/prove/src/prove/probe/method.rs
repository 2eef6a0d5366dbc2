//! P05: other methods than GET.

use std::rc::Rc;

use crate::lint::Severity;
use crate::prove::judge::{Judgement, Twin};
use crate::prove::options::Methods;
use crate::prove::page::Page;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::verdict::Verdict;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let methods: &[&str] = match prober.options.methods {
        Methods::Safe => &["HEAD"],
        Methods::All => &["HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"],
    };
    let variant = |method: &&'static str| {
        let mut request = prober.get(prober.path(place.subject));
        (*method).clone_into(&mut request.method);
        if !matches!(*method, "HEAD") {
            request = request.with_body("");
        }
        Variant::new(*method, request, LINT)
    };
    let variants: Vec<Variant> = methods.iter().map(variant).collect();
    prober.expect_all_refused(place, &variants);
    options(prober, place);
    if prober.options.methods == Methods::Safe {
        prober.skip(place, "POST PUT PATCH DELETE PROPFIND", "only methods that change nothing");
    }
}

/// Proxies and applications answer OPTIONS themselves, which harms nobody, as long as it is all that comes.
fn options(prober: &mut Prober<'_>, place: Place) {
    if prober.traffic.is_over() {
        return prober.out_of_time(place, "OPTIONS");
    }
    let server = Rc::clone(&prober.server);
    let mut request = prober.get(prober.path(place.subject)).with("Origin", "http://localhost");
    request = request.with("Access-Control-Request-Method", "GET");
    "OPTIONS".clone_into(&mut request.method);
    let variant = Variant::new("OPTIONS", request, LINT).severity(Severity::High);
    let exchange = prober.traffic.ask(&server, &variant.question);
    let mut requests = vec![exchange.number];
    let mut judgement = prober.judge(&server, place.subject, &variant.question, &exchange, Twin::Elsewhere, &mut requests);
    let answer = exchange.outcome.as_ref().ok();
    if judgement.verdict == Verdict::Pass && answer.map(Page::of).is_some_and(|page| page.is_success() && page.length == 0) {
        judgement.evidence = "answered without a trace of the application".to_owned();
        if answer.is_some_and(|answer| answer.value("allow").is_some()) {
            judgement = Judgement::new(Verdict::Warn, "answered with the methods that there are, perhaps by the application");
        }
    }
    prober.record(place, &variant, &exchange, judgement, requests);
}

const LINT: &str = "auth-location-answers-some";
