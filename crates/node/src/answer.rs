//! An answer as one number, as far as a number can say it.

use gatewright::{Decision, Outage, Rejection};

use crate::permits::Place;

/// Which headers count has changed: ask for their names, then ask again.
pub(crate) const STALE: u32 = 0;
/// A value held the separator: ask again with another.
pub(crate) const SEPARATED: u32 = 1;
/// A password has to be hashed first.
pub(crate) const PASSWORD: u32 = 2;
/// The client is no address.
pub(crate) const NO_ADDRESS: u32 = 6;
/// The engine panicked.
pub(crate) const BROKEN: u32 = 7;
const KNOWN: u32 = 3;
const HELD: u32 = 4;
const KEYS: u32 = 5;

/// Says: an allow, with the permit at this place.
pub(crate) fn known(place: u32) -> u32 {
    KNOWN | place.wrapping_shl(PLACE_SHIFT)
}

/// Says outcome, code and number on the page; and at which place its permit belongs.
pub(crate) fn held(head: u32, number: u32, place: &Place) -> u32 {
    let place = match place {
        Place::Known(place) | Place::New(place) => place.wrapping_add(1),
        Place::Nowhere => 0,
    };
    HELD | head | number.wrapping_shl(NUMBER_SHIFT) | place.wrapping_shl(PLACE_SHIFT)
}

/// Says the same of what counts unless newer keys change it.
pub(crate) fn keys(head: u32, number: u32) -> u32 {
    KEYS | head | number.wrapping_shl(NUMBER_SHIFT)
}

/// Outcome and code, where [`held`] and [`keys`] have them.
pub(crate) fn head(decision: &Decision) -> u32 {
    let outcome = match decision {
        Decision::Allow(_) => 0,
        Decision::Challenge(_) => 1,
        Decision::Forbid(_) => 2,
        Decision::Indeterminate(_) => 3,
    };
    code(decision).wrapping_shl(CODE_SHIFT) | u32::wrapping_shl(outcome, OUTCOME_SHIFT)
}

/// Returns a code's number: 0 is `allowed`, then come the rejections and the outages in their order.
fn code(decision: &Decision) -> u32 {
    let code = decision.code();
    let codes = Rejection::ALL.iter().map(|rejection| rejection.code()).chain(Outage::ALL.iter().map(|outage| outage.code()));
    std::iter::once("allowed").chain(codes).zip(0..).find_map(|(known, number)| (known == code).then_some(number)).unwrap_or(0)
}

const OUTCOME_SHIFT: u32 = 3;
const CODE_SHIFT: u32 = 5;
const NUMBER_SHIFT: u32 = 12;
const PLACE_SHIFT: u32 = 18;
