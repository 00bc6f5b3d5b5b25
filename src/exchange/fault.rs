//! What is wrong with a file, said so that its author can mend it without asking.

use std::borrow::Cow;
use std::fmt;

/// How many faults are listed before the rest is only counted.
pub const FAULTS_LISTED_MAX: usize = 100;

/// What of a message stays where it is too long: its beginning, which shows the value, and its end, which says what to do.
const SHOWN_FIRST: usize = 160;
const SHOWN_LAST: usize = 320;

/// Less than this is not worth leaving out; so a message that was shortened stays as it is.
const LEFT_OUT_MIN: usize = 120;

/// One fault: where it is and what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as the user named it.
    pub file: String,
    /// The line in the file, counted from 1 with the header as line 1; 0 where the file as a whole is at fault.
    pub row: u64,
    /// The column's name; none where the whole row is at fault.
    pub column: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.row > 0 {
            write!(f, ", row {}", self.row)?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The faults of a file or of several, in order, up to [`FAULTS_LISTED_MAX`]; the rest is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Those that are listed.
    pub listed: Vec<Fault>,
    /// How many more there are.
    pub unlisted: u64,
}

impl Faults {
    /// Adds a fault, or counts it where the list is full. What a file says comes to the reader shortened, and without
    /// characters that command a terminal.
    pub fn push(&mut self, fault: Fault) {
        if self.listed.len() < FAULTS_LISTED_MAX {
            let Fault { file, row, column, message } = fault;
            self.listed.push(Fault { file: shown(file), row, column: column.map(shown), message: shown(message) });
        } else {
            self.unlisted += 1;
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// A text as a message shows it.
fn shown(text: String) -> String {
    let first = text.char_indices().nth(SHOWN_FIRST).map(|(at, _)| at);
    let last = text.char_indices().rev().nth(SHOWN_LAST - 1).map(|(at, _)| at);
    let parts = |(first, last)| Some((text.get(..first)?, text.get(first..last)?, text.get(last..)?));
    let cut = first.zip(last).and_then(parts).filter(|(_, between, _)| between.len() > LEFT_OUT_MIN);
    match cut {
        Some((first, between, last)) => {
            format!("{} … ({} bytes left out) … {}", escaped(first), between.len(), escaped(last))
        }
        None => match escaped(&text) {
            Cow::Owned(escaped) => escaped,
            Cow::Borrowed(_) => text,
        },
    }
}

/// The text with every character written out that would command a terminal or turn the direction of the line.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let commands = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if commands(c) { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.listed {
            writeln!(f, "{fault}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "and {} more", self.unlisted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
