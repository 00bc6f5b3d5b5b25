//! Canonical JSON (RFC 8785) and SHA-256.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The canonical JSON of a value: one text for one meaning, so that a hash can be computed by anyone.
///
/// Values here are built of strings, integers, booleans, lists and maps with string keys, for which this cannot fail;
/// anything else yields an empty text, which no verifier accepts.
pub fn canonical<T: Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What a text or sealed bytes are told by where they are not told themselves: `#` and their SHA-256 in base64, without padding.
pub fn mark(of: impl AsRef<[u8]>) -> String {
    format!("#{}", STANDARD_NO_PAD.encode(Sha256::digest(of)))
}
