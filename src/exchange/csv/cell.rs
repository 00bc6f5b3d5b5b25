//! One cell and its value: what is accepted, and how it is written so that it reads back the same.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::domain::application::{CategoryClaim, Document};
use crate::domain::codes::ProofStatus;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;

/// What a cell gives, or what is wrong with it and what would be right.
pub type Read<T> = Result<T, Cow<'static, str>>;

/// The longest text, in characters: longer than any name or note, shorter than a pasted page.
const TEXT_CHARS_MAX: usize = 2_000;
/// The longest id or number, in characters.
const ID_CHARS_MAX: usize = 64;
/// Years that fit the shape of a date and that somebody living can have on paper (9999 stands for "without end").
const YEARS: RangeInclusive<i32> = 1900..=9999;

/// A cell that begins with one of these runs as a formula in a spreadsheet.
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether the text would run, apart from apostrophes before it.
fn runs(text: &str) -> bool {
    // The full-width signs begin with 0xEF. Nearly every cell is told by its first byte.
    let told = text.as_bytes().first().is_none_or(|first| !b"'=+-@\t\r\n\xef".contains(first));
    !told && text.trim_start_matches('\'').starts_with(TRIGGERS)
}

/// Puts an apostrophe before what a spreadsheet would run; [`unguard`] takes it away again.
pub fn guard(text: &str) -> Cow<'_, str> {
    if runs(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text without the apostrophe of [`guard`]. A text that was never guarded stays as it is.
pub fn unguard(text: &str) -> &str {
    if runs(text) { text.strip_prefix('\'').unwrap_or(text) } else { text }
}

/// A name or a note: not blank, without NUL (which PostgreSQL cannot keep), of a sensible length.
pub fn text(cell: &str) -> Read<String> {
    check_text(unguard(cell)).map(str::to_owned)
}

fn check_text(text: &str) -> Read<&str> {
    if text.trim().is_empty() {
        return Err("must not be blank".into());
    }
    if text.contains('\0') {
        return Err("holds a zero byte; retype the text".into());
    }
    // A character has at most four bytes, so most texts need no counting.
    if text.len() > TEXT_CHARS_MAX && text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("is longer than {TEXT_CHARS_MAX} characters; shorten it").into());
    }
    Ok(text)
}

/// The number of an application, a referral, a place: letters, digits, `-`, `_`, `.`, `/`.
pub fn number(cell: &str) -> Read<String> {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    if cell.len() > ID_CHARS_MAX || !cell.bytes().all(known) || !cell.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(format!(
            "`{}` is not a number of this registry; use up to {ID_CHARS_MAX} Latin letters, digits, - _ . /, a letter or digit first",
            shown(cell)
        )
        .into());
    }
    Ok(cell.to_owned())
}

/// The id of a kindergarten or a group. An id of digits alone is 1 to 4294967295 without leading zero, as an allocation
/// instance wants it.
pub fn id(cell: &str) -> Read<String> {
    let id = number(cell)?;
    let digits = id.bytes().all(|b| b.is_ascii_digit());
    if digits && (id.starts_with('0') || id.parse::<u32>().is_err()) {
        return Err(format!(
            "{} is out of range; an id of digits is 1 to 4294967295 without leading zero",
            shown(cell)
        )
        .into());
    }
    Ok(id)
}

/// A whole number in a range.
pub fn integer(cell: &str, range: RangeInclusive<i64>) -> Read<i64> {
    let digits = !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit());
    match cell.parse() {
        Ok(number) if digits && range.contains(&number) => Ok(number),
        _ => Err(format!("`{}` must be a whole number from {} to {}", shown(cell), range.start(), range.end()).into()),
    }
}

/// A code of one of the closed lists.
pub fn code<T: std::str::FromStr<Err = crate::domain::codes::UnknownCode>>(cell: &str) -> Read<T> {
    cell.parse().map_err(|fault| format!("`{}` is {fault}", shown(cell)).into())
}

/// A code of an open list: categories and document kinds are the profile's.
pub fn open_code(cell: &str) -> Read<String> {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if cell.is_empty() || cell.len() > ID_CHARS_MAX || !cell.bytes().all(known) {
        return Err(format!("`{}` is not a code; codes are small Latin letters, digits and _", shown(cell)).into());
    }
    Ok(cell.to_owned())
}

/// A person's number. The message never repeats it: complaints are stored and mailed.
pub fn iin(cell: &str) -> Read<Iin> {
    Iin::parse(cell).map_err(|fault| fault.to_string().into())
}

/// A code of the classifier below the whole country.
pub fn kato(cell: &str) -> Read<Kato> {
    match Kato::parse(cell) {
        Ok(code) if code == Kato::COUNTRY => {
            Err("000000000 is the whole country; use the code of a territory, for instance 391010000".into())
        }
        Ok(code) => Ok(code),
        Err(fault) => Err(format!("`{}`: {fault}", shown(cell)).into()),
    }
}

/// A civil date, `YYYY-MM-DD`.
pub fn date(cell: &str) -> Read<NaiveDate> {
    parse_date(cell)
        .ok_or_else(|| format!("`{}` is not a date; use YYYY-MM-DD, for instance 2026-09-01", shown(cell)).into())
}

fn parse_date(cell: &str) -> Option<NaiveDate> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = cell.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
    };
    let year = i32::try_from(number(&[a, b, c, d])?).ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, number(&[e, f])?, number(&[g, h])?)
}

