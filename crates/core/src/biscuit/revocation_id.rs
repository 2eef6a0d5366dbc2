//! What a list of revocations names a block by: its signature in hexadecimal.

use biscuit_auth::format::schema::{self, public_key::Algorithm};
use p256::ecdsa::Signature;

use super::signed_blocks;
use crate::secret::encode_hex;

/// Returns the ids of every block, of a token whose signatures hold.
///
/// A signature by ECDSA has a twin that anybody can make of it, and which is as good (its `s` taken from the order of the group). So
/// both count, or a token would be revoked in one form only.
pub(super) fn of_blocks(framed: &schema::Biscuit, root: Algorithm) -> Vec<Box<str>> {
    let signers = std::iter::once(root).chain(signed_blocks(framed).map(|block| block.next_key.algorithm()));
    let mut ids = Vec::with_capacity(framed.blocks.len().saturating_add(1));
    for (block, signer) in signed_blocks(framed).zip(signers) {
        ids.push(encode_hex(&block.signature).into());
        if signer == Algorithm::Secp256r1 {
            ids.extend(twin(&block.signature).map(|twin| encode_hex(&twin).into()));
        }
    }
    ids
}

#[expect(clippy::arithmetic_side_effects, reason = "a scalar is taken from the order of its group, which cannot overflow")]
fn twin(der: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = Signature::from_der(der).ok()?.split_scalars();
    Some(Signature::from_scalars(r, -s).ok()?.to_der().as_bytes().to_vec())
}
