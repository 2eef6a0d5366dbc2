//! Asking, as fast as Node.js allows: functions with numbers and one text, since a method of an object costs it more.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use gatewright::{Decision, UnixTime, forwarded_headers};
use gatewright_issuer::{Embedded, Pending, State, Wait};
use napi::bindgen_prelude::{External, Latin1String};
use napi_derive::napi;

use crate::answer;
use crate::error::{Result, guarded, internal};
use crate::page::Page;
use crate::permits::{Permits, Place};
use crate::question::{Question, time};
use crate::report::Reporter;

/// An authorizer, and what its JavaScript half knows of it.
pub(crate) struct Asker {
    embedded: Arc<Embedded>,
    /// What is from a file has one, and only that can change.
    reporter: Option<Reporter>,
    /// Whose header names JavaScript knows.
    told: RefCell<Option<Told>>,
    permits: RefCell<Permits>,
    page: RefCell<Page>,
    pending: RefCell<Option<Pending>>,
    fetches: Cell<u32>,
}

struct Told {
    state: Arc<State>,
    /// Each permit has an assertion of its own then, which no other may be shown as.
    has_assertions: bool,
}

thread_local! {
    /// The authorizers of this thread, where each of Node's environments has one, by their handles.
    static ASKERS: RefCell<Vec<Option<Rc<Asker>>>> = const { RefCell::new(Vec::new()) };
}

/// Decides with the keys there are. Returns a number (`answer.rs`).
#[napi(catch_unwind)]
pub fn decide(handle: u32, text: Latin1String, count: u32, now: i64) -> Result<u32> {
    asker(handle)?.ask(&text, count, now, |embedded, question, now| {
        Ok(embedded.decide_without_fetching(&question.asked(), now))
    })
}

/// Decides if that needs no waiting.
#[napi(catch_unwind)]
pub fn decide_at_once(handle: u32, text: Latin1String, count: u32, now: i64) -> Result<u32> {
    asker(handle)?.ask(&text, count, now, |embedded, question, now| embedded.decide_at_once(&question.asked(), now))
}

/// The names, in lower case, of the headers that may make a difference: for a decision whose facts are given, and for one
/// whose client and scheme the proxy says. From now on questions need have no others.
#[napi(catch_unwind)]
pub fn header_names(handle: u32) -> Result<Vec<Vec<String>>> {
    let asker = asker(handle)?;
    let state = asker.embedded.current();
    let given = state.authorizer.header_names().to_vec();
    let mut forwarded = given.clone();
    forwarded.extend(forwarded_headers().map(str::to_owned));
    let has_assertions = state.authorizer.assertion_keys().is_some();
    asker.told.replace(Some(Told { state, has_assertions }));
    Ok(vec![given, forwarded])
}

/// The page that the last decision is on.
#[napi(catch_unwind)]
pub fn page(handle: u32) -> Result<External<Page>> {
    Ok(External::new(asker(handle)?.page.borrow().clone()))
}

/// Calls `report` with the returned number once the keys have come that the last answer waits for.
#[napi(catch_unwind)]
pub fn await_keys(handle: u32) -> Result<Option<u32>> {
    let asker = asker(handle)?;
    let (Some(pending), Some(reporter)) = (asker.pending.take(), asker.reporter.clone()) else { return Ok(None) };
    let fetch = asker.fetches.get();
    asker.fetches.set(fetch.wrapping_add(1));
    pending.on_done(move || reporter.landed(fetch));
    Ok(Some(fetch))
}

/// Takes an authorizer in, and gives the handle to it.
pub(crate) fn enrol(asker: Asker) -> u32 {
    ASKERS.with_borrow_mut(|askers| {
        let free = askers.iter().position(Option::is_none).unwrap_or(askers.len());
        let asker = Some(Rc::new(asker));
        match askers.get_mut(free) {
            Some(place) => *place = asker,
            None => askers.push(asker),
        }
        u32::try_from(free).unwrap_or(u32::MAX)
    })
}

/// Lets go of an authorizer.
pub(crate) fn forget(handle: u32) {
    // It is dropped after the list was given back, and not at all where the thread itself has ended.
    let _gone = ASKERS.try_with(|askers| {
        let mut askers = askers.try_borrow_mut().ok()?;
        askers.get_mut(usize::try_from(handle).ok()?)?.take()
    });
}

fn asker(handle: u32) -> Result<Rc<Asker>> {
    let index = usize::try_from(handle).unwrap_or(usize::MAX);
    ASKERS.with_borrow(|askers| askers.get(index).cloned().flatten()).ok_or_else(internal)
}

impl Asker {
    pub(crate) fn new(embedded: Arc<Embedded>, reporter: Option<Reporter>) -> Self {
        Self {
            embedded,
            reporter,
            told: RefCell::new(None),
            permits: RefCell::new(Permits::new()),
            page: RefCell::new(Page::default()),
            pending: RefCell::new(None),
            fetches: Cell::new(0),
        }
    }

    /// Asks the engine, and says what it answers as one number.
    fn ask(
        &self,
        text: &[u8],
        count: u32,
        now: i64,
        decide: impl FnOnce(&Embedded, &Question<'_>, UnixTime) -> std::result::Result<Decision, Wait>,
    ) -> Result<u32> {
        let Some(question) = Question::parse(text, count)? else { return Ok(answer::SEPARATED) };
        guarded(|| {
            if !question.is_complete && !self.is_current() {
                return answer::STALE;
            }
            let decided = decide(&self.embedded, &question, time(now));
            // A reload in between may have looked for headers that the question was made without.
            let is_current = self.is_current();
            if !question.is_complete && !is_current {
                return answer::STALE;
            }
            match decided {
                Ok(decision) => self.shown(decision, is_current),
                Err(Wait::ForPassword) => answer::PASSWORD,
                Err(Wait::ForKeys(decision, pending)) => {
                    self.pending.replace(Some(pending));
                    let head = answer::head(&decision);
                    answer::keys(head, self.page.borrow_mut().push(*decision))
                }
            }
        })
    }

    /// Whether JavaScript knows the header names of the policy in force.
    fn is_current(&self) -> bool {
        let told = self.told.borrow();
        let Some(told) = told.as_ref() else { return false };
        self.reporter.is_none() || Arc::ptr_eq(&told.state, &self.embedded.current())
    }

    fn shown(&self, decision: Decision, is_current: bool) -> u32 {
        let has_assertions = self.told.borrow().as_ref().is_none_or(|told| told.has_assertions);
        let place = match is_current && !has_assertions {
            true => self.permits.borrow_mut().place(&decision),
            false => Place::Nowhere,
        };
        if let Place::Known(place) = place {
            return answer::known(place);
        }
        let head = answer::head(&decision);
        answer::held(head, self.page.borrow_mut().push(decision), &place)
    }
}
