//! Applications that have ended, found by their child: a family that looks for one is told so for a while.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::StoreError;
use super::application_rows::noun;
use super::columns::from_column;
use super::connection::AnyConnection;
use super::rows::applications::Row;
use super::schema::{applications, cases, children, results, takings};
use crate::domain::application::Application;
use crate::domain::codes::Status;
use crate::trust::cipher::BlindIin;

/// An application that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The application.
    pub application: Application,
    /// When it ended, as far as what it left tells: its last case, result or taking.
    pub ended_at: DateTime<Utc>,
}

/// The application of a child that ended last; none where none has.
///
/// # Errors
/// The database is not available.
pub fn last_of(conn: &mut AnyConnection, child: BlindIin) -> Result<Option<Ended>, StoreError> {
    let ends = [Status::Withdrawn, Status::Refused, Status::Closed].map(Status::code);
    let rows: Vec<Row> = applications::table
        .inner_join(children::table.on(children::key.eq(applications::child)))
        .filter(children::iin.eq(child.0))
        .filter(applications::status.eq_any(ends))
        .select(applications::all_columns)
        .load(conn)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let application = noun(row)?;
        let ended_at = when(conn, &application)?;
        all.push(Ended { application, ended_at });
    }
    Ok(all.into_iter().max_by_key(|ended| ended.ended_at))
}

fn when(conn: &mut AnyConnection, application: &Application) -> Result<DateTime<Utc>, StoreError> {
    let number = application.number.as_str();
    let of_cases: Option<Option<NaiveDateTime>> = cases::table
        .filter(cases::application.eq(number))
        .select(diesel::dsl::max(cases::ended_at))
        .first(conn)
        .optional()?;
    let of_results: Option<Option<NaiveDateTime>> = results::table
        .filter(results::application.eq(number))
        .select(diesel::dsl::max(results::issued_at))
        .first(conn)
        .optional()?;
    let takings: Vec<(NaiveDateTime, Option<NaiveDateTime>)> = takings::table
        .filter(takings::application.eq(number))
        .select((takings::asked_at, takings::decided_at))
        .load(conn)?;
    let takings = takings.into_iter().map(|(asked, decided)| decided.unwrap_or(asked));
    let all = of_cases.flatten().into_iter().chain(of_results.flatten()).chain(takings).map(from_column);
    Ok(all.max().unwrap_or(application.registered_at).max(application.registered_at))
}
