//! Whether the pages of a SQLite file hold together. PostgreSQL keeps checksums of its own, where its cluster was made with
//! them, and refuses a page that fails.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::StoreError;
use super::connection::AnyConnection;

/// How much of the file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// How the pages hang together: a second for 400 MB.
    Structure,
    /// And every index against its table: five times as long.
    Indexes,
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

/// What is wrong with the pages, in SQLite's words; none where nothing is.
///
/// # Errors
/// The database is not available.
pub fn fault(conn: &mut AnyConnection, pages: Pages) -> Result<Option<String>, StoreError> {
    let AnyConnection::Sqlite(c) = conn else { return Ok(None) };
    let check = match pages {
        Pages::Structure => "SELECT quick_check AS said FROM pragma_quick_check LIMIT 1",
        Pages::Indexes => "SELECT integrity_check AS said FROM pragma_integrity_check LIMIT 1",
    };
    let said: Vec<Said> = diesel::sql_query(check).load(c)?;
    Ok(said.into_iter().map(|row| row.said).find(|said| said != "ok"))
}
