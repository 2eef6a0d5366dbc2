//! What reaches JavaScript from other threads: events, and that a fetch has ended.

use std::sync::Arc;

use gatewright_issuer::Event;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Error, Status};
use serde_json::json;

use crate::error::{Result, invalid};

/// A JavaScript function that may be called from any thread, with one JSON text. It does not keep the process alive.
#[derive(Clone)]
pub(crate) struct Reporter(Arc<ThreadsafeFunction<String, (), String, Status, false, true>>);

impl Reporter {
    pub(crate) fn new(function: &Function<'_, String, ()>) -> Result<Self> {
        let built = function.build_threadsafe_function().weak::<true>().callee_handled::<false>().build();
        built.map(|function| Self(Arc::new(function))).map_err(|error: Error| invalid(error.reason.clone()))
    }

    /// Tells of an event: one call for each line that a log would have.
    pub(crate) fn event(&self, event: &Event) {
        for (kind, message) in event.sentences() {
            self.tell(&json!({ "kind": kind, "message": message, "isWarning": Event::is_warning(kind) }));
        }
    }

    /// Tells that the fetch of this number has ended.
    pub(crate) fn landed(&self, fetch: u32) {
        self.tell(&json!({ "landed": fetch }));
    }

    fn tell(&self, message: &serde_json::Value) {
        // An environment that is going away hears of nothing any more.
        let _ = self.0.call(message.to_string(), ThreadsafeFunctionCallMode::NonBlocking);
    }
}
