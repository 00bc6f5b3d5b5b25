//! The streams' counters, and the settling of spent turns (ARCHITECTURE: the order of a queue).

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::{AnyConnection, on_backend};
use super::rows::applications::Row;
use super::rows::queue_counters::Row as CountersRow;
use super::schema::{applications, queue_counters};
use super::{StoreError, Transaction};
use crate::domain::codes::{Stream, Turn};
use crate::domain::queue::QueueKey;
use crate::engine::order::Counters;

/// The counters of a queue; zero where none are kept.
///
/// # Errors
/// The database is not available.
pub fn counters(conn: &mut AnyConnection, key: QueueKey) -> Result<Counters, StoreError> {
    let row: Option<(i64, i64)> = queue_counters::table
        .find((kato_to_column(key.home()), kato_to_column(key.territory), key.cohort, key.kind.code()))
        .select((queue_counters::first_priority, queue_counters::general))
        .get_result(conn)
        .optional()?;
    let (first_priority, general) = row.unwrap_or_default();
    Ok(Counters { first_priority: unsigned(first_priority)?, general: unsigned(general)? })
}

/// All counters that are not zero, for the start of the live index.
///
/// # Errors
/// The database is not available.
pub fn all_counters(conn: &mut AnyConnection) -> Result<Vec<(QueueKey, Counters)>, StoreError> {
    let rows: Vec<(i32, i32, String, i64, i64)> = queue_counters::table
        .select((
            queue_counters::queue_territory,
            queue_counters::cohort,
            queue_counters::kind,
            queue_counters::first_priority,
            queue_counters::general,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(territory, cohort, kind, first_priority, general)| {
            let territory = super::columns::kato_from_column(territory)?;
            let key = QueueKey { territory, cohort, kind: super::columns::code(&kind)? };
            Ok((key, Counters { first_priority: unsigned(first_priority)?, general: unsigned(general)? }))
        })
        .collect()
}

/// Drops the spent turns at the front of each stream into its counter, by the rule of [`Counters::settled`], or all of them
/// where the queue does not mix; runs once, at the end of an act. Gives the counters if they changed; the act journals them.
///
/// # Errors
/// The database refuses.
pub fn settle(tx: &mut Transaction<'_>, key: QueueKey, mixed: bool) -> Result<Option<Counters>, StoreError> {
    let before = counters(tx.conn(), key)?;
    let (first_dropped, first_live) = drop_spent(tx, key, Stream::FirstPriority, mixed)?;
    let (general_dropped, general_live) = drop_spent(tx, key, Stream::General, mixed)?;
    let after = before.settled(
        mixed,
        Counters { first_priority: first_dropped, general: general_dropped },
        Counters { first_priority: u64::from(first_live), general: u64::from(general_live) },
    );
    if after == before {
        return Ok(None);
    }
    save(tx, key, after)?;
    Ok(Some(after))
}

type SeatKey = (i16, NaiveDateTime, i64);

/// The entries of a stream that stand in a queue by this turn.
#[diesel::dsl::auto_type(no_type_alias)]
fn standing(key: QueueKey, stream: Stream, turn: Turn) -> _ {
    let home: i32 = kato_to_column(key.home());
    let territory: i32 = kato_to_column(key.territory);
    let (cohort, kind, stream, turn): (i32, &'static str, &'static str, &'static str) =
        (key.cohort, key.kind.code(), stream.code(), turn.code());
    applications::home
        .eq(home)
        .and(applications::queue_territory.eq(territory))
        .and(applications::cohort.eq(cohort))
        .and(applications::kind.eq(kind))
        .and(applications::turn.eq(turn))
        .and(applications::stream.eq(stream))
}

/// Whether an entry of a stream stands in a queue by this turn.
fn any(conn: &mut AnyConnection, key: QueueKey, stream: Stream, turn: Turn) -> Result<bool, StoreError> {
    let these = applications::table.filter(standing(key, stream, turn));
    Ok(diesel::select(exists(these)).get_result(conn)?)
}

/// Drops the spent turns ahead of the first live entry of a stream, all of them without mixing; says how many, and whether
/// an entry is live.
fn drop_spent(tx: &mut Transaction<'_>, key: QueueKey, stream: Stream, mixed: bool) -> Result<(u64, bool), StoreError> {
    use applications as a;
    let live = any(tx.conn(), key, stream, Turn::Live)?;
    // Most acts leave no spent turn: to ask costs less than to prepare a statement that changes none.
    if !any(tx.conn(), key, stream, Turn::Spent)? {
        return Ok((0, live));
    }
    let first: Option<SeatKey> = a::table
        .filter(standing(key, stream, Turn::Live))
        .order((a::tier, a::applied_at, a::ticket))
        .select((a::tier, a::applied_at, a::ticket))
        .first(tx.conn())
        .optional()?;
    let spent = standing(key, stream, Turn::Spent);
    let turn = a::turn.eq(Turn::Dropped.code());
    let left: Vec<Row> = match first.filter(|_| mixed) {
        None => on_backend!(tx.conn(), c => diesel::update(a::table.filter(spent))
            .set(turn)
            .returning(a::all_columns)
            .get_results(c))?,
        Some((tier, at, ticket)) => {
            let ahead = a::tier
                .lt(tier)
                .or(a::tier.eq(tier).and(a::applied_at.lt(at).or(a::applied_at.eq(at).and(a::ticket.lt(ticket)))));
            on_backend!(tx.conn(), c => diesel::update(a::table.filter(spent.and(ahead)))
                .set(turn)
                .returning(a::all_columns)
                .get_results(c))?
        }
    };
    tx.tell(&left);
    Ok((left.len() as u64, live))
}

fn save(tx: &mut Transaction<'_>, key: QueueKey, counters: Counters) -> Result<(), StoreError> {
    use diesel::upsert::excluded;
    let row = CountersRow {
        home: kato_to_column(key.home()),
        queue_territory: kato_to_column(key.territory),
        cohort: key.cohort,
        kind: key.kind.code().to_owned(),
        first_priority: signed(counters.first_priority)?,
        general: signed(counters.general)?,
    };
    on_backend!(tx.conn(), c => diesel::insert_into(queue_counters::table)
        .values(&row)
        .on_conflict((
            queue_counters::home,
            queue_counters::queue_territory,
            queue_counters::cohort,
            queue_counters::kind,
        ))
        .do_update()
        .set((
            queue_counters::first_priority.eq(excluded(queue_counters::first_priority)),
            queue_counters::general.eq(excluded(queue_counters::general)),
        ))
        .execute(c))?;
    tx.tell(&[row]);
    Ok(())
}

fn unsigned(count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(|_| StoreError::Damaged(format!("a counter is negative: {count}")))
}

fn signed(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|_| StoreError::Damaged(format!("a counter is too large: {count}")))
}