/// An instant, RFC 3339 with any offset and at most microseconds.
pub fn instant(cell: &str) -> Read<DateTime<Utc>> {
    let wrong = |why: &str| {
        let example = "2018-03-05T08:01:15+06:00";
        Err(format!(
            "`{}` {why}; use an instant with its offset and up to microseconds, for instance {example}",
            shown(cell)
        )
        .into())
    };
    let fraction = cell.split_once('.').map_or("", |(_, rest)| rest);
    if fraction.bytes().take_while(u8::is_ascii_digit).count() > 6 {
        return wrong("is finer than microseconds");
    }
    // A leap second would sort after the next second's beginning.
    if cell.get(17..19) == Some("60") {
        return wrong("names a leap second");
    }
    match DateTime::parse_from_rfc3339(cell) {
        Ok(at) if cell.as_bytes().get(10) == Some(&b'T') && YEARS.contains(&at.to_utc().year()) => Ok(at.to_utc()),
        _ => wrong("is not an instant"),
    }
}

/// The items of a list cell, split at `;`; a backslash keeps the next character from splitting.
pub fn list<T>(cell: &str, item: impl Fn(&str) -> Read<T>) -> Read<Vec<T>> {
    if cell.is_empty() {
        return Ok(Vec::new());
    }
    split(cell, ';')
        .enumerate()
        .map(|(index, part)| item(unguard(part)).map_err(|fault| format!("item {}: {fault}", index + 1).into()))
        .collect()
}

/// A plain text in a list, for instance a contact.
pub fn list_text(item: &str) -> Read<String> {
    let text = unescape(item);
    check_text(&text)?;
    Ok(text.into_owned())
}

/// `code:proof_status:proof_number`; the last two may be missing, then the proof is claimed and has no number.
pub fn claim(item: &str) -> Read<CategoryClaim> {
    let mut parts = split(item, ':');
    let code = open_code(parts.next().unwrap_or_default())?;
    let status = match parts.next() {
        None | Some("") => ProofStatus::Claimed,
        Some(status) => self::code(status)?,
    };
    let proof = some_text(parts.next())?;
    no_more(parts.next(), "code:proof_status:proof_number")?;
    Ok(CategoryClaim { code, proof, status })
}

/// `kind:number:expires_on`; the last two may be missing.
pub fn document(item: &str) -> Read<Document> {
    let mut parts = split(item, ':');
    let kind = open_code(parts.next().unwrap_or_default())?;
    let number = some_text(parts.next())?;
    let expires_on = match parts.next() {
        None | Some("") => None,
        Some(day) => Some(date(day)?),
    };
    no_more(parts.next(), "kind:number:expires_on")?;
    Ok(Document { kind, number, expires_on })
}

/// A part that may be missing.
fn some_text(part: Option<&str>) -> Read<Option<String>> {
    Ok(Some(part_text(part)?).filter(|text| !text.is_empty()))
}

fn part_text(part: Option<&str>) -> Read<String> {
    let text = unescape(part.unwrap_or_default());
    if text.is_empty() {
        Ok(String::new())
    } else {
        check_text(&text)?;
        Ok(text.into_owned())
    }
}

fn no_more(part: Option<&str>, shape: &str) -> Read<()> {
    match part {
        None => Ok(()),
        Some(_) => {
            Err(format!("has too many parts; the shape is {shape}, and a colon inside a part is written \\:").into())
        }
    }
}

/// A list cell of these items, each made of parts.
pub fn show_list<'a, P: IntoIterator<Item = Cow<'a, str>>>(items: impl IntoIterator<Item = P>) -> String {
    let mut cell = String::new();
    for (index, parts) in items.into_iter().enumerate() {
        if index > 0 {
            cell.push(';');
        }
        let start = cell.len();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                cell.push(':');
            }
            push_escaped(&mut cell, &part);
        }
        // Each item is guarded by itself: a spreadsheet of this country splits at `;` too.
        if cell.get(start..).is_some_and(runs) {
            cell.insert(start, '\'');
        }
    }
    cell
}

fn push_escaped(cell: &mut String, text: &str) {
    for piece in text.split_inclusive(SPECIAL) {
        match piece.char_indices().next_back().filter(|(_, last)| SPECIAL.contains(last)) {
            Some((at, last)) => {
                cell.extend([piece.get(..at).unwrap_or_default(), "\\"]);
                cell.push(last);
            }
            None => cell.push_str(piece),
        }
    }
}

/// The letters that a backslash stands before.
const SPECIAL: [char; 3] = ['\\', ';', ':'];

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        // A backslash before any other letter, or at the end, is a backslash: people write paths and nicknames.
        if letter == '\\' && letters.as_str().starts_with(SPECIAL) {
            plain.extend(letters.next());
        } else {
            plain.push(letter);
        }
    }
    Cow::Owned(plain)
}

/// The parts between the separators that no backslash stands before.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let here = rest?;
        // Separator and backslash are ASCII, so bytes tell as well as letters.
        let mut escaped = false;
        let end = here.bytes().position(|byte| {
            let splits = char::from(byte) == separator && !escaped;
            escaped = byte == b'\\' && !escaped;
            splits
        });
        let Some(end) = end else {
            rest = None;
            return Some(here);
        };
        rest = here.get(end + separator.len_utf8()..);
        here.get(..end)
    })
}

/// The beginning of a cell, for a message: no page of text, no line breaks.
fn shown(cell: &str) -> String {
    const SHOWN_CHARS: usize = 40;
    let mut shown: String =
        cell.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if cell.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
