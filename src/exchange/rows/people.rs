//! The registers outside, as a file: persons and powers of attorney of a deployment that has no line to the state's own.

use std::borrow::Cow;

use crate::domain::person::{Person, PowerOfAttorney};
use crate::exchange::csv::cell;
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, optional, required};

impl Row for Person {
    const WRITTEN: &'static [&'static str] = &["iin", "name", "birth_date", "sex", "alive", "parents"];
    const LAYOUTS: &'static [&'static [Column]] = &[&[
        required("iin"),
        required("name"),
        required("birth_date"),
        required("sex"),
        required("alive"),
        optional("parents"),
    ]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let iin = cells.read("iin", cell::iin);
        let name = cells.read("name", cell::text);
        let birth_date = cells.read("birth_date", cell::date);
        let sex = cells.read("sex", cell::code);
        let alive = cells.read("alive", |text| match text {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err("must be yes or no".into()),
        });
        let parents = cells.read_optional("parents", |text| cell::list(text, cell::iin));
        let person = Person {
            iin: iin?,
            name: name?,
            birth_date: birth_date?,
            sex: sex?,
            alive: alive?,
            parents: parents?.unwrap_or_default(),
        };
        if person.parents.contains(&person.iin) {
            cells.fault("parents", "names the person itself; enter the parents' numbers");
        }
        Some(person)
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&self.iin.to_string());
        cell(&cell::guard(&self.name));
        cell(&self.birth_date.to_string());
        cell(self.sex.code());
        cell(if self.alive { "yes" } else { "no" });
        cell(&cell::show_list(self.parents.iter().map(|iin| [Cow::from(iin.to_string())])));
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "iin", scope: 0, value: KeyValue::Number(self.iin.number()) });
    }
}

impl Row for PowerOfAttorney {
    const WRITTEN: &'static [&'static str] = &["number", "principal_iin", "attorney_iin", "valid_until"];
    const LAYOUTS: &'static [&'static [Column]] =
        &[&[required("number"), required("principal_iin"), required("attorney_iin"), required("valid_until")]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let number = cells.read("number", cell::text);
        let principal = cells.read("principal_iin", cell::iin);
        let attorney = cells.read("attorney_iin", cell::iin);
        let until_on = cells.read("valid_until", cell::date);
        if principal.is_some() && principal == attorney {
            cells.fault("attorney_iin", "is the principal's number; enter the attorney's");
        }
        Some(PowerOfAttorney { number: number?, principal: principal?, attorney: attorney?, until_on: until_on? })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&cell::guard(&self.number));
        cell(&self.principal.to_string());
        cell(&self.attorney.to_string());
        cell(&self.until_on.to_string());
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "number", scope: 0, value: KeyValue::Text(&self.number) });
    }
}
