//! Work, of which some grows with the texts of a request.

use crate::rejection::Refusal;

use super::too_complex;

/// An upper bound, in units of a tenth of a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Cost {
    fixed: u64,
    /// For each KiB, begun or full, of the longest text.
    per_kib: u64,
}

impl Cost {
    pub(super) const fn fixed(units: u64) -> Self {
        Self { fixed: units, per_kib: 0 }
    }

    /// Work that goes over a text.
    pub(super) const fn per_text(units_per_kib: u64) -> Self {
        Self { fixed: 0, per_kib: units_per_kib }
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self { fixed: self.fixed.saturating_add(other.fixed), per_kib: self.per_kib.saturating_add(other.per_kib) }
    }

    pub(super) const fn times(self, times: u64) -> Self {
        Self { fixed: self.fixed.saturating_mul(times), per_kib: self.per_kib.saturating_mul(times) }
    }

    /// Counts the token's own longest text as if it were always there.
    pub(super) fn with_text(self, length: usize) -> Self {
        Self { fixed: self.for_text(length), ..self }
    }

    /// Returns the units for a longest text of so many bytes.
    pub(in super::super) fn for_text(self, length: usize) -> u64 {
        let kib = u64::try_from(length.div_ceil(1024)).unwrap_or(u64::MAX);
        self.fixed.saturating_add(self.per_kib.saturating_mul(kib))
    }

    /// Refuses what could take too long for a request whose longest text has so many bytes.
    pub(in super::super) fn check(self, length: usize) -> Result<(), Refusal> {
        let units = self.for_text(length);
        if units <= MAX_COST {
            return Ok(());
        }
        Err(too_complex(format!(
            "evaluating could take {units} units for a path of {length} bytes, at most {MAX_COST} are allowed"
        )))
    }
}

/// In units of a tenth of a microsecond: four milliseconds.
pub(in super::super) const MAX_COST: u64 = 40_000;
/// A token is refused for every request if it is too much for a text of this length, in bytes.
pub(super) const USUAL_TEXT: usize = 1024;
