//! One-time codes: whoever has lost the paper asks for one, and it goes to the contacts that the registry has of each representative.
//! Whoever asks learns nothing: the answer is the same for every IIN, and leaves before anything is looked up.

use std::net::IpAddr;

use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

use super::attempts::{AtDoor, FamilyTries};
use crate::domain::codes::Notice;
use crate::domain::iin::Iin;
use crate::domain::representative::{CourtWord, FamilyWay};
use crate::service::kernel::actors::ANYBODY;
use crate::service::kernel::keys::{self, ONE_TIME_MINUTES as GOOD_MINUTES};
use crate::service::kernel::notices::tell_representative;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::Opened;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::words::{Said, say};
use crate::service::office::Office;
use crate::store::one_time_codes::{self, OneTimeCode};
use crate::store::representatives::{self, Representative};
use crate::store::{Entry, Transaction, Written, child_claims, contacts, ended, former_numbers, takings};
use crate::trust::act::{ChildAct, OneTimeCodeSent};
use crate::trust::cipher::BlindIin;
use crate::trust::subject::Subject;

/// One child's codes follow each other after so many minutes at the earliest: whoever asks again has one that is still good, and
/// strangers who go on asking neither flood a telephone nor take from a family the code that it was sent.
const SPACING_MINUTES: i64 = 5;

/// The answer to whoever asks for a one-time code, whatever the registry knows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OneTimeCodeAsked {
    /// For how many minutes a code is good.
    pub good_for_minutes: i64,
    /// What happens now, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

/// The answer to whoever asks: made without a look at the child.
pub fn answer(office: &Office) -> OneTimeCodeAsked {
    let minutes = GOOD_MINUTES.to_string();
    let text = say(&office.rules, "one_time_code_asked", &[("minutes", &minutes)]);
    OneTimeCodeAsked { good_for_minutes: GOOD_MINUTES, text }
}

/// Sends each representative of a child who can be reached a code of its own; nothing where there is none, or where one was sent just
/// now.
///
/// # Errors
/// The database is not available.
pub fn send(office: &Office, iin: Iin) -> Result<(), Problem> {
    let (child, now) = (office.look_up.blind(iin), office.clock.now());
    let found = office.store.read(|conn| -> Result<_, Problem> {
        // A number that the child had finds it too.
        let child = former_numbers::now_of(conn, child)?.unwrap_or(child);
        let claimed = child_claims::holder(conn, child)?.map(|claim| claim.application);
        let number = match claimed {
            Some(number) => Some(number),
            None => ended::last_of(conn, child)?.map(|ended| ended.application.number),
        };
        number.map(|number| load(conn, &number)).transpose()
    })?;
    let Some(home) = found.as_ref().map(|application| application.home) else { return Ok(()) };
    office.store.forget_one_time_codes(now - TimeDelta::minutes(GOOD_MINUTES))?;
    let number = found.map(|application| application.number).unwrap_or_default();
    office.store.write(&[home], now, |tx| send_in(tx, &number))?;
    office.follow(&[home])
}

fn send_in(tx: &mut Transaction<'_>, number: &str) -> Result<Written<()>, Problem> {
    let application = load(tx.conn(), number)?;
    let all = representatives::of_child(tx.conn(), &application.child)?;
    let ids: Vec<String> = all.iter().map(|known| known.id.clone()).collect();
    let last = one_time_codes::last_made(tx.conn(), &ids)?;
    let is_new = last.is_some_and(|last| tx.at() - last < TimeDelta::minutes(SPACING_MINUTES));
    if is_new || takings::has_died(tx.conn(), &application.child)? {
        return Ok(Written::nothing(()));
    }
    let (vault, look_up) = (tx.vault(), tx.look_up()?);
    let mut sent = 0;
    for known in all.into_iter().filter(|known| known.court != Some(CourtWord::Shielded)) {
        if contacts::of_representative(tx.conn(), vault, &application, &known)?.is_empty() {
            continue;
        }
        let signs = keys::one_time_code();
        let message = tell_representative(tx, &application, Notice::OneTimeCode, &known.id)?;
        let (code, contact_at) = (look_up.blind_code(&signs), known.contacts_at);
        let new = OneTimeCode { message, representative: known.id, code, contact_at };
        one_time_codes::insert(tx, &new, &application.child, &signs)?;
        sent += 1;
    }
    if sent == 0 {
        return Ok(Written::nothing(()));
    }
    let act = ChildAct::SendOneTimeCode(OneTimeCodeSent { application: number.to_owned() });
    let act = act.told_to(Subject::seat(number));
    let entry = Entry { home: application.home, act, actor: ANYBODY.to_owned(), territory: application.territory };
    Ok(Written { value: (), entries: vec![entry] })
}

/// Uses a code up: whose it is, and what its contact is worth. A right one ends the wait that wrong codes of papers began.
///
/// # Errors
/// 401 for one that is wrong, used or over, 429 after too many wrong ones from this address.
pub(super) fn redeemed(
    office: &Office,
    tries: &FamilyTries,
    door: AtDoor,
    all: &[Representative],
    signs: &str,
) -> Result<(Representative, Opened), Problem> {
    let now = office.clock.now();
    let attempt = tries.one_time.begin(door, door.address, now)?;
    let ids: Vec<String> = all.iter().map(|known| known.id.clone()).collect();
    let (code, since) = (office.look_up.blind_code(signs), now - TimeDelta::minutes(GOOD_MINUTES));
    let used = office.store.read(|conn| one_time_codes::redeem(conn, &ids, code, since))?;
    let Some((used, known)) = used.and_then(|used| {
        let known = all.iter().find(|known| known.id == used.representative)?.clone();
        Some((used, known))
    }) else {
        let message = "this one-time code is not right, was used, or its 15 minutes are over; ask for another one, or use the code of \
                       the family's paper";
        return Err(Problem::new(Kind::Unauthorised, "wrong_one_time_code", message));
    };
    attempt.right();
    tries.end_wait(door.child);
    let is_shielded = known.court == Some(CourtWord::Shielded);
    Ok((known, Opened { way: FamilyWay::OneTimeCode, contact_at: used.contact_at, is_shielded }))
}

/// Where a child's one-time code is tried.
pub(super) fn at_door(child: BlindIin, address: IpAddr) -> AtDoor {
    AtDoor { child, address }
}
