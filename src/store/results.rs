//! Stored results: the documents that the registry issues, exactly as issued.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::results;
use super::{StoreError, Transaction};
use crate::domain::codes::ResultKind;
use crate::domain::kato::Kato;

/// A result as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResult {
    /// Its id.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The application; empty for a refusal receipt, which has none.
    pub application: String,
    /// What it is.
    pub kind: ResultKind,
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

#[derive(Queryable, Insertable)]
#[diesel(table_name = results)]
struct Row {
    id: String,
    home: i32,
    application: String,
    kind: String,
    issued_at: NaiveDateTime,
    signer: String,
    delivery: String,
    handed_at: Option<NaiveDateTime>,
    body: String,
}

fn noun(row: Row) -> Result<StoredResult, StoreError> {
    Ok(StoredResult {
        id: row.id,
        home: kato_from_column(row.home)?,
        application: row.application,
        kind: code(&row.kind)?,
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
    for batch in all.chunks(2_000) {
        let rows: Vec<Row> = batch
            .iter()
            .map(|r| Row {
                id: r.id.clone(),
                home: kato_to_column(r.home),
                application: r.application.clone(),
                kind: r.kind.code().to_owned(),
                issued_at: to_column(r.issued_at),
                signer: r.signer.clone(),
                delivery: r.delivery.clone(),
                handed_at: r.handed_at.map(to_column),
                body: r.body.clone(),
            })
            .collect();
        on_backend!(tx.conn(), c => diesel::insert_into(results::table).values(&rows).execute(c))?;
    }
    Ok(())
}
