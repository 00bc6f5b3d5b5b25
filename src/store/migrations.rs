//! The migrations of both databases, kept as twins: a test applies both and compares what they made.

use std::collections::HashSet;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::StoreError;
use super::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is pending. Two programs may start at once on a new database: one migrates, the other waits and finds it
/// done. On PostgreSQL an advisory lock keeps them apart, on SQLite the lock of the file.
pub(super) fn run(conn: &mut AnyConnection) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection;
    // Whoever has nothing to do takes no lock and needs no right to make tables: another process may be importing for
    // minutes, and an auditor's role may only read.
    if !pending(conn)? {
        return Ok(());
    }
    let applied = match conn {
        AnyConnection::Sqlite(c) => run_sqlite(c),
        AnyConnection::Postgres(c) => {
            c.batch_execute("SELECT pg_advisory_lock(7523895)")?;
            let applied = c.run_pending_migrations(POSTGRES).map(|_| ());
            c.batch_execute("SELECT pg_advisory_unlock(7523895)")?;
            applied
        }
    };
    applied.map_err(|e| StoreError::Unavailable(format!("a migration failed: {e}")))
}

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = Bool)]
    there: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Whether a migration of this program was not applied yet. diesel's own question makes its table where that is missing.
fn pending(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    let known = match conn {
        AnyConnection::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
        AnyConnection::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES),
    }?;
    let table = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT count(*) > 0 AS there FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
        AnyConnection::Postgres(_) => "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS there",
    };
    if !diesel::sql_query(table).get_result::<There>(conn)?.there {
        return Ok(true);
    }
    let applied: Vec<Applied> = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    let applied: HashSet<String> = applied.into_iter().map(|row| row.version).collect();
    Ok(known.iter().any(|version| !applied.contains(version)))
}

fn versions<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, StoreError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let all: Vec<Box<dyn Migration<DB>>> =
        source.migrations().map_err(|e| StoreError::Other(format!("the migrations cannot be read: {e}")))?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn run_sqlite(c: &mut SqliteConnection) -> diesel::migration::Result<()> {
    AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?;
    match c.run_pending_migrations(SQLITE).map(|_| ()) {
        Ok(()) => Ok(AnsiTransactionManager::commit_transaction(c)?),
        Err(error) => {
            // The first error is the one to hear.
            let _ = AnsiTransactionManager::rollback_transaction(c);
            Err(error)
        }
    }
}

/// Takes everything back; for the test of the down migrations.
pub(super) fn revert_all(conn: &mut AnyConnection) -> Result<(), StoreError> {
    let reverted = match conn {
        AnyConnection::Sqlite(c) => c.revert_all_migrations(SQLITE).map(|_| ()),
        AnyConnection::Postgres(c) => c.revert_all_migrations(POSTGRES).map(|_| ()),
    };
    reverted.map_err(|e| StoreError::Unavailable(format!("a migration cannot be taken back: {e}")))
}
