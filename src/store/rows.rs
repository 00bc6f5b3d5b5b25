//! What a record tells of each table.
//!
//! A record's openings hold the rows that its act left, so the tables are a fold of the journal: the last row told under a
//! key is the row. A table tells itself here, once: which of its columns make its key, whose home it is, and which subject's
//! opening it stands in.

use super::columns::kato_from_column;
use super::connection::AnyConnection;
pub(super) use super::tables::*;
use super::telling::{Cell, Columns, TellRow, part};
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered};
use crate::trust::subject::{Subject, SubjectKind};

/// A home from its column; the country where the column holds none.
fn home(code: i32) -> Kato {
    kato_from_column(code).unwrap_or(Kato::COUNTRY)
}

/// The home in the number of a round; the country where there is none.
fn home_in(number: &str) -> Kato {
    number.split('-').next().and_then(|home| Kato::parse(home).ok()).unwrap_or(Kato::COUNTRY)
}

/// A result stands with the application that it answers, or with its case; a refusal to take a package in has neither.
fn of_result(row: &results::Row) -> Subject {
    match &row.application {
        Some(application) => Subject::seat(application),
        None => Subject::of(SubjectKind::Case, row.case_number.as_ref().unwrap_or(&row.id)),
    }
}

/// A message is about an application, about a case, or about an account, which has no number.
fn of_message(row: &outbox::Row) -> Subject {
    let is = |of| Number::parse(&row.subject, of).is_some();
    match (is(Numbered::Application), is(Numbered::Case)) {
        (true, _) => Subject::seat(&row.subject),
        (_, true) => Subject::of(SubjectKind::Case, &row.subject),
        (false, false) => Subject::of(SubjectKind::Account, &row.subject),
    }
}

/// A row of a told table as its database holds it.
pub struct HeldRow {
    /// The name of its table.
    pub table: &'static str,
    /// The values of its key, with `/` between them.
    pub key: String,
    /// The home whose chain tells it.
    pub home: Kato,
    /// Its columns as canonical JSON, as records tell them.
    pub image: String,
}

/// A row that was read, until somebody asks what records must tell of it: that costs more than the reading.
pub struct ReadRow(Box<dyn FnOnce() -> HeldRow + Send>);

impl ReadRow {
    pub(super) fn of<R: TellRow + Send + 'static>(row: R) -> Self {
        ReadRow(Box::new(move || held(&row)))
    }

    /// The row as records tell it.
    pub fn held(self) -> HeldRow {
        (self.0)()
    }
}

fn held<R: TellRow>(row: &R) -> HeldRow {
    HeldRow { table: R::TABLE, key: row.key(), home: row.home(), image: row.image() }
}

/// A row that is added by an act.
pub(super) trait InsertRow: TellRow + Sized {
    /// Adds rows, as many in a statement as a database takes.
    fn put(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError>;

    /// Adds rows, and lets the record of the act tell them.
    fn insert(tx: &mut Transaction<'_>, rows: &[Self]) -> Result<(), StoreError> {
        Self::put(tx.conn(), rows)?;
        tx.tell(rows);
        Ok(())
    }
}

/// Declares how records tell rows.
macro_rules! told {
    ($($table:ident by $key:ident $(/ $further:ident)* of |$row:ident| $home:expr, $subject:expr
        $(, hashed $($hashed:ident)+)?;)+) => {
        /// The tables that are a fold of the journal. Every other is operational.
        pub const TOLD: &[&str] = &[$(stringify!($table)),+];

        /// Hands on every row of every told table.
        ///
        /// # Errors
        /// Those of `take`, or the database is not available.
        pub fn each<E: From<StoreError>>(
            conn: &mut AnyConnection,
            mut take: impl FnMut(ReadRow) -> Result<(), E>,
        ) -> Result<(), E> {
            $($table::each(conn, &mut |row| take(ReadRow::of(row)))?;)+
            Ok(())
        }

        $(impl TellRow for $table::Row {
            const TABLE: &'static str = stringify!($table);
            const KEY: &'static [&'static str] = &[stringify!($key) $(, stringify!($further))*];
            const HASHED: &'static [&'static str] = &[$($(stringify!($hashed)),+)?];

            fn key(&self) -> String {
                let key = part(&self.$key, Self::HASHED.contains(&stringify!($key)));
                $(let key = format!("{key}/{}", part(&self.$further, false));)*
                key
            }

            fn home(&self) -> Kato {
                let $row = self;
                $home
            }

            fn subject(&self) -> Subject {
                let $row = self;
                $subject
            }

            fn cells(&self) -> Vec<(&'static str, Cell<'_>)> {
                self.columns()
            }
        }

        impl InsertRow for $table::Row {
            fn put(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
                $table::put(conn, rows)
            }
        })+
    };
}

