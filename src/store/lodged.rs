//! Applications with all that is lodged with them, read a page at a time: a query per table, not per application.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::StoreError;
use super::application_rows::noun;
use super::columns::{code, list};
use super::connection::AnyConnection;
use super::rows::applications::Row;
use super::schema::{applicants, applications, category_claims, children, documents};
use crate::domain::application::{Applicant, Application, CategoryClaim, Child, Document, PowerOfAttorney};
use crate::domain::iin::Iin;

/// Most applications of one query: SQLite binds at most 32 766 values.
const BATCH: usize = 5_000;

/// An application with all that is lodged with it.
#[derive(Clone, Debug)]
pub struct Lodged {
    /// The application itself, with its seat.
    pub application: Application,
    /// The child that the application names by its key.
    pub child: Child,
    /// Who applies, in what right, and how they are reached.
    pub applicant: Applicant,
    /// The claims to categories.
    pub claims: Vec<CategoryClaim>,
    /// The papers that were handed in with it.
    pub documents: Vec<Document>,
}

/// Everything lodged with an application.
///
/// # Errors
/// The database is not available, or a part is missing.
pub fn lodged(conn: &mut AnyConnection, application: Application) -> Result<Lodged, StoreError> {
    let missing = || StoreError::Damaged("an application is without its parts".to_owned());
    with_parts(conn, vec![application])?.pop().ok_or_else(missing)
}

/// All applications of the country by number, a page of `limit` after `after`, with all that is lodged.
///
/// # Errors
/// The database is not available, or a part is missing.
pub fn page(conn: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Lodged>, StoreError> {
    let rows: Vec<Row> = applications::table
        .filter(applications::number.gt(after))
        .order(applications::number)
        .limit(limit)
        .load(conn)?;
    let all = rows.into_iter().map(noun).collect::<Result<Vec<_>, _>>()?;
    with_parts(conn, all)
}

fn with_parts(conn: &mut AnyConnection, all: Vec<Application>) -> Result<Vec<Lodged>, StoreError> {
    let numbers: Vec<&str> = all.iter().map(|a| a.number.as_str()).collect();
    let keys: Vec<&str> = all.iter().map(|a| a.child.as_str()).collect();
    let children = children_of(conn, &keys)?;
    let mut applicants = applicants_of(conn, &numbers)?;
    let mut claims = claims_of(conn, &numbers)?;
    let mut documents = documents_of(conn, &numbers)?;
    let missing = |what: &str, number: &str| StoreError::Damaged(format!("application {number} has no {what}"));
    all.into_iter()
        .map(|application| {
            let number = application.number.as_str();
            Ok(Lodged {
                child: children.get(&application.child).cloned().ok_or_else(|| missing("child", number))?,
                applicant: applicants.remove(number).ok_or_else(|| missing("applicant", number))?,
                claims: claims.remove(number).unwrap_or_default(),
                documents: documents.remove(number).unwrap_or_default(),
                application,
            })
        })
        .collect()
}

fn person(iin: &str, whose: &str) -> Result<Iin, StoreError> {
    Iin::parse(iin).map_err(|e| StoreError::Damaged(format!("{whose} IIN: {e}")))
}

fn children_of(conn: &mut AnyConnection, keys: &[&str]) -> Result<HashMap<String, Child>, StoreError> {
    let mut found = HashMap::with_capacity(keys.len());
    for batch in keys.chunks(BATCH) {
        let rows: Vec<(String, String, String, NaiveDate)> = children::table
            .filter(children::key.eq_any(batch.iter().copied()))
            .select((children::key, children::iin, children::name, children::birth_on))
            .load(conn)?;
        for (key, iin, name, birth_on) in rows {
            let iin = person(&iin, "a child's")?;
            found.insert(key.clone(), Child { key, iin, name, birth_on });
        }
    }
    Ok(found)
}

type ApplicantRow = (String, String, String, String, String, String, Option<NaiveDate>);

fn applicants_of(conn: &mut AnyConnection, numbers: &[&str]) -> Result<HashMap<String, Applicant>, StoreError> {
    let mut found = HashMap::with_capacity(numbers.len());
    for batch in numbers.chunks(BATCH) {
        let rows: Vec<ApplicantRow> = applicants::table
            .filter(applicants::application.eq_any(batch.iter().copied()))
            .select((
                applicants::application,
                applicants::iin,
                applicants::name,
                applicants::kind,
                applicants::contacts,
                applicants::power_number,
                applicants::power_until,
            ))
            .load(conn)?;
        for (number, iin, name, kind, contacts, power_number, power_until) in rows {
            let applicant = Applicant {
                iin: person(&iin, "an applicant's")?,
                name,
                kind: code(&kind)?,
                contacts: list(&contacts),
                power: power_until.map(|until_on| PowerOfAttorney { number: power_number, until_on }),
            };
            found.insert(number, applicant);
        }
    }
    Ok(found)
}

fn claims_of(conn: &mut AnyConnection, numbers: &[&str]) -> Result<HashMap<String, Vec<CategoryClaim>>, StoreError> {
    let mut found: HashMap<String, Vec<CategoryClaim>> = HashMap::new();
    for batch in numbers.chunks(BATCH) {
        let rows: Vec<(String, String, Option<String>, String)> = category_claims::table
            .filter(category_claims::application.eq_any(batch.iter().copied()))
            .order((category_claims::application, category_claims::code))
            .select((
                category_claims::application,
                category_claims::code,
                category_claims::proof,
                category_claims::status,
            ))
            .load(conn)?;
        for (number, category, proof, status) in rows {
            found.entry(number).or_default().push(CategoryClaim { code: category, proof, status: code(&status)? });
        }
    }
    Ok(found)
}

fn documents_of(conn: &mut AnyConnection, numbers: &[&str]) -> Result<HashMap<String, Vec<Document>>, StoreError> {
    let mut found: HashMap<String, Vec<Document>> = HashMap::new();
    for batch in numbers.chunks(BATCH) {
        let rows: Vec<(String, String, Option<String>, Option<NaiveDate>)> = documents::table
            .filter(documents::application.eq_any(batch.iter().copied()))
            .order((documents::application, documents::place_no))
            .select((documents::application, documents::kind, documents::number, documents::expires_on))
            .load(conn)?;
        for (application, kind, number, expires_on) in rows {
            found.entry(application).or_default().push(Document { kind, number, expires_on });
        }
    }
    Ok(found)
}
