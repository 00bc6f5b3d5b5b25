//! What the clock of an act is held against: the last records of the homes, and the database's own clock.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::Timestamp;

use super::StoreError;
use super::columns::{from_column, kato_from_column, to_column};
use super::connection::AnyConnection;
use super::schema::homes;
use crate::domain::kato::Kato;

/// The last record of a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRecord {
    /// The home whose chain it ends.
    pub home: Kato,
    /// How long its chain is.
    pub seq: i64,
    /// When its last record says that it was written.
    pub at: DateTime<Utc>,
}

/// The last records of all homes that have one, by home.
///
/// # Errors
/// The database is not available.
pub fn last_records(conn: &mut AnyConnection) -> Result<Vec<LastRecord>, StoreError> {
    let rows: Vec<(i32, i64, NaiveDateTime)> = homes::table
        .filter(homes::seq.gt(0))
        .order(homes::code)
        .select((homes::code, homes::seq, homes::at))
        .load(conn)?;
    rows.into_iter()
        .map(|(home, seq, at)| Ok(LastRecord { home: kato_from_column(home)?, seq, at: from_column(at) }))
        .collect()
}

/// The newest record of all homes up to an instant; none where no home has one.
pub(super) fn newest_until(
    conn: &mut AnyConnection,
    until: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let written = homes::table.filter(homes::seq.gt(0)).filter(homes::at.le(to_column(until)));
    let newest: Option<NaiveDateTime> = written.select(max(homes::at)).get_result(conn)?;
    Ok(newest.map(from_column))
}

/// What the clock of a PostgreSQL server says, as an instant of the registry. It goes into the statement that locks a home
/// and costs no question of its own.
pub(super) const DATABASE_CLOCK: &str = "clock_timestamp() AT TIME ZONE 'UTC'";

/// What the database's own clock says; none where it has none.
///
/// # Errors
/// The database is not available.
pub fn of_database(conn: &mut AnyConnection) -> Result<Option<DateTime<Utc>>, StoreError> {
    match conn {
        AnyConnection::Sqlite(_) => Ok(None),
        AnyConnection::Postgres(c) => {
            let said: NaiveDateTime = diesel::select(sql::<Timestamp>(DATABASE_CLOCK)).get_result(c)?;
            Ok(Some(from_column(said)))
        }
    }
}
