//! Own children: an official reaches a territory, a family its child wherever that stands.

use super::permissions::{Act, Principal};
use super::problem::Problem;
use crate::domain::application::Application;
use crate::domain::codes::Role;
use crate::store::children;
use crate::store::connection::AnyConnection;

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
    if principal.role != Role::Family {
        return Ok(());
    }
    let iin = children::iin_of(conn, &application.child)?;
    if iin.is_some() && iin == principal.child { Ok(()) } else { Err(Problem::not_found("application")) }
}
