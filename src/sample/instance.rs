//! An invented instance of the offline contract: a line of kindergartens, homes along it.
//!
//! A child prefers kindergartens near its home and a few popular ones. There are N/25 groups of 20 places, ten choices per
//! child, tiers 0 to 3, a sibling for every eighth child, and every fiftieth instant repeats the one before. About four
//! children in five get a place. The same count and seed give the same bytes everywhere and always.

use std::io::{self, Write};

const CHILDREN_PER_GROUP: u64 = 25;
const CAPACITY: u32 = 20;
const CHOICES: usize = 10;
/// The first instant: 2024-01-01T00:00:00+05:00, in seconds since 1970 UTC.
const FIRST_AT: u64 = 1_704_049_200;
const SECONDS: u64 = 2 * 365 * 86_400;

/// SplitMix64 (Steele, Lea, Flood 2014): eight lines that no library update changes.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`; `n` is far below 2^32, so the bias is nothing.
    fn below(&mut self, n: u64) -> u64 {
        ((self.next() >> 32) * n.max(1)) >> 32
    }
}

/// An invented instance, written as it is made.
#[derive(Clone, Debug)]
pub struct Invented {
    children: u32,
    groups: u64,
    random: Random,
}

impl Invented {
    /// An instance of so many children.
    pub fn new(children: u32, seed: u64) -> Self {
        let groups = (u64::from(children) / CHILDREN_PER_GROUP).max(1);
        Self { children, groups, random: Random(seed) }
    }

    /// Writes the groups as `groups.csv`.
    pub fn write_groups(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"id,capacity\n")?;
        for id in 1..=self.groups {
            writeln!(out, "{id},{CAPACITY}")?;
        }
        Ok(())
    }

    /// Writes the children as `children.csv`, each invented as it is written.
    pub fn write_children(mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"id,priority_tier,applied_at,birth_date,siblings_at,choices\n")?;
        let mut at = FIRST_AT;
        let mut choices = Vec::with_capacity(CHOICES);
        for id in 1..=self.children {
            if self.random.below(50) != 0 {
                at = FIRST_AT + self.random.below(SECONDS);
            }
            let tier = match self.random.below(100) {
                0..5 => 0,
                5..20 => 1,
                20..40 => 2,
                _ => 3,
            };
            let home = self.random.below(self.groups);
            self.choose(home, &mut choices);
            write!(out, "{id},{tier},")?;
            write_instant(out, at)?;
            let day = self.random.below(4 * 365);
            write!(out, ",{:04}-{:02}-{:02},", 2020 + day / 365, day / 31 % 12 + 1, day % 28 + 1)?;
            if self.random.below(100) < 12 {
                let at = self.random.below(choices.len() as u64) as usize;
                write!(out, "{}", choices.get(at).copied().unwrap_or(1))?;
            }
            for (group, separator) in choices.iter().zip([","].into_iter().chain(std::iter::repeat(";"))) {
                write!(out, "{separator}{group}")?;
            }
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Ten different groups: mostly near home, some from the popular tenth.
    fn choose(&mut self, home: u64, choices: &mut Vec<u64>) {
        choices.clear();
        let wanted = CHOICES.min(usize::try_from(self.groups).unwrap_or(CHOICES));
        let popular = (self.groups / 10).max(1);
        let mut reach = 12;
        while choices.len() < wanted {
            let group = if self.random.below(5) == 0 {
                // Every tenth group of the line is popular.
                self.random.below(popular) * 10
            } else {
                home + self.groups + self.random.below(2 * reach + 1) - reach.min(home + self.groups)
            };
            let id = group % self.groups + 1;
            if !choices.contains(&id) {
                choices.push(id);
            }
            reach += 1;
        }
    }
}

/// An instant in the offset +05:00, as a department's export has it.
fn write_instant(out: &mut impl Write, at: u64) -> io::Result<()> {
    let local = at + 5 * 3600;
    let (mut day, second) = (local / 86_400 - 19_723, local % 86_400);
    // 19 723 days since 1970 are 2024-01-01; two years and a bit follow.
    let mut year = 2024;
    loop {
        let length = if year == 2024 || year == 2028 { 366 } else { 365 };
        if day < length {
            break;
        }
        day -= length;
        year += 1;
    }
    let february = if year == 2024 || year == 2028 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(out, "{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}+05:00", day + 1)
}
