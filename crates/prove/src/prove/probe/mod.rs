//! What is tried.

mod anonymous;
mod auth_location;
mod body;
mod cache;
mod context;
mod credential;
mod direct;
mod forbidden;
mod headers;
mod host;
mod identity;
mod login;
mod method;
mod open;
mod outage;
mod path;
mod upgrade;

use std::rc::Rc;

use super::Progress;
use super::judge::Judgement;
use super::prober::{Place, Prober};
use super::traffic::Question;
use super::verdict::Verdict;

/// One kind of trial.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// `P01` to `P19`.
    pub id: &'static str,
    /// What it tries.
    pub title: &'static str,
    scope: Scope,
    run: fn(&mut Prober<'_>, Place),
}

/// How often a probe is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// For each protected path.
    Path,
    /// Once.
    Site,
}

/// Every probe there is, in the order in which they are run.
///
/// # Example
/// ```
/// let probes = gatewright_prove::prove::probes();
/// assert_eq!((probes.len(), probes[0].id), (19, "P01"));
/// ```
#[must_use]
pub const fn probes() -> &'static [Probe] {
    &PROBES
}

/// Runs them all: those of each path, then those of the site.
pub(crate) fn run(prober: &mut Prober<'_>, progress: &mut dyn FnMut(Progress<'_>)) {
    let baseline = Rc::clone(&prober.baseline);
    let of_paths = PROBES.iter().filter(|probe| probe.scope == Scope::Path);
    let of_site = PROBES.iter().filter(|probe| probe.scope == Scope::Site);
    let of = of_paths.clone().count().saturating_mul(baseline.subjects.len()).saturating_add(of_site.clone().count());
    let mut done: usize = 0;
    let mut tell = |probe: &Probe, path: &str| {
        progress(Progress { done, of, probe: probe.id, path });
        done = done.saturating_add(1);
    };
    for (index, subject) in baseline.subjects.iter().enumerate() {
        let from = prober.checks.len();
        for probe in of_paths.clone() {
            tell(probe, &subject.path);
            let place = Place { probe: probe.id, subject: index };
            match (&subject.useless, &subject.opened) {
                (Some(why), _) if probe.id == "P01" => prober.note(place, "GET", Judgement::new(Verdict::Inconclusive, why)),
                (Some(_), _) => prober.skip(place, "all", "the answers of this path cannot be compared"),
                // Once everybody gets in, the ways to get in are no news.
                (None, Some(_)) if !matches!(probe.id, "P01" | "P02" | "P19") => {
                    prober.skip(place, "all", "it is open to everybody")
                }
                (None, _) => (probe.run)(prober, place),
            }
        }
        if subject.useless.is_none() && subject.opened.is_none() {
            doubt(prober, index, from);
        }
    }
    let useful = baseline.subjects.iter().position(|subject| subject.useless.is_none()).unwrap_or_default();
    let from = prober.checks.len();
    for probe in of_site {
        tell(probe, "");
        (probe.run)(prober, Place { probe: probe.id, subject: useful });
    }
    if baseline.subjects.get(useful).is_some_and(|subject| subject.useless.is_none() && subject.opened.is_none()) {
        doubt(prober, useful, from);
    }
}

/// Looks whether the answers are still those that were learned; if not, what was refused since may have been refused by a firewall
/// or a limit that would not stop anybody else.
fn doubt(prober: &mut Prober<'_>, subject: usize, from: usize) {
    let baseline = Rc::clone(&prober.baseline);
    let Some(known) = baseline.subjects.get(subject).filter(|_| !prober.traffic.is_over()) else { return };
    let server = Rc::clone(&prober.server);
    let anonymous = prober.traffic.ask(&server, &Question::new(prober.get(known.path.as_str())));
    let same_status = |page: &super::page::Page| known.stranger.as_ref().is_some_and(|stranger| stranger.status == page.status);
    let changed = if !anonymous.page().as_ref().is_some_and(same_status) {
        Some("what comes without a credential has changed since the beginning")
    } else if let Some(request) = prober.get_allowed(known.path.as_str()) {
        let allowed = prober.traffic.ask(&server, &Question::new(request)).page();
        let good = allowed.is_some_and(|page| known.markers.as_ref().is_some_and(|markers| markers.found_in(&page).is_some()));
        (!good).then_some("the credential is no longer accepted since")
    } else {
        None
    };
    let Some(why) = changed else { return };
    // These were judged by what was learned first.
    let is_early = |probe: &str| matches!(probe, "P01" | "P02" | "P19");
    let since = prober.checks.iter_mut().skip(from);
    for check in since.filter(|check| check.verdict == Verdict::Pass && !is_early(check.probe)) {
        check.verdict = Verdict::Inconclusive;
        check.evidence = format!("{}, but {why}: something else than the gate may have refused it", check.evidence);
    }
}

const fn path(id: &'static str, title: &'static str, run: fn(&mut Prober<'_>, Place)) -> Probe {
    Probe { id, title, scope: Scope::Path, run }
}

const fn site(id: &'static str, title: &'static str, run: fn(&mut Prober<'_>, Place)) -> Probe {
    Probe { id, title, scope: Scope::Site, run }
}

static PROBES: [Probe; 19] = [
    path("P01", "nobody asks", anonymous::nobody),
    path("P02", "somebody asks who may", anonymous::somebody),
    path("P03", "somebody asks who may not", forbidden::run),
    path("P04", "a credential that is none", credential::run),
    path("P05", "other methods", method::run),
    path("P06", "the path written otherwise", path::run),
    path("P07", "another host, or none", host::run),
    path("P08", "headers that say where the request comes from or goes to", context::run),
    site("P09", "headers that say who is asking", identity::run),
    site("P10", "the gate asked directly", auth_location::run),
    path("P11", "after somebody who may", cache::run),
    path("P12", "requests with a body", body::run),
    site("P13", "while the gate is down", outage::run),
    site("P14", "odd answers of the gate", outage::odd),
    path("P15", "WebSocket and event streams", upgrade::run),
    site("P16", "around what is open", open::run),
    site("P17", "the application asked directly", direct::run),
    path("P18", "the way to the login and back", login::run),
    path("P19", "headers of the answers", headers::run),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_numbered_without_a_gap() {
        let numbered = |(index, probe): (usize, &Probe)| probe.id == format!("P{:02}", index + 1);
        assert!(probes().iter().enumerate().all(numbered));
    }

    /// Whatever looks like the name of a rule in these files is one.
    #[test]
    fn rules_that_probes_name_exist() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prove/probe");
        let is_name = |text: &&str| {
            text.contains('-')
                && text.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        };
        let mut names = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            names.extend(
                text.split('"').skip(1).step_by(2).filter(is_name).filter(|name| !HEADERS.contains(name)).map(str::to_owned),
            );
        }
        let unknown = |name: &&String| !crate::lint::lints().iter().any(|lint| lint.id == **name);
        let unknown: Vec<&String> = names.iter().filter(unknown).collect();
        assert!(unknown.is_empty() && names.len() > 40, "{unknown:?} of {}", names.len());
    }

    /// What looks so, and is the name of a header or a word of one.
    const HEADERS: [&str; 11] = [
        "cache-control",
        "content-length",
        "no-store",
        "no-cache",
        "s-maxage",
        "max-age",
        "transfer-encoding",
        "x-access-token",
        "x-auth-request-access-token",
        "x-forwarded-access-token",
        "x-id-token",
    ];
}
