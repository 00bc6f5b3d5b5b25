//! A registry moved from one database to another, row by row as it is: the one write that adds no record, because it
//! brings the records along.
//!
//! Rows are streamed in batches, tables in the order of their foreign keys, out of one snapshot into one transaction:
//! a copy that is stopped leaves the target as empty as it was.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;

use super::connection::{AnyConnection, on_backend};
use super::{StoreError, schema};

/// Declares the copy of each table: its columns as in [`schema`], and how many rows go into one statement (SQLite binds
/// at most 32 766 values; a record of an import is large).
macro_rules! tables {
    ($($table:ident by $batch:literal { $($column:ident: $kind:ty),+ $(,)? })+) => {
        /// The tables, each after those that it refers to. A test compares the list with the migrated database.
        pub const TABLES: &[&str] = &[$(stringify!($table)),+];

        /// How many rows a registry holds in all its tables.
        pub(super) fn count(conn: &mut AnyConnection) -> Result<u64, StoreError> {
            let mut all = 0;
            $(all += schema::$table::table.count().get_result::<i64>(conn)?;)+
            Ok(u64::try_from(all).unwrap_or_default())
        }

        /// The first table that holds a row.
        pub(super) fn first_filled(conn: &mut AnyConnection) -> Result<Option<&'static str>, StoreError> {
            $(if schema::$table::table.count().get_result::<i64>(conn)? > 0 {
                return Ok(Some(stringify!($table)));
            })+
            Ok(None)
        }

        /// Copies every row of every table. `told` hears how many are done.
        pub(super) fn all(
            from: &mut AnyConnection,
            to: &mut AnyConnection,
            told: &mut dyn FnMut(u64),
        ) -> Result<u64, StoreError> {
            let mut done = 0;
            $(rows::$table::copy(from, to, &mut |batch| {
                done += batch;
                told(done);
            })?;)+
            Ok(done)
        }

        mod rows {
            $(pub(super) mod $table {
                use crate::store::copy::*;
                use schema::$table;

                #[derive(Queryable, Insertable)]
                #[diesel(table_name = $table)]
                struct Row { $($column: $kind),+ }

                fn put(to: &mut AnyConnection, rows: &mut Vec<Row>) -> Result<u64, StoreError> {
                    let count = rows.len() as u64;
                    if !rows.is_empty() {
                        on_backend!(to, c => diesel::insert_into($table::table).values(&*rows).execute(c))?;
                        rows.clear();
                    }
                    Ok(count)
                }

                pub(in super::super) fn copy(
                    from: &mut AnyConnection,
                    to: &mut AnyConnection,
                    told: &mut dyn FnMut(u64),
                ) -> Result<(), StoreError> {
                    let mut batch: Vec<Row> = Vec::with_capacity($batch);
                    let mut take = |row: QueryResult<Row>| -> Result<(), StoreError> {
                        batch.push(row?);
                        if batch.len() == $batch {
                            told(put(to, &mut batch)?);
                        }
                        Ok(())
                    };
                    match from {
                        AnyConnection::Sqlite(c) => {
                            for row in $table::table.load_iter::<Row, DefaultLoadingMode>(c)? {
                                take(row)?;
                            }
                        }
                        AnyConnection::Postgres(c) => {
                            for row in $table::table.load_iter::<Row, PgRowByRowLoadingMode>(c)? {
                                take(row)?;
                            }
                        }
                    }
                    told(put(to, &mut batch)?);
                    Ok(())
                }
            })+
        }
    };
}

