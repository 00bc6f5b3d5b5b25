//! Own children: an official reaches a territory, a family its child wherever that stands, and the portal those of the parent who has
//! signed in to it.

use super::permissions::{Act, Principal};
use super::problem::{Kind, Problem};
use crate::domain::application::Application;
use crate::domain::codes::Role;
use crate::domain::representative::CourtWord;
use crate::store::connection::AnyConnection;
use crate::store::{applications, children, former_numbers, representatives, takings};
use crate::trust::cipher::BlindIin;

/// Whether a caller may do an act on an application.
///
/// # Errors
/// 403, also for the side that the child is shielded from; 404 for a family and another's child, whose application is nobody's
/// business.
pub(crate) fn may_on(
    conn: &mut AnyConnection,
    principal: &Principal,
    act: Act,
    application: &Application,
) -> Result<(), Problem> {
    principal.may(act, application.territory)?;
    match principal.role {
        Role::Family => {
            let iin = children::iin_of(conn, &application.child)?;
            let own = match iin.zip(principal.child) {
                // Two applications of one child that were merged are those of both families.
                Some((iin, child)) => former_numbers::of_one(conn, iin, child)?,
                None => false,
            };
            if !own {
                return Err(Problem::not_found("application"));
            }
            if principal.opened.is_some_and(|opened| opened.is_shielded) { Err(shielded()) } else { Ok(()) }
        }
        Role::Portal => of_parent(conn, principal, application),
        _ => Ok(()),
    }
}

/// The portal acts for the parent who has signed in to it, and reaches the children that this person represents or has applied for.
fn of_parent(conn: &mut AnyConnection, portal: &Principal, application: &Application) -> Result<(), Problem> {
    let Some(parent) = portal.parent else {
        let message =
            "the portal names the parent who has signed in to it: send the header Kezek-Parent with that person's IIN";
        return Err(Problem::new(Kind::Forbidden, "parent_missing", message));
    };
    let live = representatives::of_child(conn, &application.child)?;
    let applied = live.is_empty() && applications::applicant_of(conn, &application.number)? == Some(parent);
    match live.iter().find(|known| known.iin == parent) {
        Some(known) if known.court == Some(CourtWord::Shielded) => Err(shielded()),
        Some(_) => Ok(()),
        None if applied => Ok(()),
        None => Err(Problem::not_found("application")),
    }
}

/// Whether somebody may apply for a child: nobody for one that has died, and nobody whom it is shielded from.
///
/// # Errors
/// 403, 409.
pub(crate) fn may_apply(conn: &mut AnyConnection, child: BlindIin, applicant: BlindIin) -> Result<(), Problem> {
    if takings::has_died_anywhere(conn, child)? {
        let message = "a document says that this child has died; if that is an error, undo that entry first (`undo`)";
        return Err(Problem::conflict("child_has_died", message));
    }
    let all = representatives::of_iin(conn, child)?;
    let is_shielded = all.iter().any(|known| known.iin == applicant && known.court == Some(CourtWord::Shielded));
    if is_shielded { Err(shielded()) } else { Ok(()) }
}

/// The side that a court's act shields the child from sees what everybody sees.
pub(crate) fn shielded() -> Problem {
    let message = "by an act of a court or a guardianship body you see status and number only, by the look-up; ask the education \
                   department about that act";
    Problem::new(Kind::Forbidden, "shielded", message)
}
