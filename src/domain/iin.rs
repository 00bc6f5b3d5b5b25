//! The individual identification number (ЖСН, ИИН): twelve digits, the last one a check digit.
//!
//! Since decree № 853 of 26.08.2013 the digits carry no personal data in law: a mismatch with the birth date or the sex
//! is a warning for the clerk, never a ground of refusal. Only the form and the check digit decide.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A number that passed the check: always twelve digits with a right check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iin(u64);

/// Why a text is not an IIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IinFault {
    /// Not exactly twelve ASCII digits.
    NotTwelveDigits,
    /// The check digit is wrong, or no check digit exists for these eleven digits.
    WrongCheckDigit,
    /// Digit 5 is 4, 5 or 6, as in a business number (BIN) and never in a day of birth: not a person.
    BusinessNumber,
    /// Twelve zeros: the check digit fits, and nobody was ever given it. Forms are filled with it.
    AllZeros,
}

impl fmt::Display for IinFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IinFault::NotTwelveDigits => "an IIN has exactly 12 digits; check the number on the document",
            IinFault::WrongCheckDigit => "the check digit of this IIN is wrong; look for a mistyped digit",
            IinFault::BusinessNumber => "this is a business number (BIN), not a person's IIN; enter the person's IIN",
            IinFault::AllZeros => "twelve zeros are nobody's IIN; enter the number on the document",
        })
    }
}

impl std::error::Error for IinFault {}

/// What a valid number seems to say that differs from the papers. Never a ground of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IinWarning {
    /// The first six digits are not the birth date given, or digit 7 names another century.
    BirthDateDiffers,
    /// Digit 7 is odd for a girl or even for a boy.
    SexDiffers,
    /// Digit 7 is none of 1 to 6 (for instance 0, given to foreigners under the rules of 2007).
    UnusualCenturyDigit,
    /// It is a temporary number of this registry, until the child has an IIN.
    Temporary,
}

impl IinWarning {
    /// A code that stays the same on the wire, whatever the words.
    pub fn code(self) -> &'static str {
        match self {
            IinWarning::BirthDateDiffers => "birth_date_differs",
            IinWarning::SexDiffers => "sex_differs",
            IinWarning::UnusualCenturyDigit => "unusual_century_digit",
            IinWarning::Temporary => "temporary",
        }
    }
}

const FIRST_WEIGHTS: [u64; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SECOND_WEIGHTS: [u64; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/// The check digit of eleven digits, or `None` where both passes give 10 and the number is never issued.
pub fn check_digit(digits: &[u8; 11]) -> Option<u8> {
    [FIRST_WEIGHTS, SECOND_WEIGHTS].iter().find_map(|weights| {
        let sum: u64 = digits.iter().zip(weights).map(|(&d, w)| u64::from(d) * w).sum();
        u8::try_from(sum % 11).ok().filter(|&c| c < 10)
    })
}

/// The fifth digit of a temporary number.
const TEMPORARY: u64 = 9;

/// The temporary number of a hash, where its eleven digits have a check digit.
fn temporary_of(hash: u64) -> Option<Iin> {
    let free = hash % 10_000_000_000;
    // Four digits, the mark, six more.
    let head = free / 1_000_000 * 10_000_000 + TEMPORARY * 1_000_000 + free % 1_000_000;
    let mut digits = [0u8; 11];
    let mut rest = head;
    for digit in digits.iter_mut().rev() {
        *digit = u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    check_digit(&digits).map(|last| Iin(head * 10 + u64::from(last)))
}

impl Iin {
    /// Reads twelve ASCII digits and checks the last one.
    pub fn parse(text: &str) -> Result<Self, IinFault> {
        let bytes: &[u8; 12] = text.as_bytes().try_into().map_err(|_| IinFault::NotTwelveDigits)?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(IinFault::NotTwelveDigits);
        }
        let mut head = [0u8; 11];
        for (to, from) in head.iter_mut().zip(bytes) {
            *to = from - b'0';
        }
        let [_, _, _, _, fifth, ..] = head;
        let [.., last] = *bytes;
        if check_digit(&head) != Some(last - b'0') {
            return Err(IinFault::WrongCheckDigit);
        }
        if (4..=6).contains(&fifth) {
            return Err(IinFault::BusinessNumber);
        }
        let number = bytes.iter().fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
        if number == 0 {
            return Err(IinFault::AllZeros);
        }
        Ok(Iin(number))
    }

    /// A temporary number from a hash, by which a child is known until it has an IIN. Its fifth digit is 9, which no day of birth
    /// and no business number has.
    pub fn temporary(hash: u64) -> Self {
        // Where eleven digits have no check digit, the next have; one in a hundred has none, so the end is never reached.
        (hash..=u64::MAX).chain(0..).find_map(temporary_of).unwrap_or(Iin(TEMPORARY * 10_000_000))
    }

    /// Whether it is a temporary number of a registry, and nobody's IIN.
    pub fn is_temporary(self) -> bool {
        self.0 / 10_000_000 % 10 == TEMPORARY
    }

    /// The date of birth that the digits name; nothing where digit 7 says no century, or they are no day.
    pub fn birth_on(self) -> Option<NaiveDate> {
        let century = i32::try_from(self.0 / 100_000 % 10).ok().filter(|digit| (1..=6).contains(digit))?;
        let part = |from: u64| u32::try_from(self.0 / from % 100).unwrap_or_default();
        let year = i32::try_from(part(10_000_000_000)).ok()?;
        NaiveDate::from_ymd_opt((century + 1) / 2 * 100 + 1700 + year, part(100_000_000), part(1_000_000))
    }

    /// The number as an integer: twelve digits fit easily, and the index of positions keeps it so.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The number with all but its last four digits hidden, for logs.
    pub fn masked(self) -> String {
        format!("********{:04}", self.0 % 10_000)
    }

    /// Whether digit 7 seems to say another sex than the papers; by convention it is odd for men and even for women.
    pub fn sex_differs(self, female: bool) -> bool {
        let digit = self.0 / 100_000 % 10;
        (1..=6).contains(&digit) && digit.is_multiple_of(2) != female && !self.is_temporary()
    }

    /// What the digits seem to say that differs from `birth_on`.
    pub fn warnings(self, birth_on: NaiveDate) -> Vec<IinWarning> {
        if self.is_temporary() {
            return vec![IinWarning::Temporary];
        }
        let mut found = Vec::new();
        let century = self.0 / 100_000 % 10;
        if !(1..=6).contains(&century) {
            found.push(IinWarning::UnusualCenturyDigit);
        }
        let year = u64::try_from(birth_on.year().rem_euclid(100)).unwrap_or_default();
        let expected = year * 10_000 + u64::from(birth_on.month()) * 100 + u64::from(birth_on.day());
        // 1 and 2 stand for the 19th century, 3 and 4 for the 20th, 5 and 6 for the 21st; other digits say nothing.
        let hundreds = i32::try_from(century.div_ceil(2)).map_or(0, |pair| pair + 17);
        let other_century = (1..=6).contains(&century) && birth_on.year().div_euclid(100) != hundreds;
        if self.0 / 1_000_000 != expected || other_century {
            found.push(IinWarning::BirthDateDiffers);
        }
        found
    }
}

impl fmt::Display for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// Debug output is what reaches logs, so it is masked.
impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<String> for Iin {
    type Error = IinFault;
    fn try_from(text: String) -> Result<Self, IinFault> {
        Iin::parse(&text)
    }
}

impl From<Iin> for String {
    fn from(iin: Iin) -> String {
        iin.to_string()
    }
}
