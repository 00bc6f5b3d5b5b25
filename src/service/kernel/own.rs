//! Own children: an official reaches a territory, a family its child wherever that stands, and the portal those of the parent who has
//! signed in to it.

use super::permissions::{Act, Principal};
use super::problem::{Kind, Problem};
use crate::domain::application::Application;
use crate::domain::codes::Role;
use crate::store::connection::AnyConnection;
use crate::store::{applications, children, representatives};

/// Whether a caller may do an act on an application.
///
/// # Errors
/// 403; 404 for a family and another's child, whose application is nobody's business.
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
            if iin.is_some() && iin == principal.child { Ok(()) } else { Err(Problem::not_found("application")) }
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
    if applied || live.iter().any(|known| known.iin == parent) {
        return Ok(());
    }
    Err(Problem::not_found("application"))
}
