//! Facts: what was presented with an application or a step, as the registry keeps it.

use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::AnyConnection;
use super::rows::facts::{Row, put};
use super::schema::facts;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;
use crate::trust::opening::Subject;

/// Facts under a random key.
#[derive(Clone, Debug)]
pub struct Facts {
    /// A random key, by which what the facts belong to names them.
    pub key: String,
    /// What they belong to: whose opening tells them.
    pub subject: Subject,
    /// What was presented, as canonical JSON.
    pub body: String,
}

/// Keeps facts of a home.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, home: Kato, all: &[Facts]) -> Result<(), StoreError> {
    let row = |f: &Facts| Row { key: f.key.clone(), home: kato_to_column(home), body: f.body.clone() };
    let rows: Vec<Row> = all.iter().map(row).collect();
    put(tx.conn(), &rows)?;
    for (facts, row) in all.iter().zip(&rows) {
        tx.tell_under(&facts.subject, std::slice::from_ref(row));
    }
    Ok(())
}

/// The body of the facts under a key.
///
/// # Errors
/// The database is not available.
pub fn body(conn: &mut AnyConnection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(facts::table.find(key).select(facts::body).first(conn).optional()?)
}
