//! Text that a person types: one door for all of it. What looks alike is kept alike (NFC, one blank between words), and what
//! nobody sees is refused: a name that holds it is found by nobody.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Nothing is written.
    Empty,
    /// A line break, a tabulator or another control character.
    Control,
    /// A character that nobody sees, or that means nothing.
    Invisible {
        /// The how many-th character of the text it is, from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// No letter stands in a name.
    NoLetter,
}

impl TextFault {
    /// A code that stays the same on the wire, whatever the words.
    pub fn code(self) -> &'static str {
        match self {
            TextFault::Empty => "missing",
            TextFault::Control => "control_character",
            TextFault::Invisible { .. } => "invisible_character",
            TextFault::NoLetter => "no_letter",
        }
    }
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextFault::Empty => f.write_str("write a value"),
            TextFault::Control => f.write_str("write it without control characters"),
            TextFault::Invisible { position, found } => write!(
                f,
                "character {position} is U+{:04X}, {}; type the text anew without it",
                u32::from(*found),
                described(*found)
            ),
            TextFault::NoLetter => f.write_str("a name has a letter at least; write it as on the document"),
        }
    }
}

impl std::error::Error for TextFault {}

/// What a character is that is not taken, in words.
fn described(found: char) -> &'static str {
    match found {
        '\u{00AD}' => "a soft hyphen",
        '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => "a character without width",
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            "a control of the direction of writing"
        }
        '\u{E0000}'..='\u{E007F}' => "a tag",
        '\u{FFFD}' => "the sign for what could not be read",
        _ => match found.general_category() {
            GeneralCategory::PrivateUse => "a character of somebody's own, which others do not see",
            GeneralCategory::Unassigned => "a number that stands for no character",
            _ => "a character that nobody sees",
        },
    }
}

/// Whether nobody sees a character, or it means nothing. Blanks are seen by what stands beside them.
fn invisible(c: char) -> bool {
    // Letters of Latin, Cyrillic and their signs, which nearly all text is made of.
    if matches!(c, ' '..='~' | '\u{00A1}'..='\u{00AC}' | '\u{00AE}'..='\u{02FF}' | '\u{0400}'..='\u{0482}' | '\u{048A}'..='\u{052F}')
    {
        return false;
    }
    // Fillers and selectors that have the category of letters, marks and symbols.
    let filler = matches!(
        c,
        '\u{034F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFA0}'
            | '\u{FFFC}'
            | '\u{FFFD}'
            | '\u{E0100}'..='\u{E01EF}'
    );
    let category = c.general_category();
    filler
        || matches!(
            category,
            GeneralCategory::Format
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
                | GeneralCategory::Surrogate
        )
}

/// Reads a text: composed (NFC), without blanks around it and with one between words, whatever blanks were typed.
///
/// # Errors
/// It is empty, holds a control character, or one that nobody sees.
pub fn clean(text: &str) -> Result<Cow<'_, str>, TextFault> {
    let trimmed = text.trim();
    if trimmed.chars().any(char::is_control) {
        return Err(TextFault::Control);
    }
    if let Some(at) = trimmed.chars().position(invisible) {
        let before = text.chars().take_while(|c| c.is_whitespace()).count();
        let found = trimmed.chars().nth(at).unwrap_or_default();
        return Err(TextFault::Invisible { position: before + at + 1, found });
    }
    if trimmed.is_empty() {
        return Err(TextFault::Empty);
    }
    let composed: Cow<'_, str> =
        if is_nfc(trimmed) { trimmed.into() } else { trimmed.nfc().collect::<String>().into() };
    let blank = |pair: &[u8]| matches!(pair, b"  ");
    let plain = composed.chars().all(|c| c == ' ' || !c.is_whitespace()) && !composed.as_bytes().windows(2).any(blank);
    Ok(if plain { composed } else { composed.split_whitespace().collect::<Vec<_>>().join(" ").into() })
}

/// Reads the name of a person or a thing: a text with a letter at least.
///
/// # Errors
/// Those of [`clean`]; it has no letter.
pub fn name(text: &str) -> Result<Cow<'_, str>, TextFault> {
    let read = clean(text)?;
    if read.chars().any(char::is_alphabetic) { Ok(read) } else { Err(TextFault::NoLetter) }
}

fn is_latin(c: char) -> bool {
    c.is_alphabetic() && matches!(c, 'A'..='z' | '\u{00AA}'..='\u{02AF}' | '\u{1E00}'..='\u{1EFF}')
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{0400}'..='\u{052F}')
}

/// Whether a word of a name mixes Latin and Cyrillic letters: one of another keyboard that looks alike.
pub fn mixes_scripts(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_alphabetic());
    words.into_iter().any(|word| word.chars().any(is_latin) && word.chars().any(is_cyrillic))
}

/// The letter that stands for all that look like it or are mistaken for it, small.
fn folded(c: char) -> char {
    match c {
        'a' => 'а',
        'b' => 'в',
        'c' => 'с',
        'e' | 'ё' | 'ë' => 'е',
        'h' => 'н',
        'i' | 'и' | 'й' | 'ї' | 'ı' => 'і',
        'k' => 'к',
        'm' => 'м',
        'o' | 'ө' => 'о',
        'p' => 'р',
        't' => 'т',
        'x' => 'х',
        'y' | 'ұ' | 'ү' | 'ў' => 'у',
        'ә' => 'а',
        'ғ' => 'г',
        'қ' => 'к',
        'ң' => 'н',
        'һ' => 'х',
        other => other,
    }
}

/// A name as it is compared: small letters alone, without what is written in different ways, its words in the order of their letters.
pub fn likened(name: &str) -> String {
    let small: String = name.nfc().collect::<String>().to_lowercase();
    let fold = |word: &str| word.chars().filter(|c| c.is_alphabetic()).map(folded).collect::<String>();
    let mut words: Vec<String> = small.split_whitespace().map(fold).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

/// A number of a document as it is compared: letters and digits alone, whatever keyboard they were typed on.
pub fn likened_number(number: &str) -> String {
    let small: String = number.nfc().collect::<String>().to_lowercase();
    small.chars().filter(|c| c.is_alphanumeric()).map(folded).collect()
}

/// Most letters in which two names differ that are probably one.
const LETTERS: usize = 2;

/// Whether two compared names differ in a letter or two, or not at all.
pub fn nearly(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > LETTERS {
        return false;
    }
    // The distance of Levenshtein, a row at a time.
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, from) in one.iter().enumerate() {
        let mut next = vec![n + 1];
        for (m, to) in other.iter().enumerate() {
            let of = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let changed = of(&row, m) + usize::from(from != to);
            next.push(changed.min(of(&row, m + 1) + 1).min(of(&next, m) + 1));
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= LETTERS)
}
