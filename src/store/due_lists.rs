//! Due lists of open cases: read from indexes that hold open cases only.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::cases::noun;
use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::cases::Row as CaseRow;
use super::schema::cases;
use super::{StoreError, Transaction};
use crate::domain::case::Case;
use crate::domain::kato::Kato;

/// Which open cases a due list holds.
#[derive(Clone, Debug)]
pub struct CaseFilter<'a> {
    /// This territory and all below.
    pub territory: Kato,
    /// Due at or after this instant; `None`: from the beginning.
    pub from: Option<DateTime<Utc>>,
    /// Due before this instant; `None`: without end.
    pub before: Option<DateTime<Utc>>,
    /// Rendered by this kindergarten; `None`: by anybody.
    pub kindergarten: Option<&'a str>,
    /// Awaiting this step; `None`: any.
    pub step: Option<&'a str>,
    /// With this credential as the executor; `None`: with any, or with none.
    pub executor: Option<&'a str>,
}

/// How many open cases share provider, step and executor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// The territory where the service is rendered.
    pub territory: Kato,
    /// The kindergarten that renders them; none where another provider does.
    pub kindergarten: Option<String>,
    /// The step that is awaited.
    pub step: String,
    /// The executor that a resolution named, if one did.
    pub executor: Option<String>,
    /// How many open cases these are.
    pub cases: i64,
}

#[derive(Queryable)]
struct CountRow {
    territory: i32,
    kindergarten: Option<String>,
    step: Option<String>,
    executor: Option<String>,
    cases: i64,
}

/// Narrows a statement over `cases` to what a filter wants.
macro_rules! narrow {
    ($query:expr, $filter:expr) => {{
        let filter = $filter;
        let (low, high) = filter.territory.range();
        let home = filter.territory.home();
        let mut query = $query.filter(cases::ended_at.is_null());
        // The index leads with the home: what lies inside one does not look through the cases of the country.
        let inside = home.is_home() && home != Kato::COUNTRY;
        if inside {
            query = query.filter(cases::home.eq(kato_to_column(home)));
        }
        if !inside || filter.territory != home {
            query = query.filter(cases::territory.between(kato_to_column(low), kato_to_column(high)));
        }
        if let Some(from) = filter.from {
            query = query.filter(cases::due_at.ge(to_column(from)));
        }
        if let Some(before) = filter.before {
            query = query.filter(cases::due_at.lt(to_column(before)));
        }
        if let Some(kindergarten) = filter.kindergarten {
            query = query.filter(cases::kindergarten.eq(kindergarten));
        }
        if let Some(step) = filter.step {
            query = query.filter(cases::step.eq(step));
        }
        if let Some(executor) = filter.executor {
            query = query.filter(cases::executor.eq(executor));
        }
        query
    }};
}

/// A page of cases by due instant and number, after a place in that order. Cases without a due instant are left out.
///
/// # Errors
/// The database is not available.
pub fn page(
    conn: &mut AnyConnection,
    filter: &CaseFilter<'_>,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Case>, StoreError> {
    let rows: Vec<CaseRow> = on_backend!(conn, c => {
        let mut query = narrow!(cases::table.into_boxed(), filter).filter(cases::due_at.is_not_null());
        if let Some((at, number)) = after {
            let at = to_column(at);
            query = query.filter(cases::due_at.gt(at).or(cases::due_at.eq(at).and(cases::number.gt(number))));
        }
        query.order((cases::due_at, cases::number)).limit(limit).load(c)?
    });
    rows.into_iter().map(noun).collect()
}

/// How many cases a filter wants, by provider, step and executor.
///
/// # Errors
/// The database is not available.
pub fn counts(conn: &mut AnyConnection, filter: &CaseFilter<'_>) -> Result<Vec<Count>, StoreError> {
    let keys = (cases::territory, cases::kindergarten, cases::step, cases::executor);
    let rows: Vec<CountRow> = on_backend!(conn, c => {
        let query = cases::table
            .group_by(keys)
            .select((cases::territory, cases::kindergarten, cases::step, cases::executor, diesel::dsl::count_star()))
            .into_boxed();
        narrow!(query, filter).load(c)?
    });
    let mut counts = Vec::with_capacity(rows.len());
    for CountRow { territory, kindergarten, step, executor, cases } in rows {
        let (territory, step) = (kato_from_column(territory)?, awaited(step)?);
        counts.push(Count { territory, kindergarten, step, executor, cases });
    }
    // Here, since the databases do not agree on where the absent stand.
    counts.sort_unstable();
    Ok(counts)
}

/// The step of an open case, which always awaits one.
fn awaited(step: Option<String>) -> Result<String, StoreError> {
    step.ok_or_else(|| StoreError::Damaged("an open case awaits no step".to_owned()))
}

