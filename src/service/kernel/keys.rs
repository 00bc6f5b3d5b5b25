//! Random keys, salts, secrets and check codes.

use rand::RngExt;
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::kato::Kato;
use crate::store::facts::{self, Facts};
use crate::store::{StoreError, Transaction};
use crate::trust::seal::{canonical, seal};

/// 128 random bits in hexadecimal.
pub(crate) fn random_key() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// A bearer token: 256 random bits with a mark that secret scanners can find.
pub(crate) fn secret() -> String {
    let mut rng = rand::rng();
    format!("kezek_{:032x}{:032x}", rng.random::<u128>(), rng.random::<u128>())
}

/// Letters and digits that cannot be mistaken for one another when read aloud.
const CHECK_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Eight signs by which a kindergarten checks a paper referral.
pub(crate) fn check_code() -> String {
    let mut rng = rand::rng();
    (0..8).filter_map(|_| CHECK_ALPHABET.get(rng.random_range(0..32)).copied().map(char::from)).collect()
}

/// Keeps facts and gives what the journal holds of them: their key and their seal. For words that people write, which
/// may name a person, and for everything that the journal proves without telling it.
pub(crate) fn keep<T: Serialize>(tx: &mut Transaction<'_>, home: Kato, facts: &T) -> Result<Value, StoreError> {
    let (kept, seal) = sealed(facts);
    facts::insert(tx, home, std::slice::from_ref(&kept))?;
    Ok(json!({"key": kept.key, "seal": seal}))
}

/// Facts under a new key with a new salt, and their seal for the journal.
pub(crate) fn sealed<T: Serialize>(facts: &T) -> (Facts, String) {
    let salt = random_key();
    let body = canonical(facts);
    let hash = seal(&salt, &body);
    (Facts { key: random_key(), salt, body }, hash)
}
