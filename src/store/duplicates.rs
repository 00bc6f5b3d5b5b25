//! Duplicates: pairs of active applications that are probably of one child, and how such children are found.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::marks::Marks;
use super::rows::InsertRow;
use super::rows::duplicates::Row;
use super::schema::{applications, children, duplicates};
use super::{StoreError, Transaction};
use crate::domain::codes::Status;
use crate::domain::duplicate::{Duplicate, DuplicateStatus};
use crate::domain::kato::Kato;
use crate::trust::cipher::BlindIin;

/// Keys of a child in one statement: each has three marks.
const BATCH: usize = 1_000;

/// Between grounds in one column.
const SEPARATOR: &str = ";";

fn noun(row: Row) -> Result<Duplicate, StoreError> {
    Ok(Duplicate {
        id: row.id,
        home: kato_from_column(row.home)?,
        application: row.application,
        territory: kato_from_column(row.territory)?,
        other: row.other,
        other_territory: kato_from_column(row.other_territory)?,
        grounds: row.grounds.split(SEPARATOR).map(code).collect::<Result<_, _>>()?,
        found_at: from_column(row.found_at),
        found_by: row.found_by,
        status: code(&row.status)?,
        decided_by: row.decided_by,
        decided_at: row.decided_at.map(from_column),
        facts: row.facts,
    })
}

fn row(of: &Duplicate) -> Row {
    Row {
        id: of.id.clone(),
        home: kato_to_column(of.home),
        application: of.application.clone(),
        territory: kato_to_column(of.territory),
        other: of.other.clone(),
        other_territory: kato_to_column(of.other_territory),
        grounds: of.grounds.iter().map(|ground| ground.code()).collect::<Vec<_>>().join(SEPARATOR),
        found_at: to_column(of.found_at),
        found_by: of.found_by.clone(),
        status: of.status.code().to_owned(),
        decided_by: of.decided_by.clone(),
        decided_at: of.decided_at.map(to_column),
        facts: of.facts.clone(),
    }
}

/// A child with an active application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The key of its row.
    pub child: String,
    /// By what it is looked up.
    pub iin: BlindIin,
    /// By what it is likened.
    pub marks: Marks,
    /// The number of its application.
    pub application: String,
    /// Where that stands.
    pub territory: Kato,
}

/// The marks of children, by the keys of their rows.
///
/// # Errors
/// The database is not available.
pub fn marks_of(conn: &mut AnyConnection, keys: &[&str]) -> Result<HashMap<String, Marks>, StoreError> {
    type Columns = (String, Option<i64>, Option<i64>, Option<i64>);
    let mut found = HashMap::with_capacity(keys.len());
    for batch in keys.chunks(BATCH) {
        let columns = (children::key, children::likeness, children::certificate, children::kin);
        let rows: Vec<Columns> =
            children::table.filter(children::key.eq_any(batch.iter().copied())).select(columns).load(conn)?;
        for (key, likeness, certificate, kin) in rows {
            found.insert(key, Marks { likeness, certificate, kin });
        }
    }
    Ok(found)
}

/// The children with an active application who have one of these marks.
///
/// # Errors
/// The database is not available.
pub fn alike(conn: &mut AnyConnection, marks: &[Marks]) -> Result<Vec<Marked>, StoreError> {
    type Columns = ((String, i64), (Option<i64>, Option<i64>, Option<i64>), (String, i32));
    let ended = [Status::Withdrawn, Status::Refused, Status::Closed].map(Status::code);
    let mut found = Vec::new();
    for batch in marks.chunks(BATCH) {
        let of = |mark: fn(&Marks) -> Option<i64>| batch.iter().filter_map(mark).collect::<Vec<i64>>();
        let one = children::likeness
            .eq_any(of(|m| m.likeness))
            .or(children::certificate.eq_any(of(|m| m.certificate)))
            .or(children::kin.eq_any(of(|m| m.kin)));
        let rows: Vec<Columns> = children::table
            .inner_join(applications::table.on(applications::child.eq(children::key)))
            .filter(one)
            .filter(applications::status.ne_all(ended))
            .select((
                (children::key, children::iin),
                (children::likeness, children::certificate, children::kin),
                (applications::number, applications::territory),
            ))
            .load(conn)?;
        for ((child, iin), (likeness, certificate, kin), (application, territory)) in rows {
            let marks = Marks { likeness, certificate, kin };
            let (iin, territory) = (BlindIin(iin), kato_from_column(territory)?);
            found.push(Marked { child, iin, marks, application, territory });
        }
    }
    Ok(found)
}

/// Keeps pairs that were found.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Duplicate]) -> Result<(), StoreError> {
    Row::insert(tx, &all.iter().map(row).collect::<Vec<_>>())
}

/// Saves what was found of a pair.
///
/// # Errors
/// The database refuses.
pub fn save(tx: &mut Transaction<'_>, of: &Duplicate) -> Result<(), StoreError> {
    let now = row(of);
    let decided = (
        duplicates::status.eq(now.status),
        duplicates::decided_by.eq(now.decided_by),
        duplicates::decided_at.eq(now.decided_at),
        duplicates::facts.eq(now.facts),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(duplicates::table.find(&of.id))
        .set(decided)
        .returning(duplicates::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// The pair with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Duplicate>, StoreError> {
    let row: Option<Row> = duplicates::table.find(id).get_result(conn).optional()?;
    row.map(noun).transpose()
}

/// The pairs that name an application, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, number: &str) -> Result<Vec<Duplicate>, StoreError> {
    let rows: Vec<Row> = duplicates::table
        .filter(duplicates::application.eq(number).or(duplicates::other.eq(number)))
        .order((duplicates::found_at, duplicates::id))
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// A page of the pairs of which one is of a territory or below, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn page(
    conn: &mut AnyConnection,
    territory: Kato,
    status: Option<DuplicateStatus>,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Duplicate>, StoreError> {
    let (from, to) = territory.range();
    let (from, to) = (kato_to_column(from), kato_to_column(to));
    let rows: Vec<Row> = on_backend!(conn, c => {
        let here = duplicates::territory.between(from, to).or(duplicates::other_territory.between(from, to));
        let mut page = duplicates::table.filter(here).into_boxed();
        if let Some(status) = status {
            page = page.filter(duplicates::status.eq(status.code()));
        }
        if let Some((at, id)) = after {
            let at = to_column(at);
            page = page.filter(duplicates::found_at.gt(at).or(duplicates::found_at.eq(at).and(duplicates::id.gt(id))));
        }
        page.order((duplicates::found_at, duplicates::id)).limit(limit).load(c)
    })?;
    rows.into_iter().map(noun).collect()
}
