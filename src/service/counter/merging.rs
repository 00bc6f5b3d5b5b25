//! Two applications of one child become one: the earlier stays at its own instant and turn, the other ends and says where the child
//! stands now. Whoever asks by either of the child's numbers finds it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::duplicates::{home_of_pair, in_order, moved, pair};
use crate::domain::application::{Application, Child};
use crate::domain::case::CaseAct;
use crate::domain::codes::{Notice, Status};
use crate::domain::duplicate::{Duplicate, DuplicateStatus, DuplicateStep};
use crate::domain::iin::Iin;
use crate::domain::life::Step;
use crate::domain::queue::Numbered;
use crate::domain::taking::TakingAct;
use crate::service::applications::entry;
use crate::service::applications::likeness::MergeTaken;
use crate::service::applications::signed::RequestIn;
use crate::service::applications::takings::{self, Aim, Asked, Outcome, Taken, Warrant, Weighed, Word};
use crate::service::cases::travel;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::store::{
    Entry, Transaction, Written, applications, child_claims, children, duplicates as kept, former_numbers,
};
use crate::trust::act::{ChildAct, MergeUndone, MergedAway, MergedIn};
use crate::trust::subject::Subject;

/// How two applications of one child become one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeIn {
    /// The number of the application whose IIN is the child's. May be left out where the other's is a temporary number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iin_of: Option<String>,
    /// The family's signed request: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why they are of one child, where no request is brought; then a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What came of a merge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Merged {
    /// The number of the application that stays.
    pub number: String,
    /// Where it stands.
    #[schema(value_type = String)]
    pub status: Status,
    /// The number of the one that ended.
    pub merged: String,
}

/// The two of a merge, and whose IIN the child keeps.
struct Two {
    pair: Duplicate,
    /// The one that ends.
    ends: Application,
    /// The one that stays.
    stays: Application,
    /// Whether the child gets the IIN of the one that ends.
    renumbers: bool,
}

