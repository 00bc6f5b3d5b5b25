//! The ledger of places, with the history of each: no status is written without its line.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::place_history::Row as Line;
use super::rows::places::Row;
use super::schema::{journal, place_history, places};
use super::{StoreError, Transaction, openings};
use crate::domain::codes::PlaceStatus;
use crate::domain::kato::Kato;
use crate::domain::place::{Place, PlaceChange, Reserved};
use crate::domain::queue::QueueKey;
use crate::trust::act::ActCode;

fn noun(row: Row) -> Result<Place, StoreError> {
    Ok(Place {
        id: row.id,
        home: kato_from_column(row.home)?,
        group: row.group_id,
        queue: QueueKey {
            territory: kato_from_column(row.queue_territory)?,
            cohort: row.cohort,
            kind: code(&row.kind)?,
        },
        available_on: row.available_on,
        status: code(&row.status)?,
        status_at: from_column(row.status_at),
        reported_at: from_column(row.reported_at),
        published_at: row.published_at.map(from_column),
        reason: row.reason,
        reserved: reserve(row.reserved)?,
    })
}

fn reserve(text: Option<String>) -> Result<Option<Reserved>, StoreError> {
    let read = |text: String| text.parse().map_err(|e| StoreError::Damaged(format!("a place's reserve {text}: {e}")));
    text.map(read).transpose()
}

/// The place with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Place>, StoreError> {
    let row: Option<Row> = places::table.find(id).get_result(conn).optional()?;
    row.map(noun).transpose()
}

