//! Permits that JavaScript holds objects of already, so that telling it which one costs a number.
//!
//! This remembers how an answer is *shown*, never an answer: each decision is made by the engine, and its permit is compared with
//! the one that was shown before, by the very values it shares with it.

use std::sync::Arc;

use gatewright::{Decision, Permit};

/// A table with one place for each permit, by the hash of what it shares; a newcomer takes the place of whom it meets there.
pub(crate) struct Permits(Vec<Option<Box<Shown>>>);

/// A permit that was shown. It is kept, so that the values whose addresses are compared cannot go away and come again.
struct Shown {
    marks: Marks,
    #[expect(dead_code, reason = "held so that the addresses in `marks` stay taken")]
    decision: Decision,
}

/// The addresses of the values that make up a permit without a renewal, shadows or an assertion.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Marks {
    identity: usize,
    rule: usize,
    headers: usize,
}

/// Where a permit is.
pub(crate) enum Place {
    /// At this place, as it was shown before.
    Known(u32),
    /// At this place from now on.
    New(u32),
    /// It is like no other.
    Nowhere,
}

impl Permits {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Finds the place of an allow's permit.
    pub(crate) fn place(&mut self, decision: &Decision) -> Place {
        let Some(marks) = Marks::of(decision) else { return Place::Nowhere };
        if self.0.is_empty() {
            self.0.resize_with(PLACES, || None);
        }
        let index = marks.index();
        let (Some(place), Ok(number)) = (self.0.get_mut(index), u32::try_from(index)) else { return Place::Nowhere };
        if place.as_ref().is_some_and(|shown| shown.marks == marks) {
            return Place::Known(number);
        }
        *place = Some(Box::new(Shown { marks, decision: decision.clone() }));
        Place::New(number)
    }
}

impl Marks {
    /// Returns the marks of a permit that is the same whenever they are; of another, nothing.
    fn of(decision: &Decision) -> Option<Self> {
        let Decision::Allow(permit) = decision else { return None };
        if permit.renewed_session().is_some() || !decision.shadows().is_empty() {
            return None;
        }
        let identity = match permit.shared_identity() {
            // Only this decision and we have it: the engine does not remember it, and it will not come again.
            Some(identity) if Arc::strong_count(&identity) <= 2 => return None,
            Some(identity) => Arc::as_ptr(&identity).addr(),
            None => 0,
        };
        Some(Self { identity, rule: decision.rule()?.as_ptr().addr(), headers: first_header(permit) })
    }

    fn index(self) -> usize {
        let mixed = self.identity.rotate_left(17) ^ self.rule ^ self.headers.rotate_left(31);
        (mixed.wrapping_mul(0x9e37_79b1) >> 12) & (PLACES - 1)
    }
}

/// Returns where the list of identity headers begins; a reload makes another list.
fn first_header(permit: &Permit) -> usize {
    permit.headers().next().map_or(0, |(name, _)| name.as_ptr().addr())
}

/// A power of two; a service's hot users at a time. What is held is bounded by it: some kilobytes each, at the worst.
const PLACES: usize = 1024;
