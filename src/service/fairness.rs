//! The fairness report in tables: envy, placement, waiting times, and the places that nobody took.

use std::collections::BTreeMap;

use crate::audit::allocation::fairness::{Fairness, Part, WhyLeft};
use crate::audit::allocation::{ANY, Published};
use crate::exchange::instance::{ChildFacts, GroupFacts};
use crate::exchange::report::{Cell, Table};

/// The tables of a report. `groups` and `children` inform it, as far as they are known; waiting is counted up to `at`,
/// microseconds since 1970, and left out without it.
pub(crate) fn tables(
    found: &Fairness,
    published: &Published<'_>,
    (groups, children): (&[GroupFacts], &[ChildFacts]),
    at: Option<i64>,
) -> Vec<Table> {
    let mut tables = vec![summary(found), placement(found, published, groups, children)];
    tables.extend(at.map(|at| waiting(found, published, at)));
    tables.push(left(found, published, groups));
    tables
}

fn summary(found: &Fairness) -> Table {
    let mut table = Table::new("summary", &["what", "value"]);
    let placed = found.groups.iter().filter(|&&group| group != ANY).count() as u64;
    table.row(["children".into(), Cell::from(found.groups.len() as u64)]);
    table.row(["placed".into(), placed.into()]);
    table.row(["placed_share".into(), Cell::Share(placed, found.groups.len() as u64)]);
    table.row(["justified_envy".into(), found.envy.into()]);
    table.row(["first_envy_child".into(), found.first_envy.map(|(child, _)| child).into()]);
    table.row(["first_envy_group".into(), found.first_envy.map(|(_, group)| group).into()]);
    table.row(["places_left".into(), found.left.iter().map(|left| u64::from(left.places)).sum::<u64>().into()]);
    table
}

/// What a child counts as where nothing is known of it: the parts of a report add up to the whole.
const UNKNOWN: &str = "unknown";

/// A child belongs to the language, the territory, the kind and the kindergarten that are known of it, or else to those of
/// the group that it named first. What is known of no child at all is left out.
fn placement(found: &Fairness, published: &Published<'_>, facts: &[GroupFacts], children: &[ChildFacts]) -> Table {
    let mut table = Table::new("placement", &["by", "of", "children", "placed", "first_choice", "placed_share"]);
    let mut add = |by: &'static str, parts: BTreeMap<Cell, Part>| {
        for (of, part) in parts {
            let numbers = [part.children, part.placed, part.first_choice].map(Cell::from);
            table.row([by.into(), of].into_iter().chain(numbers).chain([Cell::Share(part.placed, part.children)]));
        }
    };
    add(
        "tier",
        found.placement(published, |child| published.tiers.get(child).map(|&tier| Cell::from(u32::from(tier)))),
    );
    let mut by = |by: &'static str, own: fn(&ChildFacts) -> &str, of_group: Option<fn(&GroupFacts) -> &str>| {
        let known = |text: &&str| !text.is_empty();
        let named = |child: usize| {
            let group = facts.get(published.first_choice(child)? as usize)?;
            of_group.map(|of| of(group)).filter(known)
        };
        let label = |child: usize| children.get(child).map(own).filter(known).or_else(|| named(child));
        if (0..found.groups.len()).any(|child| label(child).is_some()) {
            add(by, found.placement(published, |child| Some(Cell::from(label(child).unwrap_or(UNKNOWN)))));
        }
    };
    by("language", |child| &child.language, Some(|group| &group.language));
    by("territory", |child| &child.territory, Some(|group| &group.territory));
    by("kind", |child| &child.kind, Some(|group| &group.kind));
    by("kindergarten", |child| &child.kindergarten, Some(|group| &group.kindergarten));
    by("channel", |child| &child.channel, None);
    by("category", |child| &child.category, None);
    table
}

fn waiting(found: &Fairness, published: &Published<'_>, at: i64) -> Table {
    let columns = &["result", "children", "quarter", "median", "three_quarters", "nine_tenths", "longest"];
    let mut table = Table::new("waiting", columns);
    for (result, placed) in [("placed", true), ("not_placed", false)] {
        let waiting = found.waiting(published, at, placed);
        let days = waiting.days.map(|days| if waiting.children > 0 { Cell::Number(days) } else { Cell::Nothing });
        table.row([result.into(), Cell::from(waiting.children)].into_iter().chain(days));
    }
    table
}

fn left(found: &Fairness, published: &Published<'_>, facts: &[GroupFacts]) -> Table {
    let mut table = Table::new("left", &["group", "kindergarten", "places_left", "named_by", "reason"]);
    for left in &found.left {
        let at = left.group as usize;
        let reason = match left.reason {
            WhyLeft::NobodyNamedIt => "nobody_named_it",
            WhyLeft::AllGotItOrBetter => "all_got_it_or_better",
            WhyLeft::RefusedWrongly => "refused_wrongly",
        };
        table.row([
            published.group_ids.get(at).copied().into(),
            facts.get(at).map(|facts| facts.kindergarten.as_str()).into(),
            left.places.into(),
            left.named_by.into(),
            reason.into(),
        ]);
    }
    table
}
