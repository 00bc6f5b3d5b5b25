//! Stored results: the documents that the registry issues, exactly as issued.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::results::Row;
use super::schema::results;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// A result as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResult {
    /// Its number, such as `391000000-B-000001`.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The territory that it concerns: it may be read by whoever answers for that.
    pub territory: Kato,
    /// The application that it is about, if it is about one.
    pub application: Option<String>,
    /// The case that yielded it, if one did.
    pub case: Option<String>,
    /// What it is: the code of a result of the regulation.
    pub kind: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Who signs: a role, with the territory of the authority.
    pub signer: String,
    /// How it reaches the applicant: `cabinet` or `paper`.
    pub delivery: String,
    /// When it was handed over, where that is recorded.
    pub handed_at: Option<DateTime<Utc>>,
    /// What it says, as JSON.
    pub body: String,
}

fn noun(row: Row) -> Result<StoredResult, StoreError> {
    Ok(StoredResult {
        id: row.id,
        home: kato_from_column(row.home)?,
        territory: kato_from_column(row.territory)?,
        application: row.application,
        case: row.case_number,
        kind: row.kind,
        issued_at: from_column(row.issued_at),
        signer: row.signer,
        delivery: row.delivery,
        handed_at: row.handed_at.map(from_column),
        body: row.body,
    })
}

/// The result with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<StoredResult>, StoreError> {
    let row: Option<Row> = results::table.find(id).first(conn).optional()?;
    row.map(noun).transpose()
}

/// The results of an application, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, application: &str) -> Result<Vec<StoredResult>, StoreError> {
    let rows: Vec<Row> = results::table.filter(results::application.eq(application)).order(results::id).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Keeps results.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[StoredResult]) -> Result<(), StoreError> {
    let rows: Vec<Row> = all
        .iter()
        .map(|r| Row {
            id: r.id.clone(),
            home: kato_to_column(r.home),
            territory: kato_to_column(r.territory),
            application: r.application.clone(),
            case_number: r.case.clone(),
            kind: r.kind.clone(),
            issued_at: to_column(r.issued_at),
            signer: r.signer.clone(),
            delivery: r.delivery.clone(),
            handed_at: r.handed_at.map(to_column),
            body: r.body.clone(),
        })
        .collect();
    Row::insert(tx, &rows)
}

/// The results of a case, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_case(conn: &mut AnyConnection, case: &str) -> Result<Vec<StoredResult>, StoreError> {
    let rows: Vec<Row> = results::table.filter(results::case_number.eq(case)).order(results::id).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Marks the results of a case that have these codes as handed over, where that is not recorded yet.
///
/// # Errors
/// The database refuses.
pub fn hand_over(tx: &mut Transaction<'_>, case: &str, kinds: &[String]) -> Result<usize, StoreError> {
    let at = to_column(tx.at());
    let open = results::table
        .filter(results::case_number.eq(case))
        .filter(results::kind.eq_any(kinds))
        .filter(results::handed_at.is_null());
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(open)
        .set(results::handed_at.eq(Some(at)))
        .returning(results::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(left.len())
}
