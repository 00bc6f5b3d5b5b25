//! Families: applications of brothers and sisters who get places in one kindergarten, or none.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::families::Row;
use super::schema::{applications, families};
use super::seats::{QUEUE, QueueColumns, queue_of};
use super::{StoreError, Transaction};
use crate::domain::codes::Turn;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;

/// Keeps that these applications are one family, known by the number of one of them.
///
/// # Errors
/// The database refuses.
pub fn unite(tx: &mut Transaction<'_>, home: Kato, family: &str, all: &[&str]) -> Result<(), StoreError> {
    let row = |application: &&str| Row {
        application: (*application).to_owned(),
        home: kato_to_column(home),
        family: family.to_owned(),
    };
    let rows: Vec<Row> = all.iter().map(row).collect();
    Row::insert(tx, &rows)
}

/// Takes an application out of its family.
///
/// # Errors
/// The database refuses.
pub fn part(tx: &mut Transaction<'_>, application: &str) -> Result<(), StoreError> {
    let gone: Vec<Row> = on_backend!(tx.conn(), c => diesel::delete(families::table.find(application))
        .returning(families::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    Ok(())
}

/// The family of an application, if it has one.
///
/// # Errors
/// The database is not available.
pub fn of(conn: &mut AnyConnection, application: &str) -> Result<Option<String>, StoreError> {
    Ok(families::table.find(application).select(families::family).get_result(conn).optional()?)
}

/// The applications of a family, by number.
///
/// # Errors
/// The database is not available.
pub fn members(conn: &mut AnyConnection, home: Kato, family: &str) -> Result<Vec<String>, StoreError> {
    Ok(families::table
        .filter(families::home.eq(kato_to_column(home)))
        .filter(families::family.eq(family))
        .select(families::application)
        .order(families::application)
        .load(conn)?)
}

/// All rows: application and family, by application.
///
/// # Errors
/// The database is not available.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<(String, String)>, StoreError> {
    Ok(families::table.select((families::application, families::family)).order(families::application).load(conn)?)
}

/// The families of a home's live entries, by queue and application. Who is left of a family alone is none.
///
/// # Errors
/// The database is not available.
pub fn of_home(
    conn: &mut AnyConnection,
    home: Kato,
) -> Result<BTreeMap<QueueKey, BTreeMap<String, String>>, StoreError> {
    let columns = (families::application, families::family, QUEUE);
    let rows: Vec<(String, String, QueueColumns)> = families::table
        .inner_join(applications::table.on(applications::number.eq(families::application)))
        .filter(families::home.eq(kato_to_column(home)))
        .filter(applications::turn.eq(Turn::Live.code()))
        .select(columns)
        .load(conn)?;
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for (_, family, _) in &rows {
        *sizes.entry(family.clone()).or_default() += 1;
    }
    let mut found: BTreeMap<QueueKey, BTreeMap<String, String>> = BTreeMap::new();
    for (application, family, queue) in rows {
        if sizes.get(&family).is_some_and(|size| *size > 1) {
            found.entry(queue_of(queue)?).or_default().insert(application, family);
        }
    }
    Ok(found)
}

/// The same of one queue.
///
/// # Errors
/// The database is not available.
pub fn of_queue(conn: &mut AnyConnection, key: QueueKey) -> Result<BTreeMap<String, String>, StoreError> {
    Ok(of_home(conn, key.home())?.remove(&key).unwrap_or_default())
}
