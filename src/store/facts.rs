//! Facts: what was presented with an application or a step, as the registry keeps it.

use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::AnyConnection;
use super::rows::facts::{Row, put};
use super::schema::facts;
use super::{Keeper, StoreError, Transaction, Vault};
use crate::domain::kato::Kato;
use crate::trust::subject::Subject;

/// What is sealed.
const BODY: &str = "facts.body";

/// Facts under a random key.
#[derive(Clone, Debug)]
pub struct Facts {
    /// A random key, by which what the facts belong to names them.
    pub key: String,
    /// What they belong to: whose opening tells them.
    pub subject: Subject,
    /// Under whose key they are sealed.
    pub keeper: Keeper,
    /// What was presented, as canonical JSON.
    pub body: String,
}

/// Keeps facts of a home.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, home: Kato, all: &[Facts]) -> Result<(), StoreError> {
    let ids = all.iter().map(|f| tx.key_of(&f.keeper)).collect::<Result<Vec<_>, _>>()?;
    tx.ready(ids.iter().copied())?;
    let mut rows = Vec::with_capacity(all.len());
    for (facts, id) in all.iter().zip(ids) {
        let body = tx.seal_under(id, BODY, &facts.body)?;
        rows.push(Row { key: facts.key.clone(), home: kato_to_column(home), body });
    }
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
pub fn body(conn: &mut AnyConnection, vault: &Vault, key: &str) -> Result<Option<String>, StoreError> {
    let sealed: Option<Vec<u8>> = facts::table.find(key).select(facts::body).get_result(conn).optional()?;
    sealed.map(|sealed| vault.open(conn, BODY, &sealed)).transpose()
}
