//! What can go wrong between the registry and its database.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use super::bounds::ClockDoubt;
use crate::trust::keyring::KeyFileFault;

/// An operating error. Its words are for the log; users are told what to do by `service`.
#[derive(Debug)]
pub enum StoreError {
    /// The URL names no database that Kezek knows.
    Url(String),
    /// There is no registry at this place. Only where that is certain: a database that cannot be asked is `Unavailable`.
    Absent(String),
    /// There is a registry at this place already.
    Present(String),
    /// The clock of the act is not believed.
    Clock(ClockDoubt),
    /// The database cannot be reached or opened, or is read-only or full.
    Unavailable(String),
    /// Two acts got in each other's way: this one may be tried again at once.
    Busy(String),
    /// Another writer, perhaps another process, held the lock for longer than we wait.
    Locked(String),
    /// A row that must be there is not, or a value in it cannot be read: the registry is damaged or newer than this program.
    Damaged(String),
    /// A constraint refused the change.
    Constraint(String),
    /// The key file is missing, is another registry's, or cannot be read: what to do.
    Keys(String),
    /// The folder of scans is missing or does not hold what was kept: what to do.
    Shelf(String),
    /// The child was erased: by the key of its row.
    Erased(String),
    /// Anything else that the database said.
    Other(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Url(why) => write!(f, "the database URL cannot be used: {why}"),
            StoreError::Absent(place) => write!(
                f,
                "there is no registry here ({place}); check --database-url, or make a new one: \
                 `kezek init --database-url URL`"
            ),
            StoreError::Present(place) => write!(f, "there is a registry already ({place}); nothing was changed"),
            StoreError::Clock(doubt) => doubt.fmt(f),
            StoreError::Unavailable(why) => write!(f, "the database is not available: {why}"),
            StoreError::Busy(why) => write!(f, "the database is busy: {why}"),
            StoreError::Locked(why) => write!(f, "another writer holds the database: {why}"),
            StoreError::Damaged(why) => write!(f, "the registry cannot be read: {why}"),
            StoreError::Constraint(why) => write!(f, "the database refused the change: {why}"),
            StoreError::Keys(why) | StoreError::Shelf(why) => f.write_str(why),
            StoreError::Erased(child) => write!(f, "child {child} was erased"),
            StoreError::Other(why) => write!(f, "the database failed: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<KeyFileFault> for StoreError {
    fn from(fault: KeyFileFault) -> Self {
        StoreError::Keys(format!(
            "{fault}. Persons are sealed under its keys: put the file back, or name it with KEZEK_KEYS; nothing is damaged"
        ))
    }
}

impl From<Diesel> for StoreError {
    fn from(error: Diesel) -> Self {
        let text = error.to_string();
        match error {
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => StoreError::Busy(text),
            Diesel::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation,
                _,
            ) => StoreError::Constraint(text),
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction, _) => {
                StoreError::Unavailable(text)
            }
            Diesel::DatabaseError(_, _) if DEADLOCK.iter().any(|said| text.contains(said)) => StoreError::Busy(text),
            Diesel::DatabaseError(_, _) if LOCKED.iter().any(|said| text.contains(said)) => StoreError::Locked(text),
            Diesel::DatabaseError(_, _) if UNAVAILABLE.iter().any(|said| text.contains(said)) => {
                StoreError::Unavailable(text)
            }
            // What stopped the commit is the reason; that the rollback failed as well follows from it.
            Diesel::RollbackErrorOnCommit { commit_error, .. } => StoreError::from(*commit_error),
            Diesel::NotFound => StoreError::Damaged("a row that must be there is missing".to_owned()),
            Diesel::DeserializationError(_) => StoreError::Damaged(text),
            Diesel::BrokenTransactionManager => StoreError::Unavailable(text),
            _ => StoreError::Other(text),
        }
    }
}

/// How PostgreSQL says that two acts waited for each other, in English and in Russian: a connection that may not set
/// `lc_messages` hears the server's language, which in this country is one of the two (there is no Kazakh one).
const DEADLOCK: &[&str] = &["deadlock detected", "обнаружена взаимоблокировка"];

/// How both databases say that another writer was waited for in vain.
const LOCKED: &[&str] = &["is locked", "lock timeout", "тайм-аута блокировки", "таймаута блокировки"];

/// How both databases say that nothing can be written or reached now. diesel gives these no kind of their own.
const UNAVAILABLE: &[&str] = &[
    "disk is full",
    "disk I/O error",
    "readonly database",
    "unable to open database",
    "No space left",
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "connection has been closed",
    "could not connect",
    "could not receive data",
    "could not send data",
    "too many clients",
    "connection slots are reserved",
    "read-only transaction",
    "the database system is",
    "закрытие подключения",
    "прекращение подключения",
    "сервер неожиданно закрыл соединение",
    "слишком много клиентов",
    "в транзакции в режиме \"только чтение\"",
    "система баз данных",
    "база данных останавливается",
    "нехватка места",
    "Не осталось",
];
