//! Tables of rows: the header, the row's cells one by one, and what may not come twice.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::marker::PhantomData;

use super::cell::Read;
use super::scan::{Record, Scanner, Stop};
use crate::exchange::fault::{Fault, Faults};

/// A column of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header.
    pub header: &'static str,
    /// The field that it fills; none where it is known but says nothing that we keep.
    pub field: Option<&'static str>,
    /// Whether the file must have it.
    pub required: bool,
}

/// A column that the file must have, named as its field.
pub const fn required(name: &'static str) -> Column {
    Column { header: name, field: Some(name), required: true }
}

/// A column that the file may have, named as its field.
pub const fn optional(name: &'static str) -> Column {
    Column { header: name, field: Some(name), required: false }
}

/// A column of another name than its field.
pub const fn named(header: &'static str, field: &'static str) -> Column {
    Column { header, field: Some(field), required: true }
}

/// A column that is accepted and passed over.
pub const fn ignored(header: &'static str) -> Column {
    Column { header, field: None, required: false }
}

/// A row of a file.
pub trait Row: Sized {
    /// The columns that we write, in this order.
    const WRITTEN: &'static [&'static str];
    /// The headers that we read. A file is of the layout of which it has the most required columns; of two that fit
    /// alike it is the earlier.
    const LAYOUTS: &'static [&'static [Column]];

    /// Reads the cells; `None` where a fault was found.
    fn read(cells: &mut Cells<'_>) -> Option<Self>;

    /// Writes the cells of [`Row::WRITTEN`].
    fn write(&self, cell: &mut dyn FnMut(&str));

    /// Names what only one row of a file may have.
    fn keys(&self, key: &mut dyn FnMut(Key<'_>));
}

/// Something that only one row may have.
#[derive(Clone, Copy, Debug)]
pub struct Key<'k> {
    /// The column that is at fault where it comes twice.
    pub column: &'static str,
    /// Within which it may come once: a home, or 0.
    pub scope: u32,
    /// What may not come twice.
    pub value: KeyValue<'k>,
}

/// The value of a [`Key`].
#[derive(Clone, Copy, Debug)]
pub enum KeyValue<'k> {
    /// A number of at most 64 bits.
    Number(u64),
    /// A text of any length, held as a hash.
    Text(&'k str),
}

impl Key<'_> {
    /// The key in 128 bits, so that a file of millions of rows can be checked: numbers exactly, texts by a hash that no
    /// two texts of a file share but by design.
    fn packed(&self, column: usize) -> [u32; 4] {
        let hashed = |salt: u8, text: &str| {
            let mut hasher = DefaultHasher::new();
            (salt, text).hash(&mut hasher);
            hasher.finish()
        };
        let (scope, value) = match self.value {
            KeyValue::Number(number) => (u64::from(self.scope), number),
            KeyValue::Text(text) => (hashed(1, text), hashed(2, text)),
        };
        let low = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or_default();
        let column = u32::try_from(column).unwrap_or_default() << 24;
        [column ^ low(scope >> 32), low(scope), low(value >> 32), low(value)]
    }
}

/// The cells of the row being read, by field.
#[derive(Debug)]
pub struct Cells<'c> {
    record: &'c Record,
    /// For each column of the layout, where it stands in the file.
    places: &'c [(Column, Option<usize>)],
    /// The column after the one asked for last: fields are asked for nearly in order.
    cursor: usize,
    file: &'c str,
    faults: &'c mut Faults,
    warnings: &'c mut Faults,
    failed: bool,
}

impl<'c> Cells<'c> {
    fn find(&mut self, field: &str) -> Option<usize> {
        let next = self.places.get(self.cursor).filter(|(column, _)| column.field == Some(field));
        let found = match next {
            Some(_) => Some(self.cursor),
            None => self.places.iter().position(|(column, _)| column.field == Some(field)),
        }?;
        self.cursor = found + 1;
        self.places.get(found).and_then(|(_, place)| *place)
    }

    /// Whether the file has a column for this field.
    pub fn has(&mut self, field: &str) -> bool {
        self.find(field).is_some()
    }

