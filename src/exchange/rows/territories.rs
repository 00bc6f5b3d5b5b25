//! Territories of the classifier, in our shape and in the official one.

use crate::domain::kato::Kato;
use crate::domain::territory::Level;
use crate::exchange::csv::cell;
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, ignored, named, optional, required};
use crate::exchange::level;

/// A territory. The official file of the classifier is read as well; it has no level, so that is derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerritoryRow {
    /// The code in the classifier.
    pub code: Kato,
    /// The name in Kazakh, with its mark.
    pub name_kk: String,
    /// The name in Russian, with its mark.
    pub name_ru: String,
    /// What kind of unit it is.
    pub level: Level,
}

impl Row for TerritoryRow {
    const WRITTEN: &'static [&'static str] = &["code", "name_kk", "name_ru", "level"];
    const LAYOUTS: &'static [&'static [Column]] = &[
        &[required("code"), required("name_kk"), required("name_ru"), required("level"), optional("parent")],
        &[
            named("te", "code"),
            named("name_kaz", "name_kk"),
            named("name_rus", "name_ru"),
            ignored("ab"),
            ignored("cd"),
            ignored("ef"),
            ignored("hij"),
            ignored("k"),
            ignored("nn"),
            ignored("id"),
            ignored("Id"),
        ],
    ];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let code = cells.read("code", cell::kato);
        let name_kk = cells.read("name_kk", cell::text);
        let name_ru = cells.read("name_ru", cell::text);
        let level = if cells.has("level") { Some(cells.read("level", cell::code)?) } else { None };
        let parent = cells.read_optional("parent", cell::kato)?;
        let (code, name_kk, name_ru) = (code?, name_kk?, name_ru?);
        // The classifier skips levels for some cities, so an ancestor further up is a right parent too.
        if let Some(parent) = parent
            && (parent == code || !code.within(parent))
        {
            let right = code.parent().filter(|&up| up != Kato::COUNTRY).map_or("empty".to_owned(), |up| up.to_string());
            cells.warn(
                "parent",
                format!("{parent} does not hold {code}; by the code the parent is {right}, which is used"),
            );
        }
        let derived = level::derive(code, &name_kk, &name_ru);
        let level = level.unwrap_or(derived);
        if level != derived {
            let (level, derived) = (level.code(), derived.code());
            cells.warn("level", format!("{level} is kept, but by its code and name {code} is a {derived}"));
        }
        Some(TerritoryRow { code, name_kk, name_ru, level })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&self.code.to_string());
        cell(&cell::guard(&self.name_kk));
        cell(&cell::guard(&self.name_ru));
        cell(self.level.code());
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "code", scope: 0, value: KeyValue::Number(self.code.number().into()) });
    }
}
