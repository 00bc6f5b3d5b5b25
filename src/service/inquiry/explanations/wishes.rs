//! What the families of a pass wished, in their order: also kindergartens that had no free place for the child, of which an
//! allocation says nothing, since only groups with a free place that suits are choices of it.

use std::collections::HashMap;

use crate::domain::codes::Language;
use crate::exchange::csv::table::Reader;
use crate::exchange::rows::FactsRow;
use crate::service::rounds::report::ANY;

/// The wishes of a pass's children as its `facts.csv` keeps them. Kindergartens are named once: they are few.
#[derive(Default)]
pub(super) struct Wishes {
    kindergartens: Vec<String>,
    of: HashMap<u32, (Language, Box<[u32]>)>,
}

impl Wishes {
    /// Reads a file of facts; of a child whose row does not tell nothing is known.
    pub(super) fn read(facts: &str) -> Self {
        let mut wishes = Wishes::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for FactsRow { id, facts } in Reader::open("", facts.as_bytes()).into_iter().flatten() {
            let Some(language) = facts.language.and_then(|language| language.parse().ok()) else { continue };
            let small = |name: String| {
                *known.entry(name).or_insert_with_key(|name| {
                    wishes.kindergartens.push(name.clone());
                    // A home has fewer than 2^32 kindergartens.
                    wishes.kindergartens.len() as u32 - 1
                })
            };
            let wished = facts.kindergartens.into_iter().filter(|name| name != ANY).map(small).collect();
            wishes.of.insert(id, (language, wished));
        }
        wishes
    }

    /// The language that a child wanted, and its kindergartens, most wanted first; none where it took any.
    pub(super) fn of(&self, ticket: u32) -> Option<(Language, impl Iterator<Item = &str>)> {
        let (language, wished) = self.of.get(&ticket)?;
        let named = |at: &u32| self.kindergartens.get(*at as usize).map(String::as_str);
        Some((*language, wished.iter().filter_map(named)))
    }
}
