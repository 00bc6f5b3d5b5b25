//! Kindergartens, their groups and free places.

use chrono::{Datelike, NaiveDate};

use crate::domain::codes::{GroupKind, Language, PlaceStatus};
use crate::domain::kato::Kato;
use crate::domain::place::Reserved;
use crate::exchange::csv::cell::{self, Read};
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, optional, required};

/// A kindergarten as files name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindergartenRow {
    /// The id that groups name it by.
    pub id: String,
    /// The territory that it stands in.
    pub territory: Kato,
    /// The name in Kazakh.
    pub name_kk: String,
    /// The name in Russian.
    pub name_ru: String,
}

impl Row for KindergartenRow {
    const WRITTEN: &'static [&'static str] = &["id", "territory", "name_kk", "name_ru"];
    const LAYOUTS: &'static [&'static [Column]] =
        &[&[required("id"), required("territory"), required("name_kk"), required("name_ru")]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let id = cells.read("id", cell::id);
        let territory = cells.read("territory", cell::kato);
        let name_kk = cells.read("name_kk", cell::text);
        let name_ru = cells.read("name_ru", cell::text);
        Some(KindergartenRow { id: id?, territory: territory?, name_kk: name_kk?, name_ru: name_ru? })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&self.id);
        cell(&self.territory.to_string());
        cell(&cell::guard(&self.name_kk));
        cell(&cell::guard(&self.name_ru));
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "id", scope: 0, value: KeyValue::Text(&self.id) });
    }
}

/// A group of a kindergarten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// The id that places name it by.
    pub id: String,
    /// The id of the kindergarten that it belongs to.
    pub kindergarten: String,
    /// What the kindergarten calls it.
    pub name: String,
    /// Youngest age, in full months.
    pub age_from_months: i32,
    /// First age that is too old, in full months.
    pub age_to_months: i32,
    /// Language of upbringing and instruction.
    pub language: Language,
    /// The kind of group; each kind has its own queue.
    pub kind: GroupKind,
    /// Places by the norm.
    pub capacity: i32,
    /// Children who have a contract.
    pub enrolled: i32,
}

/// The oldest age that a band may name: eight years.
const AGE_MONTHS_MAX: i64 = 96;
/// More children than any group takes.
const GROUP_CHILDREN_MAX: i64 = 1_000;

fn small(range: std::ops::RangeInclusive<i64>) -> impl Fn(&str) -> Read<i32> {
    move |text| cell::integer(text, range.clone()).and_then(|n| i32::try_from(n).map_err(|_| "is too large".into()))
}

impl Row for GroupRow {
    const WRITTEN: &'static [&'static str] =
        &["id", "kindergarten", "name", "age_from_months", "age_to_months", "language", "kind", "capacity", "enrolled"];
    const LAYOUTS: &'static [&'static [Column]] = &[&[
        required("id"),
        required("kindergarten"),
        required("name"),
        required("age_from_months"),
        required("age_to_months"),
        required("language"),
        required("kind"),
        required("capacity"),
        required("enrolled"),
    ]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let id = cells.read("id", cell::id);
        let kindergarten = cells.read("kindergarten", cell::id);
        let name = cells.read("name", cell::text);
        let age_from_months = cells.read("age_from_months", small(0..=AGE_MONTHS_MAX));
        let age_to_months = cells.read("age_to_months", small(0..=AGE_MONTHS_MAX));
        let language = cells.read("language", cell::code);
        let kind = cells.read("kind", cell::code);
        let capacity = cells.read("capacity", small(0..=GROUP_CHILDREN_MAX));
        let enrolled = cells.read("enrolled", small(0..=GROUP_CHILDREN_MAX));
        if let (Some(from), Some(to)) = (age_from_months, age_to_months)
            && from >= to
        {
            cells.fault("age_to_months", format!("{to} must be more than age_from_months, {from}"));
        }
        if let (Some(capacity), Some(enrolled)) = (capacity, enrolled)
            && enrolled > capacity
        {
            cells.warn("enrolled", format!("{enrolled} children are more than the capacity, {capacity}"));
        }
        Some(GroupRow {
            id: id?,
            kindergarten: kindergarten?,
            name: name?,
            age_from_months: age_from_months?,
            age_to_months: age_to_months?,
            language: language?,
            kind: kind?,
            capacity: capacity?,
            enrolled: enrolled?,
        })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&self.id);
        cell(&self.kindergarten);
        cell(&cell::guard(&self.name));
        cell(&self.age_from_months.to_string());
        cell(&self.age_to_months.to_string());
        cell(self.language.code());
        cell(self.kind.code());
        cell(&self.capacity.to_string());
        cell(&self.enrolled.to_string());
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "id", scope: 0, value: KeyValue::Text(&self.id) });
    }
}

/// Free places of a group for a year of birth. Without an id and a status the row reports `count` new places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// The id of the one place, where the registry gave it.
    pub id: Option<String>,
    /// The id of the group that has them.
    pub group: String,
    /// The year of birth.
    pub cohort: i32,
    /// How many; one where there is an id.
    pub count: u32,
    /// The first day on which a child can come.
    pub available_on: NaiveDate,
    /// Where the place stands in its ledger.
    pub status: Option<PlaceStatus>,
    /// For whom it is kept, if for anyone.
    pub reserved: Option<Reserved>,
}

impl Row for PlaceRow {
    const WRITTEN: &'static [&'static str] = &["id", "group", "cohort", "count", "available_on", "status", "reserved"];
    const LAYOUTS: &'static [&'static [Column]] = &[&[
        optional("id"),
        required("group"),
        required("cohort"),
        required("count"),
        required("available_on"),
        optional("status"),
        optional("reserved"),
    ]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let id = cells.read_optional("id", cell::number);
        let group = cells.read("group", cell::id);
        let cohort = cells.read("cohort", small(1990..=2199));
        let count = cells.read("count", small(1..=GROUP_CHILDREN_MAX)).and_then(|count| u32::try_from(count).ok());
        let available_on = cells.read("available_on", cell::date);
        let status = cells.read_optional("status", cell::code);
        let reserved =
            cells.read_optional("reserved", |text| text.parse::<Reserved>().map_err(|fault| fault.to_string().into()));
        if let (Some(Some(id)), Some(2..)) = (&id, count) {
            cells.fault("count", format!("an id names one place; write 1, or leave the id {id} out"));
        }
        if let (Some(year), Some(day)) = (cohort, available_on)
            && day.year() < year
        {
            cells.fault("cohort", format!("children born in {year} are not there yet on {day}"));
        }
        Some(PlaceRow {
            id: id?,
            group: group?,
            cohort: cohort?,
            count: count?,
            available_on: available_on?,
            status: status?,
            reserved: reserved?,
        })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(self.id.as_deref().unwrap_or_default());
        cell(&self.group);
        cell(&self.cohort.to_string());
        cell(&self.count.to_string());
        cell(&self.available_on.to_string());
        cell(self.status.map_or("", PlaceStatus::code));
        cell(&self.reserved.as_ref().map(ToString::to_string).unwrap_or_default());
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        if let Some(id) = &self.id {
            key(Key { column: "id", scope: 0, value: KeyValue::Text(id) });
        }
    }
}
