//! The wire format of protobuf, read by hand: <https://protobuf.dev/programming-guides/encoding/>.

/// A message: every field that it has, in order.
#[derive(Debug)]
pub(crate) struct Message<'m>(Vec<(u64, &'m [u8])>);

impl<'m> Message<'m> {
    /// Reads a message; fields that are not delimited by a length are passed over. `None` if it ends early.
    pub(crate) fn read(mut bytes: &'m [u8]) -> Option<Self> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes)?;
            match key & 7 {
                0 => drop(varint(&mut bytes)?),
                1 => bytes = bytes.get(8..)?,
                2 => {
                    let length = usize::try_from(varint(&mut bytes)?).ok()?;
                    let (value, rest) = bytes.split_at_checked(length)?;
                    fields.push((key >> 3, value));
                    bytes = rest;
                }
                5 => bytes = bytes.get(4..)?,
                _ => return None, // groups: nobody sends them
            }
        }
        Some(Self(fields))
    }

    /// The values of a field, in order.
    pub(crate) fn all(&self, number: u64) -> impl Iterator<Item = &'m [u8]> {
        self.0.iter().filter(move |(of, _)| *of == number).map(|(_, value)| *value)
    }

    /// The value of a field that is text or bytes: the last counts, none is empty.
    pub(crate) fn bytes(&self, number: u64) -> &'m [u8] {
        self.all(number).last().unwrap_or_default()
    }

    /// A message in a message: several are one, as if they were written behind each other.
    pub(crate) fn nested(&self, number: u64) -> Vec<u8> {
        self.all(number).collect::<Vec<_>>().concat()
    }
}

/// Writes a field that is delimited by its length.
pub(crate) fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut written = vec![number << 3 | 2];
    let mut length = value.len();
    while length >= 0x80 {
        written.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    written.push(u8::try_from(length).unwrap());
    written.extend(value);
    written
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift * 7).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
