//! Sealed facts: what the journal proves by a hash, with its salt.

use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::{AnyConnection, on_backend};
use super::schema::facts;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// Facts with their salt, under a random key.
#[derive(Clone, Debug)]
pub struct Facts {
    /// A random key, by which the journal and what the facts belong to name them.
    pub key: String,
    /// A random salt, hashed with the body into the seal.
    pub salt: String,
    /// What is sealed, as canonical JSON.
    pub body: String,
}

#[derive(Insertable)]
#[diesel(table_name = facts)]
struct Row<'a> {
    key: &'a str,
    home: i32,
    salt: &'a str,
    body: &'a str,
}

/// Keeps facts of a home.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, home: Kato, all: &[Facts]) -> Result<(), StoreError> {
    for batch in all.chunks(2_000) {
        let rows: Vec<Row<'_>> = batch
            .iter()
            .map(|f| Row { key: &f.key, home: kato_to_column(home), salt: &f.salt, body: &f.body })
            .collect();
        on_backend!(tx.conn(), c => diesel::insert_into(facts::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// The facts under a key.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, key: &str) -> Result<Option<Facts>, StoreError> {
    let row: Option<(String, String, String)> =
        facts::table.find(key).select((facts::key, facts::salt, facts::body)).first(conn).optional()?;
    Ok(row.map(|(key, salt, body)| Facts { key, salt, body }))
}
