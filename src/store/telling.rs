//! What a record tells of a row: its columns by name, as canonical JSON.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};

use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::trust::opening::Rows;
use crate::trust::seal::{canonical, hex, mark};
use crate::trust::subject::Subject;

/// A longer text is told by its hash.
const TOLD_MAX: usize = 256;

/// Told in full however long: what decides a place can be replayed.
const IN_FULL: &str = "preferences";

/// A row that records tell.
pub(crate) trait TellRow {
    /// The name of its table.
    const TABLE: &'static str;

    /// The values of its key, with `/` between them.
    fn key(&self) -> String;

    /// The home whose chain tells it; the country for what no home owns.
    fn home(&self) -> Kato;

    /// In whose opening it stands.
    fn subject(&self) -> Subject;

    /// Its columns, by name.
    fn cells(&self) -> Vec<(&'static str, Cell<'_>)>;

    /// The columns of its key.
    const KEY: &'static [&'static str];

    /// The columns that are told by their hash, whatever their length.
    const HASHED: &'static [&'static str];

    /// The row as canonical JSON, without what is null and without what its place tells: the columns of its key, and its home.
    fn image(&self) -> String {
        let mut cells = self.cells();
        cells.sort_unstable_by_key(|(name, _)| *name);
        let mut text = String::with_capacity(32 * cells.len());
        text.push('{');
        for (name, cell) in cells {
            if matches!(cell, Cell::Null) || name == "home" || Self::KEY.contains(&name) {
                continue;
            }
            text += if text.len() == 1 { "\"" } else { ",\"" };
            text += name;
            text += "\":";
            let hashed = Self::HASHED.contains(&name) || name != IN_FULL && cell.is_long();
            cell.write(&mut text, hashed);
        }
        text.push('}');
        text
    }
}

/// A whole row by its columns.
pub(super) trait Columns {
    /// Names and values, in the order of the table.
    fn columns(&self) -> Vec<(&'static str, Cell<'_>)>;
}

/// A value of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Null,
    Text(&'a str),
    Number(i64),
    Flag(bool),
    Instant(NaiveDateTime),
    Day(NaiveDate),
    Bytes(&'a [u8]),
}

impl Cell<'_> {
    fn is_long(self) -> bool {
        matches!(self, Cell::Text(value) if value.len() > TOLD_MAX)
    }

    /// Writes the value as JSON. One that is hashed is told by its mark, and so is a text that looks like a mark.
    fn write(self, text: &mut String, hashed: bool) {
        match self {
            Cell::Null => *text += "null",
            Cell::Text(value) if hashed && !value.is_empty() || value.starts_with('#') => quote(text, &mark(value)),
            Cell::Text(value) => quote(text, value),
            Cell::Number(value) if hashed => quote(text, &mark(value.to_string())),
            Cell::Number(value) => *text += &value.to_string(),
            Cell::Flag(value) => *text += if value { "true" } else { "false" },
            Cell::Instant(value) => quote(text, &instant_text(value.and_utc())),
            Cell::Day(value) if hashed => quote(text, &mark(value.to_string())),
            Cell::Day(value) => quote(text, &value.to_string()),
            Cell::Bytes(value) if hashed => quote(text, &mark(value)),
            Cell::Bytes(value) => quote(text, &hex(value)),
        }
    }
}

/// Writes a text as JSON; most have nothing to escape.
fn quote(text: &mut String, value: &str) {
    if value.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        *text += &canonical(&value);
    } else {
        text.push('"');
        *text += value;
        text.push('"');
    }
}

/// A type of a column.
pub(super) trait Column {
    fn cell(&self) -> Cell<'_>;
}

macro_rules! column {
    ($($kind:ty => |$value:ident| $cell:expr;)+) => {
        $(impl Column for $kind {
            fn cell(&self) -> Cell<'_> {
                let $value = self;
                $cell
            }
        })+
    };
}

column! {
    String => |text| Cell::Text(text);
    i16 => |number| Cell::Number(i64::from(*number));
    i32 => |number| Cell::Number(i64::from(*number));
    i64 => |number| Cell::Number(*number);
    bool => |flag| Cell::Flag(*flag);
    NaiveDateTime => |at| Cell::Instant(*at);
    NaiveDate => |day| Cell::Day(*day);
    Vec<u8> => |bytes| Cell::Bytes(bytes);
}

impl<T: Column> Column for Option<T> {
    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, Column::cell)
    }
}

/// A value of a key as text; one that is told by its hash is so in keys too.
pub(super) fn part(value: &impl Column, hashed: bool) -> String {
    match value.cell() {
        Cell::Text(text) if hashed => mark(text),
        Cell::Text(text) => text.to_owned(),
        Cell::Number(number) if hashed => mark(number.to_string()),
        Cell::Number(number) => number.to_string(),
        other => {
            let mut text = String::new();
            other.write(&mut text, false);
            text
        }
    }
}

/// What an act has left of rows, until a record tells it: by home and subject.
#[derive(Default)]
pub(super) struct Untold(BTreeMap<Kato, BTreeMap<Subject, Rows>>);

impl Untold {
    /// Notes rows as the act leaves them.
    pub(super) fn left<R: TellRow>(&mut self, rows: &[R]) {
        rows.iter().for_each(|row| self.note(row, row.subject(), Some(row.image())));
    }

    /// Notes rows as the act leaves them, in the opening of this subject.
    pub(super) fn left_under<R: TellRow>(&mut self, subject: &Subject, rows: &[R]) {
        rows.iter().for_each(|row| self.note(row, subject.clone(), Some(row.image())));
    }

    /// Notes rows that are gone.
    pub(super) fn gone<R: TellRow>(&mut self, rows: &[R]) {
        rows.iter().for_each(|row| self.note(row, row.subject(), None));
    }

    fn note<R: TellRow>(&mut self, row: &R, subject: Subject, image: Option<String>) {
        let of_home = self.0.entry(row.home()).or_default();
        of_home.entry(subject).or_default().entry(R::TABLE).or_default().insert(row.key(), image);
    }

    /// Takes what a record of this home is to tell.
    pub(super) fn take(&mut self, home: Kato) -> BTreeMap<Subject, Rows> {
        self.0.remove(&home).unwrap_or_default()
    }

    /// A home whose rows no record tells.
    pub(super) fn home(&self) -> Option<Kato> {
        self.0.keys().next().copied()
    }
}