    fn text(&mut self, field: &'static str) -> Option<&'c str> {
        let Some(place) = self.find(field) else { return Some("") };
        match std::str::from_utf8(self.record.cell(place).unwrap_or_default()) {
            Ok(text) => Some(text),
            Err(_) => {
                self.fault(field, "is not UTF-8; save the file as CSV in UTF-8");
                None
            }
        }
    }

    /// Reads a cell that must not be empty.
    pub fn read<T>(&mut self, field: &'static str, parse: impl FnOnce(&str) -> Read<T>) -> Option<T> {
        match self.text(field)? {
            "" => {
                self.fault(field, "must not be empty");
                None
            }
            text => self.parsed(field, parse(text)),
        }
    }

    /// Reads a cell that may be empty or have no column; the outer `None` is a fault.
    pub fn read_optional<T>(&mut self, field: &'static str, parse: impl FnOnce(&str) -> Read<T>) -> Option<Option<T>> {
        match self.text(field)? {
            "" => Some(None),
            text => self.parsed(field, parse(text)).map(Some),
        }
    }

    fn parsed<T>(&mut self, field: &'static str, parsed: Read<T>) -> Option<T> {
        parsed.map_err(|message| self.fault(field, message)).ok()
    }

    fn at(&self, field: &str, message: String) -> Fault {
        let named = self.places.iter().find(|(column, _)| column.field == Some(field));
        let column = named.map_or(field, |(column, _)| column.header).to_owned();
        Fault { file: self.file.to_owned(), row: self.record.line, column: Some(column), message }
    }

    /// Says what is wrong with the row in this field.
    pub fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.failed = true;
        let fault = self.at(field, message.into());
        self.faults.push(fault);
    }

    /// Says what the author should look at in this field.
    pub fn warn(&mut self, field: &str, message: impl Into<String>) {
        let fault = self.at(field, message.into());
        self.warnings.push(fault);
    }
}

/// Reads a file row by row, in constant memory but for the keys (some forty bytes each).
///
/// The iterator gives rows only while no fault was found, and reads on after that to find the others. Nothing may be
/// kept until [`Reader::finish`] says that there was none.
#[must_use = "a file is good only when `finish` says so"]
#[derive(Debug)]
pub struct Reader<I, R> {
    file: String,
    scanner: Scanner<I>,
    record: Record,
    layout: usize,
    places: Vec<(Column, Option<usize>)>,
    width: usize,
    seen: HashMap<[u32; 4], u32>,
    faults: Faults,
    warnings: Faults,
    ended: bool,
    row: PhantomData<R>,
}

impl<I: io::Read, R: Row> Reader<I, R> {
    /// Reads the header; `file` is the name as the user gave it.
    ///
    /// # Errors
    /// The header's faults: missing, unknown and repeated columns.
    pub fn open(file: &str, input: I) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut record = Record::default();
        let opened = Scanner::open(input).and_then(|mut scanner| {
            let found = scanner.next(&mut record)?;
            Ok((scanner, found))
        });
        let (scanner, found) = match opened {
            Ok(opened) => opened,
            Err(stop) => {
                faults.push(stopped(file, &stop));
                return Err(faults);
            }
        };
        if !found {
            let message = format!("the file is empty; its first line must be {}", R::WRITTEN.join(","));
            faults.push(Fault { file: file.to_owned(), row: 0, column: None, message });
            return Err(faults);
        }
        let layout = layout_of(R::LAYOUTS, &record);
        let columns = R::LAYOUTS.get(layout).copied().unwrap_or_default();
        let places = header(file, &record, columns, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Reader {
            file: file.to_owned(),
            scanner,
            width: record.len(),
            record,
            layout,
            places,
            seen: HashMap::new(),
            faults,
            warnings: Faults::default(),
            ended: false,
            row: PhantomData,
        })
    }

    /// The warnings, once the file was read to its end without a fault. What the iterator has not read yet is read now.
    ///
    /// # Errors
    /// All faults.
    pub fn finish(mut self) -> Result<Faults, Faults> {
        while self.next().is_some() {}
        if self.faults.is_empty() { Ok(self.warnings) } else { Err(self.faults) }
    }

    /// The line of the file on which the last row begins.
    pub fn line(&self) -> u64 {
        self.record.line
    }

    /// The next record as a row, `None` where it has a fault or is passed over.
    fn row(&mut self) -> Option<R> {
        let Reader { file, record, places, faults, warnings, .. } = self;
        let fault = |column: Option<&str>, message: String| Fault {
            file: file.clone(),
            row: record.line,
            column: column.map(str::to_owned),
            message,
        };
        for &(cell, message) in &record.broken {
            let column = places.iter().find(|(_, place)| *place == Some(cell)).map(|(column, _)| column.header);
            faults.push(fault(column, message.to_owned()));
        }
        if record.len() != self.width {
            let message = format!(
                "has {} cells where the header has {}; look for a missing or an unquoted comma",
                record.len(),
                self.width
            );
            faults.push(fault(None, message));
            return None;
        }
        let mut cells = Cells { record, places, cursor: 0, file, faults, warnings, failed: !record.broken.is_empty() };
        let row = R::read(&mut cells);
        let failed = cells.failed;
        row.filter(|row| !failed && self.first(row))
    }

    /// Whether nothing of the row came before; says so where it did.
    fn first(&mut self, row: &R) -> bool {
        let mut first = true;
        let line = u32::try_from(self.record.line).unwrap_or(u32::MAX);
        row.keys(&mut |key| {
            let column = self.places.iter().position(|(column, _)| column.field == Some(key.column)).unwrap_or(0xff);
            let before = *self.seen.entry(key.packed(column)).or_insert(line);
            if before == line {
                return;
            }
            first = false;
            let header = self.places.get(column).map_or(key.column, |(column, _)| column.header).to_owned();
            let fault =
                |message| Fault { file: self.file.clone(), row: self.record.line, column: Some(header), message };
            if self.layout == 0 {
                self.faults.push(fault(format!("the same as in row {before}; keep one of the two")));
            } else {
                // The official classifier holds a row twice, and nobody here can mend it.
                self.warnings
                    .push(fault(format!("the same as in row {before}, which is kept; this row is passed over")));
            }
        });
        first
    }
}

