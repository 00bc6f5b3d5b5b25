//! Officials: whoever holds an account signs in with its login and password, and is somebody by one of its mandates for a while.

use std::net::IpAddr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sign_ins::SignIns;
use super::term;
use super::view::{self, MandateRead};
use crate::domain::account::Mandate;
use crate::domain::codes::Way;
use crate::domain::instant::instant_text;
use crate::rules::regulation::Actor;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::reach::{self, mandate_day};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::official_sessions::{self, OfficialSession, Opened};
use crate::store::{StoreError, accounts, logins, secrets};
use crate::trust::one_time;
use crate::trust::seal::sha256_hex;

/// How a secret of a session of an official or a system begins.
pub const MARK: &str = "kezek-session_";
/// A session of a system ends after so many seconds.
pub const CLIENT_SECONDS: i64 = 3_600;

/// What an official signs in with.
#[derive(Clone, Debug, Default)]
pub struct OfficialSignIn {
    /// The login of the account.
    pub login: String,
    /// Its password.
    pub password: String,
    /// The code that the app shows now, where the account has a second factor.
    pub second_factor: Option<String>,
    /// The mandate to act by; the oldest that holds where missing.
    pub mandate: Option<String>,
}

/// A session of an official.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfficialSignedIn {
    /// To be sent as `Authorization: Bearer`; shown here only.
    pub token: String,
    /// When it ends at the latest; it ends earlier where nobody uses it for half an hour.
    pub ends_at: String,
    /// The mandate that it is used by.
    pub mandate: String,
    /// The mandates of the account that hold today, oldest first.
    pub mandates: Vec<MandateRead>,
    /// Whether a second factor must be enrolled before the session opens anything else.
    pub second_factor_needed: bool,
}

