//! Families: a representative signs in with the child's IIN and the code of the family's paper, and is somebody for a while.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempts::Attempts;
use super::term;
use crate::domain::codes::Role;
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::representatives::{self, Representative};
use crate::store::sessions::{self, Session};
use crate::store::{Store, StoreError};
use crate::trust::cipher::BlindIin;
use crate::trust::seal::sha256_hex;

/// How a secret of a family's session begins.
pub const MARK: &str = "kezek-family_";

/// What a representative signs in with.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The IIN of the child.
    pub iin: String,
    /// The code of the family's paper. Small letters, Cyrillic look-alikes, blanks and dashes are read as what was meant.
    pub code: String,
}

/// A session of a family.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// To be sent as `Authorization: Bearer`; shown here only.
    pub token: String,
    /// When it ends at the latest; it ends earlier where nobody uses it for half an hour.
    pub ends_at: String,
}

/// Opens a session for the representative whose code this is.
///
/// # Errors
/// 401 for a code that is not right, 422 for what is no IIN, 429 after too many wrong ones.
pub fn sign_in(
    office: &Office,
    attempts: &Attempts<BlindIin>,
    address: IpAddr,
    sent: &SignIn,
) -> Result<SignedIn, Problem> {
    let representative = by_code(office, attempts, address, &sent.iin, &sent.code)?;
    let now = office.clock.now();
    let token = keys::secret_of(MARK);
    let hash = sha256_hex(token.as_bytes());
    office.store.open_session(&Session { hash, representative, opened_at: now, used_at: now })?;
    Ok(SignedIn { token, ends_at: instant_text(term::ends_at(now)) })
}

/// What is left of a sign-out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignedOut {
    /// Whether no session of the representative opens anything any more.
    pub signed_out: bool,
}

/// Ends all sessions of a representative, also those on other devices.
///
/// # Errors
/// 403 for an official.
pub fn sign_out(office: &Office, principal: &Principal) -> Result<SignedOut, Problem> {
    principal.role_may(Act::EndSession)?;
    office.store.end_sessions(&principal.id, office.clock.now())?;
    Ok(SignedOut { signed_out: true })
}

/// What proves that somebody is of a child's family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The code of the family's paper.
    Code(String),
    /// The secret of its session.
    Session(String),
}

/// Whether this is somebody of the child's family.
///
/// # Errors
/// 401 for a code or a session that is not right, or of another child; 422 for what is no IIN, 429 after too many wrong codes.
pub fn proves(
    office: &Office,
    attempts: &Attempts<BlindIin>,
    address: IpAddr,
    iin: &str,
    proof: &Proof,
) -> Result<Iin, Problem> {
    let child = read(iin)?;
    match proof {
        Proof::Code(code) => by_code(office, attempts, address, iin, code).map(drop)?,
        Proof::Session(secret) => {
            let own = principal(&office.store, secret, office.clock.now())?.child;
            if own != Some(office.look_up.blind(child)) {
                let message = "this session is of another child's family; sign in with this child's IIN and code";
                return Err(Problem::new(Kind::Unauthorised, "another_child", message));
            }
        }
    }
    Ok(child)
}

fn read(iin: &str) -> Result<Iin, Problem> {
    Iin::parse(iin.trim()).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))
}

/// The representative whose code this is; a wrong one is noted.
fn by_code(
    office: &Office,
    attempts: &Attempts<BlindIin>,
    address: IpAddr,
    iin: &str,
    code: &str,
) -> Result<String, Problem> {
    let (child, now) = (office.look_up.blind(read(iin)?), office.clock.now());
    let attempt = attempts.begin(child, address, now)?;
    match known(office, child, code)? {
        Some(representative) => {
            attempt.right();
            Ok(representative)
        }
        None => {
            let message = "this is not the code of a paper for this child; look it up on the newest paper, or get a \
                           new one at any counter";
            Err(Problem::new(Kind::Unauthorised, "wrong_code", message))
        }
    }
}

/// The representative of a child whose code this is.
fn known(office: &Office, child: BlindIin, code: &str) -> Result<Option<String>, StoreError> {
    let code = office.look_up.blind_code(&meant(code));
    let all = office.store.read(|conn| representatives::of_iin(conn, child))?;
    // A child that moved is known in several homes: of each person the newest code alone counts.
    let superseded = |known: &Representative| {
        all.iter().any(|other| other.iin == known.iin && other.code != known.code && other.code_at > known.code_at)
    };
    let found = all.iter().find(|known| known.code == Some(code) && !superseded(known)).cloned();
    Ok(found.map(|known| known.id))
}

/// The code that was meant: capital letters, no blanks and dashes, Latin letters for the Cyrillic ones that look like them.
fn meant(code: &str) -> String {
    let letters = code.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric());
    letters.map(latin).collect()
}

fn latin(letter: char) -> char {
    match letter {
        'А' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' => 'E',
        'Н' | 'Һ' => 'H',
        'К' | 'Қ' => 'K',
        'М' => 'M',
        'Р' => 'P',
        'Т' => 'T',
        'Х' => 'X',
        'У' | 'Ү' | 'Ұ' => 'Y',
        'З' => '3',
        other => other,
    }
}

/// Whose session this is.
///
/// # Errors
/// 401 for one that is unknown or has ended.
pub(super) fn principal(store: &Store, secret: &str, now: DateTime<Utc>) -> Result<Principal, Problem> {
    let hash = sha256_hex(secret.as_bytes());
    let found = store.read(|conn| -> Result<_, StoreError> {
        let Some(session) = sessions::find(conn, &hash)? else { return Ok(None) };
        let known = representatives::find(conn, &session.representative)?;
        Ok(known.map(|(representative, child)| (session, representative, child)))
    })?;
    let ended = |session: &Session| term::is_over(session.opened_at, session.used_at, now);
    let Some((session, representative, child)) = found.filter(|(session, ..)| !ended(session)) else {
        let message = "this session has ended; sign in again with the code of your paper";
        return Err(Problem::new(Kind::Unauthorised, "session_ended", message));
    };
    if term::is_noted(session.used_at, now) {
        store.use_session(&session.hash, now)?;
    }
    Ok(Principal {
        id: representative.id,
        mandate: None,
        person: representative.iin,
        role: Role::Family,
        // A family moves: its child is what it reaches, not a territory.
        territory: Kato::COUNTRY,
        kindergarten: None,
        acts_as: Vec::new(),
        child: Some(child),
        parent: None,
    })
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_code_is_read_as_it_was_meant() {
        for typed in ["ABCE-HK23", " abce hk23 ", "АВСЕНК23", "авсе-нк23", "ABCE HK 23"] {
            assert_eq!(meant(typed), "ABCEHK23", "{typed}");
        }
    }
}
