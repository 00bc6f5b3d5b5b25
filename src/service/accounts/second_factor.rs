//! The second factor of an account: a secret that an app on its holder's telephone shares. Enrolled by whoever is signed in,
//! confirmed by a first code, taken away by a reset alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::official;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::{StoreError, accounts, official_sessions, secrets};
use crate::trust::one_time;

/// A second factor to be taken up by an app. Shown here only.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SecondFactorOffered {
    /// The secret, to be typed into the app.
    pub secret: String,
    /// The same as an address that an app takes up, for instance from a QR code.
    pub otpauth: String,
}

/// The first code of a second factor.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    /// The six digits that the app shows now.
    #[schema(example = "000000")]
    pub code: String,
}

/// A second factor that is asked for from now on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SecondFactorConfirmed {
    /// Whether sign-ins need a code from now on.
    pub confirmed: bool,
    /// How many other sessions ended, which had been opened without it.
    pub ended: usize,
}

/// Offers a new second factor, in place of one that was never confirmed.
///
/// # Errors
/// 409 for a token, for an account without a login, and where there is a confirmed one.
pub fn offer(office: &Office, principal: &Principal, secret: &str) -> Result<SecondFactorOffered, Problem> {
    official::session_of(secret)?;
    let vault = office.store.vault();
    let found = office.store.read(|conn| accounts::find(conn, vault, &principal.id))?;
    let address = |shared: &[u8]| one_time::address(shared, found.as_ref()?.login.as_deref()?);
    let shared = one_time::secret();
    let otpauth = address(&shared).ok_or_else(|| {
        Problem::conflict("no_password", "this account signs in elsewhere; its second factor is asked for there")
    })?;
    let kept = office.store.keep(|conn| secrets::offer_second_factor(conn, vault, &principal.id, &shared))?;
    if !kept {
        let message = "this account has a second factor; whoever keeps the accounts of your territory can reset it";
        return Err(Problem::conflict("second_factor_exists", message));
    }
    Ok(SecondFactorOffered { secret: one_time::written(&shared), otpauth })
}

/// Confirms the second factor by its first code. Other sessions of the account end: they were opened without it.
///
/// # Errors
/// 401 for a code that is not right, 409 where there is nothing to confirm.
pub fn confirm(
    office: &Office,
    principal: &Principal,
    secret: &str,
    sent: &FirstCode,
) -> Result<SecondFactorConfirmed, Problem> {
    let (hash, now) = (official::session_of(secret)?, office.clock.now());
    let vault = office.store.vault();
    let found =
        office.store.read(|conn| -> Result<_, StoreError> { secrets::second_factor(conn, vault, &principal.id) })?;
    let nothing = || {
        let message = "there is no second factor to confirm; begin with POST /api/v1/me/second-factor";
        Problem::conflict("no_second_factor", message)
    };
    let factor = found.filter(|factor| !factor.is_confirmed).ok_or_else(nothing)?;
    let step = one_time::step_of(&factor.secret, &sent.code, now).ok_or_else(|| {
        let message = "this is not the code that the app shows now; wait for the next one, and see that the telephone's clock is right";
        Problem::new(Kind::Unauthorised, "wrong_second_factor", message)
    })?;
    office.store.keep(|conn| -> Result<_, Problem> {
        if !secrets::confirm_second_factor(conn, &principal.id, step, now)? {
            return Err(nothing());
        }
        let ended = official_sessions::end_all(conn, &principal.id, Some(&hash), now)?;
        Ok(SecondFactorConfirmed { confirmed: true, ended })
    })
}
