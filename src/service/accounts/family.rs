//! Families: a representative signs in with the child's IIN and the code of the family's paper, and is somebody for a while.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::attempts::FamilyTries;
use super::{one_time, term};
use crate::domain::codes::Role;
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::representative::{CourtWord, FamilyWay};
use crate::service::kernel::keys;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::{Act, Opened, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::former_numbers;
use crate::store::representatives::{self, Representative};
use crate::store::sessions::{self, Session};
use crate::store::{Store, StoreError, children};
use crate::trust::cipher::BlindIin;
use crate::trust::seal::sha256_hex;

/// How a secret of a family's session begins.
pub const MARK: &str = "kezek-family_";

/// What a representative signs in with.
#[derive(Clone, Debug, Serialize)]
pub struct SignIn {
    /// The IIN of the child.
    pub iin: String,
    /// The code of the family's paper.
    pub code: String,
}

/// A code that somebody has typed. Small letters, Cyrillic look-alikes, blanks and dashes are read as what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// That of a paper or, where it has as many signs as one, a one-time code.
    Typed(String),
    /// A one-time code.
    OneTime(String),
}

/// Which sort of code it is, by its signs as they were meant.
enum Meant {
    Paper(String),
    OneTime(String),
}

impl Code {
    fn meant(&self) -> Meant {
        match self {
            Code::Typed(text) => {
                let signs = meant(text);
                if signs.chars().count() == keys::ONE_TIME_SIGNS { Meant::OneTime(signs) } else { Meant::Paper(signs) }
            }
            Code::OneTime(text) => Meant::OneTime(meant(text)),
        }
    }
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
    tries: &FamilyTries,
    address: IpAddr,
    iin: &str,
    code: &Code,
) -> Result<SignedIn, Problem> {
    let (known, opened) = by_code(office, tries, address, iin, code)?;
    let now = office.clock.now();
    let token = keys::secret_of(MARK);
    let hash = sha256_hex(token.as_bytes());
    let Opened { way, contact_at, .. } = opened;
    let session = Session { hash, representative: known.id, way, contact_at, opened_at: now, used_at: now };
    office.store.open_session(&session)?;
    Ok(SignedIn { token, ends_at: instant_text(term::ends_at(now)) })
}

/// A new code was given out at a counter: whoever has it waits for nobody's wrong ones.
///
/// # Errors
/// 404, or the database is not available.
pub fn end_wait(office: &Office, tries: &FamilyTries, number: &str) -> Result<(), Problem> {
    let child = office.store.read(|conn| -> Result<_, Problem> {
        let application = load(conn, number)?;
        Ok(children::iin_of(conn, &application.child)?)
    })?;
    if let Some(child) = child {
        tries.end_wait(child);
    }
    Ok(())
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
    /// A code.
    Code(Code),
    /// The secret of its session.
    Session(String),
}

/// Somebody of a child's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfFamily {
    /// The child.
    pub child: Iin,
    /// Whether the child is shielded from this side: it sees what everybody sees.
    pub is_shielded: bool,
}

/// Whether this is somebody of the child's family.
///
/// # Errors
/// 401 for a code or a session that is not right, or of another child; 422 for what is no IIN, 429 after too many wrong codes.
pub fn proves(
    office: &Office,
    tries: &FamilyTries,
    address: IpAddr,
    iin: &str,
    proof: &Proof,
) -> Result<OfFamily, Problem> {
    let child = read(iin)?;
    let opened = match proof {
        Proof::Code(code) => match at_once(office, tries, address, iin, code)? {
            Some(of) => return Ok(of),
            // A code that was given out through another server a moment ago may not be in memory yet: a "no" is the rows'.
            None => by_code(office, tries, address, iin, code)?.1,
        },
        Proof::Session(secret) => {
            let own = principal(&office.store, secret, office.clock.now())?;
            let typed = office.look_up.blind(child);
            let one = own.child.map(|own| office.store.read(|conn| former_numbers::of_one(conn, own, typed)));
            let is_own = one.transpose()?.unwrap_or_default();
            match own.opened.filter(|_| is_own) {
                Some(opened) => opened,
                None => {
                    let message = "this session is of another child's family; sign in with this child's IIN and code";
                    return Err(Problem::new(Kind::Unauthorised, "another_child", message));
                }
            }
        }
    };
    Ok(OfFamily { child, is_shielded: opened.is_shielded })
}

