//! One row's fields: numbers and quoted text, in and out.

/// A whole number at the front without sign or leading zero, and what follows.
#[inline]
pub(in crate::exchange) fn take_number(text: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, mut rest) = text.split_first()?;
    let first = first.wrapping_sub(b'0');
    if first > 9 {
        return None;
    }
    if first == 0 {
        return Some((0, rest));
    }
    let mut value = u64::from(first);
    while let Some((&digit, after)) = rest.split_first() {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + u64::from(digit);
        if value > u64::from(u32::MAX) {
            return None;
        }
        rest = after;
    }
    Some((u32::try_from(value).ok()?, rest))
}

/// The whole field as a number.
pub(in crate::exchange) fn number(field: &str) -> Option<u32> {
    take_number(field.as_bytes()).and_then(|(value, rest)| rest.is_empty().then_some(value))
}

/// What keeps a line from being split into fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exchange) enum LineFault {
    NotUtf8,
    OpenQuote,
    StrayQuote,
}

impl LineFault {
    pub(in crate::exchange) fn message(self) -> &'static str {
        match self {
            Self::NotUtf8 => "the row is not UTF-8; save the file as UTF-8",
            Self::OpenQuote => "a quoted field does not end in this row; close the quote",
            Self::StrayQuote => "a quote in the middle of a field; quote the whole field and double the quotes in it",
        }
    }
}

/// Splits a line (without its end) into fields: commas separate, a field may be quoted, `""` is a quote within.
pub(in crate::exchange) fn split(line: &[u8]) -> Result<Vec<String>, LineFault> {
    let line = std::str::from_utf8(line).map_err(|_| LineFault::NotUtf8)?;
    let mut fields = vec![];
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                if field.contains('"') {
                    return Err(LineFault::StrayQuote);
                }
                (field.to_owned(), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err(LineFault::StrayQuote),
        }
    }
}

/// The field behind an opening quote, and what follows the closing one.
fn unquote(text: &str) -> Result<(String, &str), LineFault> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or(LineFault::OpenQuote)?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, after)),
        }
    }
}

/// Appends a number in decimal.
pub(in crate::exchange) fn push_number(text: &mut Vec<u8>, number: u32) {
    let mut digits = [0; 10];
    let mut rest = number;
    let mut from = digits.len();
    for digit in digits.iter_mut().rev() {
        // The remainder is below ten.
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        from -= 1;
        if rest == 0 {
            break;
        }
    }
    text.extend_from_slice(digits.get(from..).unwrap_or_default());
}
