//! Cuts a stream into records and cells by RFC 4180, and nothing more lenient.
//!
//! The csv crate writes our files but does not read them: it lets a stray quote pass, takes an unclosed quote to the end
//! of the file without a word, and its line numbers fall behind after CRLF and blank lines; a complaint must name the
//! row that the author sees.

use std::io::{self, BufRead, Read};

/// No record of a registry is longer; a longer one is an unclosed quote or no CSV at all. In bytes.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// One record: its cells, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// Cells that break the rules of quoting: number of the cell and what is wrong.
    pub broken: Vec<(usize, &'static str)>,
    quoted: bool,
}

impl Record {
    /// The cells from left to right, quotes taken away.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(|(index, &end)| {
            let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            self.bytes.get(start..end).unwrap_or_default()
        })
    }

    /// The cell with this number, from 0.
    pub fn cell(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..end)
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn clear(&mut self, line: u64) {
        self.bytes.clear();
        self.ends.clear();
        self.broken.clear();
        self.quoted = false;
        self.line = line;
    }

    fn end_cell(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn is_blank(&self) -> bool {
        self.ends.len() == 1 && self.bytes.is_empty() && !self.quoted
    }

    fn complain(&mut self, message: &'static str) {
        let cell = self.ends.len();
        if self.broken.last().is_none_or(|&(last, _)| last != cell) {
            self.broken.push((cell, message));
        }
    }
}

/// Why the stream cannot be read on.
#[derive(Debug)]
pub enum Stop {
    /// The file cannot be read.
    Io(io::Error),
    /// The record on this line never ends.
    Unended {
        /// The line on which it begins.
        line: u64,
        /// What is wrong and what to do.
        message: &'static str,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    QuoteInQuoted,
    CrAfterQuoted,
}

/// The scanner over a stream.
#[derive(Debug)]
pub struct Scanner<I> {
    input: io::BufReader<io::Chain<io::Cursor<Vec<u8>>, I>>,
    line: u64,
}

impl<I: Read> Scanner<I> {
    /// A scanner at the beginning of a file, past the byte-order mark of UTF-8.
    ///
    /// # Errors
    /// [`Stop`] where the file cannot be read or is UTF-16.
    pub fn open(mut input: I) -> Result<Self, Stop> {
        let mut head = Vec::with_capacity(3);
        input.by_ref().take(3).read_to_end(&mut head).map_err(Stop::Io)?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(Stop::Unended { line: 0, message: "the file is UTF-16; save it as CSV in UTF-8" });
        }
        if head == b"\xef\xbb\xbf" {
            head.clear();
        }
        let input = io::BufReader::with_capacity(1 << 16, io::Cursor::new(head).chain(input));
        Ok(Scanner { input, line: 1 })
    }

    /// Reads the next record that is not a blank line; `false` at the end of the file.
    ///
    /// # Errors
    /// [`Stop`], after which nothing more can be read.
    pub fn next(&mut self, record: &mut Record) -> Result<bool, Stop> {
        loop {
            record.clear(self.line);
            if !self.record(record)? {
                return Ok(false);
            }
            if !record.is_blank() {
                return Ok(true);
            }
        }
    }

    fn record(&mut self, record: &mut Record) -> Result<bool, Stop> {
        let mut state = State::CellStart;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Stop::Io(error)),
            };
            if buffer.is_empty() {
                return Self::at_end(record, state);
            }
            let (used, lines, ended) = advance(buffer, record, &mut state);
            self.input.consume(used);
            self.line += lines;
            if ended {
                return Ok(true);
            }
            if record.bytes.len() > RECORD_BYTES_MAX {
                let message = "this row is longer than 1 MiB; look for a quote that is never closed";
                return Err(Stop::Unended { line: record.line, message });
            }
        }
    }

    fn at_end(record: &mut Record, state: State) -> Result<bool, Stop> {
        match state {
            State::CellStart if record.ends.is_empty() => return Ok(false),
            State::Quoted => {
                let message =
                    "a quote opened in this row is never closed; close it, or double the quotes inside a cell";
                return Err(Stop::Unended { line: record.line, message });
            }
            State::Plain if record.bytes.last() == Some(&b'\r') => drop(record.bytes.pop()),
            _ => {}
        }
        record.end_cell();
        Ok(true)
    }
}

const STRAY_QUOTE: &str = "a quote stands inside a cell that is not quoted; quote the whole cell and double the quote";
const AFTER_QUOTE: &str = "text follows a closing quote; double the quotes inside a quoted cell";

/// Takes bytes of `buffer` up to the end of the record or of the buffer: how many, how many lines ended among them, and
/// whether the record did.
fn advance(buffer: &[u8], record: &mut Record, state: &mut State) -> (usize, u64, bool) {
    let mut at = 0;
    let mut lines = 0;
    while let Some(&byte) = buffer.get(at) {
        // Runs of ordinary bytes are copied at once: they are nearly all there is.
        if matches!(*state, State::Plain | State::Quoted) {
            let rest = buffer.get(at..).unwrap_or_default();
            let plain = *state == State::Plain;
            let special = |b: &u8| matches!(b, b'"' | b'\n') || (plain && *b == b',');
            let run = rest.iter().position(special).unwrap_or(rest.len());
            if run > 0 {
                record.bytes.extend_from_slice(rest.get(..run).unwrap_or_default());
                at += run;
                continue;
            }
        }
        at += 1;
        match (*state, byte) {
            (State::CellStart, b'"') => {
                record.quoted = true;
                *state = State::Quoted;
            }
            (State::Quoted, b'"') => *state = State::QuoteInQuoted,
            (State::Quoted, _) => {
                lines += u64::from(byte == b'\n');
                record.bytes.push(byte);
            }
            (State::QuoteInQuoted, b'"') => {
                record.bytes.push(byte);
                *state = State::Quoted;
            }
            (State::QuoteInQuoted, b'\r') => *state = State::CrAfterQuoted,
            (State::CellStart | State::Plain | State::QuoteInQuoted, b',') => {
                record.end_cell();
                *state = State::CellStart;
            }
            (_, b'\n') => {
                if *state == State::Plain && record.bytes.last() == Some(&b'\r') {
                    record.bytes.pop();
                }
                record.end_cell();
                return (at, lines + 1, true);
            }
            (State::CellStart, _) => {
                record.bytes.push(byte);
                *state = State::Plain;
            }
            (State::Plain, _) => {
                record.complain(STRAY_QUOTE);
                record.bytes.push(byte);
            }
            (State::QuoteInQuoted | State::CrAfterQuoted, _) => {
                record.complain(AFTER_QUOTE);
                record.bytes.push(byte);
                *state = State::Plain;
            }
        }
    }
    (at, lines, false)
}
