//! The only room that knows diesel: one text for SQLite and PostgreSQL.
