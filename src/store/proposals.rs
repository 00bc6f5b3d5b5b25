//! Proposals: for whom a kindergarten would have its places kept. The department decides.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::places::Row as PlaceRow;
use super::rows::proposals::Row;
use super::schema::{places, proposals};
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;
use crate::domain::place::Reserved;

/// A proposal that nobody has decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// For whom the place would be kept.
    pub reserved: Reserved,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
}

/// Keeps what a kindergarten proposes for its places.
///
/// # Errors
/// The database refuses.
pub fn insert(
    tx: &mut Transaction<'_>,
    home: Kato,
    all: &[String],
    reserved: &Reserved,
    by: &str,
) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let row = |place: &String| Row {
        place: place.clone(),
        home: kato_to_column(home),
        reserved: reserved.to_string(),
        proposed_by: by.to_owned(),
        proposed_at: at,
        decided_by: None,
        decided_at: None,
    };
    let rows: Vec<Row> = all.iter().map(row).collect();
    Row::insert(tx, &rows)
}

/// Those of a home that nobody has decided, by the numbers of their places.
///
/// # Errors
/// The database is not available.
pub fn open(conn: &mut AnyConnection, home: Kato) -> Result<HashMap<String, Proposal>, StoreError> {
    let rows: Vec<Row> = proposals::table
        .filter(proposals::home.eq(kato_to_column(home)))
        .filter(proposals::decided_at.is_null())
        .load(conn)?;
    let noun = |row: Row| -> Result<(String, Proposal), StoreError> {
        let proposal = Proposal { reserved: code(&row.reserved)?, proposed_at: from_column(row.proposed_at) };
        Ok((row.place, proposal))
    };
    rows.into_iter().map(noun).collect()
}

/// Decides a proposal: the place is kept for whom it says, or for nobody.
///
/// # Errors
/// The database refuses.
pub fn decide(tx: &mut Transaction<'_>, place: &str, kept: Option<&Reserved>, by: &str) -> Result<(), StoreError> {
    let decided = (proposals::decided_by.eq(Some(by)), proposals::decided_at.eq(Some(to_column(tx.at()))));
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(proposals::table.find(place))
        .set(decided)
        .returning(proposals::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    let Some(kept) = kept else { return Ok(()) };
    let left: Vec<PlaceRow> = on_backend!(tx.conn(), c => diesel::update(places::table.find(place))
        .set(places::reserved.eq(Some(kept.to_string())))
        .returning(places::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
