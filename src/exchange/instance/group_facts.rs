//! What the groups' file says beside ids and places.

use std::collections::HashMap;

/// What is written beside a group's id and places, for readers; it never filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// The id of the kindergarten that it belongs to.
    pub kindergarten: String,
    /// The code of the territory where it stands.
    pub territory: String,
    /// The code of the group's language.
    pub language: String,
    /// The code of the group's kind.
    pub kind: String,
    /// Youngest age in months.
    pub age_from_months: i32,
    /// First age that is too old, in months.
    pub age_to_months: i32,
}

/// A number for each group's kindergarten: the position of its first group. A group without one is its own.
pub(super) fn numbered<'f>(kindergartens: impl Iterator<Item = &'f str>) -> Vec<u32> {
    let mut first: HashMap<&str, u32> = HashMap::new();
    kindergartens
        .zip(0..)
        .map(|(name, at)| if name.is_empty() { at } else { *first.entry(name).or_insert(at) })
        .collect()
}
