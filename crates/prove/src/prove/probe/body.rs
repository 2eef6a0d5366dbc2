//! P12: requests with a body. A gate that is told of a body waits for one that never comes.

use std::rc::Rc;
use std::time::Duration;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::options::Methods;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::verdict::Verdict;
use crate::prove::wire::Request;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    if prober.options.methods == Methods::Safe {
        return prober.skip(place, "POST", "only methods that change nothing");
    }
    let Some(mut request) = prober.get_allowed(prober.path(place.subject)) else {
        return prober.skip(place, "POST", "no credential of somebody who may");
    };
    "POST".clone_into(&mut request.method);
    let body = vec![b'a'; LENGTH];
    let form = |request: Request| request.with("Content-Type", "text/plain");
    for (name, request) in [
        ("100 KB", form(request.clone()).with_body(body.clone())),
        ("100 KB in a chunk", form(request.clone()).with_chunked_body(&body)),
        ("100 KB, expecting 100-continue", form(request).with("Expect", "100-continue").with_body(body)),
    ] {
        if prober.traffic.is_over() {
            return prober.out_of_time(place, name);
        }
        let server = Rc::clone(&prober.server);
        let variant = Variant::new(name, request, "auth-location-body").severity(Severity::Medium);
        let exchange = prober.traffic.ask(&server, &variant.question);
        let judgement = match &exchange.outcome {
            Ok(answer) if answer.time > SLOW => {
                Judgement::new(Verdict::Warn, format!("{} only after {:?}", answer.status, answer.time))
            }
            Ok(answer) if answer.status >= 500 => Judgement::new(Verdict::Warn, format!("{}, with a credential", answer.status)),
            Ok(answer) if answer.interim.contains(&100) => Judgement::pass(format!("{} in time, after 100", answer.status)),
            Ok(answer) => Judgement::pass(format!("{} in time", answer.status)),
            Err(error) => Judgement::new(Verdict::Warn, error.to_string()),
        };
        let requests = vec![exchange.number];
        prober.record(place, &variant, &exchange, judgement, requests);
    }
}

const LENGTH: usize = 100_000;
/// Nothing on the way to an application takes as long, unless it waits for something.
const SLOW: Duration = Duration::from_secs(2);
