//! Instants as texts (RFC 3339), to microseconds since 1970 UTC and back: one reader and one spelling for files, requests and
//! the journal.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

const MICROS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// A text that is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstantFault;

impl std::fmt::Display for InstantFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "write an instant as RFC 3339 with its offset, such as 2026-09-01T07:00:00+05:00 or 2026-09-01T02:00:00Z",
        )
    }
}

impl std::error::Error for InstantFault {}

/// An instant as the journal tells it: in JSON `YYYY-MM-DDTHH:MM:SS.ffffffZ`, and in no other spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToldInstant(pub DateTime<Utc>);

impl TryFrom<String> for ToldInstant {
    type Error = InstantFault;
    fn try_from(text: String) -> Result<Self, InstantFault> {
        let at = read_instant(&text)?;
        if instant_text(at) == text { Ok(ToldInstant(at)) } else { Err(InstantFault) }
    }
}

impl From<ToldInstant> for String {
    fn from(told: ToldInstant) -> String {
        instant_text(told.0)
    }
}

/// Reads an RFC 3339 instant with any offset and up to six decimals of a second.
///
/// A leap second (`23:59:60` UTC) is the same instant as the second after it: POSIX time has no number for it.
///
/// # Errors
/// The text is no such instant.
pub fn read_instant(text: &str) -> Result<DateTime<Utc>, InstantFault> {
    read_micros(text.as_bytes()).and_then(DateTime::from_timestamp_micros).ok_or(InstantFault)
}

/// [`read_instant`] as microseconds since 1970; `None` where the text is none.
pub fn read_micros(text: &[u8]) -> Option<i64> {
    let (instant, rest) = take_micros(text)?;
    rest.is_empty().then_some(instant)
}

/// Reads an instant at the front, in microseconds since 1970, and returns what follows it.
#[inline]
pub fn take_micros(text: &[u8]) -> Option<(i64, &[u8])> {
    let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't', h1, h2, b':', n1, n2, b':', s1, s2], mut rest) =
        text.split_first_chunk::<19>()?
    else {
        return None;
    };
    let days = days_of(two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?)?;
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut micros = 0;
    if let Some((b'.', decimals)) = rest.split_first() {
        (micros, rest) = fraction(decimals)?;
    }
    let (offset, rest) = take_offset(rest)?;
    let seconds = days * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
    if second == 60 && seconds.rem_euclid(DAY_SECONDS) != 0 {
        return None;
    }
    Some((seconds * MICROS + micros, rest))
}

/// Seconds east of UTC.
#[inline]
fn take_offset(text: &[u8]) -> Option<(i64, &[u8])> {
    match text.split_first()? {
        (b'Z' | b'z', rest) => Some((0, rest)),
        (sign @ (b'+' | b'-'), rest) => {
            let (&[h1, h2, b':', n1, n2], rest) = rest.split_first_chunk::<5>()? else { return None };
            let (hours, minutes) = (two(h1, h2)?, two(n1, n2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            Some((if *sign == b'+' { seconds } else { -seconds }, rest))
        }
        _ => None,
    }
}

fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=6).contains(&digits) {
        return None;
    }
    let (decimals, rest) = text.split_at_checked(digits)?;
    let value = decimals.iter().fold(0, |value, &b| value * 10 + i64::from(b - b'0'));
    let scale = u32::try_from(6 - digits).ok()?;
    Some((value * 10_i64.pow(scale), rest))
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Days since 1970-01-01 of a civil date, `None` where there is no such date.
#[inline]
pub fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years that start in March put the leap day last, so months have a fixed offset.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// A civil date `YYYY-MM-DD` at the front, and what follows.
#[inline]
pub fn take_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2], rest) = text.split_first_chunk::<10>()? else { return None };
    Some((days_of(two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?)?, rest))
}

/// The instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`: as the journal writes it, and every answer.
pub fn instant_text(at: DateTime<Utc>) -> String {
    micros_text(at.timestamp_micros())
}

/// [`instant_text`] of microseconds since 1970.
pub fn micros_text(micros: i64) -> String {
    let (seconds, fraction) = (micros.div_euclid(MICROS), micros.rem_euclid(MICROS));
    let (days, second) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = String::with_capacity("1970-01-01T00:00:00.000000Z".len());
    match year {
        0..10_000 => push_digits(&mut text, year, 1000),
        _ => text.push_str(&format!("{year:04}")),
    }
    for (before, number) in [('-', month), ('-', day), ('T', hour), (':', minute), (':', second)] {
        text.push(before);
        push_digits(&mut text, number, 10);
    }
    text.push('.');
    push_digits(&mut text, fraction, 100_000);
    text.push('Z');
    text
}

/// Appends the digits of a number, the first of which is worth `place`. Files have hundreds of thousands of instants, for which
/// the formatting machinery takes longer.
fn push_digits(text: &mut String, number: i64, mut place: i64) {
    while place > 0 {
        // One digit.
        text.push(char::from(b'0' + (number / place % 10) as u8));
        place /= 10;
    }
}
