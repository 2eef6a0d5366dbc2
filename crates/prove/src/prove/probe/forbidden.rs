//! P03: somebody who is known and may not see the page is told so, and not sent to the login again.

use std::rc::Rc;

use crate::prove::judge::{Judgement, Twin};
use crate::prove::page::Page;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::redirect::{Leads, redirect};
use crate::prove::verdict::Verdict;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let Some(forbid) = prober.options.forbid.clone() else {
        return prober.skip(place, "GET", "no credential of somebody who may not is named");
    };
    if prober.traffic.is_over() {
        return prober.out_of_time(place, "GET");
    }
    let server = Rc::clone(&prober.server);
    let path = prober.path(place.subject);
    let mut variant = Variant::new("GET", prober.get(path).with_lines(&forbid.lines), "error-page-opens");
    let exchange = prober.traffic.ask(&server, &variant.question);
    let mut requests = vec![exchange.number];
    let answer = exchange.outcome.as_ref().ok();
    let leads = answer.and_then(|answer| redirect(answer, &server.target, &variant.question.request.target));
    let judgement = match leads {
        None => {
            let refused = prober.judge(&server, place.subject, &variant.question, &exchange, Twin::Elsewhere, &mut requests);
            if refused.verdict == Verdict::Pass { told(exchange.page(), refused) } else { refused }
        }
        Some(leads) => {
            let away = matches!(leads, Leads::Away(_));
            variant.lint = "forbidden-loop";
            match prober.judge_chain(&server, &variant.question, leads, Twin::Elsewhere, &mut requests) {
                looped if looped.verdict == Verdict::Loop => looped,
                open if open.verdict == Verdict::Open => open,
                _ if away => Judgement::new(Verdict::Warn, "somebody who is logged in is sent to the login, and so in a circle"),
                _ => Judgement::new(
                    Verdict::Warn,
                    "somebody who is logged in is sent elsewhere, and not told that this is forbidden",
                ),
            }
        }
    };
    prober.record(place, &variant, &exchange, judgement, requests);
}

/// Whether a refusal says that this is forbidden, to somebody who is known.
fn told(page: Option<Page>, refused: Judgement) -> Judgement {
    let Some(page) = page else { return refused };
    match page.status {
        401 => {
            let why =
                "asked to log in (401): the credential is not known here, or a 401 comes where 403 should (RFC 9110 §15.5.4)";
            Judgement::new(Verdict::Inconclusive, why)
        }
        200..300 if page.is_login() => {
            Judgement::new(Verdict::Warn, "somebody who is logged in is shown the login, and not told that this is forbidden")
        }
        200..300 => {
            let why = format!("{} with another page than the protected one, where 403 was to come: what is in it?", page.status);
            Judgement::new(Verdict::Inconclusive, why)
        }
        _ => refused,
    }
}
