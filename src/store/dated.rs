//! What a home holds that is dated after an instant: what a wrong clock leaves behind.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::application_rows::noun;
use super::columns::{kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::applications::Row;
use super::schema::{applications, cases, places, referrals};
use super::{StoreError, Transaction};
use crate::domain::application::Application;
use crate::domain::codes::{Status, Turn};
use crate::domain::kato::Kato;

/// The applications of enrolled children whose turn their queue still counts.
#[diesel::dsl::auto_type]
fn spends_a_turn() -> _ {
    let (spent, enrolled): (&'static str, &'static str) = (Turn::Spent.code(), Status::Enrolled.code());
    applications::turn.eq(spent).and(applications::status.eq(enrolled))
}

/// The applications of a home that stand in a queue or have spent a turn there and are dated after an instant, by ticket; at
/// most `limit` after the ticket `after`.
///
/// # Errors
/// The database is not available.
pub fn applications_after(
    conn: &mut AnyConnection,
    home: Kato,
    at: DateTime<Utc>,
    after: u32,
    limit: i64,
) -> Result<Vec<Application>, StoreError> {
    let at = to_column(at);
    let rows: Vec<Row> = applications::table
        .filter(applications::home.eq(kato_to_column(home)).and(applications::ticket.gt(i64::from(after))))
        .filter(applications::applied_at.gt(at).or(applications::registered_at.gt(at)))
        .filter(applications::turn.eq(Turn::Live.code()).or(spends_a_turn()))
        .order(applications::ticket)
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Saves the instants of an application: when it was lodged, and when the registry took it in.
///
/// # Errors
/// The database refuses.
pub fn save_instants(tx: &mut Transaction<'_>, a: &Application) -> Result<(), StoreError> {
    let instants = (
        applications::applied_at.eq(to_column(a.applied_at)),
        applications::registered_at.eq(to_column(a.registered_at)),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(applications::table.find(&a.number))
        .set(instants)
        .returning(applications::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// What a home holds that is dated after an instant and stays so when its clock is mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Later {
    /// Applications that have ended: nobody stands behind them.
    pub applications: i64,
    /// Referrals by the instant of issue.
    pub referrals: i64,
    /// Places by their report or publication.
    pub places: i64,
    /// Open cases by their opening or the step that they wait in.
    pub cases: i64,
}

/// What of a home is dated after an instant, besides the applications that mending dates anew.
///
/// # Errors
/// The database is not available.
pub fn later(conn: &mut AnyConnection, home: Kato, at: DateTime<Utc>) -> Result<Later, StoreError> {
    let (home, at) = (kato_to_column(home), to_column(at));
    let after = |count: QueryResult<i64>| count.map_err(StoreError::from);
    let standing = applications::turn.eq(Turn::Live.code()).or(spends_a_turn());
    Ok(Later {
        applications: after(
            applications::table
                .filter(applications::home.eq(home).and(applications::applied_at.gt(at)))
                .filter(diesel::dsl::not(standing))
                .count()
                .get_result(conn),
        )?,
        referrals: after(
            referrals::table.filter(referrals::home.eq(home).and(referrals::issued_at.gt(at))).count().get_result(conn),
        )?,
        places: after(
            places::table
                .filter(places::home.eq(home))
                .filter(places::reported_at.gt(at).nullable().or(places::published_at.gt(at)))
                .count()
                .get_result(conn),
        )?,
        cases: after(
            cases::table
                .filter(cases::home.eq(home).and(cases::ended_at.is_null()))
                .filter(cases::opened_at.gt(at).or(cases::entered_at.gt(at)))
                .count()
                .get_result(conn),
        )?,
    })
}
