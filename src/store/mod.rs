//! The only room that knows diesel: one text for SQLite and PostgreSQL.
//!
//! [`Store::write`] is the only door for changes. It locks the homes that the act touches, runs the act, appends the
//! act's journal records to the chains and commits, or leaves everything as it was. No code can save without
//! journaling, because nothing else hands out a connection inside a write transaction. [`Store::mend_clock`] is the same
//! door, for the one act that may be dated before the record ahead of it.

mod application_rows;
mod bounds;
pub mod clock;
mod columns;
pub mod connection;
pub mod contacts;
pub mod copy;
pub mod dated;
mod errors;
mod gate;
mod heads;
pub mod held;
mod migrations;
pub mod openings;
pub mod rows;
pub mod schema;
mod sealing;
mod tables;
mod telling;
mod transaction;
mod vault;
mod write;

pub use bounds::{ClockBounds, ClockDoubt};
pub use errors::StoreError;
pub use journal::Entry;
pub use sealing::Keeper;
pub use transaction::Transaction;
pub use vault::{KeyFile, Keyless, Vault, keyless};
pub use write::{Resolve, Store, Written};

pub mod accounts;
pub mod applications;
pub mod calendar;
pub mod case_steps;
pub mod cases;
pub mod child_claims;
pub mod children;
pub mod due_lists;
pub mod duplicates;
pub mod ended;
pub mod erasure;
pub mod facts;
pub mod families;
pub mod former_numbers;
pub mod homes;
pub mod idempotency;
pub mod journal;
pub mod kindergartens;
pub mod lodged;
pub mod logins;
pub mod marks;
pub mod official_sessions;
pub mod one_time_codes;
pub mod outbox;
pub mod pages;
pub mod paper_codes;
pub mod places;
pub mod proposals;
pub mod provider_requests;
pub mod queues;
pub mod reads;
pub mod referrals;
pub mod representatives;
pub mod results;
pub mod rounds;
pub mod scans;
pub mod seats;
pub mod secrets;
pub mod sessions;
pub mod skips;
pub mod takings;
pub mod territories;
pub mod tokens;
pub mod transfers;
