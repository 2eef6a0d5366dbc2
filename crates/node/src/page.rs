//! Decisions that JavaScript holds, some dozens together.
//!
//! Each object that JavaScript's collector has to give back to us costs it more than a decision costs the engine, so it holds
//! pages of decisions, and a decision by its page and number. A page lives as long as anybody holds one of its decisions.

use std::cell::RefCell;
use std::rc::Rc;

use gatewright::Decision;

/// What JavaScript holds: opaque there.
#[derive(Clone, Default)]
pub struct Page(Rc<RefCell<Vec<Decision>>>);

impl Page {
    /// Puts a decision on this page, or on the first of another one that takes its place; returns its number there.
    pub(crate) fn push(&mut self, decision: Decision) -> u32 {
        if self.0.borrow().len() >= DECISIONS {
            *self = Self::default();
        }
        let mut decisions = self.0.borrow_mut();
        let number = u32::try_from(decisions.len()).unwrap_or_default();
        decisions.push(decision);
        number
    }

    /// Reads a decision; nothing if there is none of this number.
    pub(crate) fn read<T>(&self, number: u32, f: impl FnOnce(&Decision) -> T) -> Option<T> {
        let decisions = self.0.borrow();
        decisions.get(usize::try_from(number).ok()?).map(f)
    }
}

/// What six bits can number.
const DECISIONS: usize = 64;
