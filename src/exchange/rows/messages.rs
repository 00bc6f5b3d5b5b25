//! Messages of the outbox: who is told of what. Nobody's name.

use chrono::{DateTime, Utc};

use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::exchange::csv::cell;
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, optional, required};

/// A message of the outbox as whoever sends it reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The id by which it is taken.
    pub id: String,
    /// The code of what is told.
    pub kind: String,
    /// The code of the role that is told.
    pub recipient: String,
    /// The territory whose role is told.
    pub territory: Kato,
    /// The kindergarten whose head is told; none where an authority's is.
    pub kindergarten: Option<String>,
    /// The number of what it is about.
    pub subject: String,
    /// The words in Kazakh.
    pub text_kk: String,
    /// The words in Russian.
    pub text_ru: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was taken to be sent.
    pub taken_at: Option<DateTime<Utc>>,
    /// The credential that took it to be sent; none before.
    pub taken_by: Option<String>,
}

const COLUMNS: [&str; 11] = [
    "id",
    "kind",
    "recipient",
    "territory",
    "kindergarten",
    "subject",
    "text_kk",
    "text_ru",
    "created_at",
    "taken_at",
    "taken_by",
];

const LAYOUT: [Column; 11] = [
    required("id"),
    required("kind"),
    required("recipient"),
    required("territory"),
    optional("kindergarten"),
    required("subject"),
    required("text_kk"),
    required("text_ru"),
    required("created_at"),
    optional("taken_at"),
    optional("taken_by"),
];

impl Row for MessageRow {
    const WRITTEN: &'static [&'static str] = &COLUMNS;
    const LAYOUTS: &'static [&'static [Column]] = &[&LAYOUT];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let kindergarten = cells.read_optional("kindergarten", cell::text);
        let taken_by = cells.read_optional("taken_by", cell::text);
        let id = cells.read("id", cell::text);
        let kind = cells.read("kind", cell::text);
        let recipient = cells.read("recipient", cell::text);
        let territory = cells.read("territory", cell::kato);
        let subject = cells.read("subject", cell::number);
        let text_kk = cells.read("text_kk", cell::text);
        let text_ru = cells.read("text_ru", cell::text);
        let created_at = cells.read("created_at", cell::instant);
        let taken_at = cells.read_optional("taken_at", cell::instant);
        Some(MessageRow {
            id: id?,
            kind: kind?,
            recipient: recipient?,
            territory: territory?,
            kindergarten: kindergarten?,
            subject: subject?,
            text_kk: text_kk?,
            text_ru: text_ru?,
            created_at: created_at?,
            taken_at: taken_at?,
            taken_by: taken_by?,
        })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&self.id);
        cell(&self.kind);
        cell(&self.recipient);
        cell(&self.territory.to_string());
        cell(self.kindergarten.as_deref().unwrap_or_default());
        cell(&self.subject);
        cell(&cell::guard(&self.text_kk));
        cell(&cell::guard(&self.text_ru));
        cell(&instant_text(self.created_at));
        cell(&self.taken_at.map(instant_text).unwrap_or_default());
        cell(self.taken_by.as_deref().unwrap_or_default());
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "id", scope: 0, value: KeyValue::Text(&self.id) });
    }
}
