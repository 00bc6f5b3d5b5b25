//! Applications with all that is lodged with them, and the claim that keeps a child to one of them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::application_rows::{damaged, noun, row};
use super::columns::{code, from_column, kato_from_column, kato_to_column, list, ticket_of, to_column};
use super::connection::{AnyConnection, on_backend};
use super::lodged::{APPLICANT, DOCUMENT, PROOF, SealedApplicant, claims_of};
use super::marks::Marks;
use super::rows::InsertRow;
use super::rows::applicants::Row as ApplicantRow;
use super::rows::applications::Row;
use super::rows::category_claims::Row as ClaimRow;
use super::rows::documents::Row as DocumentRow;
use super::schema::{applicants, applications, category_claims, documents};
use super::{Keeper, StoreError, Transaction, Vault};
use crate::domain::application::{Application, CategoryClaim, Child, Document};
use crate::domain::codes::{ProofStatus, Turn};
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::trust::cipher::BlindIin;
use crate::trust::seal::canonical;

/// The applications of a home by their tickets.
///
/// # Errors
/// The database is not available.
pub fn by_ticket(conn: &mut AnyConnection, home: Kato, tickets: &[u32]) -> Result<HashMap<u32, String>, StoreError> {
    let mut numbers = HashMap::with_capacity(tickets.len());
    for batch in tickets.chunks(5_000) {
        let rows: Vec<(i64, String)> = applications::table
            .filter(applications::home.eq(kato_to_column(home)))
            .filter(applications::ticket.eq_any(batch.iter().map(|&t| i64::from(t))))
            .select((applications::ticket, applications::number))
            .load(conn)?;
        for (ticket, number) in rows {
            numbers.insert(u32::try_from(ticket).map_err(|_| damaged("ticket"))?, number);
        }
    }
    Ok(numbers)
}

/// The application with this number.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, number: &str) -> Result<Option<Application>, StoreError> {
    let found: Option<Row> = applications::table.find(number).get_result(conn).optional()?;
    found.map(noun).transpose()
}

/// The applications of a child in its home, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_child(conn: &mut AnyConnection, child: &str) -> Result<Vec<Application>, StoreError> {
    let rows: Vec<Row> =
        applications::table.filter(applications::child.eq(child)).order(applications::number).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// The applications with these numbers, by number.
///
/// # Errors
/// The database is not available.
pub fn of_numbers(conn: &mut AnyConnection, numbers: &[&str]) -> Result<HashMap<String, Application>, StoreError> {
    let mut all = HashMap::with_capacity(numbers.len());
    for batch in numbers.chunks(5_000) {
        let rows: Vec<Row> = applications::table.filter(applications::number.eq_any(batch)).load(conn)?;
        for row in rows {
            all.insert(row.number.clone(), noun(row)?);
        }
    }
    Ok(all)
}

pub use super::children::find as child;
pub use super::lodged::{Lodged, lodged, page};

/// The claims to categories of an application.
///
/// # Errors
/// The database is not available.
pub fn claims(conn: &mut AnyConnection, vault: &Vault, number: &str) -> Result<Vec<CategoryClaim>, StoreError> {
    Ok(claims_of(conn, vault, &[number])?.remove(number).unwrap_or_default())
}

/// What a round keeps of an application for its report.
#[derive(Clone, Debug)]
pub struct Reported {
    /// By which the files of a round know the child.
    pub ticket: u32,
    /// The code of the channel that it came through.
    pub channel: String,
    /// The code of the language of the group that is asked for.
    pub language: String,
    /// The territory named in the application.
    pub territory: Kato,
    /// Kindergartens, most wanted first.
    pub preferences: Vec<String>,
    /// Categories claimed, with the state of their proofs.
    pub claims: Vec<(String, ProofStatus)>,
}

/// The live applications of a queue. Its home is named too, or the index of queues is of no use.
#[diesel::dsl::auto_type]
pub(super) fn live_in(queue: QueueKey) -> _ {
    let home: i32 = kato_to_column(queue.home());
    let territory: i32 = kato_to_column(queue.territory);
    let cohort: i32 = queue.cohort;
    let kind: &'static str = queue.kind.code();
    let live: &'static str = Turn::Live.code();
    let of_home = applications::home.eq(home);
    let key = of_home.and(applications::queue_territory.eq(territory)).and(applications::cohort.eq(cohort));
    key.and(applications::kind.eq(kind)).and(applications::turn.eq(live))
}

