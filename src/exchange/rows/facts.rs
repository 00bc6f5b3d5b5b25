//! `facts.csv` of a round: what the registry knew of a queue's children, for reports and explanations.

use crate::exchange::csv::cell::{self, Read};
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, required};
use crate::exchange::instance::ChildFacts;

/// What was known of one child.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsRow {
    /// The child's id in the files of the round: its ticket.
    pub id: u32,
    /// What the registry knew as of the round.
    pub facts: ChildFacts,
}

impl Row for FactsRow {
    const WRITTEN: &'static [&'static str] =
        &["id", "channel", "category", "language", "territory", "kind", "kindergartens"];
    const LAYOUTS: &'static [&'static [Column]] = &[&[
        required("id"),
        required("channel"),
        required("category"),
        required("language"),
        required("territory"),
        required("kind"),
        required("kindergartens"),
    ]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let id = cells.read("id", |text| {
            let id = cell::integer(text, 1..=i64::from(u32::MAX))?;
            u32::try_from(id).map_err(|_| "is too large".into())
        });
        // A column may be blank: then it is not known.
        let mut plain = |field| cells.read_optional(field, cell::text);
        let (channel, category, language) = (plain("channel"), plain("category"), plain("language"));
        let (territory, kind) = (plain("territory"), plain("kind"));
        let named = |text: &str| -> Read<Vec<String>> { cell::list(text, cell::list_text) };
        let kindergartens = cells.read_optional("kindergartens", named).map(Option::unwrap_or_default);
        let facts = ChildFacts {
            channel: channel?,
            category: category?,
            language: language?,
            territory: territory?,
            kind: kind?,
            kindergartens: kindergartens?,
        };
        Some(Self { id: id?, facts })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        let ChildFacts { channel, category, language, territory, kind, kindergartens } = &self.facts;
        cell(&self.id.to_string());
        for text in [channel, category, language, territory, kind] {
            cell(&cell::guard(text.as_deref().unwrap_or_default()));
        }
        cell(&cell::show_list(kindergartens.iter().map(|name| [name.as_str().into()])));
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "id", scope: 0, value: KeyValue::Number(u64::from(self.id)) });
    }
}
