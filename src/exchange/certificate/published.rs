//! A run as the audit reads it: the engine's nouns in the audit's words.

use crate::audit::allocation::{self as audit, Published, PublishedConditions, PublishedReserve, PublishedWhom};
use crate::engine::allocation::{Conditions, Instance, Reserve, Rule, Whom};

/// The instance as the audit reads it.
pub fn published(instance: &Instance) -> Published<'_> {
    let parts = instance.parts();
    Published {
        group_ids: &parts.group_ids,
        capacities: &parts.capacities,
        child_ids: &parts.child_ids,
        tiers: &parts.tiers,
        applied_at: &parts.applied_at,
        turns: parts.turns.as_deref(),
        sibling_starts: &parts.siblings.starts,
        siblings: &parts.siblings.items,
        choice_starts: &parts.choices.starts,
        choices: &parts.choices.items,
        conditions: published_conditions(instance.conditions()),
    }
}

fn published_conditions(conditions: &Conditions) -> PublishedConditions<'_> {
    PublishedConditions {
        holds: &conditions.holds,
        together: &conditions.together,
        reserves: conditions.reserves.iter().map(|reserves| reserves.iter().map(published_reserve).collect()).collect(),
        categories: &conditions.categories,
        kindergartens: &conditions.kindergartens,
        exclusions: conditions.exclusions.iter().map(|out| (out.child as usize, out.group)).collect(),
        is_tied: !conditions.tied.is_empty(),
    }
}

fn published_reserve(Reserve { whom, places, open }: &Reserve) -> PublishedReserve<'_> {
    let whom = match whom {
        Whom::Tiers(from, to) => PublishedWhom::Tiers(*from, *to),
        Whom::Category(code) => PublishedWhom::Category(code),
    };
    PublishedReserve { whom, places: *places, open: *open }
}

/// The rule as the audit names it.
pub fn audited(rule: Rule) -> audit::Rule {
    match rule {
        Rule::Program => audit::Rule::Program,
        Rule::QueueByTurn => audit::Rule::QueueByTurn,
        Rule::Queue { mix: None } => audit::Rule::Queue,
        Rule::Queue { mix: Some(mix) } => audit::Rule::QueueMixed { p: mix.p(), g: mix.g() },
    }
}
