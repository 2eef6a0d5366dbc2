//! P17: the application by its own address, past the proxy. It must not answer at all.

use crate::prove::judge::{Judgement, Twin};
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::Server;
use crate::prove::verdict::Verdict;
use crate::prove::wire::WireError;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    if prober.options.direct.is_empty() {
        return prober.skip(place, "all", "no address of the application is named");
    }
    for target in prober.options.direct.clone() {
        let name = target.origin();
        let Ok(addresses) = target.addresses() else {
            prober.note(place, &name, Judgement::new(Verdict::Inconclusive, "its name is not known here"));
            continue;
        };
        for address in addresses {
            let server = match Server::new(&target, address, &prober.options.certificates) {
                Ok(server) => server,
                Err(error) => {
                    prober.note(place, &name, Judgement::new(Verdict::Inconclusive, error.to_string()));
                    continue;
                }
            };
            let path = prober.path(place.subject);
            let request = prober.get(path).replacing("Host", &target.authority());
            let variant = Variant::new(format!("{name} ({address})"), request, "open-backend-port");
            // Whose certificate it is does not matter: nothing secret is said.
            prober.expect_closed(place, &server, &variant.elsewhere().calling(target.host()));
        }
    }
}

impl Prober<'_> {
    /// Asks where nobody should listen, or should refuse.
    pub(super) fn expect_closed(&mut self, place: Place, server: &Server, variant: &Variant) {
        if self.traffic.is_over() {
            return self.out_of_time(place, &variant.name);
        }
        let exchange = self.traffic.ask(server, &variant.question);
        let mut requests = vec![exchange.number];
        let judgement = match (&exchange.outcome, place.probe) {
            (Err(WireError::Connect(kind)), _) => Judgement::pass(format!("closed: {kind}")),
            (Err(error), _) => Judgement::new(Verdict::Warn, format!("somebody listens: {error}")),
            (Ok(answer), "P17") => {
                let page = crate::prove::page::Page::of(answer);
                match self.baseline.protected_in(&page) {
                    Some(found) => Judgement::open(format!("{} shows {found}", page.status)),
                    None if page.is_success() => Judgement::open(format!("{} comes without the proxy", page.status)),
                    None => Judgement::new(Verdict::Warn, format!("it answers, with {}", page.status)),
                }
            }
            _ => self.judge(server, place.subject, &variant.question, &exchange, Twin::Elsewhere, &mut requests),
        };
        self.record(place, variant, &exchange, judgement, requests);
    }
}
