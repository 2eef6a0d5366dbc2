//! Choices drawn from the fuzzer's bytes. When they run out, every choice is the first.

use arbitrary::Unstructured;

/// What is left of the input.
#[derive(Debug)]
pub(crate) struct Draw<'d>(Unstructured<'d>);

impl<'d> Draw<'d> {
    pub(crate) fn new(data: &'d [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or_default()
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.arbitrary().unwrap_or_default()
    }

    /// Draws a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.int_in_range(0..=end.saturating_sub(1)).unwrap_or_default()
    }

    /// Draws yes in about one of `n` cases; no when nothing is left.
    pub(crate) fn one_in(&mut self, n: u8) -> bool {
        let byte = self.byte();
        byte != 0 && byte.is_multiple_of(n)
    }

    pub(crate) fn one_of<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }

    /// Draws between `least` and `most` of the choices, perhaps one twice.
    pub(crate) fn some_of<T: Clone>(&mut self, choices: &[T], least: usize, most: usize) -> Vec<T> {
        let count = least + self.below(most - least + 1);
        (0..count).map(|_| self.one_of(choices).clone()).collect()
    }

    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1).min(self.0.len());
        self.0.bytes(length).map(<[u8]>::to_vec).unwrap_or_default()
    }

    /// Draws text of any characters, control characters among them.
    pub(crate) fn text(&mut self, most: usize) -> String {
        String::from_utf8_lossy(&self.bytes(most)).into_owned()
    }

    /// Draws a text out of these pieces, and sometimes any byte below 0x80.
    pub(crate) fn pieces(&mut self, pieces: &[&str], most: usize) -> String {
        let count = self.below(most + 1);
        let mut text = String::new();
        for _ in 0..count {
            match self.below(pieces.len() + 1) {
                any if any == pieces.len() => text.push(char::from(self.byte() & 0x7f)),
                piece => text.push_str(pieces[piece]),
            }
        }
        text
    }

    /// Takes everything that is left.
    pub(crate) fn rest(self) -> &'d [u8] {
        self.0.take_rest()
    }
}

/// Cuts an input to its first bytes: a longer one finds nothing that a shorter one does not.
pub(crate) fn at_most(data: &[u8], most: usize) -> &[u8] {
    &data[..data.len().min(most)]
}
