#![allow(clippy::indexing_slicing, reason = "rows are built in a buffer that holds the longest; hot loop")]
//! A row per child and refused choice.

use std::io::{self, Write};

use super::reason::{ANY_BEFORE, ANY_FULL, REASONS, code};
use crate::engine::allocation::{ANY, Allocation, CutOff, Instance, NONE, NoTurns, Reason, Reasons, Rule};
use crate::exchange::csv::fields::push_number;
use crate::exchange::csv::pieces::write_pieces;

/// Header of the rows.
const ROWS: &str = "child_id,choice,group_id,reason";
/// A further column where turns decide and some children apply together: the number with which their family was served.
const SERVED_WITH: &str = ",served_with";

const CHILDREN_TOGETHER: usize = 1 << 11;
/// Room for a row of a piece: most are shorter, and a piece has not all choices as rows.
const ROW_BYTES_ABOUT: usize = 20;
/// The longest row: three numbers of ten digits with their commas, and a reason.
const ROW_BYTES: usize = 33 + REASON_BYTES;
/// Room for the longest reason and LF.
const REASON_BYTES: usize = 16;
/// The two digits of each number below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};
/// A run, ready to be explained.
pub struct Explanation<'a> {
    pub(super) instance: &'a Instance,
    pub(super) rule: Rule,
    pub(super) allocation: &'a Allocation,
    pub(super) cut_offs: &'a [CutOff],
    reasons: Reasons<'a>,
    /// The groups of which places are held or reserved; empty where there are none.
    pub(super) set_apart: Vec<bool>,
}

/// Prepares the explanation of a run.
///
/// # Errors
/// The rule asks for turns that the children do not have.
pub fn explain<'a>(
    instance: &'a Instance,
    rule: Rule,
    allocation: &'a Allocation,
    cut_offs: &'a [CutOff],
) -> Result<Explanation<'a>, NoTurns> {
    let reasons = Reasons::new(instance, rule, cut_offs)?;
    let set_apart = match instance.conditions().is_empty() {
        true => vec![],
        false => instance.conditions().set_apart(instance.groups()),
    };
    Ok(Explanation { instance, rule, allocation, cut_offs, reasons, set_apart })
}

impl Explanation<'_> {
    /// Writes the rows by ascending child id. For `*` there is one row with group `*`: every group that it stands for and
    /// that comes before the result was full.
    pub fn write_rows(&self, out: &mut (impl Write + Send)) -> io::Result<()> {
        let further = if self.reasons.has_numbers() { SERVED_WITH } else { "" };
        out.write_all(format!("{ROWS}{further}\n").as_bytes())?;
        let pieces = self.instance.children().div_ceil(CHILDREN_TOGETHER);
        write_pieces(pieces, |piece, text| self.rows(piece * CHILDREN_TOGETHER, text), |piece| out.write_all(piece))
    }

    fn rows(&self, from: usize, text: &mut Vec<u8>) {
        let parts = self.instance.parts();
        let numbers = self.reasons.has_numbers();
        let ends = REASONS.map(|reason| Ending::new(code(reason)));
        let mut row = Row { bytes: [0; ROW_BYTES], length: 0 };
        let start = |child: usize| parts.choices.starts.get(child).map_or(parts.choices.items.len(), |&s| s as usize);
        text.reserve((start(from + CHILDREN_TOGETHER) - start(from)) * ROW_BYTES_ABOUT);
        for i in from..(from + CHILDREN_TOGETHER).min(self.instance.children()) {
            let child = self.instance.by_id().map_or(i, |by_id| by_id[i] as usize);
            row.length = 0;
            row.number(parts.child_ids[child]);
            let named = row.length;
            self.above(child, |number, refused| {
                row.length = named;
                row.number(number);
                match refused {
                    Err(told) => {
                        text.extend_from_slice(&row.bytes[..row.length]);
                        text.extend_from_slice(b"*,");
                        text.extend_from_slice(told.as_bytes());
                        text.push(b'\n');
                    }
                    Ok((group, reason)) => {
                        row.number(parts.group_ids[group as usize]);
                        row.end(&ends[reason as usize]);
                        // A copy of known length and a cut are faster than a copy of any length.
                        let whole = text.len() + row.length;
                        text.extend_from_slice(&row.bytes);
                        text.truncate(whole);
                    }
                }
                if numbers {
                    self.push_number_of(child, text);
                }
            });
        }
    }

    /// Puts the number with which a child's family was served at the end of its row.
    fn push_number_of(&self, child: usize, text: &mut Vec<u8>) {
        text.pop();
        text.push(b',');
        let number = u32::try_from(child).ok().and_then(|child| self.reasons.served_with(child));
        number.into_iter().for_each(|number| push_number(text, number));
        text.push(b'\n');
    }

    /// Tells of every choice above a child's result its number from 1, and the group's position with the reason, or for `*`
    /// what is told of it.
    #[inline]
    pub(super) fn above(&self, child: usize, mut tell: impl FnMut(u32, Result<(u32, Reason), &'static str>)) {
        let parts = self.instance.parts();
        let got = self.allocation.group_of[child];
        let at = u32::try_from(child).unwrap_or(NONE);
        let choices = parts.choices.get(child);
        for (&choice, number) in choices.iter().zip(1..) {
            // A child without a place has no group, which must not be taken for `*`.
            if choice == got && choice != ANY {
                break;
            }
            if choice == ANY {
                // Nothing was refused where all groups before the result are named ones.
                match got {
                    NONE => tell(number, Err(ANY_FULL)),
                    _ if (0..got).any(|group| !choices.contains(&group)) => tell(number, Err(ANY_BEFORE)),
                    _ => {}
                }
                continue;
            }
            tell(number, Ok((choice, self.reasons.reason(choice, at, got))));
        }
    }
}

/// A row in the making.
struct Row {
    bytes: [u8; ROW_BYTES],
    length: usize,
}

/// A reason with its LF, in a room of fixed size, which is copied faster than a text of any length.
struct Ending {
    bytes: [u8; REASON_BYTES],
    length: usize,
}

impl Ending {
    fn new(reason: &str) -> Self {
        let mut bytes = [0; REASON_BYTES];
        bytes[..reason.len()].copy_from_slice(reason.as_bytes());
        bytes[reason.len()] = b'\n';
        Self { bytes, length: reason.len() + 1 }
    }
}

impl Row {
    /// Appends a number and a comma.
    #[inline]
    fn number(&mut self, number: u32) {
        let digits = match number {
            0..10 => 1,
            10..100 => 2,
            100..1_000 => 3,
            1_000..10_000 => 4,
            10_000..100_000 => 5,
            100_000..1_000_000 => 6,
            1_000_000..10_000_000 => 7,
            10_000_000..100_000_000 => 8,
            100_000_000..1_000_000_000 => 9,
            _ => 10,
        };
        let end = self.length + digits;
        let (mut rest, mut from) = (number, end);
        while rest >= 10 {
            from -= 2;
            self.bytes[from..from + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
            rest /= 100;
        }
        if from > self.length {
            // What is left is below ten.
            self.bytes[self.length] = b'0' + rest as u8;
        }
        self.bytes[end] = b',';
        self.length = end + 1;
    }

    /// Appends the reason with its line end.
    #[inline]
    fn end(&mut self, ending: &Ending) {
        self.bytes[self.length..self.length + REASON_BYTES].copy_from_slice(&ending.bytes);
        self.length += ending.length;
    }
}
