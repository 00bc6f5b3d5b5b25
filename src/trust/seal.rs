//! Canonical JSON (RFC 8785), SHA-256, and facts sealed so that the journal can prove them without telling them.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The canonical JSON of a value: one text for one meaning, so that a hash can be computed by anyone.
///
/// Values here are built of strings, integers, booleans, lists and maps with string keys, for which this cannot fail;
/// anything else yields an empty text, which no verifier accepts.
pub fn canonical<T: Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The seal of facts, given as canonical JSON: SHA-256 of the salt's text followed by theirs. The journal holds the seal;
/// salt and facts stay in tables, so that whoever is shown them can check them and nobody can guess them.
pub fn seal(salt: &str, facts: &str) -> String {
    sha256_hex(format!("{salt}{facts}").as_bytes())
}
