//! One-time codes of a second factor (TOTP, RFC 6238): six digits, a new one every 30 seconds, by a secret that an app on a
//! telephone shares. The code before and the one after are taken too: telephones are seldom right to the second.

use chrono::{DateTime, Utc};
use rand::RngExt;
use totp_rs::{Builder, Totp, TotpError};

/// Who is named in the app.
const ISSUER: &str = "Kezek";

/// A new secret of 160 bits.
pub fn secret() -> [u8; 20] {
    rand::rng().random()
}

/// The address by which an app takes a secret up; nothing where the login cannot stand in it.
pub fn address(secret: &[u8], login: &str) -> Option<String> {
    shared(secret, login).ok()?.to_url().ok()
}

/// A secret as people type it into an app.
pub fn written(secret: &[u8]) -> String {
    totp_rs::Secret::from(secret.to_vec()).to_base32()
}

/// The step whose code this is, at this instant; it must not be taken twice.
pub fn step_of(secret: &[u8], code: &str, at: DateTime<Utc>) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = shared(secret, "").ok()?.check(&digits, u64::try_from(at.timestamp()).ok()?)?;
    i64::try_from(step).ok()
}

fn shared(secret: &[u8], login: &str) -> Result<Totp, TotpError> {
    Builder::new().with_secret(secret.to_vec()).with_issuer(Some(ISSUER)).with_account_name(login).build()
}
