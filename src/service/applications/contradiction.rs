//! Where the two who represent a child contradict each other: one has taken something, the other undid it. Then things stay as they are
//! until a court or a guardianship body has decided, whose act the department enters; from then on the word of whom it names counts.

use serde_json::Value;

use crate::domain::application::Application;
use crate::domain::codes::Role;
use crate::domain::representative::CourtWord;
use crate::domain::taking::{Rest, Taking, TakingAct, TakingStatus};
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::representatives::{self, Representative};
use crate::store::{Transaction, applications, facts, takings};
use crate::trust::cipher::BlindIin;

/// The representative as whom somebody acts: in a session, or by the portal; none for an official.
///
/// # Errors
/// The database is not available.
pub(crate) fn own(
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
) -> Result<Option<Representative>, Problem> {
    let person = match principal.role {
        Role::Family => Some(principal.person),
        Role::Portal => principal.parent,
        _ => None,
    };
    let live = representatives::of_child(tx.conn(), &application.child)?;
    Ok(live.into_iter().find(|known| Some(known.iin) == person))
}

/// Whether the family's word counts where a representative, or a paper of the family, takes or undoes something.
///
/// # Errors
/// 403 where a court has decided that another's word counts.
pub(crate) fn counts(
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
) -> Result<(), Problem> {
    match own(tx, principal, application)? {
        Some(own) => word_counts(&representatives::of_child(tx.conn(), &application.child)?, &own),
        None => Ok(()),
    }
}

/// Whether the word of one of those who represent a child counts.
///
/// # Errors
/// 403 where a court has decided that another's word counts.
pub(crate) fn word_counts(live: &[Representative], of: &Representative) -> Result<(), Problem> {
    let is_decided = live.iter().any(|known| known.court == Some(CourtWord::Decides));
    if of.court == Some(CourtWord::Shielded) || is_decided && of.court != Some(CourtWord::Decides) {
        let message = "by an act of a court or a guardianship body the word of the other representative counts; ask the education \
                       department about that act";
        return Err(Problem::new(Kind::Forbidden, "court_decided", message));
    }
    Ok(())
}

/// Whether something may be taken on the family's word: nobody else's counts, and its representatives do not contradict each other in
/// it.
///
/// # Errors
/// 403 as of [`counts`], 409 where they contradict each other.
pub(crate) fn none_stands(
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
    act: TakingAct,
) -> Result<(), Problem> {
    counts(tx, principal, application)?;
    let ever = representatives::ever_of_child(tx.conn(), &application.child)?;
    let live: Vec<&Representative> = ever.iter().filter(|known| known.ended_at.is_none()).collect();
    if live.len() < 2 || live.iter().any(|known| known.court == Some(CourtWord::Decides)) {
        return Ok(());
    }
    // What a court has said, or lifted, is the end of what was before.
    let since = ever.iter().filter_map(|known| known.court_at).max();
    for other in applications::of_child(tx.conn(), &application.child)? {
        for taking in takings::of_application(tx.conn(), &other.number)? {
            let is_past = taking.decided_at <= since;
            if taking.act == act && !is_past && disagreed(tx, &taking, &ever)? {
                let message = "one representative has taken this and the other undid it; until the department has entered what a \
                               court or a guardianship body decides, things stay as they are. Bring that act to the department";
                return Err(Problem::conflict("representatives_disagree", message).with("taking", &taking.id));
            }
        }
    }
    Ok(())
}

/// Whether one person took this and another undid it, both of whom represent the child now.
fn disagreed(tx: &mut Transaction<'_>, taking: &Taking, ever: &[Representative]) -> Result<bool, Problem> {
    if taking.status != TakingStatus::Undone || taking.rests_on != Rest::Family {
        return Ok(false);
    }
    let live = |person: BlindIin| ever.iter().any(|known| known.iin == person && known.ended_at.is_none());
    let person = |id: &str| ever.iter().find(|known| known.id == id).map(|known| known.iin).filter(|iin| live(*iin));
    let Some(took) = person(&taking.asked_by) else { return Ok(false) };
    if let Some(undid) = taking.decided_by.as_deref().and_then(person) {
        return Ok(undid != took);
    }
    // Whoever was ended has no session: an official has heard them.
    let vault = tx.vault();
    let kept = taking.taken.as_ref().map(|key| facts::body(tx.conn(), vault, key)).transpose()?.flatten();
    let kept: Value = kept.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    let mut ended = kept.get("ended").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Ok(ended.find_map(person).is_some_and(|ended| ended != took))
}
