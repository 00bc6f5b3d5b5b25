//! An instance as its two files: what a round publishes so that anyone can verify it.

use std::fmt::Write;

use crate::domain::instant::micros_text;
use crate::engine::allocation::{ANY, Instance};

/// What is written beside a group's id and places, for readers; it never filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// The kindergarten's id.
    pub kindergarten: String,
    /// The territory's code.
    pub territory: String,
    /// The language's code.
    pub language: String,
    /// The kind's code.
    pub kind: String,
    /// Youngest age in months.
    pub age_from_months: i32,
    /// First age that is too old, in months.
    pub age_to_months: i32,
}

/// `groups.csv`; `facts` stand in the order of the instance's groups.
pub fn groups_csv(instance: &Instance, facts: &[GroupFacts]) -> String {
    let mut text = String::from("id,capacity,kindergarten,territory,language,kind,age_from_months,age_to_months\n");
    let parts = instance.parts();
    let none = GroupFacts::default();
    for (n, (id, capacity)) in parts.group_ids.iter().zip(&parts.capacities).enumerate() {
        let f = facts.get(n).unwrap_or(&none);
        let GroupFacts { kindergarten, territory, language, kind, age_from_months, age_to_months } = f;
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{id},{capacity},{kindergarten},{territory},{language},{kind},{age_from_months},{age_to_months}"
        );
    }
    text
}

/// `children.csv`, by position; with the given turns where the instance has them.
pub fn children_csv(instance: &Instance) -> String {
    let parts = instance.parts();
    let turns = parts.turns.as_deref();
    let mut text = String::from("id,priority_tier,applied_at,birth_date,siblings_at,choices");
    text.push_str(if turns.is_some() { ",turn\n" } else { "\n" });
    for (n, ((id, tier), at)) in parts.child_ids.iter().zip(&parts.tiers).zip(&parts.applied_at).enumerate() {
        let siblings = list(instance, parts.siblings.get(n));
        let choices = list(instance, parts.choices.get(n));
        let _ = write!(text, "{id},{tier},{},,{siblings},{choices}", micros_text(*at));
        if let Some(turn) = turns.and_then(|t| t.get(n)) {
            let _ = write!(text, ",{turn}");
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