/// As [`proves`] by the code of a paper, from memory alone; nothing where the rows have to be asked.
///
/// # Errors
/// 422 for what is no IIN, 429 after too many wrong codes.
pub fn at_once(
    office: &Office,
    tries: &FamilyTries,
    address: IpAddr,
    iin: &str,
    code: &Code,
) -> Result<Option<OfFamily>, Problem> {
    let child = read(iin)?;
    let Meant::Paper(signs) = code.meant() else { return Ok(None) };
    let (typed, code) = (office.look_up.blind(child), office.look_up.blind_code(&signs));
    let (now, opened) = {
        let index = office.index.read();
        let now = index.now_of(typed);
        (now, index.opened_by(now, code))
    };
    let attempt = tries.papers.begin(now, address, office.clock.now())?;
    match opened {
        Some(_) => attempt.right(),
        None => attempt.undone(),
    }
    Ok(opened.map(|opened| OfFamily { child, is_shielded: opened.is_shielded }))
}

/// By what the child is looked up now that has this number, or had it.
fn known_by(office: &Office, iin: Iin) -> Result<BlindIin, StoreError> {
    let typed = office.look_up.blind(iin);
    Ok(office.store.read(|conn| former_numbers::now_of(conn, typed))?.unwrap_or(typed))
}

fn read(iin: &str) -> Result<Iin, Problem> {
    Iin::parse(iin.trim()).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))
}

/// The representative whose code this is, by the rows; a wrong one is noted. A session outlives the moment in which it is opened, so that
/// none may rest on what another server has replaced just now.
fn by_code(
    office: &Office,
    tries: &FamilyTries,
    address: IpAddr,
    iin: &str,
    code: &Code,
) -> Result<(Representative, Opened), Problem> {
    let (child, now) = (known_by(office, read(iin)?)?, office.clock.now());
    // Of two applications that were merged each family goes on with the code of its own paper.
    let by_number = || {
        office.store.read(|conn| -> Result<Vec<Vec<Representative>>, StoreError> {
            let had = former_numbers::of(conn, child)?;
            std::iter::once(child).chain(had).map(|number| representatives::of_iin(conn, number)).collect()
        })
    };
    let signs = match code.meant() {
        Meant::Paper(signs) => signs,
        Meant::OneTime(signs) => {
            let all: Vec<Representative> = by_number()?.into_iter().flatten().collect();
            return one_time::redeemed(office, tries, one_time::at_door(child, address), &all, &signs);
        }
    };
    let attempt = tries.papers.begin(child, address, now)?;
    let code = office.look_up.blind_code(&signs);
    match by_number()?.iter().find_map(|all| known(all, code)) {
        Some(representative) => {
            attempt.right();
            let is_shielded = representative.court == Some(CourtWord::Shielded);
            Ok((representative, Opened { way: FamilyWay::Paper, contact_at: None, is_shielded }))
        }
        None => {
            let message = "this is not the code of a paper for this child; look it up on the newest paper, ask for a one-time code, \
                           or get a new one at any counter";
            Err(Problem::new(Kind::Unauthorised, "wrong_code", message))
        }
    }
}

/// The representative of a child whose code this is.
fn known(all: &[Representative], code: i64) -> Option<Representative> {
    // A child that moved is known in several homes: of each person the newest code alone counts.
    let superseded = |known: &Representative| {
        all.iter().any(|other| other.iin == known.iin && other.code != known.code && other.code_at > known.code_at)
    };
    all.iter().find(|known| known.code == Some(code) && !superseded(known)).cloned()
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
    let is_shielded = representative.court == Some(CourtWord::Shielded);
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
        opened: Some(Opened { way: session.way, contact_at: session.contact_at, is_shielded }),
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
