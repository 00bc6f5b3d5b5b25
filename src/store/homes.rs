//! Where the chain of each home ends, and the numbers that the home has given.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::StoreError;
use super::columns::{from_column, kato_from_column, kato_to_column};
use super::connection::AnyConnection;
use super::schema::homes;
use super::tables::homes::Row;
use crate::domain::kato::Kato;
use crate::trust::end::{End, Head, Numbers};

/// Where a home stands, by its row.
pub(super) fn end(row: Row) -> End {
    let Row { seq, head: hash, applications, tickets, places, referrals, rounds, results, cases, .. } = row;
    let numbers = Numbers { applications, tickets, places, referrals, rounds, results, cases };
    End { head: Head { seq, hash }, numbers }
}

/// Where a home stands; before its first record where it has none.
///
/// # Errors
/// The database is not available.
pub fn end_of(conn: &mut AnyConnection, home: Kato) -> Result<End, StoreError> {
    let row: Option<Row> = homes::table.find(kato_to_column(home)).get_result(conn).optional()?;
    Ok(row.map(end).unwrap_or_default())
}

/// When each home's last record was written, as the homes say.
///
/// # Errors
/// The database is not available.
pub fn instants(conn: &mut AnyConnection) -> Result<BTreeMap<Kato, DateTime<Utc>>, StoreError> {
    let rows: Vec<(i32, NaiveDateTime)> = homes::table.select((homes::code, homes::at)).load(conn)?;
    rows.into_iter().map(|(code, at)| Ok((kato_from_column(code)?, from_column(at)))).collect()
}

/// Where every home stands. A home without a record stands before its first.
///
/// # Errors
/// The database is not available.
pub fn ends(conn: &mut AnyConnection) -> Result<BTreeMap<Kato, End>, StoreError> {
    let rows: Vec<Row> = homes::table.order(homes::code).load(conn)?;
    rows.into_iter().map(|row| Ok((kato_from_column(row.code)?, end(row)))).collect()
}
