//! What somebody is to be told, kept in the transaction of the act that says so, until whoever sends it takes it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::outbox::Row;
use super::schema::outbox;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// A random key, by which it is taken.
    pub id: String,
    /// The home of what it is about.
    pub home: Kato,
    /// The number of what it is about.
    pub subject: String,
    /// What is told, for instance `overdue` or `passed_together`.
    pub kind: String,
    /// Who is told: `head`, `department` or `family`.
    pub recipient: String,
    /// The territory whose head or department is told.
    pub territory: Kato,
    /// Further facts as JSON, without personal data.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was taken to be sent, if it was.
    pub taken_at: Option<DateTime<Utc>>,
    /// The credential that took it, once one did.
    pub taken_by: Option<String>,
    /// When it was withdrawn before anybody had taken it: then nobody does.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

fn noun(row: Row) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.id,
        home: kato_from_column(row.home)?,
        subject: row.subject,
        kind: row.kind,
        recipient: row.recipient,
        territory: kato_from_column(row.territory)?,
        body: row.body,
        created_at: from_column(row.created_at),
        taken_at: row.taken_at.map(from_column),
        taken_by: row.taken_by,
        withdrawn_at: row.withdrawn_at.map(from_column),
    })
}

/// Which messages a page holds.
#[derive(Clone, Copy, Debug)]
pub struct MessageFilter {
    /// To this territory and all below.
    pub territory: Kato,
    /// Taken, neither taken nor withdrawn, or all.
    pub taken: Option<bool>,
}

/// A page of messages by the instant of their writing and id, after a place in that order.
///
/// # Errors
/// The database is not available.
pub fn page(
    conn: &mut AnyConnection,
    filter: MessageFilter,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let (low, high) = filter.territory.range();
    let (low, high) = (kato_to_column(low), kato_to_column(high));
    let home = filter.territory.home();
    let rows: Vec<Row> = on_backend!(conn, c => {
        let mut query = outbox::table.filter(outbox::territory.between(low, high)).into_boxed();
        if home.is_home() && home != Kato::COUNTRY {
            query = query.filter(outbox::home.eq(kato_to_column(home)));
        }
        query = match filter.taken {
            Some(true) => query.filter(outbox::taken_at.is_not_null()),
            Some(false) => query.filter(outbox::taken_at.is_null()).filter(outbox::withdrawn_at.is_null()),
            None => query,
        };
        if let Some((at, id)) = after {
            let at = to_column(at);
            query = query.filter(outbox::created_at.gt(at).or(outbox::created_at.eq(at).and(outbox::id.gt(id))));
        }
        query.order((outbox::created_at, outbox::id)).limit(limit).load(c)?
    });
    rows.into_iter().map(noun).collect()
}

/// What was written about something, oldest first.
///
/// # Errors
/// The database is not available.
pub fn about(conn: &mut AnyConnection, subject: &str) -> Result<Vec<Message>, StoreError> {
    let rows: Vec<Row> =
        outbox::table.filter(outbox::subject.eq(subject)).order((outbox::created_at, outbox::recipient)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Keeps messages to be sent.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Message]) -> Result<(), StoreError> {
    let rows: Vec<Row> = all
        .iter()
        .map(|m| Row {
            id: m.id.clone(),
            home: kato_to_column(m.home),
            subject: m.subject.clone(),
            kind: m.kind.clone(),
            recipient: m.recipient.clone(),
            territory: kato_to_column(m.territory),
            body: m.body.clone(),
            created_at: to_column(m.created_at),
            taken_at: m.taken_at.map(to_column),
            taken_by: m.taken_by.clone(),
            withdrawn_at: m.withdrawn_at.map(to_column),
        })
        .collect();
    Row::insert(tx, &rows)
}

/// Marks messages as taken by a credential. Their home must be locked: a message is taken once.
///
/// # Errors
/// The database refuses.
pub fn take(tx: &mut Transaction<'_>, ids: &[&str], by: &str) -> Result<usize, StoreError> {
    let at = to_column(tx.at());
    let open = outbox::table.filter(outbox::id.eq_any(ids.to_vec())).filter(outbox::taken_at.is_null());
    let taken = (outbox::taken_at.eq(at), outbox::taken_by.eq(Some(by)));
    let left: Vec<Row> =
        on_backend!(tx.conn(), c => diesel::update(open).set(taken).returning(outbox::all_columns).get_results(c))?;
    tx.tell(&left);
    Ok(left.len())
}

/// Withdraws messages that nobody has taken yet.
///
/// # Errors
/// The database refuses.
pub fn withdraw(tx: &mut Transaction<'_>, ids: &[&str]) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let open = outbox::table.filter(outbox::id.eq_any(ids.to_vec())).filter(outbox::taken_at.is_null());
    let gone = outbox::withdrawn_at.eq(at);
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(open.filter(outbox::withdrawn_at.is_null()))
        .set(gone)
        .returning(outbox::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
