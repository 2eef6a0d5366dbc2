//! P09: a client that says who it is. What it says must not be what the application hears.

use std::rc::Rc;

use base64_simd::STANDARD;

use crate::lint::Severity;
use crate::prove::judge::Judgement;
use crate::prove::page::Page;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::{Exchange, Question};
use crate::prove::verdict::Verdict;
use crate::prove::wire::{Line, Request, Response};

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    if prober.options.identity.is_empty() {
        return prober.skip(place, "all", "no header is named that tells the application who is asking");
    }
    let shown = prober.options.whoami.clone();
    let path = shown.clone().unwrap_or_else(|| prober.path(place.subject));
    let forged = format!("forged-{:016x}", prober.options.nonce);
    let open: Vec<String> = prober.options.open.iter().filter(|open| !open.ends_with('*')).take(3).cloned().collect();
    let subjects = prober.baseline.subjects.iter().map(|subject| subject.path.clone());
    let others: Vec<String> = subjects.filter(|other| *other != path).collect();
    if let Some(whoami) = &shown
        && let Err(judgement) = shows_anybody(prober, whoami)
    {
        return prober.note(place, "all", judgement);
    }
    let mut echoed = shown.is_some();
    for header in prober.options.identity.clone() {
        for (name, lines, lint) in forgeries(&header, &forged) {
            let mut asked: Vec<(String, Request)> = Vec::new();
            if let Some(request) = prober.get_allowed(path.as_str()) {
                asked.push((format!("{name}, with a credential"), request));
            }
            // A location of its own may have forgotten the header.
            for other in others.iter().filter(|_| name == header) {
                let request = prober.get_allowed(other.as_str());
                asked.extend(request.map(|request| (format!("{name}, with a credential, at {other}"), request)));
            }
            asked.push((format!("{name}, without"), prober.get(path.as_str())));
            asked.extend(open.iter().map(|open| (format!("{name}, at {open}"), prober.get(open.as_str()))));
            for (name, request) in asked {
                echoed |= try_one(prober, place, Variant::new(name, request.with_lines(&lines), lint), &forged);
            }
        }
    }
    // What nginx calls the remote user is what any `Authorization: Basic` says, whoever has looked at the password.
    let has_basic = prober.options.allow.iter().flat_map(|credential| &credential.lines).any(|line| line.is("authorization"));
    if let Some(request) = prober.get_allowed(path.as_str()).filter(|_| !has_basic) {
        let basic = Line::new("Authorization", format!("Basic {}", STANDARD.encode_to_string(format!("{forged}:x"))));
        let variant = Variant::new(
            "the name in `Authorization: Basic`, with a credential",
            request.with_lines(&[basic]),
            "identity-from-client",
        );
        echoed |= try_one(prober, place, variant, &forged);
    }
    if echoed && !prober.traffic.is_over() {
        removed(prober, place, &path);
    }
    if !echoed {
        prober.checks.retain(|check| check.probe != "P09");
        prober.skip(place, "all", "no page shows the identity: `--whoami` names one that does");
    }
}

/// Whether the page that is to show who is asking is shown at all.
fn shows_anybody(prober: &mut Prober<'_>, whoami: &str) -> Result<(), Judgement> {
    let Some(request) = prober.get_allowed(whoami) else { return Ok(()) };
    let server = Rc::clone(&prober.server);
    let why = match prober.traffic.ask(&server, &Question::new(request)).page() {
        Some(page) if page.is_success() => return Ok(()),
        Some(page) => format!("`{whoami}` answers {} with the credential: it shows nobody who is asking", page.status),
        None => format!("`{whoami}` does not answer: it shows nobody who is asking"),
    };
    Err(Judgement::new(Verdict::Inconclusive, why))
}

