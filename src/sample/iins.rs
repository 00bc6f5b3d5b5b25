//! Valid IINs without repetition: a shuffled walk over all days and serials, so that nothing has to be remembered.

use chrono::{Datelike, Days, NaiveDate};

use crate::domain::iin::{Iin, check_digit};

/// Numbers that stand in the field's test vectors and published examples. Some of them may belong to somebody, so no
/// child or applicant of ours ever has one. As numbers: leading zeros fall away.
pub const NEVER_GIVEN: [u64; 13] = [
    61_211_600_012,
    791_028_302_728,
    9_900_000_008,
    9_900_030_008,
    700_140_000_019,
    821_214_240_092,
    200_215_500_432,
    200_215_500_003,
    200_215_500_404,
    941_205_300_125,
    123_456_789_011,
    61_231_231_234,
    931_002_451_325,
];

/// Sex as the seventh digit of an IIN tells it by convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// An odd seventh digit.
    Male,
    /// An even seventh digit.
    Female,
}

/// Serials of one day and sex: digits 8 to 11.
const SERIALS: u32 = 10_000;

/// A stream of distinct numbers of one sex, born in a span of days.
///
/// Each call takes the next cell of the grid days x serials in a shuffled order. The shuffle is a permutation made of
/// four rounds that add a keyed hash of one coordinate to the other, so no cell comes twice.
#[derive(Clone, Debug)]
pub struct Numbers {
    first_on: NaiveDate,
    days: u32,
    sex: Sex,
    keys: [u64; 4],
    next: u64,
}

impl Numbers {
    /// Numbers of people born on `first_on` or in the `days - 1` days after it.
    pub fn new(seed: u64, sex: Sex, first_on: NaiveDate, days: u32) -> Self {
        let salt = seed ^ (sex as u64) << 60;
        let keys = [1u64, 2, 3, 4].map(|round| mix(salt.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        Numbers { first_on, days, sex, keys, next: 0 }
    }

    /// How many cells the walk has; about one in a hundred has no check digit and is skipped.
    pub fn cells(&self) -> u64 {
        u64::from(self.days) * u64::from(SERIALS)
    }

    fn cell(&self, index: u64) -> (u32, u32) {
        let days = u64::from(self.days);
        let mut day = u32::try_from(index % days).unwrap_or_default();
        let mut serial = u32::try_from(index / days).unwrap_or_default();
        for pair in self.keys.chunks_exact(2) {
            let &[a, b] = pair else { continue };
            serial = shift(serial, u64::from(day) ^ a, SERIALS);
            day = shift(day, u64::from(serial) ^ b, self.days);
        }
        (day, serial)
    }

    fn number(&self, born_on: NaiveDate, serial: u32) -> Option<Iin> {
        let year = born_on.year();
        let century = match (year.div_euclid(100), self.sex) {
            (..=18, Sex::Male) => 1,
            (..=18, Sex::Female) => 2,
            (19, Sex::Male) => 3,
            (19, Sex::Female) => 4,
            (_, Sex::Male) => 5,
            (_, Sex::Female) => 6,
        };
        let year = u32::try_from(year.rem_euclid(100)).ok()?;
        let head = u64::from(year * 10_000 + born_on.month() * 100 + born_on.day()) * 100_000
            + century * 10_000
            + u64::from(serial);
        let mut text = [b'0'; 12];
        let mut digits = [0u8; 11];
        let mut rest = head;
        for (digit, letter) in digits.iter_mut().zip(text.iter_mut()).rev() {
            *digit = u8::try_from(rest % 10).ok()?;
            *letter = b'0' + *digit;
            rest /= 10;
        }
        let [.., last] = &mut text;
        *last = b'0' + check_digit(&digits)?;
        let text = std::str::from_utf8(&text).ok()?;
        Iin::parse(text).ok().filter(|iin| !NEVER_GIVEN.contains(&iin.number()))
    }
}

impl Iterator for Numbers {
    type Item = (Iin, NaiveDate);

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.cells() {
            let (day, serial) = self.cell(self.next);
            self.next += 1;
            let born_on = self.first_on.checked_add_days(Days::new(u64::from(day)))?;
            if let Some(iin) = self.number(born_on, serial) {
                return Some((iin, born_on));
            }
        }
        None
    }
}

/// Adds a hash of `word` to `value`, modulo `modulus`.
fn shift(value: u32, word: u64, modulus: u32) -> u32 {
    let step = (u128::from(mix(word)) * u128::from(modulus)) >> 64;
    let sum = u64::from(value) + u64::try_from(step).unwrap_or_default();
    let modulus = u64::from(modulus);
    u32::try_from(if sum >= modulus { sum - modulus } else { sum }).unwrap_or_default()
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
