//! An instance as its two files: what a round publishes so that anyone can verify it.

use std::fmt::Write;

use super::group_facts::GroupFacts;
use super::reserves::push_reserves;
use crate::domain::instant::micros_text;
use crate::engine::allocation::{ANY, Instance, Special};

/// `groups.csv`; `facts` stand in the order of the instance's groups. With reserves where there are any.
pub fn groups_csv(instance: &Instance, special: Option<&Special>, facts: &[GroupFacts]) -> String {
    let mut text = String::from("id,capacity,kindergarten,territory,language,kind,age_from_months,age_to_months");
    let parts = instance.parts();
    let special = special.filter(|special| !special.reserves.is_empty());
    text.push_str(if special.is_some() { ",reserved\n" } else { "\n" });
    let none = GroupFacts::default();
    for ((n, (id, capacity)), group) in parts.group_ids.iter().zip(&parts.capacities).enumerate().zip(0..) {
        let f = facts.get(n).unwrap_or(&none);
        let GroupFacts { kindergarten, territory, language, kind, age_from_months, age_to_months } = f;
        let [kindergarten, territory, language, kind] =
            [kindergarten, territory, language, kind].map(|said| said.as_deref().unwrap_or_default());
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "{id},{capacity},{kindergarten},{territory},{language},{kind},{age_from_months},{age_to_months}"
        );
        if let Some(special) = special {
            text.push(',');
            push_reserves(&mut text, special.reserves_of(group));
        }
        text.push('\n');
    }
    text
}

/// `children.csv`, by position; with the given turns where the instance has them, with families where there are any, and with
/// the categories that reserves name. Held places are not written: no round has them.
pub fn children_csv(instance: &Instance, special: Option<&Special>) -> String {
    let parts = instance.parts();
    let turns = parts.turns.as_deref();
    let together = special.map(|special| special.together.as_slice()).filter(|together| !together.is_empty());
    let mut text = String::from("id,priority_tier,applied_at,birth_date,siblings_at,choices");
    text.push_str(if turns.is_some() { ",turn" } else { "" });
    text.push_str(if together.is_some() { ",together" } else { "" });
    let categories = special.map(|special| special.categories.as_slice()).filter(|categories| !categories.is_empty());
    text.push_str(if categories.is_some() { ",categories\n" } else { "\n" });
    for (n, ((id, tier), at)) in parts.child_ids.iter().zip(&parts.tiers).zip(&parts.applied_at).enumerate() {
        let siblings = list(instance, parts.siblings.get(n));
        let choices = list(instance, parts.choices.get(n));
        let _ = write!(text, "{id},{tier},{},,{siblings},{choices}", micros_text(*at));
        if let Some(turn) = turns.and_then(|t| t.get(n)) {
            let _ = write!(text, ",{turn}");
        }
        if let Some(together) = together {
            match together.get(n) {
                None | Some(0) => text.push(','),
                Some(family) => drop(write!(text, ",{family}")),
            }
        }
        if let Some(categories) = categories {
            text.push(',');
            text.push_str(&categories.get(n).map(|own| own.join(";")).unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

fn list(instance: &Instance, groups: &[u32]) -> String {
    let mut text = String::new();
    for (n, &group) in groups.iter().enumerate() {
        if n > 0 {
            text.push(';');
        }
        match instance.group_id(group) {
            Some(id) => {
                let _ = write!(text, "{id}");
            }
            None if group == ANY => text.push('*'),
            None => {}
        }
    }
    text
}
