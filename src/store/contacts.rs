//! How the family of an application is reached: the contacts of whoever applied, and those of a representative who did not.

use std::collections::BTreeSet;

use super::connection::AnyConnection;
use super::representatives::{self, Representative};
use super::{StoreError, Vault, applications};
use crate::domain::application::Application;
use crate::domain::representative::CourtWord;

/// How one representative is reached: by its own contacts, and where it has applied by those of the application.
///
/// # Errors
/// The database is not available, or what is sealed cannot be read.
pub fn of_representative(
    conn: &mut AnyConnection,
    vault: &Vault,
    application: &Application,
    known: &Representative,
) -> Result<Vec<String>, StoreError> {
    let mut found: BTreeSet<String> = representatives::named(conn, vault, &known.id)?
        .map(|named| named.contacts)
        .unwrap_or_default()
        .into_iter()
        .collect();
    if applications::applicant_of(conn, &application.number)? == Some(known.iin) {
        found.extend(applications::lodged(conn, vault, application.clone())?.applicant.contacts);
    }
    Ok(found.into_iter().collect())
}

/// How a family is reached: all who represent the child now, and whoever applied. Nobody hears anything whom the child is shielded
/// from, or who represents it no more, but for one whose own end it is (`also`).
///
/// # Errors
/// The database is not available, or what is sealed cannot be read.
pub fn of_family(
    conn: &mut AnyConnection,
    vault: &Vault,
    application: &Application,
    also: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    let all = representatives::ever_of_child(conn, &application.child)?;
    let is_here = |known: &Representative| known.ended_at.is_none() || Some(known.id.as_str()) == also;
    let hears = |known: &&Representative| is_here(known) && known.court != Some(CourtWord::Shielded);
    let mut found = BTreeSet::new();
    for known in all.iter().filter(hears) {
        found.extend(of_representative(conn, vault, application, known)?);
    }
    let applicant = applications::applicant_of(conn, &application.number)?;
    // An attorney is no representative, and hears all the same.
    if !all.iter().any(|known| Some(known.iin) == applicant) {
        found.extend(applications::lodged(conn, vault, application.clone())?.applicant.contacts);
    }
    Ok(found.into_iter().collect())
}