/// Asks, and says whether the forged value came back.
fn try_one(prober: &mut Prober<'_>, place: Place, variant: Variant, forged: &str) -> bool {
    if prober.traffic.is_over() {
        prober.out_of_time(place, &variant.name);
        return false;
    }
    let server = Rc::clone(&prober.server);
    let exchange = prober.traffic.ask(&server, &variant.question);
    let requests = vec![exchange.number];
    let holds = |answer: &Response| {
        contains(&answer.body, forged.as_bytes()) || answer.lines.iter().any(|line| contains(line, forged.as_bytes()))
    };
    let (judgement, shown) = match &exchange.outcome {
        Err(error) => (Judgement::new(Verdict::Inconclusive, error.to_string()), false),
        Ok(answer) if holds(answer) => (Judgement::new(Verdict::Spoof, "the application was told what the client wrote"), true),
        Ok(answer) if answer.status == 429 => (Judgement::new(Verdict::Inconclusive, "too many requests (429)"), false),
        // A proxy may refuse such a request as malformed; but whoever forbids it, or fails, has read the name.
        Ok(answer) if variant.question.request.is_secret() && matches!(answer.status, 401..=499 | 500..) => {
            let why = format!(
                "{} with the header, although the credential is accepted: somebody looks at what the client wrote",
                answer.status
            );
            (Judgement::new(Verdict::Inconclusive, why), false)
        }
        Ok(answer) => (Judgement::pass(format!("{} without it", answer.status)), false),
    };
    prober.record(place, &variant.severity(Severity::Critical), &exchange, judgement, requests);
    shown
}

/// Whether a client can have the identity taken away: a proxy drops what `Connection` names (RFC 9110 §7.6.1), and an application that is
/// told of nobody may take the request for one from inside.
///
/// What shows it: words that are in the page whenever nothing of the identity is named there, and are gone when it is.
fn removed(prober: &mut Prober<'_>, place: Place, path: &str) {
    const NAME: &str = "all of them named in Connection, with a credential";
    let Some(usual) = prober.get_allowed(path) else { return };
    let names = prober.options.identity.join(", ");
    let other = format!("X-{}", prober.options.unknown());
    let named = |names: &str| usual.clone().replacing("Connection", &format!("close, {names}"));
    let server = Rc::clone(&prober.server);
    let variant = Variant::new(NAME, named(&names), "caddy-connection-header").severity(Severity::Medium);
    let questions = [named(&other), usual.clone(), named(&other)].map(Question::new);
    let mut jobs: Vec<_> = questions.iter().map(|question| (&*server, question)).collect();
    jobs.extend([(&*server, &variant.question); 2]);
    let exchanges: Option<Vec<Exchange>> = prober.traffic.ask_all(&jobs).into_iter().collect();
    let pages: Option<Vec<Page>> = exchanges.iter().flatten().map(Exchange::page).collect();
    let (Some(exchanges), Some(pages)) = (exchanges, pages) else {
        return prober.skip(place, NAME, "there was no answer, or no time left for one");
    };
    let requests = exchanges.iter().rev().map(|exchange| exchange.number).collect();
    let [usual @ .., first, second] = pages.as_slice() else { return };
    let always = |word: &&Vec<u8>| usual.iter().all(|page| page.words.contains(*word));
    let is_gone = |word: &&Vec<u8>| !first.words.contains(*word) && !second.words.contains(*word);
    let gone = usual.first().and_then(|page| page.words.iter().filter(always).find(is_gone));
    let judgement = match gone {
        _ if pages.iter().any(|page| !page.is_success()) => Judgement::pass("refused"),
        Some(_) => Judgement::new(Verdict::Warn, "what the application shows of the identity is gone: a client can take it away"),
        None => Judgement::pass("the application is told as usual"),
    };
    if let Some(exchange) = exchanges.last() {
        prober.record(place, &variant, exchange, judgement, requests);
    }
}

/// The header as a client writes it, and as servers fold others into it.
fn forgeries(header: &str, forged: &str) -> Vec<(String, Vec<Line>, &'static str)> {
    let lower = header.to_ascii_lowercase();
    let one = |name: &str| vec![Line::new(name, forged)];
    let mut forgeries = vec![
        (header.to_owned(), one(header), "identity-not-set"),
        (format!("{lower} twice"), vec![Line::new(&lower, forged), Line::new(&lower, forged)], "identity-not-set"),
        (
            format!("{header} named in Connection"),
            vec![Line::new(header, forged), Line::raw(format!("Connection: close, {header}"))],
            "identity-from-client",
        ),
    ];
    for other in ["_", "."] {
        let alias = header.replace('-', other);
        if alias != header {
            forgeries.push((alias.clone(), one(&alias), "header-aliases"));
        }
    }
    forgeries
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    !text.is_empty() && body.windows(text.len()).any(|part| part == text)
}