/// The places of a home in one status, by id.
///
/// # Errors
/// The database is not available.
pub fn of_home(conn: &mut AnyConnection, home: Kato, status: PlaceStatus) -> Result<Vec<Place>, StoreError> {
    let rows: Vec<Row> = places::table
        .filter(places::home.eq(kato_to_column(home)))
        .filter(places::status.eq(status.code()))
        .order(places::id)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// A published place with what a round needs of it.
#[derive(Clone, Debug)]
pub struct OpenPlace {
    /// Its number.
    pub id: String,
    /// The id of its group.
    pub group: String,
    /// The queue that it is published for.
    pub queue: QueueKey,
    /// The first day.
    pub available_on: NaiveDate,
    /// Since when it is published.
    pub since_at: DateTime<Utc>,
    /// For whom it is kept.
    pub reserved: Option<Reserved>,
}

/// The published places of a home, by id: of each what a round needs, for there are thousands when places open.
///
/// # Errors
/// The database is not available.
pub fn open_of_home(conn: &mut AnyConnection, home: Kato) -> Result<Vec<OpenPlace>, StoreError> {
    type Columns = (String, String, (i32, i32, String), NaiveDate, NaiveDateTime, Option<String>);
    let queue = (places::queue_territory, places::cohort, places::kind);
    let rows: Vec<Columns> = places::table
        .filter(places::home.eq(kato_to_column(home)))
        .filter(places::status.eq(PlaceStatus::Published.code()))
        .order(places::id)
        .select((places::id, places::group_id, queue, places::available_on, places::status_at, places::reserved))
        .load(conn)?;
    let open = |(id, group, (territory, cohort, kind), available_on, since_at, reserved): Columns| {
        let queue = QueueKey { territory: kato_from_column(territory)?, cohort, kind: code(&kind)? };
        let (since_at, reserved) = (from_column(since_at), reserve(reserved)?);
        Ok(OpenPlace { id, group, queue, available_on, since_at, reserved })
    };
    rows.into_iter().map(open).collect()
}

/// The places of a group in one status, by id.
///
/// # Errors
/// The database is not available.
pub fn of_group(
    conn: &mut AnyConnection,
    home: Kato,
    group: &str,
    status: PlaceStatus,
) -> Result<Vec<Place>, StoreError> {
    let rows: Vec<Row> = places::table
        .filter(places::home.eq(kato_to_column(home)))
        .filter(places::status.eq(status.code()))
        .filter(places::group_id.eq(group))
        .order(places::id)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// The places with these ids.
///
/// # Errors
/// The database is not available.
pub fn of_ids(conn: &mut AnyConnection, ids: &[String]) -> Result<Vec<Place>, StoreError> {
    let mut all = Vec::with_capacity(ids.len());
    for batch in ids.chunks(5_000) {
        let rows: Vec<Row> = places::table.filter(places::id.eq_any(batch)).load(conn)?;
        for row in rows {
            all.push(noun(row)?);
        }
    }
    Ok(all)
}

/// The places of a group that are not yet filled or taken back: they count against its capacity.
///
/// # Errors
/// The database is not available.
pub fn open_of_group(conn: &mut AnyConnection, group: &str) -> Result<i64, StoreError> {
    let open = [PlaceStatus::Reported, PlaceStatus::Published, PlaceStatus::Held, PlaceStatus::Referred];
    Ok(places::table
        .filter(places::group_id.eq(group))
        .filter(places::status.eq_any(open.map(PlaceStatus::code)))
        .count()
        .get_result(conn)?)
}

/// All places of the country by id, a page of `limit` after `after`.
///
/// # Errors
/// The database is not available.
pub fn page(conn: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Place>, StoreError> {
    let rows: Vec<Row> = places::table.filter(places::id.gt(after)).order(places::id).limit(limit).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// The history of a place, oldest first.
///
/// # Errors
/// The database is not available, or a line names a record that is not there.
pub fn history(conn: &mut AnyConnection, id: &str) -> Result<Vec<PlaceChange>, StoreError> {
    let told = journal::home.eq(place_history::home).and(journal::seq.eq(place_history::seq));
    let rows: Vec<(Line, Option<String>)> = place_history::table
        .left_join(journal::table.on(told))
        .filter(place_history::place.eq(id))
        .order(place_history::seq)
        .select((place_history::all_columns, journal::act.nullable()))
        .load(conn)?;
    let mut history = Vec::with_capacity(rows.len());
    for (line, act) in rows {
        let damaged = || StoreError::Damaged(format!("place {id}: line {} names no record of the journal", line.seq));
        let (home, act) = (kato_from_column(line.home)?, act.ok_or_else(damaged)?);
        let act = match act == ActCode::Child.code() {
            true => openings::act_of(conn, home, line.seq)?.ok_or_else(damaged)?,
            false => act,
        };
        history.push(PlaceChange { status: code(&line.status)?, at: from_column(line.at), act, home, seq: line.seq });
    }
    Ok(history)
}

/// A line as the act makes it that changes the place: its record is the next of the place's home. No act changes a place
/// twice, so the record also is the line's place in the history.
fn line(tx: &Transaction<'_>, place: &Place) -> Result<Line, StoreError> {
    Ok(Line {
        place: place.id.clone(),
        home: kato_to_column(place.home),
        status: place.status.code().to_owned(),
        at: to_column(place.status_at),
        seq: tx.next_seq(place.home)?,
    })
}

/// Adds places, each with the first line of its history.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Place]) -> Result<(), StoreError> {
    let rows: Vec<Row> = all
        .iter()
        .map(|p| Row {
            id: p.id.clone(),
            home: kato_to_column(p.home),
            group_id: p.group.clone(),
            queue_territory: kato_to_column(p.queue.territory),
            cohort: p.queue.cohort,
            kind: p.queue.kind.code().to_owned(),
            available_on: p.available_on,
            status: p.status.code().to_owned(),
            status_at: to_column(p.status_at),
            reported_at: to_column(p.reported_at),
            published_at: p.published_at.map(to_column),
            reason: p.reason.clone(),
            reserved: p.reserved.as_ref().map(ToString::to_string),
        })
        .collect();
    Row::insert(tx, &rows)?;
    let lines = all.iter().map(|p| line(tx, p)).collect::<Result<Vec<Line>, _>>()?;
    Line::insert(tx, &lines)
}

/// Saves where places stand now, and adds the line to the history of each. What was reported of them stays: their groups,
/// their queues and when. Those that stand alike go into one statement.
///
/// # Errors
/// The database refuses.
pub fn save_status(tx: &mut Transaction<'_>, all: &[Place]) -> Result<(), StoreError> {
    let mut alike: HashMap<_, Vec<&str>> = HashMap::new();
    for p in all {
        let stands = (p.available_on, p.status, p.status_at, p.published_at, p.reason.as_deref());
        alike.entry(stands).or_default().push(&p.id);
    }
    for ((available_on, status, status_at, published_at, reason), ids) in alike {
        let status = (
            places::available_on.eq(available_on),
            places::status.eq(status.code()),
            places::status_at.eq(to_column(status_at)),
            places::published_at.eq(published_at.map(to_column)),
            places::reason.eq(reason),
        );
        for batch in ids.chunks(5_000) {
            let these = places::table.filter(places::id.eq_any(batch));
            let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(these)
                .set(status)
                .returning(places::all_columns)
                .get_results(c))?;
            tx.tell(&left);
        }
    }
    let lines = all.iter().map(|p| line(tx, p)).collect::<Result<Vec<Line>, _>>()?;
    Line::insert(tx, &lines)
}
