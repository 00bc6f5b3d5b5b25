//! A registry moved from one database to another, row by row as it is: the one write that adds no record, because it
//! brings the records along.
//!
//! Rows are streamed in batches, tables in the order of their foreign keys, out of one snapshot into one transaction:
//! a copy that is stopped leaves the target as empty as it was.

use diesel::prelude::*;

use super::connection::AnyConnection;
use super::{StoreError, schema, tables};

/// Rows in memory at once: a file of a round is large.
const BATCH: usize = 200;

/// Declares the copy of each table.
macro_rules! tables {
    ($($table:ident)+) => {
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
            $({
                let mut batch = Vec::with_capacity(BATCH);
                tables::$table::each(from, &mut |row| -> Result<(), StoreError> {
                    batch.push(row);
                    if batch.len() == BATCH {
                        tables::$table::put(to, &batch)?;
                        batch.clear();
                        done += BATCH as u64;
                        told(done);
                    }
                    Ok(())
                })?;
                tables::$table::put(to, &batch)?;
                done += batch.len() as u64;
                told(done);
            })+
            Ok(done)
        }
    };
}

tables! {
    territories
    homes
    journal
    openings
    keys
    facts
    kindergartens
    groups
    places
    place_history
    children
    applications
    applicants
    category_claims
    documents
    child_claims
    transfers
    families
    queue_counters
    referrals
    results
    cases
    case_steps
    outbox
    rounds
    round_files
    confirmations
    representatives
    sessions
    one_time_codes
    reads
    reads_end
    accounts
    mandates
    takings
    debts
    scans
    uploads
    skips
    proposals
    duplicates
    former_numbers
    tokens
    logins
    passwords
    invitations
    second_factors
    client_secrets
    official_sessions
    provider_requests
    calendar_files
    idempotency
}
