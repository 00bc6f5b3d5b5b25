//! What came of each kindergarten that a family wished, in its order: also of those that had no free place for the child, of
//! which an allocation says nothing, since only groups with a free place that suits are choices of it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::kept::Pass;
use super::{ChoiceTold, FamilyExplained, Words};
use crate::domain::codes::Language;
use crate::exchange::csv::table::Reader;
use crate::exchange::rows::FactsRow;
use crate::rules::messages::Tongue;
use crate::service::kernel::words::{Said, say_each};
use crate::service::rounds::report::ANY;

/// A group of the kindergarten was a choice of the child and gave it no place; the choices say why.
pub(super) const NOT_GIVEN: &str = "not_given";
/// A group of the kindergarten suited the child, and there were not places for all brothers and sisters in other queues.
pub(super) const TOGETHER: &str = "together";
/// The child got its place there.
pub(super) const GIVEN: &str = "given";

/// What came of a wish.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WishTold {
    /// Which wish of the application, from 1, as it stood when the round was held.
    pub wish: usize,
    /// The kindergarten.
    pub kindergarten: String,
    /// `no_free_place`; `other_queue`, `other_language` or `other_age` where its free places were for such; `not_given` where
    /// the choices say why; `together` where it could not take its brothers and sisters in other queues too; `given`.
    pub outcome: &'static str,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

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

impl Words<'_> {
    /// What came of the wishes of a child, down to the one that gave the place.
    pub(super) fn wishes(&self, pass: &Pass, child: u32) -> Vec<WishTold> {
        let told = |(wish, (kindergarten, outcome)): (usize, (&str, &'static str))| {
            let name = self.name(kindergarten);
            let text = say_each(&self.office.rules, &format!("wish_{outcome}"), &[("kindergarten", &name)]);
            WishTold { wish, kindergarten: kindergarten.to_owned(), outcome, text }
        };
        (1..).zip(pass.wishes(child)).map(told).collect()
    }
}

impl FamilyExplained {
    /// The sentences under the result, wish by wish: why a group did not take the child, or that there was no place for it.
    pub fn sentences(&self, tongue: Tongue) -> Vec<String> {
        let said = |choice: &ChoiceTold| format!("{} {}", choice.text.get(tongue), choice.would_change.get(tongue));
        let mut sentences = Vec::new();
        for wish in &self.wishes {
            if !matches!(wish.outcome, NOT_GIVEN | GIVEN) {
                sentences.push(wish.text.get(tongue).to_owned());
            }
            let of_wish = self.choices.iter().filter(|choice| choice.kindergarten == wish.kindergarten);
            sentences.extend(of_wish.map(said));
        }
        let wished = |choice: &&ChoiceTold| self.wishes.iter().any(|wish| wish.kindergarten == choice.kindergarten);
        sentences.extend(self.choices.iter().filter(|choice| !wished(choice)).map(said));
        sentences
    }
}
