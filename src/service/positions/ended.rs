//! What is told of an application that has ended, for half a year: by the IIN alone the word, with the family's code what ended it.

use chrono::{DateTime, Months, Utc};

use super::shape::{PositionEntry, Positions, PublicEntry, PublicNumber, PublicPositions, Reason};
use super::{reasons, view};
use crate::domain::codes::{GroupKind, Status};
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, say};
use crate::service::office::Office;
use crate::store::ended::{self, Ended};
use crate::store::{former_numbers, takings};
use crate::trust::cipher::BlindIin;

/// For how many months it is told.
const MONTHS_TOLD: u32 = 6;

fn last(office: &Office, iin: Iin, now: DateTime<Utc>) -> Result<Option<Ended>, Problem> {
    let found = office.store.read(|conn| ended::last_of(conn, office.look_up.blind(iin)))?;
    let told = |ended: &Ended| ended.ended_at.checked_add_months(Months::new(MONTHS_TOLD)).is_some_and(|end| now < end);
    Ok(found.filter(told))
}

/// Whether the child has died: then nothing is said of it but that its application has ended.
///
/// # Errors
/// The database is not available.
pub fn has_died(office: &Office, iin: Iin) -> Result<bool, Problem> {
    Ok(office.store.read(|conn| takings::has_died_anywhere(conn, office.look_up.blind(iin)))?)
}

/// By what the child is looked up now that had this number.
fn now_of(office: &Office, iin: Iin) -> Result<Option<BlindIin>, Problem> {
    Ok(office.store.read(|conn| former_numbers::now_of(conn, office.look_up.blind(iin)))?)
}

fn to_do(office: &Office, status: Status) -> Said {
    say(&office.rules, &format!("to_do_{status}"), &[])
}

/// What everybody may know of the last application of a child that has no other.
///
/// # Errors
/// The database is not available.
pub fn public(office: &Office, iin: Iin, now: DateTime<Utc>) -> Result<PublicPositions, Problem> {
    let has_died = has_died(office, iin)?;
    if let Some(child) = now_of(office, iin)? {
        return Ok(view::public_of_blind(office, child, now));
    }
    let entry = |Ended { application, .. }: Ended| PublicEntry {
        status: application.status,
        number: (application.queue.kind == GroupKind::General && !has_died).then(|| PublicNumber {
            position: None,
            of: None,
            ahead: None,
            change_30_days: None,
            reasons: vec![reasons::see_more(&office.rules)],
        }),
        to_do: if has_died { say(&office.rules, "to_do_ended", &[]) } else { to_do(office, application.status) },
        as_of: instant_text(now),
    };
    Ok(PublicPositions { entries: last(office, iin, now)?.map(entry).into_iter().collect() })
}

/// What its family may know of it: what the registry has said of its end too.
///
/// # Errors
/// The database is not available.
pub fn of_family(
    office: &Office,
    iin: Iin,
    now: DateTime<Utc>,
    said: impl Fn(&str) -> Option<Said>,
) -> Result<Positions, Problem> {
    if let Some(child) = now_of(office, iin)? {
        return Ok(view::of_blind(office, child, now));
    }
    let entry = |Ended { application, .. }: Ended| PositionEntry {
        status: application.status,
        queue: application.queue.into(),
        position: None,
        of: None,
        ahead: None,
        change_30_days: None,
        to_do: to_do(office, application.status),
        choices: Vec::new(),
        reasons: said(&application.number)
            .map(|text| Reason { code: "ended", ahead: None, basis: None, source: None, text })
            .into_iter()
            .collect(),
        as_of: instant_text(now),
        application: application.number,
    };
    Ok(Positions { entries: last(office, iin, now)?.map(entry).into_iter().collect() })
}