/// How a login is written: people type it as they like.
pub(super) fn normalised(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Opens a session for whoever knows the login, the password and, where the account has a second factor, its code.
///
/// # Errors
/// 401 where one of them is not right, in the same words and after the same time whether there is such a login or not; 401 where
/// a code is missing or no mandate holds; 429 after too many wrong tries.
pub fn sign_in(
    office: &Office,
    sign_ins: &SignIns,
    address: IpAddr,
    sent: &OfficialSignIn,
) -> Result<OfficialSignedIn, Problem> {
    let (login, now) = (office.look_up.blind_login(&normalised(&sent.login)), office.clock.now());
    let attempt = sign_ins.attempts.begin(login, address, now)?;
    let known = office.store.read(|conn| logins::known(conn, login))?.filter(|known| !known.is_closed);
    let password = known.as_ref().and_then(|known| known.password.as_deref());
    let is_right = match sign_ins.hashing.is_of(&sent.password, password) {
        Ok(is_right) => is_right,
        Err(busy) => {
            attempt.undone();
            return Err(busy);
        }
    };
    let Some(known) = known.filter(|_| is_right) else {
        let message = "login and password do not belong together; type both again, or ask whoever keeps the accounts of your \
                       territory for a new invitation";
        return Err(Problem::new(Kind::Unauthorised, "wrong_password", message));
    };
    if known.has_second_factor {
        let Some(code) = sent.second_factor.as_deref().filter(|code| !code.trim().is_empty()) else {
            attempt.undone();
            let message = "this account has a second factor; send the code that the app shows now as second_factor";
            return Err(Problem::new(Kind::Unauthorised, "second_factor_missing", message));
        };
        take_code(office, &known.account, code, now)?;
    }
    attempt.right();
    let (token, mandate) = open(office, &known.account, Way::Password, sent.mandate.as_deref(), now)?;
    let today = mandate_day(now);
    let own = office.store.read(|conn| accounts::mandates_of(conn, &known.account))?;
    Ok(OfficialSignedIn {
        token,
        ends_at: instant_text(term::ends_at(now)),
        mandate: mandate.id,
        mandates: own.into_iter().filter(|own| own.holds(today)).map(|own| view::mandate(own, today)).collect(),
        second_factor_needed: sign_ins.demands_second_factor && !known.has_second_factor,
    })
}

/// Takes a code of a second factor, once.
fn take_code(office: &Office, account: &str, code: &str, now: DateTime<Utc>) -> Result<(), Problem> {
    let vault = office.store.vault();
    let taken = office.store.read(|conn| -> Result<_, StoreError> {
        let Some(factor) = secrets::second_factor(conn, vault, account)? else { return Ok(false) };
        let Some(step) = one_time::step_of(&factor.secret, code, now) else { return Ok(false) };
        secrets::take_step(conn, account, step)
    })?;
    if taken {
        return Ok(());
    }
    let message = "this is not the code that the app shows now, or it was used already; wait for the next one";
    Err(Problem::new(Kind::Unauthorised, "wrong_second_factor", message))
}

/// Opens a session of an account by the mandate that is named, or by the oldest that holds; its secret.
///
/// # Errors
/// 401 where no mandate holds, 404 for one that the account does not have or that does not hold.
pub(super) fn open(
    office: &Office,
    account: &str,
    way: Way,
    wanted: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(String, Mandate), Problem> {
    let token = keys::secret_of(MARK);
    let hash = sha256_hex(token.as_bytes());
    office.store.keep(|conn| -> Result<_, Problem> {
        let mandate = chosen(conn, account, wanted, mandate_day(now))?;
        // What ended long ago opens nothing; nobody looks for it.
        official_sessions::forget(conn, account, now - (term::ends_at(now) - now))?;
        let (account, mandate_id) = (account.to_owned(), mandate.id.clone());
        let session = OfficialSession { hash, account, mandate: mandate_id, way, opened_at: now, used_at: now };
        official_sessions::open(conn, &session)?;
        Ok((token, mandate))
    })
}

/// The mandate of an account to act by.
fn chosen(conn: &mut AnyConnection, account: &str, wanted: Option<&str>, today: NaiveDate) -> Result<Mandate, Problem> {
    let own = accounts::mandates_of(conn, account)?;
    let mut holding = own.into_iter().filter(|own| own.holds(today));
    match wanted {
        Some(wanted) => holding
            .find(|own| own.id == wanted)
            .ok_or_else(|| Problem::not_found("mandate of this account that holds today")),
        None => holding.next().ok_or_else(|| {
            let message = "no mandate of this account holds today; ask whoever appoints for your territory";
            Problem::new(Kind::Unauthorised, "mandate_over", message)
        }),
    }
}

/// Whose session this is, for an act.
///
/// # Errors
/// 401 for one that is unknown or has ended, whose account is closed, or whose mandate does not hold today; 403 where a second
/// factor must be enrolled first.
pub(super) fn principal(office: &Office, sign_ins: &SignIns, secret: &str, act: Act) -> Result<Principal, Problem> {
    let (now, hash) = (office.clock.now(), sha256_hex(secret.as_bytes()));
    let found = office.store.read(|conn| -> Result<_, StoreError> {
        let Some(mut opened) = official_sessions::find(conn, &hash)? else { return Ok(None) };
        opened.mandate.territory = reach::of_credential(conn, opened.mandate.territory)?;
        Ok(Some(opened))
    })?;
    let refused = |code, message: &str| Err(Problem::new(Kind::Unauthorised, code, message));
    let Some(Opened { session, mandate, is_closed, person, has_second_factor }) =
        found.filter(|opened| !is_over(&opened.session, now))
    else {
        return refused("session_ended", "this session has ended; sign in again");
    };
    if is_closed {
        return refused(
            "account_closed",
            "the account of this session is closed; ask whoever appoints for your territory",
        );
    }
    if !mandate.holds(mandate_day(now)) {
        let message = "the mandate of this session does not hold today; sign in again, or ask whoever appoints for your territory";
        return refused("mandate_over", message);
    }
    let free = [Act::KeepOwnSignIn, Act::EndSession, Act::ReadOwnAccount].contains(&act);
    if sign_ins.demands_second_factor && session.way == Way::Password && !has_second_factor && !free {
        let message = "a second factor is needed here; enrol one first: POST /api/v1/me/second-factor";
        return Err(Problem::new(Kind::Forbidden, "second_factor_needed", message));
    }
    if term::is_noted(session.used_at, now) {
        office.store.read(|conn| official_sessions::note_use(conn, &session.hash, now))?;
    }
    Ok(Principal {
        id: session.account,
        mandate: Some(mandate.id),
        person,
        role: mandate.role,
        territory: mandate.territory,
        kindergarten: mandate.kindergarten,
        acts_as: mandate.acts_as.iter().filter_map(|code| Actor::from_code(code)).collect(),
        child: None,
        parent: None,
        opened: None,
    })
}

/// Whether a session has ended by itself.
fn is_over(session: &OfficialSession, now: DateTime<Utc>) -> bool {
    match session.way {
        // A system asks for the next one when it likes.
        Way::Client => (now - session.opened_at).num_seconds() >= CLIENT_SECONDS,
        Way::Password | Way::Provider => term::is_over(session.opened_at, session.used_at, now),
    }
}

/// The hash of the secret of a session.
///
/// # Errors
/// 409 for a credential that is no session of an official.
pub(super) fn session_of(secret: &str) -> Result<String, Problem> {
    if secret.starts_with(MARK) {
        return Ok(sha256_hex(secret.as_bytes()));
    }
    let message =
        "this credential is a token, not a session; sign in with login and password first: POST /api/v1/sessions";
    Err(Problem::conflict("no_session", message))
}

/// Ends the session of this secret, or all of its account.
///
/// # Errors
/// 409 for a token, which is revoked and not signed out.
pub fn sign_out(office: &Office, principal: &Principal, secret: &str, everywhere: bool) -> Result<(), Problem> {
    let (hash, now) = (session_of(secret)?, office.clock.now());
    office.store.read(|conn| match everywhere {
        true => official_sessions::end_all(conn, &principal.id, None, now).map(drop),
        false => official_sessions::end(conn, &hash, now),
    })?;
    Ok(())
}

/// Another mandate to act by.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MandateChoice {
    /// The key of a mandate of the account that holds today.
    pub mandate: String,
}

/// Uses the session by another mandate of its account.
///
/// # Errors
/// 404 for a mandate that the account does not have or that does not hold, 409 for a token.
pub fn switch(
    office: &Office,
    principal: &Principal,
    secret: &str,
    sent: &MandateChoice,
) -> Result<MandateRead, Problem> {
    let (hash, today) = (session_of(secret)?, mandate_day(office.clock.now()));
    let mandate = office.store.keep(|conn| -> Result<_, Problem> {
        let mandate = chosen(conn, &principal.id, Some(&sent.mandate), today)?;
        official_sessions::switch(conn, &hash, &mandate.id)?;
        Ok(mandate)
    })?;
    Ok(view::mandate(mandate, today))
}
