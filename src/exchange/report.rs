//! Reports: tables as CSV, as JSON, and as text that can be read on a screen.

use std::fmt::{self, Write as _};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::csv::cell::guard;
use super::fault::escaped;
use super::output::Output;
use crate::domain::codes::{UnknownCode, codes};
use crate::rules::messages::{Messages, Tongue};

codes! {
    /// How a report is written.
    Format {
        /// A file per table, `NAME.csv`.
        Csv = "csv",
        /// One file, `report.json`: an object of arrays of objects.
        Json = "json",
        /// One file, `report.txt`: aligned columns with titles in words.
        Table = "table",
    }
}

/// Rows of a table that are shown as text; the rest is counted. CSV and JSON have them all.
const ROWS_SHOWN_MAX: usize = 40;

/// A value in a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing: an empty field, `null`.
    Nothing,
    /// A whole number, a count or an id.
    Number(i64),
    /// A share of a whole as a decimal with four places; nothing where the whole is 0.
    Share(u64, u64),
    /// A text. CSV guards what a spreadsheet would run.
    Text(String),
    /// A group of labels, and a code of it: the code in CSV and JSON, its word in a table that people read.
    Code(&'static str, String),
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Cell::Number(i64::from(number))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Nothing, Into::into)
    }
}

impl Cell {
    fn plain(&self) -> String {
        match self {
            Cell::Nothing | Cell::Share(_, 0) => String::new(),
            Cell::Number(number) => number.to_string(),
            Cell::Share(part, whole) => {
                let tens = (u128::from(*part) * 20_000 / u128::from(*whole)).div_ceil(2);
                format!("{}.{:04}", tens / 10_000, tens % 10_000)
            }
            Cell::Text(text) | Cell::Code(_, text) => text.clone(),
        }
    }

    fn said(&self, words: &Messages, tongue: Tongue) -> String {
        match self {
            Cell::Code(group, code) => words.label_or_code(tongue, group, code).to_owned(),
            other => escaped(&other.plain()).into_owned(),
        }
    }

    fn csv(&self) -> String {
        match self {
            Cell::Text(text) | Cell::Code(_, text) => {
                let text = guard(text);
                match text.contains([',', '"', '\n', '\r']) {
                    true => format!("\"{}\"", text.replace('"', "\"\"")),
                    false => text.into_owned(),
                }
            }
            other => other.plain(),
        }
    }

    fn json(&self) -> String {
        match self {
            Cell::Nothing | Cell::Share(_, 0) => "null".to_owned(),
            Cell::Text(text) | Cell::Code(_, text) => serde_json::Value::from(text.as_str()).to_string(),
            other => other.plain(),
        }
    }
}

/// A table of a report. Its name and columns are codes: the words stand in the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name of its file and of its part in JSON.
    pub name: &'static str,
    /// The codes of its columns, from left to right.
    pub columns: &'static [&'static str],
    /// The rows, a cell per column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table that has no row yet.
    pub fn new(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { name, columns, rows: vec![] }
    }

    /// Adds a row, a cell per column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as CSV with LF.
    pub fn csv(&self) -> String {
        let mut text = self.columns.join(",") + "\n";
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(Cell::csv).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }

    fn json(&self) -> String {
        let mut text = format!("  \"{}\": [", self.name);
        for (n, row) in self.rows.iter().enumerate() {
            text.push_str(if n > 0 { ",\n    {" } else { "\n    {" });
            for (n, (column, cell)) in self.columns.iter().zip(row).enumerate() {
                // Writing to a String does not fail.
                let _ = write!(text, "{}\"{column}\": {}", if n > 0 { ", " } else { "" }, cell.json());
            }
            text.push('}');
        }
        text.push_str(if self.rows.is_empty() { "]" } else { "\n  ]" });
        text
    }

    fn text(&self, words: &Messages, tongue: Tongue) -> String {
        let heads: Vec<String> =
            self.columns.iter().map(|c| words.label_or_code(tongue, "column", c).to_owned()).collect();
        let shown: Vec<Vec<String>> = self
            .rows
            .iter()
            .take(ROWS_SHOWN_MAX)
            .map(|row| row.iter().map(|cell| cell.said(words, tongue)).collect())
            .collect();
        let width = |column: usize| {
            let cells = shown.iter().chain([&heads]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        let right: Vec<bool> = (0..heads.len())
            .map(|column| self.rows.iter().all(|row| !matches!(row.get(column), Some(Cell::Text(_) | Cell::Code(..)))))
            .collect();
        let mut text = format!("{}\n", words.label_or_code(tongue, "report", self.name));
        for row in std::iter::once(&heads).chain(&shown) {
            let cells = row.iter().zip(&widths).zip(&right).map(|((cell, width), right)| {
                let space = " ".repeat(width - cell.chars().count().min(*width));
                if *right { format!("{space}{cell}") } else { format!("{cell}{space}") }
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        if self.rows.len() > shown.len() {
            let _ = writeln!(text, "… {}", self.rows.len() - shown.len());
        }
        text
    }
}

/// All tables as one JSON document.
pub fn json(tables: &[Table]) -> String {
    let parts: Vec<String> = tables.iter().map(Table::json).collect();
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}

/// All tables as text.
pub fn text(tables: &[Table], words: &Messages, tongue: Tongue) -> String {
    tables.iter().map(|table| table.text(words, tongue)).collect::<Vec<_>>().join("\n")
}

/// Writes a report into a folder, which is made where it is missing: all files or none.
///
/// # Errors
/// What the disk refuses, with the file's name.
pub fn write(folder: &Path, tables: &[Table], format: Format, words: &Messages, tongue: Tongue) -> Result<(), String> {
    let unwritable = |path: &Path, error: &io::Error| {
        format!("{}: cannot be written: {error}; check the folder, the permissions and the free space", path.display())
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let files: Vec<(String, String)> = match format {
        Format::Csv => tables.iter().map(|table| (format!("{}.csv", table.name), table.csv())).collect(),
        Format::Json => vec![("report.json".to_owned(), json(tables))],
        Format::Table => vec![("report.txt".to_owned(), text(tables, words, tongue))],
    };
    let mut outputs = vec![];
    for (name, content) in files {
        let path = folder.join(name);
        let written = Output::create(&path).and_then(|mut output| {
            output.write_all(content.as_bytes())?;
            Ok(output)
        });
        outputs.push(written.map_err(|error| unwritable(&path, &error))?);
    }
    Output::publish(outputs).map_err(|error| unwritable(folder, &error))
}