/// What a round keeps of the live applications of a queue.
///
/// # Errors
/// The database is not available.
pub fn reported(conn: &mut AnyConnection, queue: QueueKey) -> Result<Vec<Reported>, StoreError> {
    let mut claims = claims_of_queue(conn, queue)?;
    let columns = (
        applications::number,
        applications::ticket,
        applications::channel,
        applications::language,
        applications::territory,
        applications::preferences,
    );
    let rows: Vec<(String, i64, String, String, i32, String)> =
        applications::table.filter(live_in(queue)).select(columns).load(conn)?;
    rows.into_iter()
        .map(|(number, ticket, channel, language, territory, preferences)| {
            Ok(Reported {
                ticket: ticket_of(ticket)?,
                channel,
                language,
                territory: kato_from_column(territory)?,
                preferences: list(&preferences),
                claims: claims.remove(&number).unwrap_or_default(),
            })
        })
        .collect()
}

/// The categories that the live applications of a queue claim, with what was judged of each, by application.
///
/// # Errors
/// The database is not available.
pub fn claims_of_queue(
    conn: &mut AnyConnection,
    queue: QueueKey,
) -> Result<BTreeMap<String, Vec<(String, ProofStatus)>>, StoreError> {
    let rows: Vec<(String, String, String)> = category_claims::table
        .inner_join(applications::table.on(applications::number.eq(category_claims::application)))
        .filter(live_in(queue))
        .order((category_claims::application, category_claims::code))
        .select((category_claims::application, category_claims::code, category_claims::status))
        .load(conn)?;
    let mut claims: BTreeMap<String, Vec<(String, ProofStatus)>> = BTreeMap::new();
    for (application, category, status) in rows {
        claims.entry(application).or_default().push((category, code(&status)?));
    }
    Ok(claims)
}

/// A claim that nobody has judged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// The code of the category.
    pub code: String,
    /// Since when it is claimed: its term counts from there.
    pub claimed_at: DateTime<Utc>,
}

/// The claims of an application that nobody has judged yet.
///
/// # Errors
/// The database is not available.
pub fn unjudged_of(conn: &mut AnyConnection, number: &str) -> Result<Vec<Unjudged>, StoreError> {
    let rows: Vec<(String, NaiveDateTime)> = category_claims::table
        .filter(category_claims::application.eq(number))
        .filter(category_claims::status.eq(ProofStatus::Claimed.code()))
        .order(category_claims::code)
        .select((category_claims::code, category_claims::status_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(code, at)| Unjudged { code, claimed_at: from_column(at) }).collect())
}

/// The claims of a home's live applications that nobody has judged yet, by application.
///
/// # Errors
/// The database is not available.
pub fn unjudged(conn: &mut AnyConnection, home: Kato) -> Result<BTreeMap<String, Vec<Unjudged>>, StoreError> {
    let rows: Vec<(String, String, NaiveDateTime)> = category_claims::table
        .inner_join(applications::table.on(applications::number.eq(category_claims::application)))
        .filter(category_claims::home.eq(kato_to_column(home)))
        .filter(category_claims::status.eq(ProofStatus::Claimed.code()))
        .filter(applications::turn.eq(Turn::Live.code()))
        .order((category_claims::application, category_claims::code))
        .select((category_claims::application, category_claims::code, category_claims::status_at))
        .load(conn)?;
    let mut all: BTreeMap<String, Vec<Unjudged>> = BTreeMap::new();
    for (application, code, at) in rows {
        all.entry(application).or_default().push(Unjudged { code, claimed_at: from_column(at) });
    }
    Ok(all)
}

/// Keeps new applications. `new_children` are those whose child the home did not know; what it knew of the others is
/// brought up to what was lodged now.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Lodged], new_children: &[Child]) -> Result<(), StoreError> {
    let Some(home) = all.first().map(|l| kato_to_column(l.application.home)) else { return Ok(()) };
    let at = to_column(tx.at());
    for Lodged { application, .. } in all {
        tx.note_child(&application.number, &application.child)?;
    }
    let look_up = tx.look_up()?;
    let marked = |l: &Lodged| {
        let papers = l.documents.iter().filter_map(|d| Some((d.kind.as_str(), d.number.as_deref()?)));
        Marks::of(&look_up, &l.child, look_up.blind(l.applicant.iin), papers)
    };
    super::children::save(tx, home, new_children, all.iter().map(|l| (&l.child, marked(l))))?;
    let rows: Vec<Row> = all.iter().map(|l| row(&l.application)).collect();
    Row::insert(tx, &rows)?;
    insert_applicants(tx, home, all)?;
    insert_claims(tx, home, all, at)?;
    insert_documents(tx, all)
}

