//! Asking, as fast as Node.js allows: a function with numbers and one text, since a method of an object costs it more.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use gatewright::{Decision, UnixTime, forwarded_headers};
use gatewright_issuer::{Embedded, Pending, State, Wait};
use napi::Env;
use napi::bindgen_prelude::{FnArgs, Function, FunctionCallContext, Latin1String};

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
    /// Decisions whose permit JavaScript keeps for the next ones, apart from those it soon lets go: one keeps its whole page.
    kept: RefCell<Page>,
    passing: RefCell<Page>,
    pending: RefCell<Option<Pending>>,
    fetches: Cell<u32>,
}

struct Told {
    state: Arc<State>,
    /// Each permit has an assertion of its own then, which no other may be shown as.
    has_assertions: bool,
}

/// How long an answer may take.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    /// A password may be hashed, and keys are fetched behind the answer.
    Some,
    /// Nothing may be waited for.
    None,
}

/// Makes the JavaScript function that asks: `(text, count, now?) => number` (`question.rs`, `answer.rs`).
///
/// # Errors
/// Node.js makes no function any more.
pub(crate) fn decider<'env>(env: &'env Env, asker: Rc<Asker>, patience: Patience) -> Result<Decider<'env>> {
    let decide = move |context: FunctionCallContext<'_>| {
        let (text, count) = (context.get::<Latin1String>(0)?, context.get::<u32>(1)?);
        let now = if context.length() > 2 { time(context.get::<i64>(2)?) } else { gatewright_issuer::now() };
        Ok(guarded(|| asker.ask(&text, count, now, patience)).unwrap_or(answer::BROKEN))
    };
    env.create_function_from_closure("decide", decide).map_err(|_| internal())
}

/// A JavaScript function that asks.
pub(crate) type Decider<'env> = Function<'env, FnArgs<(String, u32, i64)>, u32>;

impl Asker {
    pub(crate) fn new(embedded: Arc<Embedded>, reporter: Option<Reporter>) -> Self {
        Self {
            embedded,
            reporter,
            told: RefCell::new(None),
            permits: RefCell::new(Permits::new()),
            kept: RefCell::new(Page::default()),
            passing: RefCell::new(Page::default()),
            pending: RefCell::new(None),
            fetches: Cell::new(0),
        }
    }

    /// The names, in lower case, of the headers that may make a difference: for a decision whose facts are given, and for one
    /// whose client and scheme the proxy says. From now on questions need have no others, and every permit is new.
    pub(crate) fn header_names(&self) -> Vec<Vec<String>> {
        let state = self.embedded.current();
        let given = state.authorizer.header_names().to_vec();
        let mut forwarded = given.clone();
        forwarded.extend(forwarded_headers().map(str::to_owned));
        let has_assertions = state.authorizer.assertion_keys().is_some();
        self.told.replace(Some(Told { state, has_assertions }));
        // Permits of another policy do not come again.
        self.permits.replace(Permits::new());
        self.kept.replace(Page::default());
        vec![given, forwarded]
    }

    /// The page that the last decision is on: of those that are kept, or of the others.
    pub(crate) fn page(&self, is_kept: bool) -> Page {
        if is_kept { self.kept.borrow().clone() } else { self.passing.borrow().clone() }
    }

    /// Has the reporter told, with the returned number, once the keys have come that the last answer waits for.
    pub(crate) fn await_keys(&self) -> Option<u32> {
        let (pending, reporter) = (self.pending.take()?, self.reporter.clone()?);
        let fetch = self.fetches.get();
        self.fetches.set(fetch.wrapping_add(1));
        pending.on_done(move || reporter.landed(fetch));
        Some(fetch)
    }

    /// Asks the engine, and says what it answers as one number.
    fn ask(&self, text: &[u8], count: u32, now: UnixTime, patience: Patience) -> u32 {
        let question = match Question::parse(text, count) {
            Ok(Some(question)) => question,
            Ok(None) => return answer::SEPARATED,
            Err(_) => return answer::NO_ADDRESS,
        };
        if !question.is_complete && !self.is_current() {
            return answer::STALE;
        }
        let decided = match patience {
            Patience::Some => Ok(self.embedded.decide_without_fetching(&question.asked(), now)),
            Patience::None => self.embedded.decide_at_once(&question.asked(), now),
        };
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
                answer::keys(head, self.passing.borrow_mut().push(*decision))
            }
        }
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
        let page = match place {
            Place::Known(place) => return answer::known(place),
            Place::New(_) => &self.kept,
            Place::Nowhere => &self.passing,
        };
        let head = answer::head(&decision);
        answer::held(head, page.borrow_mut().push(decision), &place)
    }
}
