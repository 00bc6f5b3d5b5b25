//! Applications with all that is lodged with them, read a page at a time: a query per table, not per application.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::application_rows::noun;
use super::columns::code;
use super::connection::AnyConnection;
use super::rows::applications::Row;
use super::schema::{applicants, applications, category_claims, children as child_rows, documents};
use super::{StoreError, Vault, children};
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
pub fn lodged(conn: &mut AnyConnection, vault: &Vault, application: Application) -> Result<Lodged, StoreError> {
    let missing = || StoreError::Damaged("an application is without its parts".to_owned());
    with_parts(conn, vault, vec![application])?.pop().ok_or_else(missing)
}

/// All applications of the country by number, a page of `limit` after `after`, with all that is lodged. Those of children who
/// were erased are left out.
///
/// # Errors
/// The database is not available, or a part is missing.
pub fn page(conn: &mut AnyConnection, vault: &Vault, after: &str, limit: i64) -> Result<Vec<Lodged>, StoreError> {
    let rows: Vec<Row> = applications::table
        .inner_join(child_rows::table.on(child_rows::key.eq(applications::child)))
        .filter(applications::number.gt(after))
        .filter(child_rows::person.is_not_null())
        .order(applications::number)
        .limit(limit)
        .select(applications::all_columns)
        .load(conn)?;
    let all = rows.into_iter().map(noun).collect::<Result<Vec<_>, _>>()?;
    with_parts(conn, vault, all)
}

fn with_parts(conn: &mut AnyConnection, vault: &Vault, all: Vec<Application>) -> Result<Vec<Lodged>, StoreError> {
    let numbers: Vec<&str> = all.iter().map(|a| a.number.as_str()).collect();
    let keys: Vec<&str> = all.iter().map(|a| a.child.as_str()).collect();
    let children = children::of_keys(conn, vault, &keys)?;
    let mut applicants = applicants_of(conn, vault, &numbers)?;
    let mut claims = claims_of(conn, vault, &numbers)?;
    let mut documents = documents_of(conn, vault, &numbers)?;
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

/// What is sealed of an applicant, of a claim and of a document.
pub(super) const APPLICANT: &str = "applicants.person";
pub(super) const PROOF: &str = "category_claims.proof";
pub(super) const DOCUMENT: &str = "documents.number";

/// What is sealed of an applicant.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedApplicant {
    iin: String,
    name: String,
    pub(super) contacts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<SealedPower>,
}

#[derive(Serialize, Deserialize)]
struct SealedPower {
    number: String,
    until_on: NaiveDate,
}

impl SealedApplicant {
    pub(super) fn of(applicant: &Applicant) -> Self {
        let Applicant { iin, name, contacts, power, .. } = applicant;
        let power = power.as_ref().map(|p| SealedPower { number: p.number.clone(), until_on: p.until_on });
        SealedApplicant { iin: iin.to_string(), name: name.clone(), contacts: contacts.clone(), power }
    }

    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|e| StoreError::Damaged(format!("an applicant's person: {e}")))
    }
}

fn applicants_of(
    conn: &mut AnyConnection,
    vault: &Vault,
    numbers: &[&str],
) -> Result<HashMap<String, Applicant>, StoreError> {
    let mut found = HashMap::with_capacity(numbers.len());
    for batch in numbers.chunks(BATCH) {
        let rows: Vec<(String, String, Vec<u8>)> = applicants::table
            .filter(applicants::application.eq_any(batch.iter().copied()))
            .select((applicants::application, applicants::kind, applicants::person))
            .load(conn)?;
        let opener = vault.opener(conn, rows.iter().map(|(_, _, person)| person.as_slice()))?;
        for (number, kind, person) in rows {
            let SealedApplicant { iin, name, contacts, power } =
                SealedApplicant::read(&opener.open(APPLICANT, &person)?)?;
            let iin = Iin::parse(&iin).map_err(|e| StoreError::Damaged(format!("an applicant's IIN: {e}")))?;
            let power = power.map(|p| PowerOfAttorney { number: p.number, until_on: p.until_on });
            found.insert(number, Applicant { iin, name, kind: code(&kind)?, contacts, power });
        }
    }
    Ok(found)
}

type ClaimRow = (String, String, Option<Vec<u8>>, String);

/// The claims to categories of applications.
pub(super) fn claims_of(
    conn: &mut AnyConnection,
    vault: &Vault,
    numbers: &[&str],
) -> Result<HashMap<String, Vec<CategoryClaim>>, StoreError> {
    let mut found: HashMap<String, Vec<CategoryClaim>> = HashMap::new();
    for batch in numbers.chunks(BATCH) {
        let columns =
            (category_claims::application, category_claims::code, category_claims::proof, category_claims::status);
        let all = category_claims::table.order((category_claims::application, category_claims::code)).select(columns);
        let rows: Vec<ClaimRow> = match batch {
            // A statement for one is prepared once for all acts.
            [one] => all.filter(category_claims::application.eq(*one)).load(conn)?,
            many => all.filter(category_claims::application.eq_any(many.iter().copied())).load(conn)?,
        };
        let opener = vault.opener(conn, rows.iter().filter_map(|(_, _, proof, _)| proof.as_deref()))?;
        for (number, category, proof, status) in rows {
            let proof = proof.map(|sealed| opener.open(PROOF, &sealed)).transpose()?;
            found.entry(number).or_default().push(CategoryClaim { code: category, proof, status: code(&status)? });
        }
    }
    Ok(found)
}

type DocumentRow = (String, String, Option<Vec<u8>>, Option<NaiveDate>);

fn documents_of(
    conn: &mut AnyConnection,
    vault: &Vault,
    numbers: &[&str],
) -> Result<HashMap<String, Vec<Document>>, StoreError> {
    let mut found: HashMap<String, Vec<Document>> = HashMap::new();
    for batch in numbers.chunks(BATCH) {
        let rows: Vec<DocumentRow> = documents::table
            .filter(documents::application.eq_any(batch.iter().copied()))
            .order((documents::application, documents::place_no))
            .select((documents::application, documents::kind, documents::number, documents::expires_on))
            .load(conn)?;
        let opener = vault.opener(conn, rows.iter().filter_map(|(_, _, number, _)| number.as_deref()))?;
        for (application, kind, number, expires_on) in rows {
            let number = number.map(|sealed| opener.open(DOCUMENT, &sealed)).transpose()?;
            found.entry(application).or_default().push(Document { kind, number, expires_on });
        }
    }
    Ok(found)
}