fn insert_applicants(tx: &mut Transaction<'_>, home: i32, all: &[Lodged]) -> Result<(), StoreError> {
    let look_up = tx.look_up()?;
    let mut rows = Vec::with_capacity(all.len());
    for Lodged { application, applicant, .. } in all {
        rows.push(ApplicantRow {
            application: application.number.clone(),
            home,
            iin: look_up.blind(applicant.iin).0,
            kind: applicant.kind.code().to_owned(),
            person: seal_applicant(tx, &application.number, &SealedApplicant::of(applicant))?,
        });
    }
    ApplicantRow::insert(tx, &rows)
}

fn seal_applicant(tx: &mut Transaction<'_>, number: &str, who: &SealedApplicant) -> Result<Vec<u8>, StoreError> {
    tx.seal(&Keeper::Application(number.to_owned()), APPLICANT, &canonical(who))
}

fn insert_claims(tx: &mut Transaction<'_>, home: i32, all: &[Lodged], at: NaiveDateTime) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (lodged, claim) in all.iter().flat_map(|l| l.claims.iter().map(move |claim| (l, claim))) {
        rows.push(claim_row(tx, home, &lodged.application.number, claim, at)?);
    }
    ClaimRow::insert(tx, &rows)
}

fn claim_row(
    tx: &mut Transaction<'_>,
    home: i32,
    number: &str,
    claim: &CategoryClaim,
    at: NaiveDateTime,
) -> Result<ClaimRow, StoreError> {
    Ok(ClaimRow {
        application: number.to_owned(),
        code: claim.code.clone(),
        home,
        proof: seal_given(tx, number, PROOF, claim.proof.as_deref())?,
        status: claim.status.code().to_owned(),
        status_at: at,
    })
}

/// Keeps claims that an application did not have.
///
/// # Errors
/// The database refuses.
pub fn add_claims(tx: &mut Transaction<'_>, of: &Application, claims: &[CategoryClaim]) -> Result<(), StoreError> {
    let (home, at) = (kato_to_column(of.home), to_column(tx.at()));
    let mut rows = Vec::with_capacity(claims.len());
    for claim in claims {
        rows.push(claim_row(tx, home, &of.number, claim, at)?);
    }
    ClaimRow::insert(tx, &rows)
}