/// The open cases of a home that somebody higher must be told of by an instant, in the order of their instants.
///
/// # Errors
/// The database is not available.
pub fn to_be_told(conn: &mut AnyConnection, home: Kato, at: DateTime<Utc>) -> Result<Vec<Case>, StoreError> {
    let rows: Vec<CaseRow> = cases::table
        .filter(cases::home.eq(kato_to_column(home)))
        .filter(cases::alert_at.is_not_null())
        .filter(cases::alert_at.le(to_column(at)))
        .order((cases::alert_at, cases::number))
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Notes how far a case was escalated, and when somebody higher still is to be told.
///
/// # Errors
/// The database refuses.
pub fn escalated(
    tx: &mut Transaction<'_>,
    number: &str,
    level: i16,
    alert_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let left: Vec<CaseRow> = on_backend!(tx.conn(), c => diesel::update(cases::table.find(number))
        .set((cases::escalation.eq(level), cases::alert_at.eq(alert_at.map(to_column))))
        .returning(cases::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// What the deadlines of an open case rest on.
#[derive(Clone, Debug)]
pub struct Running {
    /// The number of the case.
    pub number: String,
    /// The id of the regulation that governs it.
    pub regulation: String,
    /// Where the service is rendered.
    pub territory: Kato,
    /// The code of the channel, which picks its course.
    pub channel: String,
    /// The step that is awaited.
    pub step: String,
    /// When the case was opened.
    pub opened_at: DateTime<Utc>,
    /// When the step became the next.
    pub entered_at: DateTime<Utc>,
    /// Whether the decision is made.
    pub decided: bool,
    /// How far it was escalated.
    pub escalation: i16,
    /// When the step is due.
    pub step_due_at: Option<DateTime<Utc>>,
    /// When the whole is due.
    pub total_due_at: Option<DateTime<Utc>>,
}

type RunningRow = (
    (String, String, i32, String, Option<String>, NaiveDateTime, NaiveDateTime, bool, i16),
    (Option<NaiveDateTime>, Option<NaiveDateTime>),
);

/// All open cases of a home.
///
/// # Errors
/// The database is not available.
pub fn running(conn: &mut AnyConnection, home: Kato) -> Result<Vec<Running>, StoreError> {
    let rows: Vec<RunningRow> = cases::table
        .filter(cases::home.eq(kato_to_column(home)))
        .filter(cases::ended_at.is_null())
        .select((
            (
                cases::number,
                cases::regulation,
                cases::territory,
                cases::channel,
                cases::step,
                cases::opened_at,
                cases::entered_at,
                cases::decided,
                cases::escalation,
            ),
            (cases::step_due_at, cases::total_due_at),
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|((number, regulation, territory, channel, step, opened, entered, decided, escalation), (due, total))| {
            Ok(Running {
                number,
                regulation,
                territory: kato_from_column(territory)?,
                channel,
                step: awaited(step)?,
                opened_at: from_column(opened),
                entered_at: from_column(entered),
                decided,
                escalation,
                step_due_at: due.map(from_column),
                total_due_at: total.map(from_column),
            })
        })
        .collect()
}

/// New deadlines of an open case.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The number of the case.
    pub number: String,
    /// When the step is due.
    pub step_due_at: Option<DateTime<Utc>>,
    /// When the whole is due.
    pub total_due_at: Option<DateTime<Utc>>,
    /// Whether it was not escalated yet, so that its alert moves too.
    pub fresh: bool,
}

/// How many cases one statement moves.
const BATCH: usize = 5_000;

/// Saves new deadlines, thousands in one statement.
///
/// # Errors
/// The database refuses.
pub fn save_dues(tx: &mut Transaction<'_>, moved: &[Moved]) -> Result<(), StoreError> {
    use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamp};
    for batch in moved.chunks(BATCH) {
        match tx.conn() {
            AnyConnection::Sqlite(c) => {
                // The text that diesel itself writes for an instant.
                let text = |at: Option<DateTime<Utc>>| at.map(|at| to_column(at).to_string());
                let rows: Vec<serde_json::Value> = batch
                    .iter()
                    .map(|m| {
                        let due = m.step_due_at.into_iter().chain(m.total_due_at).min();
                        serde_json::json!([m.number, text(m.step_due_at), text(m.total_due_at), text(due), m.fresh])
                    })
                    .collect();
                diesel::sql_query(
                    "UPDATE cases SET step_due_at = d.s, total_due_at = d.t, due_at = d.d, \
                     alert_at = CASE WHEN d.f THEN d.d ELSE alert_at END \
                     FROM (SELECT value ->> 0 AS n, value ->> 1 AS s, value ->> 2 AS t, value ->> 3 AS d, \
                     value ->> 4 AS f FROM json_each($1)) AS d WHERE cases.number = d.n",
                )
                .bind::<Text, _>(serde_json::Value::Array(rows).to_string())
                .execute(c)?;
            }
            AnyConnection::Postgres(c) => {
                let column = |at: Option<DateTime<Utc>>| at.map(to_column);
                let numbers: Vec<&str> = batch.iter().map(|m| m.number.as_str()).collect();
                let steps: Vec<Option<NaiveDateTime>> = batch.iter().map(|m| column(m.step_due_at)).collect();
                let totals: Vec<Option<NaiveDateTime>> = batch.iter().map(|m| column(m.total_due_at)).collect();
                let fresh: Vec<bool> = batch.iter().map(|m| m.fresh).collect();
                diesel::sql_query(
                    "UPDATE cases SET step_due_at = d.s, total_due_at = d.t, due_at = least(d.s, d.t), \
                     alert_at = CASE WHEN d.f THEN least(d.s, d.t) ELSE alert_at END \
                     FROM unnest($1, $2, $3, $4) AS d (n, s, t, f) WHERE cases.number = d.n",
                )
                .bind::<Array<Text>, _>(numbers)
                .bind::<Array<Nullable<Timestamp>>, _>(steps)
                .bind::<Array<Nullable<Timestamp>>, _>(totals)
                .bind::<Array<Bool>, _>(fresh)
                .execute(c)?;
            }
        }
        let numbers = batch.iter().map(|m| m.number.as_str());
        let left: Vec<CaseRow> = cases::table.filter(cases::number.eq_any(numbers)).load(tx.conn())?;
        tx.tell(&left);
    }
    Ok(())
}
