//! PEM text (RFC 7468): blocks of DER between `BEGIN` and `END`.

use crate::base64url;

/// One `-----BEGIN …-----` block, decoded.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) der: Vec<u8>,
}

/// Reads all blocks; text around them is explanation (RFC 7468 §2).
pub(crate) fn blocks(text: &str) -> Result<Vec<Block>, &'static str> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) else { continue };
        let mut base64 = String::new();
        loop {
            let line = lines.next().ok_or("a PEM block has no END line")?;
            if let Some(end) = line.strip_prefix("-----END ").and_then(|rest| rest.strip_suffix("-----")) {
                if end != label {
                    return Err("a PEM block ends with another label than it begins with");
                }
                break;
            }
            base64.push_str(line);
        }
        let der = base64url::decode_lenient(base64.as_bytes()).ok_or("a PEM block is not base64")?;
        blocks.push(Block { label: label.to_owned(), der });
    }
    if blocks.is_empty() { Err("no PEM block (a line `-----BEGIN …-----`) found") } else { Ok(blocks) }
}
