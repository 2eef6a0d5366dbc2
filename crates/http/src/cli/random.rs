//! Unguessable bytes from the operating system.

use aws_lc_rs::rand;

use crate::cli::failure::Failure;

/// Returns `N` random bytes.
///
/// # Errors
/// The operating system has no randomness to give.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Failure::Failed("the operating system gives no random bytes".to_owned()))?;
    Ok(bytes)
}

/// Returns a session's id: 128 random bits as base64url.
pub(crate) fn session_id() -> Result<String, Failure> {
    Ok(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes::<16>()?))
}
