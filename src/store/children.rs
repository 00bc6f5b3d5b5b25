//! The children that a home knows.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::children::Row;
use super::schema::children;
use super::{StoreError, Transaction};
use crate::domain::application::Child;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;

/// The child with this key.
///
/// # Errors
/// The database is not available, or the child is missing.
pub fn find(conn: &mut AnyConnection, key: &str) -> Result<Child, StoreError> {
    let (key, iin, name, birth_on): (String, String, String, NaiveDate) = children::table
        .find(key)
        .select((children::key, children::iin, children::name, children::birth_on))
        .first(conn)?;
    let iin = Iin::parse(&iin).map_err(|e| StoreError::Damaged(format!("a child's IIN: {e}")))?;
    Ok(Child { key, iin, name, birth_on })
}

/// The key of a child known in this home.
///
/// # Errors
/// The database is not available.
pub fn child_key(conn: &mut AnyConnection, home: Kato, iin: Iin) -> Result<Option<String>, StoreError> {
    Ok(children::table
        .filter(children::home.eq(kato_to_column(home)))
        .filter(children::iin.eq(iin.to_string()))
        .select(children::key)
        .first(conn)
        .optional()?)
}

/// The keys of the children known in this home, by IIN.
///
/// # Errors
/// The database is not available.
pub fn child_keys(conn: &mut AnyConnection, home: Kato, iins: &[Iin]) -> Result<HashMap<u64, String>, StoreError> {
    let mut known = HashMap::new();
    for batch in iins.chunks(5_000) {
        let rows: Vec<(String, String)> = children::table
            .filter(children::home.eq(kato_to_column(home)))
            .filter(children::iin.eq_any(batch.iter().map(Iin::to_string)))
            .select((children::iin, children::key))
            .load(conn)?;
        for (iin, key) in rows {
            known.insert(iin.parse().unwrap_or_default(), key);
        }
    }
    Ok(known)
}

/// Keeps the new children, and brings the others of `lodged` up to what their papers say now: a birth date that was
/// mistyped the first time must not outlive the application that it came with.
///
/// # Errors
/// The database refuses.
pub(super) fn save<'a>(
    tx: &mut Transaction<'_>,
    home: i32,
    new: &[Child],
    lodged: impl Iterator<Item = &'a Child>,
) -> Result<(), StoreError> {
    let rows: Vec<Row> = new
        .iter()
        .map(|c| Row {
            key: c.key.clone(),
            home,
            iin: c.iin.to_string(),
            name: c.name.clone(),
            search_name: c.name.to_lowercase(),
            birth_on: c.birth_on,
        })
        .collect();
    Row::insert(tx, &rows)?;
    let new: HashSet<&str> = new.iter().map(|c| c.key.as_str()).collect();
    for child in lodged.filter(|c| !new.contains(c.key.as_str())) {
        let papers = (
            children::name.eq(&child.name),
            children::search_name.eq(child.name.to_lowercase()),
            children::birth_on.eq(child.birth_on),
        );
        let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(children::table.find(&child.key))
            .set(papers)
            .returning(children::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    Ok(())
}