/// Merges the two applications of a pair.
///
/// # Errors
/// 403 without the right in both territories, 404, 409 where one has ended or has a place in hand, 422.
pub fn merge(office: &Office, caller: &Caller, id: &str, sent: &MergeIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::JudgeDuplicates)?;
    home_of_pair(id)?;
    let found = office.store.read(|conn| kept::find(conn, id))?;
    let found = found.ok_or_else(|| Problem::not_found("pair of applications"))?;
    let homes = [&found.application, &found.other].map(|number| home_of(number, Numbered::Application, "application"));
    let [one, two] = homes;
    office.perform_as(caller, &[one?, two?], Outcome::status, |tx| {
        let two = read(office, tx, id, sent.iin_of.as_deref())?;
        // Who ends an application answers for the queue that it leaves, and for the one in which its child stands instead.
        caller.principal.may(Act::JudgeDuplicates, two.ends.territory)?;
        caller.principal.may(Act::JudgeDuplicates, two.stays.territory)?;
        let iin_of = if two.renumbers { &two.ends.number } else { &two.stays.number };
        let body = json!({"duplicate": id, "stays": two.stays.number, "iin_of": iin_of});
        let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
        match takings::weigh(office, tx, caller, &two.ends, word, body)? {
            Weighed::Now(warrant) => {
                let Written { value, entries } = join(office, tx, caller, two, warrant)?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &two.ends, act: TakingAct::Merge };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// Merges what an official asked to merge, now that a second person confirms.
pub(crate) fn merge_asked(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    warrant: Warrant,
    asked: &Asked,
) -> Result<Written<Merged>, Problem> {
    let text = |name: &str| asked.body.get(name).and_then(Value::as_str).unwrap_or_default();
    let two = read(office, tx, text("duplicate"), Some(text("iin_of")))?;
    join(office, tx, caller, two, warrant)
}

fn read(office: &Office, tx: &mut Transaction<'_>, id: &str, iin_of: Option<&str>) -> Result<Two, Problem> {
    let pair = pair(tx, id)?;
    moved(pair.clone(), DuplicateStep::Merge)?;
    let (one, two) = (load(tx.conn(), &pair.application)?, load(tx.conn(), &pair.other)?);
    let (ends, stays) = in_order(one, two);
    for of in [&ends, &stays] {
        if matches!(of.status, Status::Referred | Status::Offered | Status::Enrolled) {
            let message = format!("application {} is {}; answer for that first, then merge", of.number, of.status);
            return Err(Problem::conflict("place_in_hand", message).with("application", &of.number));
        }
        if of.status != Status::InQueue {
            let message = format!("application {} is {}; nothing stands twice", of.number, of.status);
            return Err(Problem::conflict("wrong_state", message).with("current_status", of.status));
        }
    }
    let vault = office.store.vault();
    let ending = children::find(tx.conn(), vault, &ends.child)?.iin;
    let staying = children::find(tx.conn(), vault, &stays.child)?.iin;
    let renumbers = match iin_of {
        Some(number) if number == ends.number => true,
        Some(number) if number == stays.number => false,
        None if ending.is_temporary() => false,
        None if staying.is_temporary() => true,
        _ => {
            let message = "the two have different IINs; name the application whose IIN is the child's";
            return Err(Problem::invalid("iin_of", "iin_of_missing", message));
        }
    };
    Ok(Two { pair, ends, stays, renumbers })
}

/// Ends the one and lets the other stay.
fn join(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    two: Two,
    warrant: Warrant,
) -> Result<Written<Merged>, Problem> {
    let Two { pair, ends, stays, renumbers } = two;
    let (decided_by, decided_at) = (Some(caller.principal.id.clone()), Some(tx.at()));
    let pair = Duplicate { decided_by, decided_at, ..moved(pair, DuplicateStep::Merge)? };
    kept::save(tx, &pair)?;
    let mut closed = ends.clone();
    let turned = entry::step(tx, &office.rules, &mut closed, Step::Merge)?;
    entry::settle(tx, &office.rules, ends.queue, turned)?;
    child_claims::release(tx, &ends.child, &ends.number)?;
    let cases = travel::end_of_application(&office.rules, tx, &ends.number, CaseAct::Close)?;
    let vault = tx.vault();
    let theirs = children::find(tx.conn(), vault, &ends.child)?.iin;
    let own = children::find(tx.conn(), vault, &stays.child)?.iin;
    let taken = MergeTaken {
        duplicate: pair.id.clone(),
        into: stays.number.clone(),
        renumbered_from: renumbers.then_some(own),
    };
    let aim = Aim { application: &ends, act: TakingAct::Merge };
    let until = takings::note(
        office,
        tx,
        &caller.principal,
        &aim,
        warrant,
        &Taken { merged: Some(taken), ..Taken::default() },
    )?;
    for of in [&ends, &stays] {
        tell_family_of(tx, of, Notice::Merged, &json!({"until": until.to_string()}))?;
    }
    let role = caller.principal.role;
    let told = MergedAway { application: ends.number.clone(), merged_into: stays.number.clone(), role, cases };
    // At once: where both are of one home, each record tells its own rows, and nobody has a number while another has it.
    tx.append(&[record(caller, &ends, ChildAct::Merge(told))])?;
    if renumbers {
        renumber(tx, &stays, theirs)?;
    }
    former_numbers::keep(tx, stays.home, &stays.child, if renumbers { own } else { theirs })?;
    let told = MergedIn { application: stays.number.clone(), merged_from: ends.number.clone(), role };
    let entries = vec![record(caller, &stays, ChildAct::MergeIn(told))];
    Ok(Written { value: Merged { number: stays.number, status: stays.status, merged: ends.number }, entries })
}

/// Lets the child of an application be known by another IIN, with its claim. Whoever was known by that in its home gets the old one.
fn renumber(tx: &mut Transaction<'_>, of: &Application, to: Iin) -> Result<(), Problem> {
    let vault = tx.vault();
    let child = children::find(tx.conn(), vault, &of.child)?;
    let blind = tx.look_up()?.blind(to);
    let holder = children::child_key(tx.conn(), of.home, blind)?.filter(|key| *key != child.key);
    child_claims::release(tx, &child.key, &of.number)?;
    let was = child.iin;
    if let Some(key) = &holder {
        children::vacate(tx, key)?;
    }
    children::correct(tx, &Child { iin: to, ..child })?;
    if let Some(key) = &holder {
        let other = children::find(tx.conn(), vault, key)?;
        children::correct(tx, &Child { iin: was, ..other })?;
    }
    if !child_claims::take(tx, to, of.home, &of.number)? {
        let message = "another application holds this IIN; look at that first";
        return Err(Problem::conflict("duplicate", message));
    }
    // Whoever follows the records learns by what the child is looked up now.
    Ok(applications::save_standing(tx, [of])?)
}

/// Undoes a merge: the one that stayed has its own number again, and the record of it is appended.
///
/// # Errors
/// 409 where the one that stayed has a place in hand.
pub(crate) fn part(tx: &mut Transaction<'_>, caller: &Caller, from: &str, merged: &MergeTaken) -> Result<(), Problem> {
    let stays = load(tx.conn(), &merged.into)?;
    if stays.status != Status::InQueue {
        let message = format!("application {} is {}; answer for that first", stays.number, stays.status);
        return Err(Problem::conflict("place_in_hand", message).with("application", &stays.number));
    }
    let vault = tx.vault();
    match merged.renumbered_from {
        Some(own) => {
            former_numbers::forget(tx, own)?;
            renumber(tx, &stays, own)?;
        }
        None => {
            let ended = load(tx.conn(), from)?;
            let theirs = children::find(tx.conn(), vault, &ended.child)?.iin;
            former_numbers::forget(tx, theirs)?;
        }
    }
    let found = pair(tx, &merged.duplicate)?;
    kept::save(tx, &Duplicate { decided_by: None, decided_at: None, ..moved(found, DuplicateStep::Unmerge)? })?;
    let told =
        MergeUndone { application: stays.number.clone(), parted_from: from.to_owned(), role: caller.principal.role };
    tx.append(&[record(caller, &stays, ChildAct::Unmerge(told))])?;
    Ok(())
}

/// The application in which another ended that was of the same child; none where it was not merged.
///
/// # Errors
/// The database is not available.
pub(crate) fn merged_into(
    conn: &mut crate::store::connection::AnyConnection,
    application: &Application,
) -> Result<Option<String>, Problem> {
    if application.status != Status::Closed {
        return Ok(None);
    }
    let all = kept::of_application(conn, &application.number)?;
    let merged = all.into_iter().rev().find(|pair| pair.status == DuplicateStatus::Merged);
    Ok(merged.map(|pair| if pair.application == application.number { pair.other } else { pair.application }))
}

/// The application that ended in this one, where one did; by it the merge is undone.
///
/// # Errors
/// The database is not available.
pub(crate) fn merged_from(
    conn: &mut crate::store::connection::AnyConnection,
    application: &Application,
) -> Result<Option<String>, Problem> {
    let all = kept::of_application(conn, &application.number)?;
    let merged = all.into_iter().rev().find(|pair| pair.status == DuplicateStatus::Merged);
    let other = merged.map(|pair| if pair.application == application.number { pair.other } else { pair.application });
    Ok(other.filter(|_| application.status != Status::Closed))
}

fn record(caller: &Caller, of: &Application, act: ChildAct) -> Entry {
    let act = act.told_to(Subject::seat(&of.number));
    Entry { home: of.home, act, actor: caller.principal.id.clone(), territory: of.territory }
}
