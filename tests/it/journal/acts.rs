//! What acts say: the page has the fields of every type, and a record holds no more than it may.

use std::cell::RefCell;
use std::collections::BTreeMap;

use kezek::domain::kato::Kato;
use kezek::store::{Entry, StoreError, Written};
use kezek::trust::act::{
    ActCode, CalendarTaken, CaseTold, ChildAct, EnrolmentEnded, IssuedResult, Listed, MandateTold, PlacesImported,
    PublicAct, ReserveAsked, SkipGrounds, StepTold,
};
use kezek::trust::end::{Head, Numbers};
use kezek::trust::journal::{RECORD_BYTES_MAX, Record};
use kezek::trust::seal::canonical;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use crate::desk::{Desk, HOME, ParseKato, deeds, on_both};

on_both!(a_record_that_is_longer_than_it_may_be_is_not_written);

const PAGE: &str = include_str!("../../../fixtures/journal/README.md");

/// Holds nothing, and notes the fields that each type asks for.
#[derive(Default)]
struct Asked(RefCell<Vec<Vec<&'static str>>>);

impl<'de> Deserializer<'de> for &Asked {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("there is nothing to be read"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.borrow_mut().push(fields.to_vec());
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

/// The fields of what an act tells, of each type in their order.
fn told_by(act: ActCode) -> Vec<Vec<&'static str>> {
    let asked = Asked::default();
    let read = match act.is_public() {
        true => PublicAct::read(act, &asked).err(),
        false => ChildAct::read(act, &asked).err(),
    };
    read.expect("there is nothing to be read");
    asked.0.into_inner()
}

fn fields_of<T: DeserializeOwned>() -> Vec<&'static str> {
    let asked = Asked::default();
    assert!(T::deserialize(&asked).is_err(), "there is nothing to be read");
    asked.0.into_inner().concat()
}

/// The rows of a table of the page, below its heading.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, rows) = PAGE.split_once(heading).expect("the table");
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// The fields that a cell lists: `name` with words to it, the next after a semicolon.
fn listed(cell: &str) -> Vec<&str> {
    cell.split("; ").map(|part| name(part).unwrap_or_else(|| panic!("a field without a name: {part}"))).collect()
}

fn name(part: &str) -> Option<&str> {
    part.strip_prefix('`')?.split_once('`').map(|(name, _)| name)
}

#[test]
fn the_page_has_the_fields_of_all_that_acts_say() {
    let rows = table("| act | told | fields |");
    let of = |act: &str| {
        let named = format!("`{act}`");
        rows.iter().filter(move |row| row[0] == named)
    };
    let fields = |row: &[&'static str]| {
        let Some(other) = row[2].strip_prefix("as of `") else { return listed(row[2]) };
        let same = of(other.trim_end_matches('`')).find(|named| named[1] == row[1]);
        listed(same.unwrap_or_else(|| panic!("{row:?}"))[2])
    };
    let acts = ActCode::ALL.iter().filter(|act| **act != ActCode::Child);
    for act in acts.clone() {
        let on_page: Vec<Vec<&str>> = of(act.code()).map(|row| fields(row)).collect();
        assert_eq!(on_page, told_by(*act), "{act}");
        let public = of(act.code()).all(|row| row[1] == "in public");
        assert_eq!(public, act.is_public(), "{act}");
    }
    let known: Vec<String> = acts.map(|act| format!("`{act}`")).collect();
    assert!(rows.iter().all(|row| known.iter().any(|act| act == row[0])), "an act of the page is none");
}

#[test]
fn the_page_has_the_fields_of_the_shapes_inside() {
    let expected = BTreeMap::from([
        ("a mandate", fields_of::<MandateTold>()),
        ("a list", fields_of::<Listed>()),
        ("a reserve", fields_of::<ReserveAsked>()),
        ("a file", fields_of::<CalendarTaken>()),
        ("a record seen", fields_of::<Head>()),
        ("numbers", fields_of::<Numbers>()),
        ("a case", fields_of::<CaseTold>()),
        ("a step", fields_of::<StepTold>()),
        ("a result", fields_of::<IssuedResult>()),
        ("grounds of a skip", fields_of::<SkipGrounds>()),
        ("an enrolment that ended", fields_of::<EnrolmentEnded>()),
    ]);
    let rows = table("| inside | fields |");
    let on_page: BTreeMap<&str, Vec<&str>> = rows.iter().map(|row| (row[0], listed(row[1]))).collect();
    assert_eq!(on_page, expected);
}

/// The act that takes in a file of places with a name of this length.
fn named(length: usize, home: Kato) -> Entry {
    let imported = PlacesImported { places: 1, file: "x".repeat(length), content: "0".repeat(64) };
    Entry { home, act: PublicAct::ImportPlaces(imported).into(), actor: "operator".to_owned(), territory: home }
}

fn a_record_that_is_longer_than_it_may_be_is_not_written(desk: &Desk) {
    let (store, home, now) = (&desk.registry.office.store, HOME.parse_kato(), desk.clock.now());
    let write = |length: usize| {
        store.write(&[home], now, |_| -> Result<_, StoreError> {
            Ok(Written { value: (), entries: vec![named(length, home)] })
        })
    };
    let last = || deeds::records(store).into_iter().rfind(|record| record.home == home).expect("a record");
    write(1).expect("a short one");
    let short = last();
    let next = Record { seq: short.seq + 1, ..short };
    let room = RECORD_BYTES_MAX - canonical(&next).len();
    write(1 + room).expect("one that fills the room");
    assert_eq!(canonical(&last()).len(), RECORD_BYTES_MAX);
    let before = desk.records();
    let refused = write(2 + room).expect_err("one byte more").to_string();
    assert!(refused.contains("import_places") && refused.contains("a record has at most 16384"), "{refused}");
    assert_eq!(desk.records(), before);
}