tables! {
    territories by 1000 { code: i32, name_kk: String, name_ru: String, level: String }
    homes by 1000 { code: i32, seq: i64, head: String, at: NaiveDateTime, applications: i64, tickets: i64, places: i64, referrals: i64, rounds: i64, results: i64, cases: i64 }
    journal by 100 { home: i32, seq: i64, at: NaiveDateTime, act: String, actor: String, territory: i32, payload: String, prev: String, hash: String }
    facts by 1000 { key: String, home: i32, salt: String, body: String }
    kindergartens by 1000 { id: String, home: i32, territory: i32, queue_territory: i32, name_kk: String, name_ru: String }
    groups by 1000 { id: String, home: i32, kindergarten: String, name: String, age_from_months: i32, age_to_months: i32, language: String, kind: String, capacity: i32, enrolled: i32 }
    places by 1000 { id: String, home: i32, group_id: String, queue_territory: i32, cohort: i32, kind: String, available_on: NaiveDate, status: String, status_at: NaiveDateTime, reported_at: NaiveDateTime, published_at: Option<NaiveDateTime>, reason: Option<String>, reserved: Option<String> }
    place_history by 1000 { place: String, home: i32, status: String, at: NaiveDateTime, seq: i64 }
    children by 1000 { key: String, home: i32, iin: String, name: String, search_name: String, birth_on: NaiveDate }
    applications by 1000 { number: String, home: i32, child: String, channel: String, territory: i32, queue_territory: i32, cohort: i32, kind: String, language: String, ticket: i64, applied_at: NaiveDateTime, registered_at: NaiveDateTime, tier: i16, stream: String, turn: String, status: String, decision: String, preferences: String, regulation: String, profile: String, signature: String, consent_at: NaiveDateTime, facts: String }
    applicants by 1000 { application: String, home: i32, iin: String, name: String, kind: String, contacts: String, power_number: String, power_until: Option<NaiveDate> }
    category_claims by 1000 { application: String, code: String, home: i32, proof: Option<String>, status: String, status_at: NaiveDateTime }
    documents by 1000 { application: String, place_no: i32, home: i32, kind: String, number: Option<String>, expires_on: Option<NaiveDate> }
    child_claims by 1000 { iin: String, home: i32, application: String }
    transfers by 1000 { application: String, home: i32, enrolment: String }
    families by 1000 { application: String, home: i32, family: String }
    queue_counters by 1000 { home: i32, queue_territory: i32, cohort: i32, kind: String, first_priority: i64, general: i64 }
    referrals by 1000 { number: String, home: i32, application: String, place: String, kindergarten: String, group_id: String, authority_role: String, authority_territory: i32, issued_at: NaiveDateTime, valid_until_on: NaiveDate, extended: bool, check_code: String, status: String, status_at: NaiveDateTime, ground: Option<String>, reasons: String }
    results by 1000 { id: String, home: i32, territory: i32, application: Option<String>, case_number: Option<String>, kind: String, issued_at: NaiveDateTime, signer: String, delivery: String, handed_at: Option<NaiveDateTime>, body: String }
    cases by 1000 { number: String, home: i32, service: String, regulation: String, territory: i32, channel: String, application: Option<String>, referral: Option<String>, kindergarten: Option<String>, facts: String, opened_at: NaiveDateTime, state: String, step: Option<String>, chosen: bool, entered_at: NaiveDateTime, step_due_at: Option<NaiveDateTime>, total_due_at: Option<NaiveDateTime>, due_at: Option<NaiveDateTime>, alert_at: Option<NaiveDateTime>, escalation: i16, executor: Option<String>, decision: String, decided: bool, grounds: String, steps: i32, ended_at: Option<NaiveDateTime> }
    case_steps by 1000 { case_number: String, serial: i32, home: i32, step: String, actor: String, principal: String, passage: String, entered_at: NaiveDateTime, due_at: Option<NaiveDateTime>, done_at: NaiveDateTime, outcome: Option<String>, facts: Option<String> }
    outbox by 1000 { id: String, home: i32, subject: String, kind: String, recipient: String, territory: i32, body: String, created_at: NaiveDateTime, taken_at: Option<NaiveDateTime>, taken_by: Option<String> }
    rounds by 1000 { id: String, home: i32, territory: i32, held_at: NaiveDateTime, summary: String, body: String }
    round_files by 100 { round: String, name: String, body: String }
    confirmations by 1000 { id: String, home: i32, principal: String, place: String, application: String, ground: String, evidence: String, given_at: NaiveDateTime, used_at: Option<NaiveDateTime> }
    tokens by 1000 { id: String, hash: String, role: String, territory: i32, kindergarten: Option<String>, acts_as: String, issued_at: NaiveDateTime, revoked_at: Option<NaiveDateTime> }
    calendar_files by 100 { name: String, home: i32, body: String, imported_at: NaiveDateTime }
    idempotency by 1000 { home: i32, principal: String, key: String, body_hash: String, status: i32, answer: String, at: NaiveDateTime }
}
