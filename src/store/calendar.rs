//! The calendar's later files: decrees that came after the program, as they were imported.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::calendar_files::Row;
use super::schema::calendar_files;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// A file of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFile {
    /// Its name, for instance `swaps-2028.csv`.
    pub name: String,
    /// Its text, as it was imported.
    pub body: String,
    /// When it was imported.
    pub imported_at: DateTime<Utc>,
}

/// All of them, by name.
///
/// # Errors
/// The database is not available.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<CalendarFile>, StoreError> {
    let rows: Vec<(String, String, NaiveDateTime)> = calendar_files::table
        .select((calendar_files::name, calendar_files::body, calendar_files::imported_at))
        .order(calendar_files::name)
        .load(conn)?;
    let file = |(name, body, at)| CalendarFile { name, body, imported_at: from_column(at) };
    Ok(rows.into_iter().map(file).collect())
}

/// The name of each with the instant of its import, by name: whether anything has changed.
///
/// # Errors
/// The database is not available.
pub fn versions(conn: &mut AnyConnection) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
    let rows: Vec<(String, NaiveDateTime)> = calendar_files::table
        .select((calendar_files::name, calendar_files::imported_at))
        .order(calendar_files::name)
        .load(conn)?;
    Ok(rows.into_iter().map(|(name, at)| (name, from_column(at))).collect())
}

/// Keeps a file in place of the one of its name.
///
/// # Errors
/// The database refuses.
pub fn save(tx: &mut Transaction<'_>, name: &str, body: &str) -> Result<(), StoreError> {
    use diesel::upsert::excluded;
    let row = Row {
        name: name.to_owned(),
        home: kato_to_column(Kato::COUNTRY),
        body: body.to_owned(),
        imported_at: to_column(tx.at()),
    };
    on_backend!(tx.conn(), c => diesel::insert_into(calendar_files::table)
        .values(&row)
        .on_conflict(calendar_files::name)
        .do_update()
        .set((
            calendar_files::body.eq(excluded(calendar_files::body)),
            calendar_files::imported_at.eq(excluded(calendar_files::imported_at)),
        ))
        .execute(c))?;
    tx.tell(&[row]);
    Ok(())
}

/// Takes a file out; says whether it was there.
///
/// # Errors
/// The database refuses.
pub fn remove(tx: &mut Transaction<'_>, name: &str) -> Result<bool, StoreError> {
    let gone: Vec<Row> = on_backend!(tx.conn(), c => diesel::delete(calendar_files::table.find(name))
        .returning(calendar_files::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    Ok(!gone.is_empty())
}
