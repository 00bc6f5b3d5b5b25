//! An instance as its two files: what a round publishes so that anyone can verify it.

use std::fmt::Write;

use super::conditions::{push_columns, push_row};
use super::group_facts::GroupFacts;
use super::reserves::push_reserves;
use crate::domain::instant::micros_text;
use crate::engine::allocation::{ANY, Instance};

/// `groups.csv`; `facts` stand in the order of the instance's groups. With reserves where there are any.
pub fn groups_csv(instance: &Instance, facts: &[GroupFacts]) -> String {
    let mut text = String::from("id,capacity,kindergarten,territory,language,kind,age_from_months,age_to_months");
    let parts = instance.parts();
    let conditions = Some(instance.conditions()).filter(|conditions| !conditions.reserves.is_empty());
    text.push_str(if conditions.is_some() { ",reserved\n" } else { "\n" });
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
        if let Some(conditions) = conditions {
            text.push(',');
            push_reserves(&mut text, conditions.reserves_of(group));
        }
        text.push('\n');
    }
    text
}

/// `children.csv`, by position; with the given turns where the instance has them, with families where there are any, and with
/// the categories that reserves name. Held places are not written: no round has them.
pub fn children_csv(instance: &Instance) -> String {
    let parts = instance.parts();
    let turns = parts.turns.as_deref();
    let mut text = String::from("id,priority_tier,applied_at,birth_date,siblings_at,choices");
    text.push_str(if turns.is_some() { ",turn" } else { "" });
    push_columns(&mut text, instance.conditions());
    text.push('\n');
    for (n, ((id, tier), at)) in parts.child_ids.iter().zip(&parts.tiers).zip(&parts.applied_at).enumerate() {
        let siblings = list(instance, parts.siblings.get(n));
        let choices = list(instance, parts.choices.get(n));
        let _ = write!(text, "{id},{tier},{},,{siblings},{choices}", micros_text(*at));
        if let Some(turn) = turns.and_then(|t| t.get(n)) {
            let _ = write!(text, ",{turn}");
        }
        push_row(&mut text, instance, n);
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
