//! The migrations of both databases, kept as twins: a test applies both and compares what they made.

use diesel::SqliteConnection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::StoreError;
use super::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is pending. Two programs may start at once on a new database: one migrates, the other waits and finds it
/// done. On PostgreSQL an advisory lock keeps them apart, on SQLite the lock of the file.
pub(super) fn run(conn: &mut AnyConnection) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection;
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

fn run_sqlite(c: &mut SqliteConnection) -> diesel::migration::Result<()> {
    // Whoever has nothing to do takes no lock: another process may be importing for minutes.
    if !c.has_pending_migration(SQLITE)? {
        return Ok(());
    }
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
