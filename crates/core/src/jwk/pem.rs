//! PEM text (RFC 7468): the blocks of an operator's file.

use crate::base64url;
use crate::crypto::KeyMaterial;
use crate::json::Quoted;

use super::spki;

/// One `-----BEGIN …-----` block, decoded.
#[derive(Debug)]
pub(super) struct Block {
    label: String,
    der: Vec<u8>,
}

impl Block {
    /// Reads the public key in the block, or says why there is none to use.
    pub(super) fn key_material(&self) -> Result<KeyMaterial, String> {
        match self.label.as_str() {
            "PUBLIC KEY" => spki::from_public_key(&self.der),
            "CERTIFICATE" => spki::from_certificate(&self.der),
            other => Err(format!("the block is {}, wanted `PUBLIC KEY` or `CERTIFICATE`", Quoted(other))),
        }
    }
}

/// Reads all blocks; text around them is explanation (RFC 7468 §2).
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, &'static str> {
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
    if blocks.is_empty() { Err("no PEM block (a line `-----BEGIN PUBLIC KEY-----`) found") } else { Ok(blocks) }
}
