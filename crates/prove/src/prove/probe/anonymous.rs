//! P01 and P02: what nobody sees, and what somebody sees who may.

use std::rc::Rc;

use crate::prove::baseline::Baseline;
use crate::prove::judge::{Judgement, Twin};
use crate::prove::page::Page;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::verdict::Verdict;

/// Judges the answer that was learned, and asks at every other address.
pub(super) fn nobody(prober: &mut Prober<'_>, place: Place) {
    let baseline = Rc::clone(&prober.baseline);
    let server = Rc::clone(&prober.server);
    let Some(subject) = baseline.subjects.get(place.subject) else { return };
    let variant = Variant::new("GET", prober.get(subject.path.as_str()), LINT);
    let mut requests = vec![subject.anonymous.number];
    let judgement = match (&subject.opened, &subject.stranger) {
        (Some(why), _) => Judgement::open(why),
        (None, Some(page)) if page.is_success() => success(page, &baseline, prober.options.allow.is_some()),
        (None, Some(page)) if page.status >= 500 => {
            Judgement::new(Verdict::Warn, format!("refused, with {}: the gate or the proxy is broken", page.status))
        }
        // A redirect is followed here, and known to the others.
        _ => match subject.leads.clone() {
            Some(leads) => prober.judge_chain(&server, &variant.question, leads, Twin::Within, &mut requests),
            None => prober.judge(&server, place.subject, &variant.question, &subject.anonymous, Twin::Elsewhere, &mut requests),
        },
    };
    let judgement = match baseline.refused_by_application(subject) {
        Some(header) if judgement.verdict == Verdict::Pass => {
            let why = format!("refused by the application itself, as its header `{header}` shows: nothing stands before it");
            Judgement::new(Verdict::Warn, why)
        }
        _ => judgement,
    };
    prober.record(place, &variant, &subject.anonymous, judgement.clone(), requests);
    browser(prober, place, judgement);
    for other in prober.servers.clone().iter().filter(|other| other.address != server.address) {
        let mut variant = variant.clone();
        variant.name = format!("GET at {}", other.address);
        prober.expect_all_refused_at(place, other, &[variant]);
    }
}

/// Where a browser is sent to the login and everybody else is not, it is another way through the configuration.
fn browser(prober: &mut Prober<'_>, place: Place, nobody: Judgement) {
    const NAME: &str = "GET of a browser";
    if prober.traffic.is_over() {
        return prober.out_of_time(place, NAME);
    }
    let (server, baseline) = (Rc::clone(&prober.server), Rc::clone(&prober.baseline));
    let variant = Variant::new(NAME, prober.navigate(prober.path(place.subject)), "error-page-opens");
    let exchange = prober.traffic.ask(&server, &variant.question);
    let mut requests = vec![exchange.number];
    let known = baseline.subjects.get(place.subject).and_then(|subject| subject.stranger.as_ref());
    let same = |page: &Page| known.is_some_and(|known| known.status == page.status && known.hash == page.hash);
    let judgement = match exchange.page() {
        Some(page) if same(&page) => nobody,
        _ => prober.judge(&server, place.subject, &variant.question, &exchange, Twin::Elsewhere, &mut requests),
    };
    prober.record(place, &variant, &exchange, judgement, requests);
}

fn success(page: &Page, baseline: &Baseline, compared: bool) -> Judgement {
    let status = page.status;
    if page.is_login() {
        return Judgement::pass(format!("{status} with the login page"));
    }
    if page.length == 0 {
        return Judgement::new(Verdict::Inconclusive, format!("{status} with nothing in it, where a refusal was to come"));
    }
    if baseline.unknown.as_ref().is_some_and(|unknown| unknown.is_like(page)) {
        let verdict = if compared { Verdict::Pass } else { Verdict::Inconclusive };
        return Judgement::new(verdict, format!("{status} with the page that comes for every path"));
    }
    Judgement::new(Verdict::Inconclusive, format!("{status} with another page, which is not the login: what is in it?"))
}

pub(super) fn somebody(prober: &mut Prober<'_>, place: Place) {
    let baseline = Rc::clone(&prober.baseline);
    let Some(subject) = baseline.subjects.get(place.subject) else { return };
    let Some(allowed) = &subject.allowed else {
        let why = "no credential of somebody who may: it can only look blocked";
        return prober.note(place, "GET", Judgement::new(Verdict::Inconclusive, why));
    };
    let variant = Variant::new("GET", prober.get(subject.path.as_str()), "");
    prober.record(place, &variant, allowed, Judgement::pass("the protected page, twice the same"), vec![allowed.number]);
}

const LINT: &str = "auth-request-target";
