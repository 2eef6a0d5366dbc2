//! Proofs of possession that were used, so that they are not used again in this process.

use quick_cache::sync::Cache;

use crate::time::UnixTime;

/// A bounded set of proofs. With more of them at once than there is room for, some are forgotten and count anew.
pub(crate) struct UsedProofs {
    /// By id, the moment from which a proof is too old anyway.
    used: Cache<[u8; 32], UnixTime>,
}

impl UsedProofs {
    pub(super) fn new() -> Self {
        Self { used: Cache::new(MAX_PROOFS) }
    }

    /// Notes the use of a proof; `true` if it is the first.
    pub(crate) fn note(&self, id: [u8; 32], expires: UnixTime, now: UnixTime) -> bool {
        let mut first = false;
        let noted = self.used.get_or_insert_with(&id, || {
            first = true;
            Ok::<_, std::convert::Infallible>(expires)
        });
        match noted {
            // Whoever comes with an id again after its proof was too old comes with another proof.
            Ok(until) if !first && now >= until => {
                self.used.insert(id, expires);
                true
            }
            Ok(_) => first,
            Err(never) => match never {},
        }
    }

    /// Whether a proof was used, without noting anything.
    pub(crate) fn knows(&self, id: [u8; 32], now: UnixTime) -> bool {
        self.used.peek(&id).is_some_and(|until| now < until)
    }
}

/// Some megabytes; at 60 seconds each, a thousand new proofs a second.
const MAX_PROOFS: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_new_once_until_it_is_too_old() {
        let (proofs, at) = (UsedProofs::new(), UnixTime::from_secs);
        assert!(!proofs.knows([1; 32], at(10)));
        assert!(proofs.note([1; 32], at(70), at(10)));
        assert!(!proofs.note([1; 32], at(70), at(69)) && proofs.knows([1; 32], at(69)));
        assert!(proofs.note([2; 32], at(70), at(10)), "another");
        assert!(!proofs.knows([1; 32], at(70)) && proofs.note([1; 32], at(130), at(70)));
        assert!(!proofs.note([1; 32], at(130), at(129)));
    }

    #[test]
    fn a_flood_of_proofs_stays_within_its_room() {
        let proofs = UsedProofs::new();
        for number in 0..200_000_u64 {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_be_bytes());
            proofs.note(id, UnixTime::from_secs(70), UnixTime::from_secs(10));
        }
        assert!(proofs.used.len() <= MAX_PROOFS);
    }
}
