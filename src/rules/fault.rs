//! What is wrong with a rule file, said by file, line and reason.

use std::fmt;

use serde::de::DeserializeOwned;

/// One fault of a rule file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleFault {
    /// The file's name as it was given, for instance `regulations/queue-kostanay-2018.toml`.
    pub file: String,
    /// The line, counted from 1; 0 where no line is to blame.
    pub line: usize,
    /// The column of a CSV file; none where the whole line is to blame.
    pub column: Option<&'static str>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}: {}", self.file, self.reason),
            (line, None) => write!(f, "{}, line {line}: {}", self.file, self.reason),
            (line, Some(column)) => write!(f, "{}, line {line}, column {column}: {}", self.file, self.reason),
        }
    }
}

/// Every fault of a set of rule files. A set with a fault is not used at all: half of a law is no law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFaults(pub Vec<RuleFault>);

impl fmt::Display for RuleFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

impl std::error::Error for RuleFaults {}

/// A file being read: its name and text, and the faults found so far.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) faults: &'a mut Vec<RuleFault>,
}

impl<'a> Reading<'a> {
    /// Notes a fault at a line.
    pub(super) fn at_line(&mut self, line: usize, reason: impl Into<String>) {
        self.note(line, None, reason);
    }

    /// Notes a fault at a cell of a CSV file.
    pub(super) fn at_cell(&mut self, line: usize, column: &'static str, reason: impl Into<String>) {
        self.note(line, Some(column), reason);
    }

    fn note(&mut self, line: usize, column: Option<&'static str>, reason: impl Into<String>) {
        self.faults.push(RuleFault { file: self.file.to_owned(), line, column, reason: reason.into() });
    }

    /// Notes a fault at a byte of the text.
    pub(super) fn at_byte(&mut self, byte: usize, reason: impl Into<String>) {
        let line = self.text.bytes().take(byte).filter(|&b| b == b'\n').count() + 1;
        self.at_line(line, reason);
    }

    /// Notes a fault at the first line that holds `needle`, or at the whole file.
    pub(super) fn at_text(&mut self, needle: &str, reason: impl Into<String>) {
        match self.text.find(needle) {
            Some(byte) => self.at_byte(byte, reason),
            None => self.at_line(0, reason),
        }
    }

    /// The rows of a plain CSV file without quotes, each with its line. Notes a wrong header or a wrong number of fields.
    pub(super) fn rows<const N: usize>(&mut self, header: &str) -> Vec<(usize, [&'a str; N])> {
        let text: &'a str = self.text;
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, first)| first.trim_start_matches('\u{feff}')) != Some(header) {
            self.at_line(1, format!("the first line must be `{header}`"));
            return Vec::new();
        }
        let mut found = Vec::new();
        for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let fields: Vec<&str> = line.split(',').collect();
            match <[&str; N]>::try_from(fields) {
                Ok(fields) => found.push((index + 1, fields)),
                Err(_) => self.at_line(index + 1, format!("this line needs {N} fields")),
            }
        }
        found
    }

    /// Reads the text as TOML, or notes why it cannot be read.
    pub(super) fn toml<T: DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(value) => Some(value),
            Err(error) => {
                let byte = error.span().map_or(0, |span| span.start);
                self.at_byte(byte, error.message().to_owned());
                None
            }
        }
    }
}