/// Drops claims of an application.
///
/// # Errors
/// The database refuses.
pub fn drop_claims(tx: &mut Transaction<'_>, number: &str, codes: &[String]) -> Result<(), StoreError> {
    let these = category_claims::table
        .filter(category_claims::application.eq(number))
        .filter(category_claims::code.eq_any(codes));
    let gone: Vec<ClaimRow> = on_backend!(tx.conn(), c => diesel::delete(these)
        .returning(category_claims::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    Ok(())
}

fn insert_documents(tx: &mut Transaction<'_>, all: &[Lodged]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for Lodged { application, documents, .. } in all {
        rows.extend(document_rows(tx, application, documents)?);
    }
    DocumentRow::insert(tx, &rows)
}

fn document_rows(
    tx: &mut Transaction<'_>,
    of: &Application,
    documents: &[Document],
) -> Result<Vec<DocumentRow>, StoreError> {
    let mut rows = Vec::with_capacity(documents.len());
    for (n, document) in documents.iter().enumerate() {
        rows.push(DocumentRow {
            application: of.number.clone(),
            place_no: i32::try_from(n).unwrap_or(i32::MAX),
            home: kato_to_column(of.home),
            kind: document.kind.clone(),
            number: seal_given(tx, &of.number, DOCUMENT, document.number.as_deref())?,
            expires_on: document.expires_on,
        });
    }
    Ok(rows)
}

/// Keeps these as the documents of an application, in the place of those that it had.
///
/// # Errors
/// The database refuses.
pub fn save_documents(tx: &mut Transaction<'_>, of: &Application, documents: &[Document]) -> Result<(), StoreError> {
    let held = documents::table.filter(documents::application.eq(&of.number));
    let gone: Vec<DocumentRow> = on_backend!(tx.conn(), c => diesel::delete(held)
        .returning(documents::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    let rows = document_rows(tx, of, documents)?;
    DocumentRow::insert(tx, &rows)
}

/// Seals what was given with an application, where it was.
fn seal_given(
    tx: &mut Transaction<'_>,
    number: &str,
    what: &str,
    given: Option<&str>,
) -> Result<Option<Vec<u8>>, StoreError> {
    given.map(|text| tx.seal(&Keeper::Application(number.to_owned()), what, text)).transpose()
}

/// Saves where applications stand: tier, stream, turn, status, decision. Those that stand alike go into one statement.
///
/// # Errors
/// The database refuses.
pub fn save_standing<'a>(
    tx: &mut Transaction<'_>,
    all: impl IntoIterator<Item = &'a Application>,
) -> Result<(), StoreError> {
    let mut alike: HashMap<_, Vec<&str>> = HashMap::new();
    for a in all {
        tx.note_child(&a.number, &a.child)?;
        alike.entry((a.tier, a.stream, a.turn, a.status, a.decision)).or_default().push(&a.number);
    }
    for ((tier, stream, turn, status, decision), numbers) in alike {
        let standing = (
            applications::tier.eq(i16::from(tier)),
            applications::stream.eq(stream.code()),
            applications::turn.eq(turn.code()),
            applications::status.eq(status.code()),
            applications::decision.eq(decision.code()),
        );
        for batch in numbers.chunks(5_000) {
            let these = applications::table.filter(applications::number.eq_any(batch));
            let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(these)
                .set(standing)
                .returning(applications::all_columns)
                .get_results(c))?;
            tx.tell(&left);
        }
    }
    Ok(())
}

/// By what the person is known who has handed an application in.
///
/// # Errors
/// The database is not available.
pub fn applicant_of(conn: &mut AnyConnection, number: &str) -> Result<Option<BlindIin>, StoreError> {
    let iin: Option<i64> = applicants::table.find(number).select(applicants::iin).get_result(conn).optional()?;
    Ok(iin.map(BlindIin))
}

/// Saves new contacts of an applicant.
///
/// # Errors
/// The database refuses.
pub fn save_contacts(tx: &mut Transaction<'_>, number: &str, contacts: &[String]) -> Result<(), StoreError> {
    let held: Vec<u8> = applicants::table.find(number).select(applicants::person).get_result(tx.conn())?;
    let mut sealed = SealedApplicant::read(&tx.open(APPLICANT, &held)?)?;
    sealed.contacts = contacts.to_vec();
    let sealed = seal_applicant(tx, number, &sealed)?;
    let left: Vec<ApplicantRow> = on_backend!(tx.conn(), c => diesel::update(applicants::table.find(number))
        .set(applicants::person.eq(sealed))
        .returning(applicants::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Saves a new list of preferences.
///
/// # Errors
/// The database refuses.
pub fn save_preferences(tx: &mut Transaction<'_>, number: &str, preferences: &[String]) -> Result<(), StoreError> {
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(applications::table.find(number))
        .set(applications::preferences.eq(preferences.join(";")))
        .returning(applications::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Saves which groups are asked for: the language, and the queue by kind and year of birth.
///
/// # Errors
/// The database refuses.
pub fn save_queue(tx: &mut Transaction<'_>, of: &Application) -> Result<(), StoreError> {
    let asked = (
        applications::cohort.eq(of.queue.cohort),
        applications::kind.eq(of.queue.kind.code()),
        applications::language.eq(of.language.code()),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(applications::table.find(&of.number))
        .set(asked)
        .returning(applications::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Saves what was found of a proof.
///
/// # Errors
/// The database refuses.
pub fn save_proof(tx: &mut Transaction<'_>, number: &str, claim: &CategoryClaim) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let found = (
        category_claims::proof.eq(seal_given(tx, number, PROOF, claim.proof.as_deref())?),
        category_claims::status.eq(claim.status.code()),
        category_claims::status_at.eq(at),
    );
    let left: Vec<ClaimRow> = on_backend!(tx.conn(), c => diesel::update(category_claims::table.find((number, &claim.code)))
            .set(found)
            .returning(category_claims::all_columns)
            .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
