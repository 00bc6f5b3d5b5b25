//! The history of cases.

use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::AnyConnection;
use super::rows::InsertRow;
use super::rows::case_steps::Row;
use super::schema::case_steps;
use super::{StoreError, Transaction};
use crate::domain::case::StepDone;

fn noun(row: Row) -> Result<StepDone, StoreError> {
    Ok(StepDone {
        case: row.case_number,
        serial: row.serial,
        home: kato_from_column(row.home)?,
        step: row.step,
        actor: row.actor,
        principal: row.principal,
        passage: code(&row.passage)?,
        entered_at: from_column(row.entered_at),
        due_at: row.due_at.map(from_column),
        done_at: from_column(row.done_at),
        outcome: row.outcome,
        facts: row.facts,
    })
}

/// The history of a case, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_case(conn: &mut AnyConnection, case: &str) -> Result<Vec<StepDone>, StoreError> {
    let rows: Vec<Row> =
        case_steps::table.filter(case_steps::case_number.eq(case)).order(case_steps::serial).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Adds steps to histories.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[StepDone]) -> Result<(), StoreError> {
    let rows: Vec<Row> = all
        .iter()
        .map(|s| Row {
            case_number: s.case.clone(),
            serial: s.serial,
            home: kato_to_column(s.home),
            step: s.step.clone(),
            actor: s.actor.clone(),
            principal: s.principal.clone(),
            passage: s.passage.code().to_owned(),
            entered_at: to_column(s.entered_at),
            due_at: s.due_at.map(to_column),
            done_at: to_column(s.done_at),
            outcome: s.outcome.clone(),
            facts: s.facts.clone(),
        })
        .collect();
    Row::insert(tx, &rows)
}
