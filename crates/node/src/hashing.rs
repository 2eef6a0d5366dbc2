//! A decision that has to hash a password first, made on a thread that may wait.

use std::sync::Arc;

use gatewright::{Decision, UnixTime};
use gatewright_issuer::Embedded;
use napi::bindgen_prelude::{External, Unknown};
use napi::{Env, Error, ScopedTask};

use crate::error::{guarded, internal};
use crate::page::Page;
use crate::question::Question;

/// The question, as it was asked.
pub struct Hashing {
    pub(crate) embedded: Arc<Embedded>,
    pub(crate) text: Vec<u8>,
    pub(crate) count: u32,
    pub(crate) now: UnixTime,
}

impl<'task> ScopedTask<'task> for Hashing {
    type Output = Decision;
    type JsValue = Unknown<'task>;

    /// A panic must not leave this thread, which would end the process.
    fn compute(&mut self) -> napi::Result<Self::Output> {
        let decided = guarded(|| {
            let question = Question::parse(&self.text, self.count).ok().flatten()?;
            Some(self.embedded.decide_without_fetching(&question.asked(), self.now))
        });
        decided.ok().flatten().ok_or_else(|| Error::from_reason(internal().reason.clone()))
    }

    fn resolve(&mut self, env: &'task Env, decision: Self::Output) -> napi::Result<Self::JsValue> {
        let mut page = Page::default();
        page.push(decision);
        External::new(page).into_unknown(env)
    }
}
