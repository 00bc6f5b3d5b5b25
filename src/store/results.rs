//! Stored results: the documents that the registry issues, exactly as issued.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::results::Row;
use super::schema::results;
use super::vault::Opener;
use super::{Keeper, StoreError, Transaction, Vault};
use crate::domain::kato::Kato;

/// What is sealed.
const BODY: &str = "results.body";

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

fn noun(row: Row, opener: &Opener) -> Result<StoredResult, StoreError> {
    Ok(StoredResult {
        body: opener.open(BODY, &row.body)?,
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
    })
}

fn nouns(conn: &mut AnyConnection, vault: &Vault, rows: Vec<Row>) -> Result<Vec<StoredResult>, StoreError> {
    let opener = vault.opener(conn, rows.iter().map(|row| row.body.as_slice()))?;
    rows.into_iter().map(|row| noun(row, &opener)).collect()
}

/// Whose paper it is; a refusal to take a package in is nobody's yet.
fn keeper(result: &StoredResult) -> Keeper {
    match (&result.application, &result.case) {
        (Some(application), _) => Keeper::Application(application.clone()),
        (None, Some(case)) => Keeper::Case(case.clone()),
        (None, None) => Keeper::Case(result.id.clone()),
    }
}

/// The result with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, vault: &Vault, id: &str) -> Result<Option<StoredResult>, StoreError> {
    let rows: Vec<Row> = results::table.find(id).load(conn)?;
    Ok(nouns(conn, vault, rows)?.pop())
}

/// The number of the application that a result is about.
///
/// # Errors
/// The database is not available.
pub fn application_of(conn: &mut AnyConnection, id: &str) -> Result<Option<String>, StoreError> {
    let found: Option<Option<String>> =
        results::table.find(id).select(results::application).get_result(conn).optional()?;
    Ok(found.flatten())
}

/// The results of an application, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(
    conn: &mut AnyConnection,
    vault: &Vault,
    application: &str,
) -> Result<Vec<StoredResult>, StoreError> {
    let rows: Vec<Row> = results::table.filter(results::application.eq(application)).order(results::id).load(conn)?;
    nouns(conn, vault, rows)
}

/// Keeps results.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[StoredResult]) -> Result<(), StoreError> {
    let ids = all.iter().map(|r| tx.key_of(&keeper(r))).collect::<Result<Vec<_>, _>>()?;
    tx.ready(ids.iter().copied())?;
    let mut rows = Vec::with_capacity(all.len());
    for (r, id) in all.iter().zip(ids) {
        rows.push(Row {
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
            body: tx.seal_under(id, BODY, &r.body)?,
        });
    }
    Row::insert(tx, &rows)
}

/// The results of a case, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_case(conn: &mut AnyConnection, vault: &Vault, case: &str) -> Result<Vec<StoredResult>, StoreError> {
    let rows: Vec<Row> = results::table.filter(results::case_number.eq(case)).order(results::id).load(conn)?;
    nouns(conn, vault, rows)
}

/// What kinds of results a case has.
///
/// # Errors
/// The database is not available.
pub fn kinds_of_case(conn: &mut AnyConnection, case: &str) -> Result<Vec<String>, StoreError> {
    let of_case = results::table.filter(results::case_number.eq(case));
    Ok(of_case.order(results::id).select(results::kind).load(conn)?)
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
