//! Encryption at rest: what names a person is sealed under a key of its child, and an IIN is looked up by a keyed hash.
//!
//! Sealed is ChaCha20-Poly1305 (RFC 8439) under a random nonce; the keyed hash is HMAC-SHA-256 (RFC 2104), of which 64 bits are
//! kept: among ten million children two would share them once in 370 000 registries.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use chrono::NaiveDate;
use hmac::{Hmac, Mac};
use rand::RngExt;
use sha2::{Digest, Sha256};

use crate::domain::iin::Iin;
use crate::trust::seal::hex;

/// Bytes of a nonce.
const NONCE: usize = 12;

/// A secret key of 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.fingerprint())
    }
}

impl SecretKey {
    /// A new key.
    pub fn random() -> Self {
        SecretKey(rand::rng().random())
    }

    /// The key of these bytes.
    pub const fn of(bytes: [u8; 32]) -> Self {
        SecretKey(bytes)
    }

    /// Its bytes, for a key file or to be wrapped.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// By which a key is told apart without being shown.
    pub fn fingerprint(&self) -> Fingerprint {
        let hash: [u8; 32] = Sha256::new_with_prefix(b"kezek key").chain_update(self.0).finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        Fingerprint([a, b, c, d, e, f, g, h])
    }

    /// Another key, made from this one for a use of its own.
    #[must_use]
    pub fn derived(&self, used_for: &str) -> Self {
        SecretKey(keyed_hash(&self.0, used_for.as_bytes()))
    }

    /// Seals a text: nonce, then what only this key opens. `what` is said with it, and the same must be said to open it.
    pub fn seal(&self, what: &str, text: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::rng().random();
        let payload = Payload { msg: text, aad: what.as_bytes() };
        let mut sealed = nonce.to_vec();
        // Fails for texts of more than 256 gigabytes alone; an empty seal is opened by nothing.
        sealed.extend(self.cipher().encrypt(&Nonce::from(nonce), payload).unwrap_or_default());
        sealed
    }

    /// Opens what was sealed under this key with the same `what`; nothing else opens.
    pub fn open(&self, what: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher().decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: what.as_bytes() }).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.into())
    }
}

/// What a key is told apart by: eight bytes of a hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 8]);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// The key by which IINs are looked up. It outlives every other: a rotation does not touch it.
#[derive(Clone)]
pub struct LookUpKey(SecretKey);

impl LookUpKey {
    /// The look-up key of a registry, made from the registry's own.
    pub fn of(registry: &SecretKey) -> Self {
        LookUpKey(registry.derived("look-up of IINs"))
    }

    /// What an IIN is looked up by.
    pub fn blind(&self, iin: Iin) -> BlindIin {
        let [a, b, c, d, e, f, g, h, ..] = keyed_hash(self.0.bytes(), iin.to_string().as_bytes());
        BlindIin(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

impl LookUpKey {
    /// What the code on a family's paper is compared by; without the key nobody can try all codes.
    pub fn blind_code(&self, code: &str) -> i64 {
        self.blind_text(&format!("code {code}"))
    }

    /// What a name is likened by that a child of this day of birth has.
    pub fn blind_name(&self, likened: &str, birth_on: NaiveDate) -> i64 {
        self.blind_text(&format!("name {likened} {birth_on}"))
    }

    /// What the number of a birth certificate is likened by.
    pub fn blind_certificate(&self, likened: &str) -> i64 {
        self.blind_text(&format!("certificate {likened}"))
    }

    /// What the children of an applicant are likened by that were born on this day.
    pub fn blind_kin(&self, applicant: BlindIin, birth_on: NaiveDate) -> i64 {
        self.blind_text(&format!("kin {} {birth_on}", applicant.0))
    }

    /// From what the temporary number of a child is made, which has a document and no IIN.
    pub fn blind_document(&self, kind: &str, number: &str) -> u64 {
        self.blind_text(&format!("document {kind} {number}")).cast_unsigned()
    }

    /// What the login of an account is looked up by: it often names its holder.
    pub fn blind_login(&self, login: &str) -> BlindLogin {
        BlindLogin(self.blind_text(&format!("login {login}")))
    }

    fn blind_text(&self, text: &str) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = keyed_hash(self.0.bytes(), text.as_bytes());
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// An IIN as the registry looks it up: 64 bits of its keyed hash. Without the key it tells nothing of the IIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIin(pub i64);

/// A login as the registry looks it up: 64 bits of its keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindLogin(pub i64);

impl BlindIin {
    /// One by which nobody is found.
    pub fn nobody() -> Self {
        BlindIin(rand::rng().random())
    }
}

fn keyed_hash(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104, section 2).
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut hash = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    hash.update(text);
    hash.finalize().into_bytes().into()
}