impl<I: io::Read, R: Row> Iterator for Reader<I, R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        while !self.ended {
            match self.scanner.next(&mut self.record) {
                Ok(true) => {
                    let row = self.row();
                    if row.is_some() && self.faults.is_empty() {
                        return row;
                    }
                }
                Ok(false) => self.ended = true,
                Err(stop) => {
                    self.ended = true;
                    self.faults.push(stopped(&self.file, &stop));
                }
            }
        }
        None
    }
}

fn stopped(file: &str, stop: &Stop) -> Fault {
    let (row, message) = match stop {
        Stop::Io(error) => (0, format!("cannot be read: {error}")),
        Stop::Unended { line, message } => (*line, (*message).to_owned()),
    };
    Fault { file: file.to_owned(), row, column: None, message }
}

fn names(record: &Record) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    record.cells().map(String::from_utf8_lossy)
}

/// The layout of which the header has the most required columns.
fn layout_of(layouts: &[&[Column]], record: &Record) -> usize {
    let mut best = (0, 0);
    for (index, layout) in layouts.iter().enumerate() {
        let found = layout.iter().filter(|column| column.required && names(record).any(|name| name == column.header));
        let count = found.count();
        if count > best.1 {
            best = (index, count);
        }
    }
    best.0
}

/// Finds the columns of the layout in the header.
fn header(file: &str, record: &Record, columns: &[Column], faults: &mut Faults) -> Vec<(Column, Option<usize>)> {
    let mut fault = |column: Option<&str>, message: String| {
        // A column without a name is told by its row alone.
        let column = column.filter(|name| !name.is_empty()).map(str::to_owned);
        faults.push(Fault { file: file.to_owned(), row: record.line, column, message });
    };
    let all = || columns.iter().map(|column| column.header).collect::<Vec<_>>().join(", ");
    if record.len() == 1 && names(record).any(|name| name.contains([';', '\t'])) {
        fault(None, "the columns are not separated by commas; save the file as CSV with commas".to_owned());
        return Vec::new();
    }
    let mut places: Vec<(Column, Option<usize>)> = columns.iter().map(|&column| (column, None)).collect();
    for (index, name) in names(record).enumerate() {
        match places.iter_mut().find(|(column, _)| column.header == name) {
            Some((_, Some(_))) => fault(Some(&name), "this column stands twice; keep one".to_owned()),
            Some((_, place)) => *place = Some(index),
            None => fault(Some(&name), format!("unknown column; known are {}", all())),
        }
    }
    for &(_, message) in &record.broken {
        fault(None, message.to_owned());
    }
    for (column, place) in &places {
        if column.required && place.is_none() {
            fault(Some(column.header), "this column is missing; add it to the header and to every row".to_owned());
        }
    }
    places
}

/// Writes a file row by row.
#[derive(Debug)]
pub struct Writer<O: io::Write, R> {
    output: csv::Writer<O>,
    rows: u64,
    row: PhantomData<R>,
}

impl<O: io::Write, R: Row> Writer<O, R> {
    /// Writes the header.
    ///
    /// # Errors
    /// What the output refuses.
    pub fn open(output: O) -> io::Result<Self> {
        let mut output = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(output);
        output.write_record(R::WRITTEN)?;
        Ok(Writer { output, rows: 0, row: PhantomData })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// What the output refuses.
    pub fn write(&mut self, row: &R) -> io::Result<()> {
        let mut result = Ok(());
        row.write(&mut |cell| {
            if result.is_ok() {
                result = self.output.write_field(cell);
            }
        });
        result?;
        self.output.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(())
    }

    /// Writes out what is still in memory and returns how many rows the file has.
    ///
    /// # Errors
    /// What the output refuses.
    pub fn finish(mut self) -> io::Result<u64> {
        self.output.flush()?;
        Ok(self.rows)
    }
}
