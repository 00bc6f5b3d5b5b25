//! Applications with all that is lodged with them, and the claim that keeps a child to one of them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::{applicants, applications, category_claims, child_claims, children, documents};
use super::{StoreError, Transaction};
use crate::domain::application::{Applicant, Application, CategoryClaim, Child, Document, PowerOfAttorney};
use crate::domain::codes::Status;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;

/// Between kindergartens of a preference list in one column.
const SEPARATOR: char = ';';

#[derive(Queryable, Insertable)]
#[diesel(table_name = applications)]
struct Row {
    number: String,
    home: i32,
    child: String,
    channel: String,
    territory: i32,
    queue_territory: i32,
    cohort: i32,
    kind: String,
    language: String,
    ticket: i64,
    applied_at: NaiveDateTime,
    registered_at: NaiveDateTime,
    tier: i16,
    stream: String,
    turn: String,
    status: String,
    decision: String,
    preferences: String,
    regulation: String,
    profile: String,
    signature: String,
    consent_at: NaiveDateTime,
    facts: String,
}

fn row(a: &Application) -> Row {
    Row {
        number: a.number.clone(),
        home: kato_to_column(a.home),
        child: a.child.clone(),
        channel: a.channel.code().to_owned(),
        territory: kato_to_column(a.territory),
        queue_territory: kato_to_column(a.queue.territory),
        cohort: a.queue.cohort,
        kind: a.queue.kind.code().to_owned(),
        language: a.language.code().to_owned(),
        ticket: i64::from(a.ticket),
        applied_at: to_column(a.applied_at),
        registered_at: to_column(a.registered_at),
        tier: i16::from(a.tier),
        stream: a.stream.code().to_owned(),
        turn: a.turn.code().to_owned(),
        status: a.status.code().to_owned(),
        decision: a.decision.code().to_owned(),
        preferences: a.preferences.join(";"),
        regulation: a.regulation.clone(),
        profile: a.profile.clone(),
        signature: a.signature.clone(),
        consent_at: to_column(a.consent_at),
        facts: a.facts.clone(),
    }
}

fn noun(row: Row) -> Result<Application, StoreError> {
    Ok(Application {
        number: row.number,
        home: kato_from_column(row.home)?,
        child: row.child,
        channel: code(&row.channel)?,
        territory: kato_from_column(row.territory)?,
        queue: QueueKey {
            territory: kato_from_column(row.queue_territory)?,
            cohort: row.cohort,
            kind: code(&row.kind)?,
        },
        language: code(&row.language)?,
        ticket: u32::try_from(row.ticket).map_err(|_| damaged("ticket"))?,
        applied_at: from_column(row.applied_at),
        registered_at: from_column(row.registered_at),
        tier: u8::try_from(row.tier).map_err(|_| damaged("tier"))?,
        stream: code(&row.stream)?,
        turn: code(&row.turn)?,
        status: code(&row.status)?,
        decision: code(&row.decision)?,
        preferences: list(&row.preferences),
        regulation: row.regulation,
        profile: row.profile,
        signature: row.signature,
        consent_at: from_column(row.consent_at),
        facts: row.facts,
    })
}

/// The kindergartens in a column.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(SEPARATOR).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

fn damaged(column: &str) -> StoreError {
    StoreError::Damaged(format!("an application's {column} is out of range"))
}

/// An application with all that is lodged with it.
#[derive(Clone, Debug)]
pub struct Lodged {
    /// The application.
    pub application: Application,
    /// The child.
    pub child: Child,
    /// Who applies.
    pub applicant: Applicant,
    /// The claims to categories.
    pub claims: Vec<CategoryClaim>,
    /// The package.
    pub documents: Vec<Document>,
}

/// Whose active application stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The home of the application.
    pub home: Kato,
    /// Its number.
    pub application: String,
    /// Its territory.
    pub territory: Kato,
    /// Where it stands.
    pub status: Status,
}

