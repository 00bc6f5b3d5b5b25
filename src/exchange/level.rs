//! What a territory is, where the file does not say: the official classifier has no such column.

use crate::domain::kato::Kato;
use crate::domain::territory::Level;

/// Marks of a unit under a district, Kazakh and Russian, in small letters and without the last dot.
const MARKS: [(&str, &str, Level); 5] = [
    ("а.о", "с.о", Level::RuralDistrict),
    ("а.ә", "с.а", Level::VillageAdministration),
    ("к.ә", "п.а", Level::TownshipAdministration),
    ("қ.ә", "г.а", Level::TownAdministration),
    ("қ", "г", Level::City),
];

/// The level by the code's shape and the mark in the names. A unit whose names have no mark is a rural district, a place
/// without one is a settlement: both are what nearly all others are.
pub fn derive(code: Kato, name_kk: &str, name_ru: &str) -> Level {
    let number = code.number();
    let republican = matches!(number / 10_000_000, 71 | 75 | 79);
    if number.is_multiple_of(10_000_000) {
        return if republican { Level::RepublicanCity } else { Level::Oblast };
    }
    let (name_kk, name_ru) = (name_kk.to_lowercase(), name_ru.to_lowercase());
    let marked = MARKS.iter().find(|mark| stands_last(&name_kk, mark.0) || stands(&name_ru, mark.1)).map(|mark| mark.2);
    if number.is_multiple_of(100_000) {
        let city = marked == Some(Level::TownAdministration);
        return if city { Level::CityAdministration } else { Level::District };
    }
    if number.is_multiple_of(1_000) {
        return if republican { Level::CityDistrict } else { marked.unwrap_or(Level::RuralDistrict) };
    }
    if marked == Some(Level::City) { Level::City } else { Level::Settlement }
}

/// In Kazakh the mark stands last; its last dot is often missing.
fn stands_last(name: &str, mark: &str) -> bool {
    let before = name.trim_end_matches('.').strip_suffix(mark);
    before.is_some_and(|before| before.ends_with([' ', '.']))
}

/// In Russian the mark stands last or first.
fn stands(name: &str, mark: &str) -> bool {
    let after = name.strip_prefix(mark).and_then(|after| after.strip_prefix('.'));
    // `г.` begins `г.а.` as well: a mark is whole where no further letter and dot follow.
    let whole = after.is_some_and(|after| !matches!(after.chars().nth(1), Some('.')));
    whole || stands_last(name, mark)
}
