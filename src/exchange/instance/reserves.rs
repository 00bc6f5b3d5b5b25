//! The column `reserved` in and out: places of a group that some children take first.

use std::fmt::Write;

use crate::domain::kato::Kato;
use crate::engine::allocation::{Reserve, Whom};
use crate::exchange::csv::fields::number;

/// Reserves such as `0-2:3;large_family:1:open;391010000:2`: first and last tier, a category or a territory, places, and whether
/// what they leave is open to others.
pub(super) fn read_reserves(field: &str) -> Result<Vec<Reserve>, String> {
    let wrong = || {
        format!(
            "'{field}' is no reserve; write first and last tier, a category or a territory, and places, such as 0-2:3, large_family:1 or 391010000:2, with :open where others may have what is left"
        )
    };
    let mut reserves: Vec<Reserve> = vec![];
    for item in field.split(';').filter(|_| !field.is_empty()) {
        let (whom, rest) = item.split_once(':').ok_or_else(wrong)?;
        let (places, open) = rest.strip_suffix(":open").map_or((rest, false), |places| (places, true));
        let whom = read_whom(whom).ok_or_else(wrong)?;
        let reserve = Reserve { whom, places: number(places).ok_or_else(wrong)?, open };
        if reserves.iter().any(|other| overlap(&other.whom, &reserve.whom)) {
            return Err(format!("'{field}' reserves for the same tier or category twice; say it once"));
        }
        reserves.push(reserve);
    }
    Ok(reserves)
}

fn read_whom(text: &str) -> Option<Whom> {
    let tier = |text: &str| number(text).and_then(|tier| u8::try_from(tier).ok());
    match text.split_once('-') {
        Some((from, to)) => {
            let (from, to) = tier(from).zip(tier(to)).filter(|(from, to)| from <= to)?;
            Some(Whom::Tiers(from, to))
        }
        None => is_category(text).then(|| Whom::Category(text.to_owned())),
    }
}

fn overlap(one: &Whom, other: &Whom) -> bool {
    match (one, other) {
        (Whom::Tiers(from, to), Whom::Tiers(other_from, other_to)) => other_from <= to && from <= other_to,
        _ => one == other,
    }
}

/// Whether a text is the code of a category: it begins with a small letter, and small letters, digits and `_` follow. The code of a
/// territory is one as well: its children have it.
pub(super) fn is_category(text: &str) -> bool {
    let is_code = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    is_code || Kato::parse(text).is_ok()
}

/// Reserves as the column has them, such as `0-2:3;large_family:1:open`.
pub(super) fn push_reserves(text: &mut String, reserves: &[Reserve]) {
    for (n, Reserve { whom, places, open }) in reserves.iter().enumerate() {
        text.push_str(if n > 0 { ";" } else { "" });
        let _ = match whom {
            Whom::Tiers(from, to) => write!(text, "{from}-{to}"),
            Whom::Category(code) => write!(text, "{code}"),
        };
        let _ = write!(text, ":{places}{}", if *open { ":open" } else { "" });
    }
}

/// The categories for which places are reserved.
pub(super) fn named_categories(reserves: &[Vec<Reserve>]) -> impl Iterator<Item = &str> {
    reserves.iter().flatten().filter_map(|reserve| match &reserve.whom {
        Whom::Category(code) => Some(code.as_str()),
        _ => None,
    })
}
