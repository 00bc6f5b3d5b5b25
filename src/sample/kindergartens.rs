//! The invented kindergartens of `fixtures/`, and where families may live.

use std::collections::BTreeMap;

use crate::domain::codes::{GroupKind, Language};
use crate::domain::kato::Kato;

/// `fixtures/territories.csv`: true codes and names, a hand-picked part of the classifier.
pub const TERRITORIES: &str = include_str!("../../fixtures/territories.csv");
/// `fixtures/kindergartens.csv`: 60 invented kindergartens.
pub const KINDERGARTENS: &str = include_str!("../../fixtures/kindergartens.csv");
/// `fixtures/groups.csv`: their 400 invented groups.
pub const GROUPS: &str = include_str!("../../fixtures/groups.csv");
/// `fixtures/places.csv`: the free places reported in them for 2026.
pub const PLACES: &str = include_str!("../../fixtures/places.csv");

/// A territory with kindergartens: families live there in proportion to `capacity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locality {
    /// The territory whose queue the families join.
    pub territory: Kato,
    /// How many children its groups are for.
    pub capacity: u32,
    /// Its kindergartens, by id.
    pub kindergartens: Vec<Choice>,
}

/// A kindergarten that families may choose, and what it offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The id of the invented kindergarten.
    pub id: String,
    /// Languages and kinds of its groups, each pair once.
    pub offers: Vec<(Language, GroupKind)>,
}

/// A group as far as families care: the kindergarten's id, language, kind and capacity.
pub type GroupOf<'a> = (&'a str, Language, GroupKind, u32);

/// Brings kindergartens (id, territory) and their groups together. Groups of unknown kindergartens are left out, as are
/// kindergartens without groups; the order of the result is by code and id.
pub fn localities<'a>(
    kindergartens: impl IntoIterator<Item = (&'a str, Kato)>,
    groups: impl IntoIterator<Item = GroupOf<'a>>,
) -> Vec<Locality> {
    type Offered = (u32, Vec<(Language, GroupKind)>);
    let mut offers: BTreeMap<&str, Offered> = BTreeMap::new();
    for (kindergarten, language, kind, capacity) in groups {
        let (total, pairs) = offers.entry(kindergarten).or_default();
        *total += capacity;
        if !pairs.contains(&(language, kind)) {
            pairs.push((language, kind));
        }
    }
    let mut found: BTreeMap<Kato, BTreeMap<&str, Choice>> = BTreeMap::new();
    let mut capacities: BTreeMap<Kato, u32> = BTreeMap::new();
    for (id, territory) in kindergartens {
        if let Some((total, pairs)) = offers.remove(id) {
            *capacities.entry(territory).or_default() += total;
            found.entry(territory).or_default().insert(id, Choice { id: id.to_owned(), offers: pairs });
        }
    }
    found
        .into_iter()
        .map(|(territory, choices)| Locality {
            territory,
            capacity: capacities.get(&territory).copied().unwrap_or_default(),
            kindergartens: choices.into_values().collect(),
        })
        .collect()
}

/// The localities of the shipped fixtures.
///
/// # Errors
/// A fixture is at fault, which a test would show.
pub fn localities_of_fixtures() -> Result<Vec<Locality>, crate::exchange::Faults> {
    use crate::exchange::rows::{GroupRow, KindergartenRow};
    let kindergartens = crate::exchange::read::<KindergartenRow>("kindergartens.csv", KINDERGARTENS.as_bytes())?.rows;
    let groups = crate::exchange::read::<GroupRow>("groups.csv", GROUPS.as_bytes())?.rows;
    Ok(localities(
        kindergartens.iter().map(|k| (k.id.as_str(), k.territory)),
        groups.iter().map(|g| {
            let capacity = u32::try_from(g.capacity).unwrap_or_default();
            (g.kindergarten.as_str(), g.language, g.kind, capacity)
        }),
    ))
}
