//! Who read an application: the family sees day, office, post and purpose, the department and the auditor the name too.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::log::ReadLog;
use crate::domain::account::Mandate;
use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::queue::Numbered;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::reach::mandate_day;
use crate::service::kernel::words::{Said, label};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::reads::{self, Read, ReadFilter};
use crate::store::{StoreError, accounts, territories};

/// Reads of a page where nobody says, and at most.
const PAGE: i64 = 100;
/// Most reads of a page.
const PAGE_MAX: i64 = 1_000;

/// Which page of the reads.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReadsIn {
    /// As `next` gave it.
    pub cursor: Option<String>,
    /// At most 1000; 100 where missing.
    pub limit: Option<i64>,
}

/// Who read an application, the newest first.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Reads {
    /// The reads of the page.
    pub reads: Vec<ReadView>,
    /// To be sent as `cursor` for the next page; null at the end.
    pub next: Option<String>,
    /// How many there are.
    pub total: i64,
}

/// A read of an application, of its papers, its referrals or its cases by an official.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadView {
    /// The civil day in the reader's territory.
    pub on: NaiveDate,
    /// The reader's office with its territory, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub office: Said,
    /// The reader's post, where the appointment names one.
    pub post: Option<String>,
    /// What for, where it was said.
    pub purpose: Option<String>,
    /// What was read, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub what: Said,
    /// Who exactly; never told to a family.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderView>,
}

/// Who read, as the department and the auditor are told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReaderView {
    /// When.
    pub at: String,
    /// The account.
    pub account: String,
    /// The name of its holder; null where nobody named one.
    pub name: Option<String>,
    /// The role by which.
    pub role: String,
    /// The number of what was read.
    pub subject: String,
}

/// To whom reads are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// No name, and what an investigator reads when its mandate has ended.
    Family,
    /// With the name; it may be the one that is looked into, so it waits as the family does.
    Department,
    /// All.
    Auditor,
}

/// Who read an application.
///
/// # Errors
/// 403, 404; 422 for a wrong cursor or limit.
pub fn of_application(
    office: &Office,
    log: &ReadLog,
    principal: &Principal,
    number: &str,
    asked: &ReadsIn,
) -> Result<Reads, Problem> {
    principal.role_may(Act::ReadReads)?;
    home_of(number, Numbered::Application, "application")?;
    let limit = asked.limit.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::invalid("limit", "wrong_limit", format!("ask for 1 to {PAGE_MAX} reads")));
    }
    let before = asked
        .cursor
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| Problem::invalid("cursor", "wrong_cursor", "send the cursor exactly as `next` gave it"))?;
    office.store.read(|conn| {
        let application = load(conn, number)?;
        may_on(conn, principal, Act::ReadReads, &application)
    })?;
    let told = match principal.role {
        Role::Family => Told::Family,
        Role::Auditor => Told::Auditor,
        _ => Told::Department,
    };
    page(office, log, number, told, before, limit)
}

/// The last reads of an application, as its family is told.
///
/// # Errors
/// The database is not available.
pub fn told_to_family(office: &Office, log: &ReadLog, number: &str, limit: i64) -> Result<Reads, Problem> {
    page(office, log, number, Told::Family, None, limit)
}

fn page(
    office: &Office,
    log: &ReadLog,
    number: &str,
    told: Told,
    before: Option<i64>,
    limit: i64,
) -> Result<Reads, Problem> {
    log.flush(&office.store)?;
    office.store.read_snapshot(|conn| {
        let subjects = reads::subjects_of(conn, number)?;
        let mandates = mandates_of(conn, &subjects)?;
        let today = mandate_day(office.clock.now());
        let hidden = mandates.values().filter(|own| told != Told::Auditor && investigates(own, today));
        let hidden: Vec<String> = hidden.map(|own| own.id.clone()).collect();
        let filter = ReadFilter { subjects: &subjects, hidden: &hidden };
        let (found, total) = reads::page(conn, filter, before, limit)?;
        let full = i64::try_from(found.len()).is_ok_and(|rows| rows >= limit);
        let next = found.last().filter(|_| full).map(|read| read.seq.to_string());
        let mut words = Words { office, mandates, told, names: HashMap::new(), offices: HashMap::new() };
        let view = |read: Read| words.view(conn, read);
        Ok(Reads { reads: found.into_iter().map(view).collect::<Result<_, _>>()?, next, total })
    })
}

fn mandates_of(conn: &mut AnyConnection, subjects: &[String]) -> Result<HashMap<String, Mandate>, StoreError> {
    let mut found = HashMap::new();
    for id in reads::mandates(conn, subjects)? {
        if let Some(mandate) = accounts::mandate_of(conn, &id)? {
            found.insert(id, mandate);
        }
    }
    Ok(found)
}

/// Whether a mandate is an investigator's that has not ended: it names a document and a last day, and whoever it reads of may not
/// be warned before.
fn investigates(mandate: &Mandate, today: NaiveDate) -> bool {
    let until = mandate.until_on.filter(|_| mandate.role == Role::Auditor && mandate.order.is_some());
    mandate.ended_at.is_none() && until.is_some_and(|until| today <= until)
}

/// What is said of reads; what several have in common is looked up once.
struct Words<'o> {
    office: &'o Office,
    mandates: HashMap<String, Mandate>,
    told: Told,
    /// The name of the holder by account.
    names: HashMap<String, Option<String>>,
    /// The office by mandate.
    offices: HashMap<Option<String>, Said>,
}

impl Words<'_> {
    fn view(&mut self, conn: &mut AnyConnection, Read { read, .. }: Read) -> Result<ReadView, Problem> {
        let purpose = reads::purpose(conn, self.office.store.vault(), &read)?;
        let reader = match self.told {
            Told::Family => None,
            Told::Department | Told::Auditor => Some(ReaderView {
                at: instant_text(read.at),
                name: self.name(conn, &read.account)?,
                account: read.account,
                role: read.role.clone(),
                subject: read.subject,
            }),
        };
        let post = read.mandate.as_ref().and_then(|id| self.mandates.get(id)).and_then(|mandate| mandate.post.clone());
        Ok(ReadView {
            on: read.on,
            office: self.office_of(conn, &read.role, read.mandate)?,
            post,
            purpose,
            what: label(&self.office.rules, "read", read.kind.code()),
            reader,
        })
    }

    fn name(&mut self, conn: &mut AnyConnection, account: &str) -> Result<Option<String>, StoreError> {
        if let Some(name) = self.names.get(account) {
            return Ok(name.clone());
        }
        let found = accounts::find(conn, self.office.store.vault(), account)?;
        let name = found.and_then(|account| account.official).map(|official| official.name);
        self.names.insert(account.to_owned(), name.clone());
        Ok(name)
    }

    /// The role in words, with the territory where it has one.
    fn office_of(&mut self, conn: &mut AnyConnection, role: &str, mandate: Option<String>) -> Result<Said, StoreError> {
        if let Some(said) = self.offices.get(&mandate) {
            return Ok(said.clone());
        }
        let reach = mandate.as_ref().and_then(|id| self.mandates.get(id)).map(|mandate| mandate.territory);
        let territory = reach.map(|territory| territories::find(conn, territory)).transpose()?.flatten();
        let role = label(&self.office.rules, "role", role);
        let said = territory.map_or(role.clone(), |territory| Said {
            kk: format!("{}, {}", role.kk, territory.name_kk),
            ru: format!("{}, {}", role.ru, territory.name_ru),
            en: format!("{}, {}", role.en, territory.name_ru),
        });
        self.offices.insert(mandate, said.clone());
        Ok(said)
    }
}
