//! P10: the address at which the proxy asks the gate, asked by a client: it tells credentials that are good from those that are not.

use std::rc::Rc;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::page::Page;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::Exchange;
use crate::prove::verdict::Verdict;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let mut paths = prober.options.auth_paths.clone();
    paths.extend(CANDIDATES.iter().map(|path| (*path).to_owned()).filter(|path| !prober.options.auth_paths.contains(path)));
    for path in paths {
        if prober.traffic.is_over() {
            return prober.out_of_time(place, &path);
        }
        let server = Rc::clone(&prober.server);
        let variant = Variant::new(path.as_str(), prober.get(path.as_str()), "auth-location-public").severity(Severity::Medium);
        let exchange = prober.traffic.ask(&server, &variant.question);
        let mut requests = vec![exchange.number];
        let allowed = prober.get_allowed(path.as_str()).map(|request| {
            let mut question = variant.question.clone();
            question.request = request;
            prober.traffic.ask(&server, &question)
        });
        requests.extend(allowed.iter().map(|exchange| exchange.number));
        let judgement = judge(prober, &exchange, allowed.as_ref());
        prober.record(place, &variant, &exchange, judgement, requests);
    }
}

fn judge(prober: &Prober<'_>, anonymous: &Exchange, allowed: Option<&Exchange>) -> Judgement {
    let Some(page) = anonymous.page() else { return Judgement::pass("no answer") };
    let baseline = &prober.baseline;
    if page.status == 429 {
        return Judgement::new(Verdict::Inconclusive, "too many requests (429)");
    }
    let like = |known: &Option<Page>, page: &Page| known.as_ref().is_some_and(|known| known.is_like(page));
    if let Some(page) = allowed.and_then(Exchange::page) {
        // The application's own page at this address is no gate.
        let known = like(&baseline.unknown, &page) || like(&baseline.unknown_allowed, &page);
        let application = baseline.application_in(&page).is_some() || baseline.protected_in(&page).is_some();
        let gate = page.is_success() && page.length <= LONGEST_GATE && !known && !application && !page.is_login();
        if gate && matches!(anonymous.page().map(|page| page.status), Some(401 | 403)) {
            return Judgement::new(
                Verdict::Warn,
                format!("the gate answers clients: {} with the credential, and no without", page.status),
            );
        }
    }
    Judgement::pass(format!("{}: no gate to be seen", page.status))
}

/// A gate's answer has no content to speak of.
const LONGEST_GATE: usize = 64;

const CANDIDATES: [&str; 12] = [
    "/_auth",
    "/auth",
    "/_authz",
    "/authz",
    "/verify",
    "/_verify",
    "/internal/auth",
    "/oauth2/auth",
    "/api/verify",
    "/api/authz/forward-auth",
    "/api/authz/auth-request",
    "/outpost.goauthentik.io/auth/nginx",
];
