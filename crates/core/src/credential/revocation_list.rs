//! What is known of revocations when a credential is asked about.

use std::sync::Arc;

use crate::rejection::{Failure, Outage};
use crate::revocation::{Revocable, Revocations};
use crate::trace::{Step, Trace, check};

/// What is known of revocations.
#[derive(Clone, Debug)]
pub(crate) enum RevocationList {
    /// The file does not configure any, and none were given.
    None,
    /// Configured, and never readable yet: nobody can tell whether a credential was revoked.
    Unread,
    /// The current list.
    Known(Arc<Revocations>),
}

impl RevocationList {
    /// Refuses what was revoked, and everything while nobody can tell.
    pub(super) fn check(&self, credential: Revocable<'_>, trace: &mut impl Trace) -> Result<(), Failure> {
        let list = match self {
            Self::None => return Ok(()),
            Self::Unread => {
                let detail = "the list of revocations has never been readable".to_owned();
                trace.step(|| Step::Check { name: "revocation", passed: false, detail: detail.clone() });
                return Err(Failure::Unknown { outage: Outage::StoreUnavailable, detail, wants_keys: None });
            }
            Self::Known(list) => list,
        };
        check(trace, "revocation", list.check(credential), |()| "not revoked".to_owned()).map_err(Failure::from)
    }
}
