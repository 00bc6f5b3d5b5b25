//! What the groups' file says beside ids and places.

use std::collections::HashMap;

use crate::exchange::report::Cell;

/// What is written beside a group's id and places, for readers; it never filters. None of what the file does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// The id of the kindergarten that it belongs to.
    pub kindergarten: Option<String>,
    /// The code of the territory where it stands.
    pub territory: Option<String>,
    /// The code of the group's language.
    pub language: Option<String>,
    /// The code of the group's kind.
    pub kind: Option<String>,
    /// Youngest age in months.
    pub age_from_months: i32,
    /// First age that is too old, in months.
    pub age_to_months: i32,
}

/// The kindergarten of the group at a position, as tables print it: blank where the file has facts, but not this one.
pub fn kindergarten_cell(facts: &[GroupFacts], group: u32) -> Cell {
    facts.get(group as usize).map(|facts| facts.kindergarten.as_deref().unwrap_or_default()).into()
}

/// A number for each group's kindergarten: the position of its first group. A group without one is its own.
pub(super) fn numbered<'f>(groups: impl Iterator<Item = &'f GroupFacts>) -> Vec<u32> {
    let mut first: HashMap<&str, u32> = HashMap::new();
    let of = |(facts, at): (&'f GroupFacts, u32)| {
        facts.kindergarten.as_deref().map_or(at, |name| *first.entry(name).or_insert(at))
    };
    groups.zip(0..).map(of).collect()
}

/// What a field says; none where it is blank.
pub(super) fn said(field: &str) -> Option<String> {
    (!field.is_empty()).then(|| field.to_owned())
}
