//! The classifier of territories.

use diesel::prelude::*;

use super::columns::{code, kato_from_column, kato_to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::territories::Row;
use super::schema::territories;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;
use crate::domain::territory::Territory;

fn noun(row: Row) -> Result<Territory, StoreError> {
    Ok(Territory {
        code: kato_from_column(row.code)?,
        name_kk: row.name_kk,
        name_ru: row.name_ru,
        level: code(&row.level)?,
    })
}

/// The territory with this code.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, kato: Kato) -> Result<Option<Territory>, StoreError> {
    let row: Option<Row> = territories::table.find(kato_to_column(kato)).get_result(conn).optional()?;
    row.map(noun).transpose()
}

/// Whether the classifier holds anything yet.
///
/// # Errors
/// The database is not available.
pub fn any(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    let first: Option<i32> = territories::table.select(territories::code).first(conn).optional()?;
    Ok(first.is_some())
}

/// All territories, by code.
///
/// # Errors
/// The database is not available.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<Territory>, StoreError> {
    let rows: Vec<Row> = territories::table.order(territories::code).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Adds or renames territories.
///
/// # Errors
/// The database refuses.
pub fn save(tx: &mut Transaction<'_>, all: &[Territory]) -> Result<(), StoreError> {
    use diesel::upsert::excluded;
    for t in all {
        let row = Row {
            code: kato_to_column(t.code),
            name_kk: t.name_kk.clone(),
            name_ru: t.name_ru.clone(),
            level: t.level.code().to_owned(),
        };
        on_backend!(tx.conn(), c => diesel::insert_into(territories::table)
            .values(&row)
            .on_conflict(territories::code)
            .do_update()
            .set((
                territories::name_kk.eq(excluded(territories::name_kk)),
                territories::name_ru.eq(excluded(territories::name_ru)),
                territories::level.eq(excluded(territories::level)),
            ))
            .execute(c))?;
        tx.tell(&[row]);
    }
    Ok(())
}