/// Takes the claim of a child for an application; `false` where somebody else holds it. Comes first in an act, so that
/// of two registrations in two homes one waits for the other and then sees it.
///
/// # Errors
/// The database refuses.
pub fn claim(tx: &mut Transaction<'_>, iin: Iin, home: Kato, application: &str) -> Result<bool, StoreError> {
    let row = (
        child_claims::iin.eq(iin.to_string()),
        child_claims::home.eq(kato_to_column(home)),
        child_claims::application.eq(application),
    );
    let taken = on_backend!(tx.conn(), c =>
        diesel::insert_into(child_claims::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(taken == 1)
}

/// Takes many claims at once; gives how many were free.
///
/// # Errors
/// The database refuses.
pub fn claim_all(tx: &mut Transaction<'_>, claims: &[(Iin, Kato, &str)]) -> Result<usize, StoreError> {
    let mut taken = 0;
    for batch in claims.chunks(5_000) {
        let rows: Vec<_> = batch
            .iter()
            .map(|(iin, home, application)| {
                (
                    child_claims::iin.eq(iin.to_string()),
                    child_claims::home.eq(kato_to_column(*home)),
                    child_claims::application.eq(*application),
                )
            })
            .collect();
        taken += on_backend!(tx.conn(), c =>
            diesel::insert_into(child_claims::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    Ok(taken)
}

/// Gives the claim back: the child may be registered again.
///
/// # Errors
/// The database refuses.
pub fn release(tx: &mut Transaction<'_>, iin: Iin) -> Result<(), StoreError> {
    diesel::delete(child_claims::table.find(iin.to_string())).execute(tx.conn())?;
    Ok(())
}

/// Who holds the claim of a child.
///
/// # Errors
/// The database is not available.
pub fn claimed_by(conn: &mut AnyConnection, iin: Iin) -> Result<Option<Claim>, StoreError> {
    let row: Option<(i32, String, i32, String)> = child_claims::table
        .inner_join(applications::table.on(applications::number.eq(child_claims::application)))
        .filter(child_claims::iin.eq(iin.to_string()))
        .select((child_claims::home, child_claims::application, applications::territory, applications::status))
        .first(conn)
        .optional()?;
    row.map(|(home, application, territory, status)| {
        Ok(Claim {
            home: kato_from_column(home)?,
            application,
            territory: kato_from_column(territory)?,
            status: code(&status)?,
        })
    })
    .transpose()
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

/// The application with this number.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, number: &str) -> Result<Option<Application>, StoreError> {
    let found: Option<Row> = applications::table.find(number).first(conn).optional()?;
    found.map(noun).transpose()
}

/// The child with this key.
///
/// # Errors
/// The database is not available, or the child is missing.
pub fn child(conn: &mut AnyConnection, key: &str) -> Result<Child, StoreError> {
    let (key, iin, name, birth_on): (String, String, String, NaiveDate) = children::table
        .find(key)
        .select((children::key, children::iin, children::name, children::birth_on))
        .first(conn)?;
    let iin = Iin::parse(&iin).map_err(|e| StoreError::Damaged(format!("a child's IIN: {e}")))?;
    Ok(Child { key, iin, name, birth_on })
}

/// Everything lodged with an application.
///
/// # Errors
/// The database is not available, or a part is missing.
pub fn lodged(conn: &mut AnyConnection, application: Application) -> Result<Lodged, StoreError> {
    let child = child(conn, &application.child)?;
    let number = &application.number;
    let (iin, name, kind, contacts, power_number, power_until): (
        String,
        String,
        String,
        String,
        String,
        Option<NaiveDate>,
    ) = applicants::table
        .find(number)
        .select((
            applicants::iin,
            applicants::name,
            applicants::kind,
            applicants::contacts,
            applicants::power_number,
            applicants::power_until,
        ))
        .first(conn)?;
    let applicant = Applicant {
        iin: Iin::parse(&iin).map_err(|e| StoreError::Damaged(format!("an applicant's IIN: {e}")))?,
        name,
        kind: code(&kind)?,
        contacts: list(&contacts),
        power: power_until.map(|until_on| PowerOfAttorney { number: power_number, until_on }),
    };
    let claims = claims(conn, number)?;
    let rows: Vec<(String, String, Option<NaiveDate>)> = documents::table
        .filter(documents::application.eq(number))
        .order(documents::place_no)
        .select((documents::kind, documents::number, documents::expires_on))
        .load(conn)?;
    let documents = rows.into_iter().map(|(kind, number, expires_on)| Document { kind, number, expires_on }).collect();
    Ok(Lodged { application, child, applicant, claims, documents })
}

/// The claims to categories of an application.
///
/// # Errors
/// The database is not available.
pub fn claims(conn: &mut AnyConnection, number: &str) -> Result<Vec<CategoryClaim>, StoreError> {
    let rows: Vec<(String, String, String)> = category_claims::table
        .filter(category_claims::application.eq(number))
        .order(category_claims::code)
        .select((category_claims::code, category_claims::proof, category_claims::status))
        .load(conn)?;
    rows.into_iter()
        .map(|(category, proof, status)| Ok(CategoryClaim { code: category, proof, status: code(&status)? }))
        .collect()
}

/// All applications of the country by number, a page of `limit` after `after`, with all that is lodged.
///
/// # Errors
/// The database is not available.
pub fn page(conn: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Lodged>, StoreError> {
    let rows: Vec<Row> = applications::table
        .filter(applications::number.gt(after))
        .order(applications::number)
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(|row| lodged(conn, noun(row)?)).collect()
}

/// Keeps new applications. `new_children` are those whose child the home did not know.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Lodged], new_children: &[Child]) -> Result<(), StoreError> {
    let Some(home) = all.first().map(|l| kato_to_column(l.application.home)) else { return Ok(()) };
    let at = to_column(tx.at());
    for batch in new_children.chunks(4_000) {
        let rows: Vec<_> = batch
            .iter()
            .map(|c| {
                (
                    children::key.eq(&c.key),
                    children::home.eq(home),
                    children::iin.eq(c.iin.to_string()),
                    children::name.eq(&c.name),
                    children::search_name.eq(c.name.to_lowercase()),
                    children::birth_on.eq(c.birth_on),
                )
            })
            .collect();
        on_backend!(tx.conn(), c => diesel::insert_into(children::table).values(rows).execute(c))?;
    }
    for batch in all.chunks(1_000) {
        let rows: Vec<Row> = batch.iter().map(|l| row(&l.application)).collect();
        on_backend!(tx.conn(), c => diesel::insert_into(applications::table).values(&rows).execute(c))?;
        insert_applicants(tx.conn(), home, batch)?;
        insert_claims(tx.conn(), home, batch, at)?;
        insert_documents(tx.conn(), home, batch)?;
    }
    Ok(())
}

fn insert_applicants(conn: &mut AnyConnection, home: i32, batch: &[Lodged]) -> Result<(), StoreError> {
    let rows: Vec<_> = batch
        .iter()
        .map(|l| {
            let power = l.applicant.power.as_ref();
            (
                applicants::application.eq(&l.application.number),
                applicants::home.eq(home),
                applicants::iin.eq(l.applicant.iin.to_string()),
                applicants::name.eq(&l.applicant.name),
                applicants::kind.eq(l.applicant.kind.code()),
                applicants::contacts.eq(l.applicant.contacts.join(";")),
                applicants::power_number.eq(power.map_or("", |p| p.number.as_str())),
                applicants::power_until.eq(power.map(|p| p.until_on)),
            )
        })
        .collect();
    on_backend!(conn, c => diesel::insert_into(applicants::table).values(rows).execute(c))?;
    Ok(())
}

fn insert_claims(conn: &mut AnyConnection, home: i32, batch: &[Lodged], at: NaiveDateTime) -> Result<(), StoreError> {
    let rows: Vec<_> = batch
        .iter()
        .flat_map(|l| l.claims.iter().map(move |c| (l, c)))
        .map(|(l, c)| {
            (
                category_claims::application.eq(&l.application.number),
                category_claims::code.eq(&c.code),
                category_claims::home.eq(home),
                category_claims::proof.eq(&c.proof),
                category_claims::status.eq(c.status.code()),
                category_claims::status_at.eq(at),
            )
        })
        .collect();
    if !rows.is_empty() {
        on_backend!(conn, c => diesel::insert_into(category_claims::table).values(rows).execute(c))?;
    }
    Ok(())
}

fn insert_documents(conn: &mut AnyConnection, home: i32, batch: &[Lodged]) -> Result<(), StoreError> {
    let rows: Vec<_> = batch
        .iter()
        .flat_map(|l| l.documents.iter().enumerate().map(move |(n, d)| (l, n, d)))
        .map(|(l, n, d)| {
            (
                documents::application.eq(&l.application.number),
                documents::place_no.eq(i32::try_from(n).unwrap_or(i32::MAX)),
                documents::home.eq(home),
                documents::kind.eq(&d.kind),
                documents::number.eq(&d.number),
                documents::expires_on.eq(d.expires_on),
            )
        })
        .collect();
    for part in rows.chunks(4_000) {
        let part = part.to_vec();
        on_backend!(conn, c => diesel::insert_into(documents::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Saves where an application stands: tier, stream, turn, status, decision.
///
/// # Errors
/// The database refuses.
pub fn save_standing(tx: &mut Transaction<'_>, a: &Application) -> Result<(), StoreError> {
    diesel::update(applications::table.find(&a.number))
        .set((
            applications::tier.eq(i16::from(a.tier)),
            applications::stream.eq(a.stream.code()),
            applications::turn.eq(a.turn.code()),
            applications::status.eq(a.status.code()),
            applications::decision.eq(a.decision.code()),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Saves new contacts.
///
/// # Errors
/// The database refuses.
pub fn save_contacts(tx: &mut Transaction<'_>, number: &str, contacts: &[String]) -> Result<(), StoreError> {
    diesel::update(applicants::table.find(number))
        .set(applicants::contacts.eq(contacts.join(";")))
        .execute(tx.conn())?;
    Ok(())
}

/// Saves a new list of preferences.
///
/// # Errors
/// The database refuses.
pub fn save_preferences(tx: &mut Transaction<'_>, number: &str, preferences: &[String]) -> Result<(), StoreError> {
    diesel::update(applications::table.find(number))
        .set(applications::preferences.eq(preferences.join(";")))
        .execute(tx.conn())?;
    Ok(())
}

/// Saves what was found of a proof.
///
/// # Errors
/// The database refuses.
pub fn save_proof(tx: &mut Transaction<'_>, number: &str, claim: &CategoryClaim) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    diesel::update(category_claims::table.find((number, &claim.code)))
        .set((
            category_claims::proof.eq(&claim.proof),
            category_claims::status.eq(claim.status.code()),
            category_claims::status_at.eq(at),
        ))
        .execute(tx.conn())?;
    Ok(())
}
