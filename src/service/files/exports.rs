//! Exports, page by page, so that a country fits through a small machine; each file as things stood at one moment.

use std::io;

use crate::domain::application::Application;
use crate::exchange::Writer;
use crate::exchange::rows::{ApplicationRow, GroupRow, KindergartenRow, PlaceRow, ReferralRow, TerritoryRow};
use crate::store::applications::{self, Lodged};
use crate::store::{Store, StoreError, cases, kindergartens, places, referrals, territories};

/// Rows read at once.
const PAGE: i64 = 2_000;

/// Why an export stopped.
#[derive(Debug)]
pub enum ExportFault {
    /// The file refuses, for instance on a full disk.
    File(io::Error),
    /// The database is not available.
    Store(StoreError),
}

impl std::fmt::Display for ExportFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExportFault::File(error) => write!(f, "the file cannot be written: {error}"),
            ExportFault::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ExportFault {}

impl From<io::Error> for ExportFault {
    fn from(error: io::Error) -> Self {
        ExportFault::File(error)
    }
}

impl From<StoreError> for ExportFault {
    fn from(error: StoreError) -> Self {
        ExportFault::Store(error)
    }
}

/// Writes all territories.
///
/// # Errors
/// The file or the database refuses.
pub fn territories(store: &Store, output: impl io::Write) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    for t in store.read(territories::all)? {
        writer.write(&TerritoryRow { code: t.code, name_kk: t.name_kk, name_ru: t.name_ru, level: t.level })?;
    }
    Ok(writer.finish()?)
}

/// Writes all kindergartens.
///
/// # Errors
/// The file or the database refuses.
pub fn kindergartens(store: &Store, output: impl io::Write) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    for k in store.read(|c| kindergartens::all(c, None))? {
        let row = KindergartenRow { id: k.id, territory: k.territory, name_kk: k.name_kk, name_ru: k.name_ru };
        writer.write(&row)?;
    }
    Ok(writer.finish()?)
}

/// Writes all groups.
///
/// # Errors
/// The file or the database refuses.
pub fn groups(store: &Store, output: impl io::Write) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    for g in store.read(|c| kindergartens::all_groups(c, None))? {
        writer.write(&GroupRow {
            id: g.id,
            kindergarten: g.kindergarten,
            name: g.name,
            age_from_months: g.age_from_months,
            age_to_months: g.age_to_months,
            language: g.language,
            kind: g.kind,
            capacity: g.capacity,
            enrolled: g.enrolled,
        })?;
    }
    Ok(writer.finish()?)
}

/// Writes the ledger of places, one row a place.
///
/// # Errors
/// The file or the database refuses.
pub fn places(store: &Store, output: impl io::Write) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    let mut after = String::new();
    store.read_snapshot(|c| {
        loop {
            let page = places::page(c, &after, PAGE)?;
            let Some(last) = page.last() else { break Ok(writer.finish()?) };
            after.clone_from(&last.id);
            for p in page {
                writer.write(&PlaceRow {
                    id: Some(p.id),
                    group: p.group,
                    cohort: p.queue.cohort,
                    count: 1,
                    available_on: p.available_on,
                    status: Some(p.status),
                    reserved: p.reserved,
                })?;
            }
        }
    })
}

/// Writes all applications with what is lodged.
///
/// # Errors
/// The file or the database refuses.
pub fn applications(store: &Store, output: impl io::Write, told: impl Fn(u64)) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    let mut after = String::new();
    let mut written = 0;
    store.read_snapshot(|c| {
        loop {
            let page = applications::page(c, store.vault(), &after, PAGE)?;
            let Some(last) = page.last() else { break Ok(writer.finish()?) };
            after.clone_from(&last.application.number);
            for lodged in page {
                writer.write(&application_row(lodged))?;
                written += 1;
            }
            told(written);
        }
    })
}

fn application_row(lodged: Lodged) -> ApplicationRow {
    let Lodged { application, child, applicant, claims, documents } = lodged;
    let Application {
        number,
        channel,
        applied_at,
        territory,
        queue,
        language,
        preferences,
        status,
        decision,
        ticket,
        ..
    } = application;
    ApplicationRow {
        evidence: format!("kezek {number}"),
        number: Some(number),
        child_iin: child.iin,
        child_name: child.name,
        birth_date: child.birth_on,
        applicant_iin: applicant.iin,
        applicant_name: applicant.name,
        applicant_kind: applicant.kind,
        contacts: applicant.contacts,
        channel,
        applied_at,
        territory,
        kind: queue.kind,
        language,
        preferences,
        categories: claims,
        documents,
        status: Some(status),
        decision: Some(decision),
        ticket: Some(ticket),
    }
}

/// Writes all referrals.
///
/// # Errors
/// The file or the database refuses.
pub fn referrals(store: &Store, output: impl io::Write) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    let mut after = String::new();
    store.read_snapshot(|c| {
        loop {
            let page = referrals::page(c, &after, PAGE)?;
            let Some(last) = page.last() else { break Ok(writer.finish()?) };
            after.clone_from(&last.number);
            for r in page {
                writer.write(&ReferralRow {
                    authority: format!("{}:{}", r.authority_role, r.authority_territory),
                    number: r.number,
                    application: r.application,
                    kindergarten: r.kindergarten,
                    group: r.group,
                    issued_at: r.issued_at,
                    valid_until: r.valid_until_on,
                    status: r.status,
                })?;
            }
        }
    })
}

/// Writes all cases, open and ended.
///
/// # Errors
/// The file or the database refuses.
pub fn cases(store: &Store, output: impl io::Write) -> Result<u64, ExportFault> {
    let mut writer = Writer::open(output)?;
    let mut after = String::new();
    store.read_snapshot(|c| {
        loop {
            let page = cases::page(c, &after, PAGE)?;
            let Some(last) = page.last() else { break Ok(writer.finish()?) };
            after.clone_from(&last.number);
            for case in page {
                writer.write(&crate::service::cases::oversight::row(case))?;
            }
        }
    })
}
