//! Biscuits with fixed keys, so that the same code always makes the same bytes.

use biscuit_auth::builder::{Algorithm, BlockBuilder};
use biscuit_auth::datalog::SymbolTable;
use biscuit_auth::{KeyPair, PrivateKey};

/// A biscuit in the making.
#[derive(Clone, Debug)]
pub struct Biscuit {
    token: biscuit_auth::Biscuit,
    /// Numbers the keys of its blocks.
    blocks: u8,
}

/// The usual root key's number.
pub const ROOT: u8 = 1;
/// The number of a third party's key.
pub const THIRD_PARTY: u8 = 2;
/// A key that nobody trusts: an attacker's, or the next of a rotation.
pub const OTHER: u8 = 3;

/// A token with this first block, signed by the usual root key.
#[must_use]
pub fn biscuit(code: &str) -> Biscuit {
    signed(ROOT, None, code)
}

/// A token with this first block, signed by the numbered key, which has an id or has none.
#[must_use]
pub fn signed(root: u8, id: Option<u32>, code: &str) -> Biscuit {
    let builder = biscuit_auth::Biscuit::builder().code(code).unwrap();
    let builder = id.into_iter().fold(builder, |builder, id| builder.root_key_id(id));
    let token = builder.build_with_key_pair(&key_pair(root), SymbolTable::default(), &key_pair(FIRST_BLOCK)).unwrap();
    Biscuit { token, blocks: 0 }
}

/// The public half of a numbered key, as the policy file writes it.
#[must_use]
pub fn public_key(number: u8) -> String {
    key_pair(number).public().to_string()
}

impl Biscuit {
    /// Appends a block, which anybody who holds the token can do.
    #[must_use]
    pub fn block(self, code: &str) -> Self {
        let next = key_pair(self.next());
        self.with(|token| token.append_with_keypair(&next, block(code)))
    }

    /// Appends a block whose next key is one for ECDSA over P-256, whose signatures cost eight times as much to check.
    #[must_use]
    pub fn p256_block(self, code: &str) -> Self {
        let private = PrivateKey::from_bytes(&[self.next(); 32], Algorithm::Secp256r1).unwrap();
        self.with(|token| token.append_with_keypair(&KeyPair::from(&private), block(code)))
    }

    /// Appends a block that the third party signed for this token.
    #[must_use]
    pub fn third_party_block(self, code: &str) -> Self {
        let (signer, next) = (key_pair(THIRD_PARTY), key_pair(self.next()));
        let signed = self.token.third_party_request().unwrap().create_block(&signer.private(), block(code)).unwrap();
        self.with(|token| token.append_third_party_with_keypair(signer.public(), signed, next))
    }

    /// Makes it impossible to append.
    #[must_use]
    pub fn sealed(self) -> Self {
        self.with(biscuit_auth::Biscuit::seal)
    }

    /// The revocation ids of its blocks, in hexadecimal.
    #[must_use]
    pub fn revocation_ids(&self) -> Vec<String> {
        let hex = |id: &Vec<u8>| id.iter().map(|byte| format!("{byte:02x}")).collect();
        self.token.revocation_identifiers().iter().map(hex).collect()
    }

    /// The token as it is usually sent: padded.
    #[must_use]
    pub fn text(&self) -> String {
        self.token.to_base64().unwrap()
    }

    /// The token's bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.token.to_vec().unwrap()
    }

    fn next(&self) -> u8 {
        FIRST_BLOCK + 1 + self.blocks
    }

    fn with(
        self,
        append: impl FnOnce(&biscuit_auth::Biscuit) -> Result<biscuit_auth::Biscuit, biscuit_auth::error::Token>,
    ) -> Self {
        // Long tokens use the keys of the first blocks again.
        Self { token: append(&self.token).unwrap(), blocks: (self.blocks + 1) % 200 }
    }
}

fn block(code: &str) -> BlockBuilder {
    BlockBuilder::new().code(code).unwrap()
}

fn key_pair(number: u8) -> KeyPair {
    KeyPair::from(&PrivateKey::from_bytes(&[number; 32], Algorithm::Ed25519).unwrap())
}

/// The number of the key that goes with the first block.
const FIRST_BLOCK: u8 = 10;
