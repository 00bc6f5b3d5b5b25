//! What somebody is to be told, kept in the transaction of the act that says so.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::outbox;
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The random key.
    pub id: String,
    /// The home of what it is about.
    pub home: Kato,
    /// The number of what it is about.
    pub subject: String,
    /// What is told, for instance `overdue`.
    pub kind: String,
    /// Who is told: `head` or `department`.
    pub recipient: String,
    /// Of which territory.
    pub territory: Kato,
    /// Further facts as JSON, without personal data.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was sent, if it was.
    pub sent_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = outbox)]
struct Row {
    id: String,
    home: i32,
    subject: String,
    kind: String,
    recipient: String,
    territory: i32,
    body: String,
    created_at: NaiveDateTime,
    sent_at: Option<NaiveDateTime>,
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
        sent_at: row.sent_at.map(from_column),
    })
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
    for batch in all.chunks(2_000) {
        let rows: Vec<Row> = batch
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
                sent_at: m.sent_at.map(to_column),
            })
            .collect();
        on_backend!(tx.conn(), c => diesel::insert_into(outbox::table).values(&rows).execute(c))?;
    }
    Ok(())
}
