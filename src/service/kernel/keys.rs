//! Random keys, secrets and check codes.

use rand::RngExt;
use serde::Serialize;

use crate::domain::kato::Kato;
use crate::store::facts::{self, Facts};
use crate::store::{Keeper, StoreError, Transaction};
use crate::trust::seal::canonical;
use crate::trust::subject::Subject;

/// 128 random bits in hexadecimal.
pub(crate) fn random_key() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// A bearer token: 256 random bits with a mark that secret scanners can find.
pub(crate) fn secret() -> String {
    secret_of("kezek_")
}

/// 256 random bits behind a mark.
pub(crate) fn secret_of(mark: &str) -> String {
    let mut rng = rand::rng();
    format!("{mark}{:032x}{:032x}", rng.random::<u128>(), rng.random::<u128>())
}

/// Letters and digits that cannot be mistaken for one another when read aloud.
const CHECK_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Eight signs by which a kindergarten checks a paper referral.
pub(crate) fn check_code() -> String {
    signs(8)
}

/// How many signs a one-time code has; that of a paper has eight.
pub(crate) const ONE_TIME_SIGNS: usize = 6;

/// For how many minutes a one-time code is good.
pub(crate) const ONE_TIME_MINUTES: i64 = 15;

/// A code that is good once and for some minutes.
pub(crate) fn one_time_code() -> String {
    signs(ONE_TIME_SIGNS)
}

fn signs(count: usize) -> String {
    let mut rng = rand::rng();
    (0..count).filter_map(|_| CHECK_ALPHABET.get(rng.random_range(0..32)).copied().map(char::from)).collect()
}

/// Keeps facts of a subject and gives their key. For words that people write, which may name a person: even the opening of
/// their subject tells them by their hash alone.
pub(crate) fn keep<T: Serialize>(
    tx: &mut Transaction<'_>,
    home: Kato,
    of: Subject,
    facts: &T,
) -> Result<String, StoreError> {
    keep_for(tx, home, Keeper::from(&of), of, facts)
}

/// As [`keep`], under a key that is not the subject's: for a subject that has no row yet.
pub(crate) fn keep_for<T: Serialize>(
    tx: &mut Transaction<'_>,
    home: Kato,
    keeper: Keeper,
    of: Subject,
    facts: &T,
) -> Result<String, StoreError> {
    let kept = Facts { keeper, ..sealed(of, facts) };
    facts::insert(tx, home, std::slice::from_ref(&kept))?;
    Ok(kept.key)
}

/// Keeps facts of a subject under a key that was given out before it had a number.
pub(crate) fn keep_under<T: Serialize>(
    tx: &mut Transaction<'_>,
    home: Kato,
    key: &str,
    of: Subject,
    facts: &T,
) -> Result<(), StoreError> {
    let kept = Facts { key: key.to_owned(), ..sealed(of, facts) };
    facts::insert(tx, home, std::slice::from_ref(&kept))
}

/// Facts of a subject under a new key.
pub(crate) fn sealed<T: Serialize>(subject: Subject, facts: &T) -> Facts {
    Facts { key: random_key(), keeper: Keeper::from(&subject), subject, body: canonical(facts) }
}
