//! The forms that give a path a second meaning, and that a rule may `accept` (DESIGN section 5).

use crate::percent;

/// A form that makes a path ambiguous and that a rule may `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `//`: many programs merge slashes.
    EmptySegment,
    /// `;`, raw or encoded: some programs cut the segment there.
    Parameter,
    /// `%2f` or `%5c`: some programs split the segment there.
    EncodedSlash,
    /// `%23`: some programs end the path there.
    EncodedHash,
    /// `%3f`: some programs end the path there.
    EncodedQuestion,
    /// A percent triplet that survives decoding: some programs decode twice.
    DoubleEncoding,
    /// A segment ending in a dot or a space: some file systems drop them.
    TrailingDot,
}

impl Form {
    pub(crate) const ALL: &'static [Self] = &[
        Self::EmptySegment,
        Self::Parameter,
        Self::EncodedSlash,
        Self::EncodedHash,
        Self::EncodedQuestion,
        Self::DoubleEncoding,
        Self::TrailingDot,
    ];

    /// Returns the name used in `accept`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::EmptySegment => "empty_segment",
            Self::Parameter => "parameter",
            Self::EncodedSlash => "encoded_slash",
            Self::EncodedHash => "encoded_hash",
            Self::EncodedQuestion => "encoded_question",
            Self::DoubleEncoding => "double_encoding",
            Self::TrailingDot => "trailing_dot",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::EmptySegment => 1,
            Self::Parameter => 1 << 1,
            Self::EncodedSlash => 1 << 2,
            Self::EncodedHash => 1 << 3,
            Self::EncodedQuestion => 1 << 4,
            Self::DoubleEncoding => 1 << 5,
            Self::TrailingDot => 1 << 6,
        }
    }
}

/// A set of forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormSet(u8);

impl FormSet {
    pub(crate) fn insert(&mut self, form: Form) {
        self.0 |= form.bit();
    }

    /// Adds the forms of a segment that was percent-decoded once.
    pub(crate) fn insert_forms_of(&mut self, segment: &str) {
        let bytes = segment.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b';' => self.insert(Form::Parameter),
                b'/' | b'\\' => self.insert(Form::EncodedSlash),
                b'#' => self.insert(Form::EncodedHash),
                b'?' => self.insert(Form::EncodedQuestion),
                b'%' if bytes.get(index..).and_then(percent::triplet).is_some() => self.insert(Form::DoubleEncoding),
                _ => {}
            }
        }
        match bytes.last() {
            None => self.insert(Form::EmptySegment),
            Some(b'.' | b' ') => self.insert(Form::TrailingDot),
            Some(_) => {}
        }
    }

    pub(crate) fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, for messages.
    pub(crate) fn names(self) -> String {
        let held = Form::ALL.iter().filter(|form| self.0 & form.bit() != 0);
        held.map(|form| form.name()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_inserted() {
        let mut accepted = FormSet::default();
        assert!(accepted.is_empty() && accepted.contains_all(FormSet::default()));
        accepted.insert(Form::Parameter);
        accepted.insert(Form::TrailingDot);
        let mut present = FormSet::default();
        present.insert(Form::Parameter);
        assert!(accepted.contains_all(present) && !present.contains_all(accepted));
        assert_eq!(accepted.names(), "parameter, trailing_dot");
    }

    #[test]
    fn every_form_has_its_own_name_and_bit() {
        let mut all = FormSet::default();
        Form::ALL.iter().for_each(|form| all.insert(*form));
        assert_eq!(all.0.count_ones() as usize, Form::ALL.len());
        assert_eq!(all.names().split(", ").count(), Form::ALL.len());
    }
}
