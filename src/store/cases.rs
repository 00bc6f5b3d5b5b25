//! Cases.

use diesel::prelude::*;

use super::columns::list;
use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::AnyConnection;
use super::rows::InsertRow;
use super::rows::cases::Row;
use super::schema::cases;
use super::{StoreError, Transaction};
use crate::domain::case::Case;

fn row(c: &Case) -> Row {
    Row {
        number: c.number.clone(),
        home: kato_to_column(c.home),
        service: c.service.clone(),
        regulation: c.regulation.clone(),
        territory: kato_to_column(c.territory),
        channel: c.channel.code().to_owned(),
        application: c.application.clone(),
        referral: c.referral.clone(),
        kindergarten: c.kindergarten.clone(),
        facts: c.facts.clone(),
        opened_at: to_column(c.opened_at),
        state: c.state.code().to_owned(),
        step: c.step.clone(),
        chosen: c.chosen,
        entered_at: to_column(c.entered_at),
        step_due_at: c.step_due_at.map(to_column),
        total_due_at: c.total_due_at.map(to_column),
        due_at: c.due_at().map(to_column),
        alert_at: c.alert_at.map(to_column),
        escalation: c.escalation,
        executor: c.executor.clone(),
        decision: c.decision.code().to_owned(),
        decided: c.decided,
        grounds: c.grounds.join(";"),
        steps: c.steps,
        ended_at: c.ended_at.map(to_column),
    }
}

pub(super) fn noun(row: Row) -> Result<Case, StoreError> {
    Ok(Case {
        number: row.number,
        home: kato_from_column(row.home)?,
        service: row.service,
        regulation: row.regulation,
        territory: kato_from_column(row.territory)?,
        channel: code(&row.channel)?,
        application: row.application,
        referral: row.referral,
        kindergarten: row.kindergarten,
        facts: row.facts,
        opened_at: from_column(row.opened_at),
        state: code(&row.state)?,
        step: row.step,
        chosen: row.chosen,
        entered_at: from_column(row.entered_at),
        step_due_at: row.step_due_at.map(from_column),
        total_due_at: row.total_due_at.map(from_column),
        alert_at: row.alert_at.map(from_column),
        escalation: row.escalation,
        executor: row.executor,
        decision: code(&row.decision)?,
        decided: row.decided,
        grounds: list(&row.grounds),
        steps: row.steps,
        ended_at: row.ended_at.map(from_column),
    })
}

/// The case with this number.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, number: &str) -> Result<Option<Case>, StoreError> {
    let found: Option<Row> = cases::table.find(number).get_result(conn).optional()?;
    found.map(noun).transpose()
}

/// The case of an application's own service, if one was opened. An application of a case that ended at acceptance has
/// none.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, application: &str) -> Result<Option<Case>, StoreError> {
    let found: Option<Row> = cases::table
        .filter(cases::application.eq(application))
        .filter(cases::referral.is_null())
        .get_result(conn)
        .optional()?;
    found.map(noun).transpose()
}

/// The case that the presentation of a referral opened, if it did.
///
/// # Errors
/// The database is not available.
pub fn of_referral(conn: &mut AnyConnection, referral: &str) -> Result<Option<Case>, StoreError> {
    let found: Option<Row> =
        cases::table.filter(cases::referral.eq(referral)).order(cases::number.desc()).get_result(conn).optional()?;
    found.map(noun).transpose()
}

/// Adds cases.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Case]) -> Result<(), StoreError> {
    let rows: Vec<Row> = all.iter().map(row).collect();
    Row::insert(tx, &rows)
}

/// Saves what changed in a case.
///
/// # Errors
/// The database refuses.
pub fn update(tx: &mut Transaction<'_>, case: &Case) -> Result<(), StoreError> {
    let row = row(case);
    diesel::update(cases::table.find(&case.number)).set(&row).execute(tx.conn())?;
    tx.tell(&[row]);
    Ok(())
}

/// The open cases of an application: that of its own service, and that of the admission.
///
/// # Errors
/// The database is not available.
pub fn open_of_application(conn: &mut AnyConnection, application: &str) -> Result<Vec<Case>, StoreError> {
    let rows: Vec<Row> = cases::table
        .filter(cases::application.eq(application))
        .filter(cases::ended_at.is_null())
        .order(cases::number)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// All cases of the country by number, a page of `limit` after `after`.
///
/// # Errors
/// The database is not available.
pub fn page(conn: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Case>, StoreError> {
    let rows: Vec<Row> = cases::table.filter(cases::number.gt(after)).order(cases::number).limit(limit).load(conn)?;
    rows.into_iter().map(noun).collect()
}
