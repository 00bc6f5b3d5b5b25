//! Signing in at an identity provider: a browser is sent there and comes back with a code, and the account is the one that the
//! provider's token names by IIN or login.

use chrono::TimeDelta;

use super::official::{self, normalised};
use super::sign_ins::SignIns;
use crate::domain::codes::Way;
use crate::domain::iin::Iin;
use crate::outside::provider::{Begun, Provider, Unproved};
use crate::service::kernel::keys;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::provider_requests::{self, ProviderRequest};
use crate::store::{StoreError, accounts, logins};
use crate::trust::seal::sha256_hex;

/// How long a sign-in may take at the provider, in minutes.
pub const MINUTES: i64 = 10;

/// A browser that is sent to the provider.
#[derive(Clone, Debug)]
pub struct SentOut {
    /// The address that it is sent to.
    pub address: String,
    /// What it keeps, so that nobody else's browser can come back in its place.
    pub browser: String,
}

/// What a browser came back with.
#[derive(Clone, Debug, Default)]
pub struct CameBack {
    /// By which its sign-in is found.
    pub state: String,
    /// What the browser kept.
    pub browser: String,
    /// The code for a token; empty where the provider gave none.
    pub code: String,
}

fn provider(sign_ins: &SignIns) -> Result<&Provider, Problem> {
    sign_ins.provider.as_ref().ok_or_else(|| {
        let message = "no identity provider is set up here; sign in with login and password";
        Problem::new(Kind::NotFound, "no_provider", message)
    })
}

fn unproved(why: &Unproved) -> Problem {
    match why {
        Unproved::Away(_) => {
            let message =
                "the identity provider does not answer now; try again later, or sign in with login and password";
            Problem::new(Kind::Busy, "provider_away", message)
        }
        Unproved::Refused(said) => {
            tracing::warn!(said, "a sign-in at the identity provider proves nothing");
            let message = "what the identity provider answered proves nothing; begin again at /sign-in";
            Problem::new(Kind::Unauthorised, "sign_in_refused", message)
        }
    }
}

/// Begins a sign-in at the provider that comes back to this address.
///
/// # Errors
/// 404 where there is no provider, 503 where it does not answer.
pub fn begin(office: &Office, sign_ins: &SignIns, back: &str, tongue: &str) -> Result<SentOut, Problem> {
    let now = office.clock.now();
    let begun = provider(sign_ins)?.begin(back, now).map_err(|why| unproved(&why))?;
    let Begun { address, state, nonce, verifier } = begun;
    let browser = keys::random_key();
    let sent = ProviderRequest {
        state: sha256_hex(state.as_bytes()),
        browser: sha256_hex(browser.as_bytes()),
        nonce,
        verifier,
        tongue: tongue.to_owned(),
        made_at: now,
    };
    office.store.keep(|conn| provider_requests::insert(conn, &sent, now - TimeDelta::minutes(MINUTES)))?;
    Ok(SentOut { address, browser })
}

/// The language in which a sign-in was begun; its page goes on in it.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The secret of the new session, or why there is none.
    pub session: Result<String, Problem>,
    /// The language of the page.
    pub tongue: Option<String>,
}

/// Opens a session for whoever came back from the provider.
pub fn finish(office: &Office, sign_ins: &SignIns, back: &str, came: &CameBack) -> Finished {
    let over = || {
        let message = "this sign-in is over, or was begun in another browser; begin again at /sign-in";
        Problem::new(Kind::Unauthorised, "sign_in_over", message)
    };
    let now = office.clock.now();
    let taken = office.store.keep(|conn| provider_requests::take(conn, &sha256_hex(came.state.as_bytes())));
    let sent = match taken {
        Ok(Some(sent)) => sent,
        Ok(None) => return Finished { session: Err(over()), tongue: None },
        Err(error) => return Finished { session: Err(error.into()), tongue: None },
    };
    let own = sent.browser == sha256_hex(came.browser.as_bytes());
    let in_time = (now - sent.made_at).abs() < TimeDelta::minutes(MINUTES);
    let session = if own && in_time { proved(office, sign_ins, back, came, &sent) } else { Err(over()) };
    Finished { session, tongue: Some(sent.tongue) }
}

fn proved(
    office: &Office,
    sign_ins: &SignIns,
    back: &str,
    came: &CameBack,
    sent: &ProviderRequest,
) -> Result<String, Problem> {
    let now = office.clock.now();
    if came.code.is_empty() {
        return Err(unproved(&Unproved::Refused("the provider gave no code".to_owned())));
    }
    let named = provider(sign_ins)?.finish(back, &came.code, &sent.nonce, &sent.verifier, now);
    let named = named.map_err(|why| unproved(&why))?;
    let account = office.store.read(|conn| -> Result<_, StoreError> {
        if let Ok(iin) = Iin::parse(named.trim()) {
            return Ok(accounts::of_person(conn, office.look_up.blind(iin))?.into_iter().next());
        }
        let known = logins::known(conn, office.look_up.blind_login(&normalised(&named)))?;
        Ok(known.filter(|known| !known.is_closed).map(|known| known.account))
    })?;
    let account = account.ok_or_else(|| {
        let message =
            "the identity provider knows you, but you have no account here; ask whoever appoints for your territory";
        Problem::new(Kind::Forbidden, "unknown_person", message)
    })?;
    official::open(office, &account, Way::Provider, None, now).map(|(token, _)| token)
}
