//! What the journal says was done, whether its records tell it in public or in their openings.

use kezek::service::journal::chains;
use kezek::store::{Store, StoreError};
use kezek::trust::journal::Record;
use kezek::trust::opening::OpenedRecord;
use serde_json::{Value, json};

use super::Desk;

/// A thing that was done, as it is told in public or to one subject.
#[derive(Clone, Debug)]
pub struct Deed {
    /// The record that tells of it, or seals what does.
    pub record: Record,
    /// The code of the act.
    pub act: String,
    /// The key of the credential.
    pub actor: String,
    /// Of whom it is told; nothing where it is told in public.
    pub subject: Option<String>,
    /// What is told.
    pub said: Value,
    /// The rows that the record's openings hold, by table and key.
    pub rows: Value,
}

/// Every record with its openings, in order.
pub fn opened(store: &Store) -> Vec<OpenedRecord> {
    let mut all = Vec::new();
    chains::each(store, |opened| -> Result<(), StoreError> {
        all.push(opened);
        Ok(())
    })
    .expect("the journal");
    all
}

/// Every record, in order.
pub fn records(store: &Store) -> Vec<Record> {
    opened(store).into_iter().map(|opened| opened.record).collect()
}

/// Everything that was done, in order.
pub fn deeds(store: &Store) -> Vec<Deed> {
    opened(store).iter().flat_map(of_record).collect()
}

fn of_record(opened: &OpenedRecord) -> Vec<Deed> {
    let OpenedRecord { record, openings } = opened;
    let mut rows = json!({});
    let read: Vec<Value> = openings.iter().map(|o| serde_json::from_str(&o.body).expect("an opening")).collect();
    for opening in &read {
        for (table, told) in opening["rows"].as_object().into_iter().flatten() {
            for (key, row) in told.as_object().expect("rows by key") {
                rows[table][key] = row.clone();
            }
        }
    }
    let text = |opening: &Value, field: &str| opening[field].as_str().map(str::to_owned);
    let deed = |act: String, actor: String, subject, said: &Value| Deed {
        record: record.clone(),
        act,
        actor,
        subject,
        said: said.clone(),
        rows: rows.clone(),
    };
    if record.act != "child" {
        return vec![deed(record.act.clone(), record.actor.clone(), None, &record.payload)];
    }
    read.iter().filter_map(|o| Some(deed(text(o, "act")?, text(o, "actor")?, text(o, "subject"), &o["told"]))).collect()
}

impl Desk {
    /// Everything that the journal says was done, in order.
    pub fn deeds(&self) -> Vec<Deed> {
        deeds(&self.registry.office.store)
    }
}
