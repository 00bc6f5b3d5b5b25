//! An application as its row keeps it.

use super::StoreError;
use super::columns::{code, from_column, kato_from_column, kato_to_column, list, to_column};
use super::rows::applications::Row;
use crate::domain::application::Application;
use crate::domain::queue::QueueKey;

pub(super) fn row(a: &Application) -> Row {
    Row {
        number: a.number.clone(),
        home: kato_to_column(a.home),
        child: a.child.clone(),
        channel: a.channel.code().to_owned(),
        territory: kato_to_column(a.territory),
        queue_territory: kato_to_column(a.queue.territory),
        cohort: a.queue.cohort,
        kind: a.queue.kind.code().to_owned(),
        language: a.language.code().to_owned(),
        ticket: i64::from(a.ticket),
        applied_at: to_column(a.applied_at),
        registered_at: to_column(a.registered_at),
        tier: i16::from(a.tier),
        stream: a.stream.code().to_owned(),
        turn: a.turn.code().to_owned(),
        status: a.status.code().to_owned(),
        decision: a.decision.code().to_owned(),
        preferences: a.preferences.join(";"),
        regulation: a.regulation.clone(),
        profile: a.profile.clone(),
        signature: a.signature.clone(),
        consent_at: to_column(a.consent_at),
        facts: a.facts.clone(),
    }
}

pub(super) fn noun(row: Row) -> Result<Application, StoreError> {
    Ok(Application {
        number: row.number,
        home: kato_from_column(row.home)?,
        child: row.child,
        channel: code(&row.channel)?,
        territory: kato_from_column(row.territory)?,
        queue: QueueKey {
            territory: kato_from_column(row.queue_territory)?,
            cohort: row.cohort,
            kind: code(&row.kind)?,
        },
        language: code(&row.language)?,
        ticket: u32::try_from(row.ticket).map_err(|_| damaged("ticket"))?,
        applied_at: from_column(row.applied_at),
        registered_at: from_column(row.registered_at),
        tier: u8::try_from(row.tier).map_err(|_| damaged("tier"))?,
        stream: code(&row.stream)?,
        turn: code(&row.turn)?,
        status: code(&row.status)?,
        decision: code(&row.decision)?,
        preferences: list(&row.preferences),
        regulation: row.regulation,
        profile: row.profile,
        signature: row.signature,
        consent_at: from_column(row.consent_at),
        facts: row.facts,
    })
}

pub(super) fn damaged(column: &str) -> StoreError {
    StoreError::Damaged(format!("an application's {column} is out of range"))
}