told! {
    territories by code of |_row| Kato::COUNTRY, Subject::of(SubjectKind::Territories, "all");
    kindergartens by id of |row| home(row.home), Subject::of(SubjectKind::Kindergarten, &row.id);
    groups by id of |row| home(row.home), Subject::of(SubjectKind::Group, &row.id);
    places by id of |row| home(row.home), Subject::of(SubjectKind::Place, &row.id);
    place_history by place / seq of |row| home(row.home), Subject::of(SubjectKind::Place, &row.place);
    facts by key of |row| home(row.home), Subject::of(SubjectKind::Facts, &row.key), hashed body;
    children by key of |row| home(row.home), Subject::of(SubjectKind::Person, &row.key), hashed iin person birth_on likeness certificate kin;
    applications by number of |row| home(row.home), Subject::seat(&row.number);
    applicants by application of |row| home(row.home), Subject::seat(&row.application), hashed iin person;
    category_claims by application / code of |row| home(row.home), Subject::seat(&row.application), hashed proof;
    documents by application / place_no of |row| home(row.home), Subject::seat(&row.application), hashed number;
    child_claims by iin of |row| home(row.home), Subject::seat(&row.application), hashed iin;
    transfers by application of |row| home(row.home), Subject::seat(&row.application);
    families by application of |row| home(row.home), Subject::seat(&row.application);
    queue_counters by queue_territory / cohort / kind of |row| home(row.home),
        Subject::of(SubjectKind::Queue, format!("{}-{}-{}", row.queue_territory, row.cohort, row.kind));
    referrals by number of |row| home(row.home), Subject::seat(&row.application);
    results by id of |row| home(row.home), of_result(row), hashed body;
    cases by number of |row| home(row.home), Subject::of(SubjectKind::Case, &row.number);
    case_steps by case_number / serial of |row| home(row.home), Subject::of(SubjectKind::Case, &row.case_number);
    outbox by id of |row| home(row.home), of_message(row), hashed recipient body;
    rounds by id of |row| home(row.home), Subject::of(SubjectKind::Round, &row.id);
    round_files by round / name of |row| home_in(&row.round), Subject::of(SubjectKind::Round, &row.round);
    confirmations by id of |row| home(row.home), Subject::seat(&row.application);
    representatives by id of |row| home(row.home), Subject::of(SubjectKind::Person, &row.child), hashed iin person code;
    takings by id of |row| home(row.home), Subject::seat(&row.application);
    debts by taking of |row| home(row.home), Subject::seat(&row.application);
    scans by id of |row| home(row.home), Subject::of(SubjectKind::Scan, &row.id);
    skips by confirmation of |row| home(row.home), Subject::seat(&row.application);
    proposals by place of |row| home(row.home), Subject::of(SubjectKind::Place, &row.place);
    duplicates by id of |row| home(row.home), Subject::of(SubjectKind::Duplicate, &row.id);
    former_numbers by iin of |row| home(row.home), Subject::of(SubjectKind::Person, &row.child), hashed iin;
    accounts by id of |row| home(row.home), Subject::of(SubjectKind::Account, &row.id), hashed iin person;
    mandates by id of |row| home(row.home), Subject::of(SubjectKind::Account, &row.account);
    tokens by id of |row| Some(home(row.territory).home()).filter(|home| home.is_home()).unwrap_or(Kato::COUNTRY),
        Subject::of(SubjectKind::Account, row.account.as_ref().unwrap_or(&row.id));
    logins by account of |row| home(row.home), Subject::of(SubjectKind::Account, &row.account), hashed login name;
    calendar_files by name of |row| home(row.home), Subject::of(SubjectKind::Calendar, &row.name);
}
