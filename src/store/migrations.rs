//! The migrations of both databases, kept as twins: a test applies both and compares what they made.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::StoreError;
use super::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is pending. On PostgreSQL an advisory lock keeps two starting servers apart.
pub(super) fn run(conn: &mut AnyConnection) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection;
    let applied = match conn {
        AnyConnection::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|_| ()),
        AnyConnection::Postgres(c) => {
            c.batch_execute("SELECT pg_advisory_lock(7523895)")?;
            let applied = c.run_pending_migrations(POSTGRES).map(|_| ());
            c.batch_execute("SELECT pg_advisory_unlock(7523895)")?;
            applied
        }
    };
    applied.map_err(|e| StoreError::Unavailable(format!("a migration failed: {e}")))
}

/// Takes everything back; for the test of the down migrations.
pub(super) fn revert_all(conn: &mut AnyConnection) -> Result<(), StoreError> {
    let reverted = match conn {
        AnyConnection::Sqlite(c) => c.revert_all_migrations(SQLITE).map(|_| ()),
        AnyConnection::Postgres(c) => c.revert_all_migrations(POSTGRES).map(|_| ()),
    };
    reverted.map_err(|e| StoreError::Unavailable(format!("a migration cannot be taken back: {e}")))
}
