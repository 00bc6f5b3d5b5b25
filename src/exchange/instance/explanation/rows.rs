#![allow(clippy::indexing_slicing, reason = "rows are built in a buffer that holds the longest; hot loop")]
//! A row per child and refused choice.

use std::io::{self, Write};

use super::reason::{ANY_BEFORE, ANY_FULL, REASONS, code};
use crate::engine::allocation::{
    ANY, Allocation, Barrier, CutOff, Instance, NONE, NoTurns, Reason, Rule, Special, SpecialReasons,
};
use crate::exchange::csv::pieces::write_pieces;

/// Header of the rows.
const ROWS: &str = "child_id,choice,group_id,reason\n";

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
    groups: Vec<GroupBrief>,
    special: Option<SpecialReasons<'a>>,
    /// The groups of which places are held or reserved; empty where there are none.
    pub(super) set_apart: Vec<bool>,
}

/// What the rows need of a group, side by side: all groups of a country stay in the cache.
#[derive(Clone, Copy)]
struct GroupBrief {
    barrier: Barrier,
    id: u32,
}

/// Prepares the explanation of a run.
pub fn explain<'a>(
    instance: &'a Instance,
    rule: Rule,
    allocation: &'a Allocation,
    cut_offs: &'a [CutOff],
) -> Explanation<'a> {
    let brief = |(&id, cut_off)| GroupBrief { barrier: Barrier::new(rule, cut_off), id };
    let groups = instance.parts().group_ids.iter().zip(cut_offs).map(brief).collect();
    Explanation { instance, rule, allocation, cut_offs, groups, special: None, set_apart: vec![] }
}

impl<'a> Explanation<'a> {
    /// With what was held, reserved and asked for together.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub fn with_special(mut self, special: Option<&'a Special>) -> Result<Self, NoTurns> {
        let reasons = special.map(|special| SpecialReasons::new(self.instance, special, self.rule));
        self.special = reasons.transpose()?;
        self.set_apart = special.map(|special| special.set_apart(self.instance.groups())).unwrap_or_default();
        Ok(self)
    }

    /// Writes the rows by ascending child id. For `*` there is one row with group `*`: every group that it stands for and
    /// that comes before the result was full.
    pub fn write_rows(&self, out: &mut (impl Write + Send)) -> io::Result<()> {
        out.write_all(ROWS.as_bytes())?;
        let pieces = self.instance.children().div_ceil(CHILDREN_TOGETHER);
        write_pieces(pieces, |piece, text| self.rows(piece * CHILDREN_TOGETHER, text), |piece| out.write_all(piece))
    }

    fn rows(&self, from: usize, text: &mut Vec<u8>) {
        let parts = self.instance.parts();
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
                        row.number(self.groups[group as usize].id);
                        row.end(&ends[reason as usize]);
                        // A copy of known length and a cut are faster than a copy of any length.
                        let whole = text.len() + row.length;
                        text.extend_from_slice(&row.bytes);
                        text.truncate(whole);
                    }
                }
            });
        }
    }

    /// Tells of every choice above a child's result its number from 1, and the group's position with the reason, or for `*`
    /// what is told of it.
    #[inline]
    pub(super) fn above(&self, child: usize, mut tell: impl FnMut(u32, Result<(u32, Reason), &'static str>)) {
        let parts = self.instance.parts();
        let (tier, applied_at, got) = (parts.tiers[child], parts.applied_at[child], self.allocation.group_of[child]);
        let choices = parts.choices.get(child);
        for (&choice, number) in choices.iter().zip(1..) {
            // A child without a place has no group, which must not be taken for `*`.
            if choice == got && choice != ANY {
                break;
            }
            let Some(group) = self.groups.get(choice as usize) else {
                // Nothing was refused where all groups before the result are named ones.
                match got {
                    NONE => tell(number, Err(ANY_FULL)),
                    _ if (0..got).any(|group| !choices.contains(&group)) => tell(number, Err(ANY_BEFORE)),
                    _ => {}
                }
                continue;
            };
            let reason = match &self.special {
                None => {
                    let sibling = || parts.siblings.get(child).contains(&choice);
                    group.barrier.reason(tier, applied_at, sibling)
                }
                Some(special) => self.special_reason(special, choice, child, got),
            };
            tell(number, Ok((choice, reason)));
        }
    }

    fn special_reason(&self, special: &SpecialReasons<'_>, choice: u32, child: usize, got: u32) -> Reason {
        let child = u32::try_from(child).unwrap_or(NONE);
        special.reason(self.instance, choice, &self.cut_offs[choice as usize], child, got)
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
