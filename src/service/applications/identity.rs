//! Who a child is by its papers: name, birth date and IIN. What was written wrongly is corrected where it stands: the application
//! keeps its number, its instant and its turn.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entry::{self, Turned};
use crate::domain::application::{Application, Child};
use crate::domain::codes::{Role, Status};
use crate::domain::iin::Iin;
use crate::domain::life;
use crate::domain::queue::QueueKey;
use crate::domain::taking::{Rest, TakingAct, TakingStatus};
use crate::rules::Rules;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, applications, child_claims, children, former_numbers, takings};

/// Most letters of a name that one official mends alone.
const LETTERS_MAX: usize = 2;

/// Who a child is by its papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) iin: Iin,
    pub(crate) name: String,
    pub(crate) birth_on: NaiveDate,
}

impl From<&Child> for Identity {
    fn from(child: &Child) -> Self {
        Identity { iin: child.iin, name: child.name.clone(), birth_on: child.birth_on }
    }
}

impl Identity {
    /// Whether nothing but a letter or two of the name is other.
    pub(crate) fn differs_by_letters(&self, other: &Identity) -> bool {
        self.iin == other.iin && self.birth_on == other.birth_on && letters(&self.name, &other.name) <= LETTERS_MAX
    }

    /// Whether nothing is left of it: that is another child.
    pub(crate) fn is_another(&self, other: &Identity) -> bool {
        self.iin != other.iin && self.birth_on != other.birth_on && letters(&self.name, &other.name) > LETTERS_MAX
    }
}

/// How many letters must be changed, added or left out to come from one name to the other (Levenshtein's distance). Capital and
/// small letters are the same.
fn letters(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, letter) in one.chars().flat_map(char::to_lowercase).enumerate() {
        let mut next = vec![n + 1];
        for ((above, pair), theirs) in row.iter().skip(1).zip(&row).zip(&other) {
            let before = next.last().copied().unwrap_or_default();
            next.push((pair + usize::from(letter != *theirs)).min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Lets a child be known as somebody else. Its applications stay where they stand; one that waits goes to the queue of the year of
/// birth.
///
/// # Errors
/// 409 where the registry knows another child by that IIN.
pub(crate) fn change(tx: &mut Transaction<'_>, rules: &Rules, key: &str, to: &Identity) -> Result<(), Problem> {
    let vault = tx.vault();
    let child = children::find(tx.conn(), vault, key)?;
    let all = applications::of_child(tx.conn(), key)?;
    if child.iin != to.iin {
        is_free(tx, &all, to.iin)?;
        let before = tx.look_up()?.blind(child.iin);
        if let Some(first) = all.first()
            && !child_claims::rename(tx, first.home, before, to.iin)?
        {
            return Err(known_elsewhere());
        }
    }
    if child.iin != to.iin
        && let Some(first) = all.first()
    {
        // A temporary number goes on finding its child; an IIN that was written wrongly does not.
        former_numbers::forget(tx, to.iin)?;
        if child.iin.is_temporary() {
            former_numbers::keep(tx, first.home, key, child.iin)?;
        }
    }
    let Identity { iin, name, birth_on } = to.clone();
    children::correct(tx, &Child { key: key.to_owned(), iin, name, birth_on })?;
    for mut application in all {
        let queue = QueueKey { cohort: birth_on.year(), ..application.queue };
        if has_ended(application.status) {
            continue;
        }
        if queue != application.queue && application.status != Status::Enrolled {
            requeue(tx, rules, &mut application, queue)?;
        } else {
            // Whoever follows the records learns by what the child is looked up now.
            applications::save_standing(tx, [&application])?;
        }
    }
    Ok(())
}

/// Brings an entry to another queue of its territory, at its own instant.
///
/// # Errors
/// The database refuses.
pub(crate) fn requeue(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    application: &mut Application,
    to: QueueKey,
) -> Result<(), Problem> {
    let from = std::mem::replace(&mut application.queue, to);
    applications::save_queue(tx, application)?;
    let turned = if life::is_live(application.status) { Turned::Moved } else { Turned::Stayed };
    entry::settle(tx, rules, from, turned)?;
    entry::settle(tx, rules, to, turned)
}

/// Whether nothing of an application waits or is given any more.
pub(crate) fn has_ended(status: Status) -> bool {
    matches!(status, Status::Withdrawn | Status::Refused | Status::Closed)
}

/// Since when a child is known as it is now, where that is not since it was registered: what was issued before names somebody else, and
/// is for the department alone.
pub(crate) fn known_since(
    conn: &mut AnyConnection,
    principal: &Principal,
    application: &str,
) -> Result<Option<DateTime<Utc>>, Problem> {
    if principal.role == Role::Department {
        return Ok(None);
    }
    let all = takings::of_application(conn, application)?;
    let corrected =
        all.iter().filter(|taking| taking.act == TakingAct::Correct && taking.status == TakingStatus::Taken);
    let secret = corrected.filter(|taking| taking.rests_on != Rest::Document);
    Ok(secret.map(|taking| taking.decided_at.unwrap_or(taking.asked_at)).max())
}

fn is_free(tx: &mut Transaction<'_>, all: &[Application], iin: Iin) -> Result<(), Problem> {
    let blind = tx.look_up()?.blind(iin);
    if child_claims::holder(tx.conn(), blind)?.is_some() {
        return Err(known_elsewhere());
    }
    let Some(home) = all.first().map(|application| application.home) else { return Ok(()) };
    match children::child_key(tx.conn(), home, blind)? {
        Some(_) => Err(known_elsewhere()),
        None => Ok(()),
    }
}

fn known_elsewhere() -> Problem {
    let message = "the registry knows a child by this IIN already; if it is the same child, let the department merge the two \
                   applications (POST /api/v1/children/duplicates)";
    Problem::conflict("known_child", message)
}
