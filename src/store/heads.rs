//! The heads of the homes' chains inside a transaction: locked, held against the clock of the act, written down.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Timestamp;

use super::StoreError;
use super::bounds::{ClockBounds, Seen};
use super::clock;
use super::columns::{from_column, kato_to_column, to_column};
use super::connection::AnyConnection;
use super::homes::end;
use super::schema::homes;
use super::tables::homes::Row;
use crate::domain::kato::Kato;
use crate::trust::end::{End, GENESIS, Head, Numbers};

/// How an act is dated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dating {
    /// What the machine's clock says.
    pub(super) now: DateTime<Utc>,
    /// How far it is believed.
    pub(super) bounds: ClockBounds,
    /// Whether the act may be dated before the last record of its home.
    pub(super) turns_back: bool,
}

/// A home's chain inside a transaction: where it stands, and whether it grew.
pub(super) struct Chain {
    /// The last record's place.
    pub(super) seq: i64,
    /// The last record's hash.
    pub(super) head: String,
    /// The numbers that the home has given.
    pub(super) numbers: Numbers,
    /// Whether the act appended to it.
    pub(super) grew: bool,
}

/// Locks every home, also one that is not there yet: nothing is written anywhere meanwhile.
pub(super) fn lock_all(conn: &mut AnyConnection) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(c) = conn {
        c.batch_execute("LOCK TABLE homes IN EXCLUSIVE MODE")?;
    }
    Ok(())
}

/// Locks the homes in ascending order and gives their chains, with the instant of the act.
pub(super) fn lock(
    conn: &mut AnyConnection,
    codes: &[Kato],
    dating: Dating,
) -> Result<(BTreeMap<Kato, Chain>, DateTime<Utc>), StoreError> {
    let Dating { now, bounds, turns_back } = dating;
    let mut chains = BTreeMap::new();
    let mut seen = Seen::default();
    for &home in codes {
        let code = kato_to_column(home);
        let fresh = (
            homes::code.eq(code),
            homes::seq.eq(0),
            homes::head.eq(GENESIS),
            homes::at.eq(to_column(now)),
            (homes::applications.eq(0), homes::tickets.eq(0), homes::places.eq(0)),
            (homes::referrals.eq(0), homes::rounds.eq(0), homes::results.eq(0), homes::cases.eq(0)),
        );
        let row: Row = match conn {
            AnyConnection::Sqlite(c) => {
                diesel::insert_into(homes::table).values(fresh).on_conflict_do_nothing().execute(c)?;
                homes::table.find(code).get_result(c)?
            }
            AnyConnection::Postgres(c) => {
                diesel::insert_into(homes::table).values(fresh).on_conflict_do_nothing().execute(c)?;
                let columns = (homes::all_columns, sql::<Timestamp>(clock::DATABASE_CLOCK));
                let (row, said): (_, NaiveDateTime) =
                    homes::table.find(code).select(columns).for_update().get_result(c)?;
                seen.database = Some(from_column(said));
                row
            }
        };
        if row.seq > 0 {
            seen.record(home, from_column(row.at));
        }
        let End { head: Head { seq, hash }, numbers } = end(row);
        chains.insert(home, Chain { seq, head: hash, numbers, grew: false });
    }
    if let Some(doubt) = bounds.doubt(now, &seen, |until| clock::newest_until(conn, until))? {
        return Err(StoreError::Clock(doubt));
    }
    let last = seen.last.map_or(now, |(_, last)| last);
    Ok((chains, if turns_back { now } else { now.max(last) }))
}

/// Writes down where the chains stand that grew; whether any did.
pub(super) fn save(
    conn: &mut AnyConnection,
    chains: BTreeMap<Kato, Chain>,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut any = false;
    for (home, chain) in chains.into_iter().filter(|(_, chain)| chain.grew) {
        any = true;
        let Chain { seq, head, numbers: given, .. } = chain;
        // Not as a whole row: where a key is set, be it to the same, SQLite looks through every table that names a home.
        diesel::update(homes::table.find(kato_to_column(home)))
            .set((
                (homes::seq.eq(seq), homes::head.eq(head), homes::at.eq(to_column(at))),
                (homes::applications.eq(given.applications), homes::tickets.eq(given.tickets)),
                (homes::places.eq(given.places), homes::referrals.eq(given.referrals)),
                (homes::rounds.eq(given.rounds), homes::results.eq(given.results), homes::cases.eq(given.cases)),
            ))
            .execute(conn)?;
    }
    Ok(any)
}
