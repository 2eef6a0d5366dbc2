//! P13 and P14: a gate that does not answer, and one that answers oddly.

use std::process::{Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use crate::prove::judge::Judgement;
use crate::prove::options::Outage;
use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::Question;
use crate::prove::verdict::Verdict;

/// Stops the gate, asks, and starts it again, whatever happens.
pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let Some(outage) = prober.options.outage.clone() else {
        return prober.skip(place, "all", "no command is named that stops the gate");
    };
    if prober.traffic.is_over() {
        return prober.out_of_time(place, "all");
    }
    if let Err(why) = shell(&outage.stop) {
        return prober.note(place, "all", Judgement::new(Verdict::Inconclusive, format!("the gate was not stopped: {why}")));
    }
    let restored = {
        let restore = Restore(Some(&outage));
        let baseline = Rc::clone(&prober.baseline);
        for (index, subject) in baseline.subjects.iter().enumerate() {
            if subject.useless.is_none() && subject.opened.is_none() {
                while_down(prober, Place { subject: index, ..place });
            }
        }
        restore.now()
    };
    if let Err(why) = restored {
        return prober.note(place, "after it", Judgement::new(Verdict::Warn, format!("the gate was not started again: {why}")));
    }
    let Some(request) = prober.get_allowed(prober.path(place.subject)) else { return };
    let server = Rc::clone(&prober.server);
    let variant = Variant::new("after it, with a credential", request, "");
    let exchange = prober.traffic.ask(&server, &variant.question);
    let requests = vec![exchange.number];
    let back = exchange.page().is_some_and(|page| prober.baseline.protected_in(&page).is_some());
    let judgement = if back {
        Judgement::pass("all is as before")
    } else {
        Judgement::new(Verdict::Warn, "the protected page does not come back")
    };
    prober.record(place, &variant, &exchange, judgement, requests);
}

fn while_down(prober: &mut Prober<'_>, place: Place) {
    let path = prober.path(place.subject);
    let nobody = prober.get(path.as_str());
    prober.expect_refused(place, &Variant::new("nobody", nobody, "auth-location-error-page"));
    let bearer = prober.get(path.as_str()).with("Authorization", "Bearer x");
    prober.expect_refused(place, &Variant::new("a credential that is none", bearer, "auth-location-error-page"));
    let cookie = prober.get(path.as_str()).with("Cookie", "session=x");
    prober.expect_refused(place, &Variant::new("a cookie that is none", cookie, "error-page-opens"));
    if let Some(changed) = super::credential::changed(prober, &path) {
        prober.expect_refused(place, &Variant { lint: "auth-location-error-page", ..changed });
    }
    if let Some(request) = prober.get_allowed(path) {
        warm(prober, place, &Variant::new("a credential that was good until then", request, "auth-location-stale"));
    }
}

/// Whoever was let in before may be let in on the strength of that for a moment, if the operator wants it so.
fn warm(prober: &mut Prober<'_>, place: Place, variant: &Variant) {
    let server = Rc::clone(&prober.server);
    let exchange = prober.traffic.ask(&server, &Question::new(variant.question.request.clone()));
    let requests = vec![exchange.number];
    let judgement = match exchange.page().map(|page| (prober.baseline.protected_in(&page), page.status)) {
        Some((Some(_), status)) => {
            let why = format!("{status} shows the page: a yes of the gate is kept, and what it takes back meanwhile stays good");
            Judgement::new(Verdict::Warn, why)
        }
        Some((None, status)) => Judgement::pass(format!("refused with {status}")),
        None => Judgement::pass("no answer"),
    };
    prober.record(place, variant, &exchange, judgement, requests);
}

pub(super) fn odd(prober: &mut Prober<'_>, place: Place) {
    prober.skip(place, "all", "only a gate of our own answers oddly on demand: `prove --rig` has one");
}

/// Starts the gate again when it is dropped.
struct Restore<'o>(Option<&'o Outage>);

impl Restore<'_> {
    fn now(mut self) -> Result<(), String> {
        self.0.take().map_or(Ok(()), |outage| shell(&outage.restore))
    }
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        if let Some(outage) = self.0 {
            let _ = shell(&outage.restore); // on the way out of a panic there is nobody to tell
        }
    }
}

/// Runs a command to its end, or for as long as anybody should wait for it.
fn shell(command: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("`sh` cannot be run: {error}");
    let mut child =
        Command::new("sh").arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::null()).spawn().map_err(failed)?;
    let end = Instant::now().checked_add(LONGEST_COMMAND);
    while end.is_none_or(|end| Instant::now() < end) {
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("`{command}` ended with {status}")),
            None => thread::sleep(PAUSE),
        }
    }
    let _ = child.kill().and_then(|()| child.wait()); // it may have ended by now
    Err(format!("`{command}` took longer than {} seconds", LONGEST_COMMAND.as_secs()))
}

/// Services take a while to stop; more than that is a command that waits for something.
const LONGEST_COMMAND: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(10);
