//! P18: the way to the login, and what it hands on about the way back.

use std::rc::Rc;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::redirect::{Leads, redirect};
use crate::prove::traffic::Exchange;
use crate::prove::verdict::Verdict;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    if prober.traffic.is_over() {
        return prober.out_of_time(place, "all");
    }
    let server = Rc::clone(&prober.server);
    let whole = prober.path(place.subject);
    let origin = Variant::new("where it leads", prober.navigate(whole.as_str()), LINT).severity(Severity::Medium);
    let exchange = prober.traffic.ask(&server, &origin.question);
    let answer = exchange.outcome.as_ref().ok();
    let Some(leads) = answer.and_then(|answer| redirect(answer, &server.target, whole.as_bytes())) else {
        return prober.skip(place, "all", "nobody is sent to a login");
    };
    let judgement = match leads {
        Leads::Nowhere => Judgement::new(Verdict::Warn, "a redirect without an address"),
        Leads::Here(_) => Judgement::pass("to this origin"),
        Leads::Away(to) if prober.is_login_elsewhere(&to) => Judgement::pass(format!("to {to}")),
        Leads::Away(to) => Judgement::new(Verdict::Warn, format!("to {to}, which is no login that was named")),
    };
    let requests = vec![exchange.number];
    prober.record(place, &origin, &exchange, judgement, requests);

    let path = whole.split('?').next().unwrap_or_default();
    let asked = format!("{path}?a=1&b=2");
    let back = Variant::new("the way back", prober.navigate(asked.as_str()), LINT).severity(Severity::Low);
    let exchange = prober.traffic.ask(&server, &back.question);
    let judgement = way_back(&location(&exchange), path, &asked, prober.options.target.host());
    let requests = vec![exchange.number];
    prober.record(place, &back, &exchange, judgement, requests);

    let evil = format!("{}.test", prober.options.unknown());
    for (name, request) in [
        ("another Host", prober.navigate(whole.as_str()).replacing("Host", &evil)),
        ("another X-Forwarded-Host", prober.navigate(whole.as_str()).with("X-Forwarded-Host", &evil)),
    ] {
        let variant = Variant::new(name, request, LINT).severity(Severity::Medium);
        let exchange = prober.traffic.ask(&server, &variant.question);
        let judgement = if decoded(&location(&exchange)).contains(&evil) {
            Judgement::new(Verdict::Warn, "the redirect hands on a host that the client has made up")
        } else {
            Judgement::pass("it is not handed on")
        };
        let requests = vec![exchange.number];
        prober.record(place, &variant, &exchange, judgement, requests);
    }
}

fn location(exchange: &Exchange) -> String {
    exchange.outcome.as_ref().ok().and_then(|answer| answer.value("location")).unwrap_or_default()
}

/// Looks for the parameter that names the page, and whether it names all of it.
fn way_back(location: &str, path: &str, asked: &str, host: &str) -> Judgement {
    let query = location.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| decoded(value));
    let Some(value) = values.into_iter().find(|value| value.contains(path) && path.len() > 1 || value.ends_with(asked)) else {
        return Judgement::pass("nothing is handed on about the page");
    };
    if !value.ends_with(asked) {
        return Judgement::new(Verdict::Warn, format!("`{asked}` is handed on as `{value}`: people come back to another page"));
    }
    let elsewhere =
        value.split_once("://").is_some_and(|(_, rest)| !rest.to_ascii_lowercase().starts_with(&host.to_ascii_lowercase()));
    if elsewhere {
        return Judgement::new(Verdict::Warn, format!("people come back to `{value}`, which is another host"));
    }
    Judgement::pass("the whole address is handed on")
}

/// Percent-decoding as of a query; what is no escape stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| *first == b'%').and_then(|digits| str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const LINT: &str = "login-return-address";

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(location: &str) -> Verdict {
        way_back(location, "/admin", "/admin?a=1&b=2", "app.test").verdict
    }

    #[test]
    fn whole_address_must_come_through() {
        assert_eq!(verdict("/login?rd=%2Fadmin%3Fa%3D1%26b%3D2"), Verdict::Pass);
        assert_eq!(verdict("https://idp.test/?rd=http%3A%2F%2Fapp.test%2Fadmin%3Fa%3D1%26b%3D2&x=y"), Verdict::Pass);
        assert_eq!(verdict("/login?rd=/admin?a=1&b=2"), Verdict::Warn);
        assert_eq!(verdict("/login?rd=http%3A%2F%2Fevil.test%2Fadmin%3Fa%3D1%26b%3D2"), Verdict::Warn);
        assert_eq!(verdict("/login"), Verdict::Pass);
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(decoded("%zz%2f%e"), "%zz/%e");
    }
}
