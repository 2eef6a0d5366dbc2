//! P11: right after somebody who may has seen a page. A cache in front of the gate or behind it shows it to the next.

use std::rc::Rc;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::Question;
use crate::prove::verdict::Verdict;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let path = prober.path(place.subject);
    let Some(allowed) = prober.get_allowed(path.as_str()) else {
        return prober.skip(place, "all", "no credential of somebody who may");
    };
    let server = Rc::clone(&prober.server);
    prober.traffic.ask(&server, &Question::new(allowed.clone()));
    let again = prober.get(path.as_str());
    prober.expect_refused(place, &Variant::new("nobody, the same page", again, "auth-location-cache"));
    let separator = if path.contains('?') { '&' } else { '?' };
    let fresh = format!("{path}{separator}{}", prober.options.unknown());
    prober.expect_refused(
        place,
        &Variant::new("nobody, with a query that no cache knows", prober.get(fresh), "auth-location-cache"),
    );
    let no_cache = prober.get(path.as_str()).with("Cache-Control", "no-cache");
    prober.expect_refused(place, &Variant::new("nobody, who wants no cached page", no_cache, "auth-location-cache"));
    if let Some(other) = prober.baseline.subjects.iter().map(|subject| subject.path.clone()).find(|other| *other != path) {
        let request = prober.get(other);
        prober.expect_refused(place, &Variant::new("nobody, another page", request, "auth-location-cache"));
    }
    deceived(prober, place, &path);
    second(prober, place, &path, &Question::new(allowed));
}

/// A cache takes `/account/x.css` for a file that anybody may have, and the application for `/account`.
fn deceived(prober: &mut Prober<'_>, place: Place, path: &str) {
    const NAME: &str = "nobody, a page of somebody's that looks like a file";
    let bare = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let file = format!("{bare}/{}.css", prober.options.unknown());
    let Some(allowed) = prober.get_allowed(file.as_str()) else { return };
    if prober.traffic.is_over() {
        return prober.out_of_time(place, NAME);
    }
    let server = Rc::clone(&prober.server);
    prober.traffic.ask(&server, &Question::new(allowed));
    let again = prober.get(file);
    prober.expect_refused(place, &Variant::new(NAME, again, "page-cache"));
}

/// Two people may see the same page, but not one the page of the other.
fn second(prober: &mut Prober<'_>, place: Place, path: &str, first: &Question) {
    const NAME: &str = "somebody else who may";
    let Some(second) = prober.options.second.clone() else {
        return prober.skip(place, NAME, "no second credential is named");
    };
    if prober.traffic.is_over() {
        return prober.out_of_time(place, NAME);
    }
    let server = Rc::clone(&prober.server);
    let request = |prober: &Prober<'_>, path: String| prober.get(path).with_lines(&second.lines);
    let variant = Variant::new(NAME, request(prober, path.to_owned()), "page-cache").severity(Severity::High);
    let before = prober.traffic.ask(&server, first);
    let shown = prober.traffic.ask(&server, &variant.question);
    let separator = if path.contains('?') { '&' } else { '?' };
    let fresh = Question::new(request(prober, format!("{path}{separator}{}", prober.options.unknown())));
    let own = prober.traffic.ask(&server, &fresh);
    let requests = vec![shown.number, before.number, own.number];
    let judgement = match (before.page(), shown.page(), own.page()) {
        (Some(before), Some(shown), Some(own)) if shown.hash == before.hash && own.hash != before.hash && own.is_success() => {
            Judgement::open("what one person sees is what the person before has seen, and not their own page")
        }
        (Some(before), Some(shown), Some(own)) if shown.hash == before.hash && own.hash == before.hash => {
            let why = "both see the same, byte for byte, also where no cache should know it: what is theirs cannot be told apart";
            Judgement::new(Verdict::Inconclusive, why)
        }
        (Some(_), Some(shown), Some(_)) if shown.is_success() => Judgement::pass("each sees their own page"),
        (_, Some(shown), _) => Judgement::new(Verdict::Inconclusive, format!("the second credential gets {}", shown.status)),
        _ => Judgement::new(Verdict::Inconclusive, "no answer"),
    };
    prober.record(place, &variant, &shown, judgement, requests);
}
