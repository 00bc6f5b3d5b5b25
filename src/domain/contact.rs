//! A contact of a family: a telephone, an e-mail address, or whoever reaches it: a person, an address, the akim's office.

/// What a contact was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// A telephone as `+` and its digits (E.164).
    Phone(String),
    /// An e-mail address, its domain in small letters.
    Email(String),
    /// A person, an address or an office, in words.
    Words(String),
    /// Words that name nobody, or a number that is none: "не помню".
    Nothing(String),
}

/// Fewest and most digits of a telephone with its country (E.164).
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// What is written where there is no contact, in Kazakh, Russian and English.
const NOTHING: &[&str] = &[
    "не помню",
    "не помнит",
    "не знаю",
    "не знает",
    "нет",
    "нету",
    "нет телефона",
    "телефона нет",
    "без телефона",
    "нет номера",
    "номера нет",
    "отсутствует",
    "неизвестно",
    "не указан",
    "не указано",
    "жоқ",
    "телефоны жоқ",
    "телефон жоқ",
    "нөмірі жоқ",
    "нөмір жоқ",
    "есімде жоқ",
    "есінде жоқ",
    "білмеймін",
    "білмейді",
    "белгісіз",
    "none",
    "no",
    "no phone",
    "n/a",
    "unknown",
];

impl Contact {
    /// Reads a text that passed [`super::text::clean`].
    pub fn read(text: &str) -> Contact {
        if let Some(phone) = phone(text) {
            return Contact::Phone(phone);
        }
        if let Some(email) = email(text) {
            return Contact::Email(email);
        }
        let said = text.to_lowercase();
        let said = said.trim_matches(|c: char| !c.is_alphanumeric());
        let letters = said.chars().any(char::is_alphabetic);
        if !letters || NOTHING.contains(&said) {
            return Contact::Nothing(text.to_owned());
        }
        Contact::Words(text.to_owned())
    }

    /// As it is kept.
    pub fn into_text(self) -> String {
        match self {
            Contact::Phone(text) | Contact::Email(text) | Contact::Words(text) | Contact::Nothing(text) => text,
        }
    }
}

/// A telephone in whatever way it is written: the trunk's 8 and the bare seven of Kazakhstan get its country; a foreign one says its own.
fn phone(text: &str) -> Option<String> {
    let known =
        |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '\u{2010}'..='\u{2015}');
    if !text.chars().all(known) || text.chars().skip(1).any(|c| c == '+') {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let local = match (text.starts_with('+'), digits.len()) {
        (true, _) => Some(digits.as_str()).filter(|digits| DIGITS.contains(&digits.len())),
        // 8 701 …, 7 701 …
        (false, 11) if digits.starts_with("87") || digits.starts_with("77") => digits.get(1..),
        // 701 …
        (false, 10) if digits.starts_with('7') => Some(digits.as_str()),
        _ => None,
    }?;
    Some(if text.starts_with('+') { format!("+{local}") } else { format!("+7{local}") })
}

fn email(text: &str) -> Option<String> {
    let (name, domain) = text.rsplit_once('@')?;
    let word = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@' || c == ',');
    let domain = domain.to_lowercase();
    let dotted = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
    (word(name) && word(&domain) && dotted).then(|| format!("{name}@{domain}"))
}
